//! A log that was changed is found out. One bit flipped anywhere in the stored blocks or their index: the audit
//! fails and names the file and the byte, and no host opens the directory. One bit flipped in a snapshot, which
//! is derived: its file is named, and what it says is rebuilt. Then what is lost, swapped, repeated, appended or
//! written anew by somebody who has the files and lacks the keys; and what a crash cuts short, which is no
//! damage, and is told from it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::forge::{entries, forge, moved_signature, receipt_of, signed, write_anew};
use common::{
    Desk, Rng, audit_of, block_on, copy, demo, key, open, samples, scratch, seed, segment, snapshots, sound,
    standing, stderr, tree,
};
use icn_core::block::Entry;
use icn_core::encode::Block;
use icn_core::log::{Checkpoint, Log};
use icn_history::RecoverError;
use icn_history::StoreError;
use icn_runtime::{
    AuditReport, Host, HostOptions, Invocation, OpenError, Receipt, RefusalCode, SecretKey, limits,
};
use sha2::{Digest as _, Sha256};

const SECTOR: usize = 512;

/// A directory that a demo left: finished, closed, covered by its checkpoint.
fn finished() -> tempfile::TempDir {
    let dir = scratch();
    let output = demo(&samples(), dir.path(), &["--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    dir
}

/// Where the groups of a segment begin: the only sectors that begin so, in a log without ill will.
fn groups(bytes: &[u8]) -> Vec<usize> {
    let begins = |at: &usize| bytes[*at..].starts_with(b"GRP1");
    let groups: Vec<usize> = (0..bytes.len()).step_by(SECTOR).filter(begins).collect();
    assert!(bytes.starts_with(b"ICNSEG01") && groups[0] == SECTOR);
    groups
}

/// The sector that is named, where a bit was flipped: the flipped one when it was its mark, and otherwise one before it
/// in the same group, where a block, a header or a table begins.
fn names(named: usize, group: usize, place: usize) -> bool {
    let sector = place / SECTOR * SECTOR;
    let is_mark = place % SECTOR == SECTOR - 1;
    named.is_multiple_of(SECTOR)
        && (if is_mark { named == sector } else { (group..=sector).contains(&named) })
}

/// The audit's word on a damaged log: not ok, the file, and the byte where the damaged part begins.
fn found(data: &Path, file: &Path) -> usize {
    let (report, kept) = audit_of(data, false);
    assert!(!report.ok, "the damage passes in silence: {:?}", report.notices);
    let finding = report.divergence.unwrap();
    let place = finding.place.clone().unwrap_or_else(|| panic!("without a place: {finding}"));
    let (named, byte) = place.split_once(" at byte ").unwrap_or_else(|| panic!("{place}"));
    assert_eq!(Path::new(named), file, "{finding}");
    // Everything before it still holds, and was looked at.
    assert!(finding.position.is_some_and(|position| position >= kept.0.len() as u64), "{finding}");
    byte.parse().unwrap()
}

/// A host's word on the same: it does not open, names file and byte, and leaves every byte as it is.
fn not_opened(data: &Path, file: &Path) -> usize {
    let before = tree(data);
    let error = Host::open(HostOptions::new(data)).expect_err("a damaged log is taken up");
    assert!(tree(data) == before, "a refused directory is changed: {error}");
    let OpenError::Recover(RecoverError::Store(StoreError::Damaged { file: named, offset, .. })) = &error
    else {
        panic!("{error}");
    };
    assert_eq!(named, file);
    let text = error.to_string();
    assert!(text.contains(&format!("{} is damaged at byte {offset}", file.display())), "{text}");
    usize::try_from(*offset).unwrap()
}

#[test]
fn one_bit_flipped_anywhere_in_the_log_is_found_and_named() {
    let dir = finished();
    let file = segment(dir.path());
    let bytes = fs::read(&file).unwrap();
    let starts = groups(&bytes);
    let mut rng = Rng::new(seed());
    // Every byte of the first header and of the first, a middle and the last group's header; the mark of one
    // sector in eight; and one byte of every sector, so that tables, bodies and paddings all have their share.
    let mut places: Vec<usize> = (0..64).collect();
    for start in [starts[0], starts[starts.len() / 2], starts[starts.len() - 1]] {
        places.extend(start..start + 96);
    }
    places.extend((SECTOR - 1..bytes.len()).step_by(8 * SECTOR));
    let somewhere = |sector| sector + usize::try_from(rng.below(SECTOR as u64)).unwrap();
    places.extend((0..bytes.len()).step_by(SECTOR).map(somewhere));
    let mut rng = Rng::new(seed() + 1);
    for (nth, place) in places.iter().copied().enumerate() {
        let mut flipped = bytes.clone();
        let bit = rng.below(8);
        flipped[place] ^= 1 << bit;
        fs::write(&file, &flipped).unwrap();
        let group = starts.iter().copied().filter(|start| *start <= place).max().unwrap_or(0);
        let named = found(dir.path(), &file);
        assert!(names(named, group, place), "bit {bit} of byte {place}: byte {named} is named");
        if nth % 8 == 0 {
            assert_eq!(not_opened(dir.path(), &file), named, "bit {bit} of byte {place}");
        }
    }
    println!("{} flips in {} groups of {} bytes", places.len(), starts.len(), bytes.len());
    fs::write(&file, &bytes).unwrap();
    sound(dir.path(), false);
}

#[test]
fn one_bit_flipped_in_a_snapshot_is_named_and_what_it_says_is_rebuilt() {
    let dir = finished();
    let before = standing(&open(dir.path()));
    let [file] = &snapshots(dir.path())[..] else { panic!("one snapshot") };
    let bytes = fs::read(file).unwrap();
    let mut rng = Rng::new(seed());
    let mut places: Vec<usize> = (0..8).chain(bytes.len() - 34..bytes.len()).collect();
    places.extend((0..60).map(|_| usize::try_from(rng.below(bytes.len() as u64)).unwrap()));
    let named = |text: &String| text.contains(&file.display().to_string()) && text.contains("rebuilt");
    for (nth, place) in places.into_iter().enumerate() {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1 << rng.below(8);
        fs::write(file, &flipped).unwrap();
        let (report, _) = sound(dir.path(), false);
        assert!(report.notices.iter().any(named), "byte {place}: {:?}", report.notices);
        if nth % 20 == 0 {
            rebuilt(dir.path(), &before, named);
        }
    }
    // Cut, empty, of something else, and under a name that it does not have.
    for other in [&bytes[..bytes.len() / 2], &[], b"snapshot", &[0; 100]] {
        fs::write(file, other).unwrap();
        let (report, _) = sound(dir.path(), false);
        assert!(report.notices.iter().any(named), "{:?}", report.notices);
        rebuilt(dir.path(), &before, named);
    }
    fs::remove_file(file).unwrap();
    let renamed = file.with_file_name("9999999999999999.snap");
    fs::write(&renamed, &bytes).unwrap();
    let (report, _) = sound(dir.path(), false);
    let named = |text: &String| text.contains("9999999999999999.snap") && text.contains("rebuilt");
    assert!(report.notices.iter().any(named), "{:?}", report.notices);
    rebuilt(dir.path(), &before, named);
}

/// Opens a directory whose snapshot is damaged: the host says so, stands where it stood, and leaves a good one.
fn rebuilt(data: &Path, before: &common::Standing, named: impl Fn(&String) -> bool) {
    let host = open(data);
    let alerts = block_on(host.alerts());
    assert!(alerts.iter().any(named), "{alerts:?}");
    assert_eq!(standing(&host), *before);
    host.close().unwrap();
    let (report, _) = sound(data, false);
    assert!(report.notices.is_empty(), "{:?}", report.notices);
    assert_eq!(snapshots(data).len(), 1);
}

#[test]
fn a_snapshot_that_says_something_else_with_a_right_hash_is_not_believed() {
    let dir = scratch();
    let host = open(dir.path());
    let desk = Desk::open(&host, "ours");
    desk.ask(&host, "step", b"seven lean cows", "step");
    let before = standing(&host);
    host.close().unwrap();
    let [file] = &snapshots(dir.path())[..] else { panic!("one snapshot") };
    let bytes = fs::read(file).unwrap();
    let at = bytes.windows(5).position(|window| window == b"seven").unwrap();
    let mut body = bytes[..bytes.len() - 32].to_vec();
    body[at..at + 5].copy_from_slice(b"eight");
    let forged = [body.clone(), Sha256::digest(&body).to_vec()].concat();
    fs::write(file, forged).unwrap();
    let named = |text: &String| text.contains(&file.display().to_string()) && text.contains("rebuilt");
    let (report, _) = sound(dir.path(), false);
    assert!(report.notices.iter().any(named), "{:?}", report.notices);
    rebuilt(dir.path(), &before, named);
}

#[test]
fn every_byte_of_a_checkpoint_counts() {
    let dir = finished();
    let file = dir.path().join("checkpoint");
    let bytes = fs::read(&file).unwrap();
    let mut rng = Rng::new(seed());
    for place in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1 << rng.below(8);
        fs::write(&file, &flipped).unwrap();
        let (report, _) = audit_of(dir.path(), false);
        assert!(!report.ok, "byte {place} of the checkpoint");
        let finding = report.divergence.unwrap();
        assert_eq!(finding.what, "checkpoint", "{finding}");
        if place % 16 == 0 {
            // It is derived from log and key: the host says so, and signs it anew.
            let host = open(dir.path());
            let alerts = block_on(host.alerts());
            assert!(alerts.iter().any(|alert| alert.contains("checkpoint")), "byte {place}: {alerts:?}");
            host.close().unwrap();
            assert_eq!(fs::read(&file).unwrap(), bytes);
            sound(dir.path(), false);
        }
    }
    fs::remove_file(&file).unwrap();
    let (report, _) = audit_of(dir.path(), false);
    assert!(!report.ok && report.divergence.unwrap().what == "checkpoint", "a missing one is missed");
}

#[test]
fn a_key_file_that_was_changed_is_not_used() {
    let dir = finished();
    let scope_keys = fs::read_dir(dir.path().join("scopes")).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> = scope_keys.chain([dir.path().join("host.key")]).collect();
    assert_eq!(files.len(), 3);
    for file in files {
        let bytes = fs::read(&file).unwrap();
        for (place, bit) in [(0, 0), (63, 0), (10, 1), (20, 7), (30, 5)] {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1 << bit;
            fs::write(&file, &flipped).unwrap();
            let error = Host::open(HostOptions::new(dir.path())).expect_err("a changed key is used");
            assert!(error.to_string().contains(&file.display().to_string()), "{error}");
            // An audit needs none of them.
            sound(dir.path(), false);
        }
        fs::remove_file(&file).unwrap();
        let error = Host::open(HostOptions::new(dir.path())).expect_err("a missing key is made anew");
        assert!(error.to_string().contains(&file.display().to_string()), "{error}");
        common::write_secret(&file, &bytes);
    }
    open(dir.path()).close().unwrap();
    sound(dir.path(), false);
}

#[test]
fn a_log_that_was_cut_is_found_out() {
    let dir = finished();
    let file = segment(dir.path());
    let bytes = fs::read(&file).unwrap();
    let starts = groups(&bytes);
    let mut rng = Rng::new(seed());
    // At every fourth group's edge, in the middle of sectors, and by one byte.
    let mut lengths: Vec<usize> = starts.iter().copied().skip(1).step_by(4).collect();
    lengths.extend((0..40).map(|_| usize::try_from(rng.below(bytes.len() as u64 - 600)).unwrap() + 600));
    lengths.extend([starts[starts.len() - 1], bytes.len() - 1, bytes.len() - SECTOR]);
    for length in lengths {
        fs::write(&file, &bytes[..length]).unwrap();
        let (report, _) = audit_of(dir.path(), false);
        assert!(!report.ok, "cut to {length} bytes");
        let finding = report.divergence.unwrap();
        assert!(finding.place.is_some() && finding.position.is_some(), "{finding}");
        let before = tree(dir.path());
        let error = Host::open(HostOptions::new(dir.path())).expect_err("a log that was cut is taken up");
        assert!(error.to_string().contains("is damaged at byte"), "{error}");
        assert!(tree(dir.path()) == before, "{error}");
    }
}

#[test]
fn a_log_that_is_gone_is_not_begun_anew() {
    let dir = finished();
    let file = segment(dir.path());
    let bytes = fs::read(&file).unwrap();
    for (what, rest) in [
        ("deleted", None),
        ("emptied", Some(Vec::new())),
        ("cut inside its header", Some(bytes[..100].to_vec())),
        ("cut behind its header", Some(bytes[..SECTOR].to_vec())),
        ("zeroed", Some(vec![0; bytes.len()])),
    ] {
        match rest {
            Some(rest) => fs::write(&file, rest).unwrap(),
            None => fs::remove_file(&file).unwrap(),
        }
        let (report, _) = audit_of(dir.path(), false);
        assert!(!report.ok, "{what}");
        let before = tree(dir.path());
        match Host::open(HostOptions::new(dir.path())) {
            Err(_) => assert!(tree(dir.path()) == before, "{what}"),
            Ok(host) => {
                panic!("{what}: a checkpoint says what was there, and a new log is begun: {:?}", host.head())
            }
        }
    }
}

#[test]
fn a_checkpoint_that_was_swapped_is_held_against_the_log() {
    let dir = scratch();
    let note = |data: &Path| fs::read_to_string(data.join("checkpoint")).unwrap();
    let host = open(dir.path());
    let desk = Desk::open(&host, "ours");
    desk.ask(&host, "step", b"1", "1");
    host.close().unwrap();
    let older = note(dir.path());
    // Two futures of the same past, by the same host.
    let other = scratch();
    copy(dir.path(), other.path());
    for (data, steps) in [(dir.path(), [b"2", b"3"]), (other.path(), [b"x", b"y"])] {
        let host = open(data);
        steps.iter().for_each(|step| drop(desk.ask(&host, "step", *step, &format!("{step:?}"))));
        host.close().unwrap();
    }
    let (ours, theirs) = (note(dir.path()), note(other.path()));
    let longer = scratch();
    copy(dir.path(), longer.path());
    let host = open(longer.path());
    desk.ask(&host, "step", b"4", "4");
    host.close().unwrap();
    let newer = note(longer.path());
    let stranger = scratch();
    open(stranger.path()).close().unwrap();
    let foreign = note(stranger.path());

    let file = dir.path().join("checkpoint");
    // An older one is behind the log and of it: nothing is amiss.
    fs::write(&file, &older).unwrap();
    let (report, _) = sound(dir.path(), false);
    assert!(report.notices.is_empty());
    open(dir.path()).close().unwrap();
    assert_eq!(note(dir.path()), ours);
    // A newer one says that the log was cut; another future's, that it was rewritten. Neither is taken up.
    for (what, swapped) in [("newer", &newer), ("another history's", &theirs)] {
        fs::write(&file, swapped).unwrap();
        let (report, _) = audit_of(dir.path(), false);
        assert!(!report.ok, "{what}");
        let finding = report.divergence.unwrap();
        assert!(finding.position.is_some(), "{finding}");
        let before = tree(dir.path());
        let error = Host::open(HostOptions::new(dir.path())).expect_err(what);
        let words = if what == "newer" { "cut or rolled back" } else { "rewritten or replaced" };
        assert!(error.to_string().contains(words), "{error}");
        assert!(tree(dir.path()) == before, "{what}");
    }
    // One of another log is none of this one: the audit fails, and the host says that it signs its own anew.
    fs::write(&file, &foreign).unwrap();
    let (report, _) = audit_of(dir.path(), false);
    assert!(!report.ok && report.divergence.unwrap().what == "checkpoint");
    let host = open(dir.path());
    assert!(block_on(host.alerts()).iter().any(|alert| alert.contains("checkpoint")));
    host.close().unwrap();
    assert_eq!(note(dir.path()), ours);
}

#[test]
fn a_log_that_was_rolled_back_with_its_checkpoint_is_given_away_by_a_newer_snapshot() {
    let dir = scratch();
    let host = open(dir.path());
    let desk = Desk::open(&host, "ours");
    desk.ask(&host, "step", b"1", "1");
    host.close().unwrap();
    let back = scratch();
    copy(dir.path(), back.path());
    let host = open(dir.path());
    desk.ask(&host, "step", b"2", "2");
    host.close().unwrap();
    let [newer] = &snapshots(dir.path())[..] else { panic!("one snapshot") };
    let name = newer.file_name().unwrap();
    fs::copy(newer, back.path().join("snapshots").join(name)).unwrap();
    // Log and checkpoint hold together; the snapshot says that there was more.
    let named = |text: &String| text.contains(&*name.to_string_lossy());
    let (report, kept) = sound(back.path(), false);
    assert_eq!(kept.0.len(), 1);
    assert!(report.notices.iter().any(named), "{:?}", report.notices);
    let host = open(back.path());
    assert!(block_on(host.alerts()).iter().any(named), "{:?}", block_on(host.alerts()));
}

#[test]
fn what_is_appended_moved_repeated_or_left_out_is_found_out() {
    let dir = finished();
    let file = segment(dir.path());
    let bytes = fs::read(&file).unwrap();
    let starts = groups(&bytes);
    let mut rng = Rng::new(seed());
    let noise: Vec<u8> = (0..2 * SECTOR).map(|_| u8::try_from(rng.below(256)).unwrap()).collect();
    let marked = [&noise[..SECTOR - 1], &[0x5a]].concat();
    let group = |at: usize| &bytes[starts[at]..starts.get(at + 1).copied().unwrap_or(bytes.len())];
    let (a, b, c) = (starts[2], starts[3], starts[4]);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("a byte behind", [&bytes[..], b"x"].concat()),
        ("half a sector behind", [&bytes[..], &noise[..256]].concat()),
        ("noise behind", [&bytes[..], &noise].concat()),
        ("a marked sector of noise behind", [&bytes[..], &marked].concat()),
        ("the last group again", [&bytes[..], group(starts.len() - 1)].concat()),
        ("an earlier group behind", [&bytes[..], group(2)].concat()),
        ("noise in the middle", [&bytes[..a], &noise, &bytes[a..]].concat()),
        ("a group left out", [&bytes[..a], &bytes[b..]].concat()),
        ("a group twice", [&bytes[..b], group(2), &bytes[b..]].concat()),
        ("two groups swapped", [&bytes[..a], group(3), group(2), &bytes[c..]].concat()),
        ("a group of zeros in the middle", [&bytes[..a], &vec![0; b - a], &bytes[b..]].concat()),
        ("another group's body", {
            let mut other = bytes.clone();
            other[b - SECTOR..b].copy_from_slice(&bytes[c - SECTOR..c]);
            other
        }),
    ];
    for (what, changed) in cases {
        fs::write(&file, changed).unwrap();
        let byte = found(dir.path(), &file);
        assert_eq!(not_opened(dir.path(), &file), byte, "{what}");
    }
    // Zeros behind the log are what a host writes ahead; they say nothing.
    fs::write(&file, [&bytes[..], &[0; 20 * SECTOR]].concat()).unwrap();
    sound(dir.path(), false);
    open(dir.path()).close().unwrap();
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

#[test]
fn a_log_of_several_files_is_one_log() {
    let dir = scratch();
    let host = open(dir.path());
    let desk = Desk::open(&host, "large");
    // Invocations of the largest input, until a second file is begun, and a few more.
    let input = vec![7; limits::INPUT_BYTES_MAX];
    let count = limits::SEGMENT_BYTES_MAX / limits::INPUT_BYTES_MAX as u64 + 8;
    let mut waiting = Vec::new();
    for at in 0..count {
        waiting.push(host.submit(desk.request(&host, "nothing", &input, &format!("{at}"))).unwrap());
        if waiting.len() == 32 {
            waiting.drain(..).for_each(|pending| assert!(block_on(pending).unwrap().receipt.outcome.is_ok()));
        }
    }
    waiting.into_iter().for_each(|pending| drop(block_on(pending).unwrap()));
    let head = host.head();
    host.close().unwrap();
    let files = [segment(dir.path()), dir.path().join("log/00000001.seg")];
    assert!(!dir.path().join("log/00000002.seg").exists());
    assert!(files.iter().all(|file| fs::metadata(file).unwrap().len() <= limits::SEGMENT_BYTES_MAX));
    let (report, kept) = sound(dir.path(), false);
    assert_eq!((report.size, kept.0.len() as u64), (head.size, count));
    let host = open(dir.path());
    assert_eq!(host.head(), head);
    desk.ask(&host, "nothing", b"", "one more");
    host.close().unwrap();

    // Of the second file: its header, its first group, a byte of a body; and of the first its last bytes.
    let flip = |file: &Path, place: u64| {
        use std::os::unix::fs::FileExt as _;
        let open = fs::OpenOptions::new().read(true).write(true).open(file).unwrap();
        let mut byte = [0];
        open.read_exact_at(&mut byte, place).unwrap();
        byte[0] ^= 0x10;
        open.write_all_at(&byte, place).unwrap();
    };
    let last = fs::metadata(&files[0]).unwrap().len() - 1;
    for (file, place, byte) in [
        (&files[1], 3, Some(0)),
        (&files[1], 20, Some(0)),
        (&files[1], SECTOR as u64 + 5, Some(SECTOR)),
        (&files[1], 100_000, None),
        (&files[0], last, None),
    ] {
        flip(file, place);
        let named = found(dir.path(), file);
        assert!(byte.is_none_or(|byte| byte == named) && named as u64 <= place, "{named} for {place}");
        flip(file, place);
    }
    // Files gone, and files swapped.
    let aside = dir.path().join("aside");
    for gone in &files {
        fs::rename(gone, &aside).unwrap();
        let (report, _) = audit_of(dir.path(), false);
        assert!(!report.ok, "{}", gone.display());
        assert!(report.divergence.unwrap().place.is_some());
        let error = Host::open(HostOptions::new(dir.path())).expect_err("a file is gone");
        assert!(error.to_string().contains("is damaged at byte"), "{error}");
        fs::rename(&aside, gone).unwrap();
    }
    fs::rename(&files[0], &aside).unwrap();
    fs::rename(&files[1], &files[0]).unwrap();
    fs::rename(&aside, &files[1]).unwrap();
    assert_eq!(found(dir.path(), &files[0]), 0);
}

// Somebody who can write the files, and who makes every hash right again.

/// What an audit says of a log that was written anew: it must not hold.
fn forgery(data: &Path, what: &str, replay: bool) -> AuditReport {
    let (report, _) = audit_of(data, replay);
    assert!(!report.ok, "{what} passes: {:?}", report.notices);
    let finding = report.divergence.as_ref().unwrap();
    println!("{what}: {finding}");
    report
}

#[test]
fn a_log_that_is_written_anew_without_the_keys_is_found_out() {
    let dir = scratch();
    let host = open(dir.path());
    let (ours, theirs) = (Desk::open(&host, "ours"), Desk::open(&host, "theirs"));
    for at in 0..4 {
        ours.ask(&host, "step", &[at], &format!("step {at}"));
        theirs.ask(&host, "step", &[at], &format!("step {at}"));
    }
    host.close().unwrap();
    // The host's first entry, two policies, then receipts of ours and theirs by turns.
    let good = entries(dir.path());
    assert_eq!(good.len(), 11);
    write_anew(dir.path(), &good);
    sound(dir.path(), true);

    let mallory = key("mallory");
    let try_out = |what: &str, change: &dyn Fn(&mut Vec<Entry>)| -> (Option<u64>, String) {
        let mut forged = good.clone();
        change(&mut forged);
        write_anew(dir.path(), &forged);
        let finding = forgery(dir.path(), what, false).divergence.unwrap();
        let before = tree(dir.path());
        // What only signatures tell, a host takes from its own disk; everything else stops it.
        if finding.what != "signature" {
            let opened = Host::open(HostOptions::new(dir.path())).map(|host| host.head());
            assert!(opened.is_err(), "{what}: a host takes it up: {opened:?}");
            assert!(tree(dir.path()) == before, "{what}");
        }
        (finding.position, finding.what)
    };
    let (at, _) = try_out("a receipt left out", &|log| drop(log.remove(5)));
    assert!(at.is_some_and(|at| at >= 5));
    try_out("the last receipt left out", &|log| drop(log.pop()));
    try_out("a receipt twice", &|log| log.insert(6, log[5].clone()));
    try_out("two receipts of two scopes swapped", &|log| log.swap(5, 6));
    try_out("two receipts of one scope swapped", &|log| log.swap(5, 7));
    try_out("the first entry left out", &|log| drop(log.remove(0)));
    try_out("a policy left out", &|log| drop(log.remove(1)));
    let signature = (Some(5), "signature".to_owned());
    let change = |log: &mut Vec<Entry>| forge(&mut log[5], None, |receipt| receipt.output = b"lies".to_vec());
    assert_eq!(try_out("an output changed", &change), signature);
    let change = |log: &mut Vec<Entry>| forge(&mut log[5], None, |receipt| receipt.fuel -= 1);
    assert_eq!(try_out("a charge changed", &change), signature);
    let change = |log: &mut Vec<Entry>| forge(&mut log[5], Some(&mallory), |receipt| receipt.fuel -= 1);
    assert_eq!(try_out("a receipt signed by somebody else", &change), signature);
    let change = |log: &mut Vec<Entry>| {
        let entry = &mut log[5];
        let (_, _, receipt) = receipt_of(entry);
        let (envelope, payload) = signed(entry, receipt.invocation);
        let mut invocation = Invocation::from_bytes(entry.blocks[payload].bytes()).unwrap();
        invocation.input = b"another".to_vec();
        let block = Block::encode(&invocation);
        let sealed = moved_signature(&entry.blocks[envelope], &block);
        let id = sealed.id();
        (entry.blocks[payload], entry.blocks[envelope]) = (block, sealed);
        forge(entry, Some(&key("ours scope")), |receipt| receipt.invocation = id);
    };
    // Here the scope itself lies, and signs: it is its member's signature that is missing.
    assert_eq!(try_out("an invocation that its caller did not sign", &change), signature);
    let change = |log: &mut Vec<Entry>| {
        let entry = &mut log[5];
        let (_, _, receipt) = receipt_of(entry);
        let (_, payload) = signed(entry, receipt.invocation);
        entry.blocks.remove(payload);
    };
    try_out("an invocation that is not there", &change);
}

#[test]
fn a_host_that_lies_with_all_of_its_keys_is_found_out_by_running_the_guests_again() {
    let dir = scratch();
    let host = open(dir.path());
    let desk = Desk::open(&host, "ours");
    desk.ask(&host, "step", b"1", "step");
    desk.ask(&host, "echo", b"the truth", "echo");
    host.close().unwrap();
    let good = entries(dir.path());
    let host_key = fs::read_to_string(dir.path().join("host.key")).unwrap();
    let secret = data_encoding::HEXLOWER.decode(host_key.trim().as_bytes()).unwrap();
    let host_key = SecretKey::from_bytes(&secret.try_into().unwrap());
    let scope_key = key("ours scope");
    let lie = |change: &dyn Fn(&mut Receipt)| {
        let mut forged = good.clone();
        forge(forged.last_mut().unwrap(), Some(&scope_key), change);
        write_anew(dir.path(), &forged);
        // The checkpoint of the lie, signed by the host.
        let mut log = Log::default();
        for entry in &forged {
            let (_, payload) = signed(entry, entry.leaves[0]);
            let payload = icn_core::block::Payload::from_bytes(entry.blocks[payload].bytes()).unwrap();
            log.append(entry, &[icn_core::log::Link::of(&payload)]).unwrap();
        }
        let origin = receipt_of(forged.last().unwrap()).2.log;
        let checkpoint: Checkpoint = log.checkpoint(&origin);
        fs::write(dir.path().join("checkpoint"), checkpoint.sign(&host_key)).unwrap();
    };
    // Without running anything, every signature holds and every sum adds up.
    let position = Some(good.len() as u64 - 1);
    lie(&|receipt| receipt.output = b"a lie".to_vec());
    sound(dir.path(), false);
    let finding = forgery(dir.path(), "another output", true).divergence.unwrap();
    assert_eq!((finding.position, &*finding.what), (position, "replay, output"));
    lie(&|receipt| receipt.fuel -= 1);
    sound(dir.path(), false);
    let finding = forgery(dir.path(), "another charge", true).divergence.unwrap();
    assert_eq!((finding.position, &*finding.what), (position, "replay, fuel"));
    // What needs no run to be found out: a root, and a transfer that nobody can pay.
    lie(&|receipt| receipt.root = icn_runtime::Hash::digest(b"another state"));
    let finding = forgery(dir.path(), "another root", false).divergence.unwrap();
    assert_eq!((finding.position, &*finding.what), (position, "state root"));
    lie(&|receipt| {
        receipt.journal.push(icn_runtime::Operation::transfer(
            icn_runtime::Owner::Treasury,
            icn_runtime::Owner::parse("pocket").unwrap(),
            common::chip(),
            common::CHIPS,
        ));
    });
    let finding = forgery(dir.path(), "a transfer that is not covered", false).divergence.unwrap();
    assert_eq!((finding.position, &*finding.what), (position, "ledger"));
    // One that is covered adds up, and no guest made it.
    lie(&|receipt| {
        receipt.journal.push(icn_runtime::Operation::transfer(
            icn_runtime::Owner::Treasury,
            icn_runtime::Owner::parse("pocket").unwrap(),
            common::chip(),
            1,
        ));
    });
    sound(dir.path(), false);
    let finding = forgery(dir.path(), "a transfer that no guest made", true).divergence.unwrap();
    assert_eq!((finding.position, &*finding.what), (position, "replay, journal"));
}

// What a crash leaves.

/// A directory as a kill leaves it: its last group was answered, and no checkpoint covers it yet. Gives where
/// that group begins, and the desk; the answered invocation's name is `last`.
fn killed(input: &[u8]) -> (tempfile::TempDir, usize, Desk) {
    let dir = scratch();
    let host = open(dir.path());
    let desk = Desk::open(&host, "ours");
    desk.ask(&host, "put", b"x", "before");
    host.close().unwrap();
    let older = fs::read(dir.path().join("checkpoint")).unwrap();
    let start = usize::try_from(fs::metadata(segment(dir.path())).unwrap().len()).unwrap();
    let host = open(dir.path());
    desk.ask(&host, "nothing", input, "last");
    let left = scratch();
    copy(dir.path(), left.path());
    // Of the zeros that were written ahead, a few will do.
    let file = segment(left.path());
    let mut bytes = fs::read(&file).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    bytes.truncate(end + 4 * SECTOR);
    fs::write(&file, bytes).unwrap();
    // However fast the host renews it.
    fs::write(left.path().join("checkpoint"), older).unwrap();
    let (_, kept) = sound(left.path(), false);
    assert_eq!(kept.0.len(), 2);
    (left, start, desk)
}

/// Inputs that a member may choose to be taken for something else on the disk.
fn inputs() -> Vec<(&'static str, Vec<u8>)> {
    let header = [&b"GRP1"[..], &1u32.to_le_bytes(), &9u64.to_le_bytes(), &[0; 16], &[7; 64]].concat();
    vec![
        ("few bytes", b"few bytes".to_vec()),
        ("zeros", vec![0; 4096]),
        ("marks", vec![0x5a; 4096]),
        ("headers of groups", header.repeat(40)),
    ]
}

#[test]
fn one_bit_flipped_in_an_answered_group_is_no_crash_even_before_a_checkpoint_covers_it() {
    let mut rng = Rng::new(seed());
    for (what, input) in inputs() {
        let (dir, start, _) = killed(&input);
        let file = segment(dir.path());
        let bytes = fs::read(&file).unwrap();
        let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        assert_eq!((start % SECTOR, end % SECTOR), (0, 0));
        // Every bit of the header's lengths, and a bit of every other byte of it.
        let lengths = (start + 16..start + 32).flat_map(|place| (0..8).map(move |bit| (place, bit)));
        let header: Vec<_> = (start..start + 96).map(|place| (place, rng.below(8))).chain(lengths).collect();
        let rest = (start + 96..end).step_by(13).map(|place| (place, rng.below(8)));
        let places: Vec<(usize, u64)> = header.into_iter().chain(rest).collect();
        for (place, bit) in places {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1 << bit;
            fs::write(&file, &flipped).unwrap();
            let named = found(dir.path(), &file);
            assert!(names(named, start, place), "{what}: bit {bit} of byte {place}: byte {named} is named");
            if place % 64 == 0 {
                assert_eq!(not_opened(dir.path(), &file), named, "{what}: bit {bit} of byte {place}");
            }
        }
    }
}

#[test]
fn a_write_that_a_crash_cut_short_is_dropped_aloud_and_can_be_submitted_again() {
    for (what, input) in inputs() {
        let (dir, start, desk) = killed(&input);
        let file = segment(dir.path());
        let bytes = fs::read(&file).unwrap();
        let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        let sectors: Vec<usize> = (start..end).step_by(SECTOR).collect();
        // Disks write sectors in any order: the first so many, the last so many, all but one.
        let mut cuts: Vec<Vec<usize>> = Vec::new();
        for at in 1..sectors.len() {
            cuts.push(sectors[at..].to_vec());
            cuts.push(sectors[..at].to_vec());
            cuts.push(vec![sectors[at]]);
        }
        let mut opened = 0;
        for (nth, unwritten) in cuts.iter().enumerate() {
            let mut torn = bytes.clone();
            for sector in unwritten {
                torn[*sector..sector + SECTOR].fill(0);
            }
            fs::write(&file, &torn).unwrap();
            let (report, kept) = sound(dir.path(), false);
            let aloud = |text: &String| {
                text.contains("crash cut short")
                    && text.contains(&file.display().to_string())
                    && text.contains(&format!("at byte {start}"))
            };
            assert!(report.notices.iter().any(aloud), "{what}, {unwritten:?}: {:?}", report.notices);
            assert_eq!(kept.0.len(), 1);
            // All that was written ahead was lost with it, the file's length too: it is the same.
            if nth % 7 == 0 {
                opened += 1;
                let host = open(dir.path());
                assert!(block_on(host.alerts()).iter().any(aloud), "{:?}", block_on(host.alerts()));
                assert_eq!(block_on(host.receipt_of(&desk.scope, desk.id("last"))), None);
                desk.ask(&host, "nothing", &input, "last");
                let again = desk.call(&host, "put", b"x", "before").unwrap_err();
                assert_eq!(again.code, RefusalCode::Replayed);
                host.close().unwrap();
                let (report, kept) = sound(dir.path(), true);
                assert!(report.notices.is_empty(), "{:?}", report.notices);
                assert_eq!(kept.0.len(), 2);
                // Back to what the kill left.
                fs::write(dir.path().join("checkpoint"), older_checkpoint(dir.path(), start)).unwrap();
                snapshots(dir.path()).iter().for_each(|snapshot| fs::remove_file(snapshot).unwrap());
            }
        }
        assert!(opened > 0);
    }
}

/// The checkpoint of the log's part before a byte of its segment: what the host signed then.
fn older_checkpoint(data: &Path, start: usize) -> String {
    let shorter = scratch();
    copy(data, shorter.path());
    let bytes = fs::read(segment(data)).unwrap();
    fs::write(segment(shorter.path()), &bytes[..start]).unwrap();
    fs::remove_file(shorter.path().join("checkpoint")).unwrap();
    snapshots(shorter.path()).iter().for_each(|snapshot| fs::remove_file(snapshot).unwrap());
    open(shorter.path()).close().unwrap()
}
