//! Segment files that are missing or are none, and damage inside of them.

use std::fs;

use crate::common::{Desk, audit_of, block_on, copy, icn, json, open, scratch, segment, sound};
use crate::helpers::{SECTOR, alerts, audited, damaged, forget, small, three_segments};

#[test]
fn a_segment_that_is_missing_is_named_by_its_file_with_a_checkpoint_and_without() {
    for number in 0..2 {
        let dir = three_segments();
        let gone = dir.path().join(format!("log/{number:08}.seg"));
        fs::remove_file(&gone).unwrap();
        let finding = damaged(dir.path(), &gone, "the file is missing");
        assert_eq!(finding.position == Some(0), number == 0, "what is before the gap holds: {finding}");
        forget(dir.path());
        damaged(dir.path(), &gone, "the file is missing");
        assert_eq!(audited(dir.path()).0, Some(1));
    }
    // Of the last one only a checkpoint tells; without it, its absence is said.
    let dir = three_segments();
    fs::remove_file(dir.path().join("log/00000002.seg")).unwrap();
    damaged(dir.path(), &dir.path().join("log/00000001.seg"), "cut or rolled back");
    forget(dir.path());
    let host = open(dir.path());
    assert!(alerts(&host, "is missing, and the log has"), "{:?}", block_on(host.alerts()));
}

#[test]
fn what_looks_like_a_segment_and_is_none_is_named() {
    let dir = small();
    let log = dir.path().join("log");
    for (name, named, words) in [
        ("00000004.seg", "00000001.seg", "the file is missing"),
        ("00000001.seg", "00000001.seg", "its header is not the one"),
        ("1.seg", "1.seg", "looks like a segment"),
        ("copy.seg", "copy.seg", "looks like a segment"),
        ("00000001.SEG", "00000001.SEG", "looks like a segment"),
    ] {
        let stray = log.join(name);
        fs::copy(segment(dir.path()), &stray).unwrap();
        damaged(dir.path(), &log.join(named), words);
        let (code, text) = audited(dir.path());
        assert!(code == Some(1) && text.contains(name), "{code:?}: {text}");
        fs::remove_file(&stray).unwrap();
    }
    let stray = log.join("00000001.seg");
    fs::create_dir(&stray).unwrap();
    damaged(dir.path(), &stray, "looks like a segment");
    fs::remove_dir(&stray).unwrap();
    // Also where the log ends in a write that was cut short, which an opening would drop.
    let mut bytes = fs::read(segment(dir.path())).unwrap();
    let end = bytes.len();
    bytes.resize(end + 2 * SECTOR, 0);
    bytes[end + SECTOR..].fill(7);
    fs::write(segment(dir.path()), &bytes).unwrap();
    assert!(sound(dir.path(), false).0.notices[0].contains("crash cut short"));
    fs::write(log.join("x.seg"), "").unwrap();
    damaged(dir.path(), &log.join("x.seg"), "looks like a segment");
    fs::remove_file(log.join("x.seg")).unwrap();
    open(dir.path()).close().unwrap();
    sound(dir.path(), true);
}

#[test]
fn a_log_that_was_cut_at_a_groups_edge_and_whose_checkpoint_is_gone_opens_with_an_alert() {
    let dir = small();
    let bytes = fs::read(segment(dir.path())).unwrap();
    let edges: Vec<usize> =
        (SECTOR..bytes.len()).step_by(SECTOR).filter(|at| bytes[*at..].starts_with(b"GRP1")).collect();
    forget(dir.path());
    // The whole log, and all shorter ones that have an entry.
    for length in edges[1..].iter().copied().chain([bytes.len()]) {
        fs::write(segment(dir.path()), &bytes[..length]).unwrap();
        let (code, text) = audited(dir.path());
        assert!(code == Some(1) && text.contains("checkpoint"), "{code:?}: {text}");
        let left = scratch();
        copy(dir.path(), left.path());
        let host = open(left.path());
        let words = left.path().join("checkpoint").display().to_string();
        assert!(alerts(&host, &format!("{words} is missing")), "{length}: {:?}", block_on(host.alerts()));
        assert!(alerts(&host, "whether the log was cut cannot be told"));
        host.close().unwrap();
        // It is signed anew: said once.
        let host = open(left.path());
        assert!(block_on(host.alerts()).is_empty(), "{:?}", block_on(host.alerts()));
    }
}

#[test]
fn damage_is_named_by_its_sector_its_block_and_its_entry() {
    let dir = scratch();
    let host = open(dir.path());
    let desk = Desk::open(&host, "ours");
    // Many in one group: the first ones keep the disk busy while the rest arrive.
    let call = |at| host.submit(desk.request(&host, "nothing", &[at; 3_000], &format!("{at}"))).unwrap();
    let pending: Vec<_> = (0..100).map(call).collect();
    pending.into_iter().for_each(|pending| drop(block_on(pending).unwrap()));
    host.close().unwrap();
    let file = segment(dir.path());
    let bytes = fs::read(&file).unwrap();
    let (whole, kept) = sound(dir.path(), false);
    // Bytes behind the log: everything in it holds.
    fs::write(&file, [&bytes[..], b"garbage\n"].concat()).unwrap();
    let finding = damaged(dir.path(), &file, "does not end with a whole sector");
    assert_eq!(finding.place, Some(format!("{} at byte {}", file.display(), bytes.len())));
    assert_eq!(finding.position, Some(whole.size));
    // A byte of each input: its entry, its block, and the sector where that block begins, at most 3,000 bytes and
    // what stands around them before it.
    for (nth, (_, invocation, _)) in kept.0.iter().enumerate().step_by(7) {
        let content: Vec<usize> = (0..bytes.len()).filter(|at| at % SECTOR != SECTOR - 1).collect();
        let wanted = &invocation.input[..];
        let starts = |at: usize| content[at..].iter().take(wanted.len()).map(|at| &bytes[*at]).eq(wanted);
        let start =
            (0..content.len() - wanted.len()).find(|at| bytes[content[*at]] == wanted[0] && starts(*at));
        let place = content[start.unwrap() + 1_500];
        let mut flipped = bytes.clone();
        flipped[place] ^= 4;
        fs::write(&file, &flipped).unwrap();
        let finding = damaged(dir.path(), &file, "hash to");
        let (report, held) = audit_of(dir.path(), false);
        assert_eq!(held.0.len(), nth, "all entries before it hold");
        let block = finding.block.clone().expect("the block is known");
        assert!(finding.found.contains(&block), "{finding}");
        let named: usize = finding.place.as_ref().unwrap().rsplit(' ').next().unwrap().parse().unwrap();
        assert!(named <= place && place - named < 1_500 + 4 * SECTOR, "{named} for {place}");
        let output = icn().args(["audit", "--json", "--data"]).arg(dir.path()).output().unwrap();
        assert_eq!(json(&output)["divergence"]["block"], block);
        assert_eq!(json(&output)["size"], report.size);
    }
}

#[test]
fn a_log_that_may_not_be_read_is_no_damage_and_its_checkpoint_being_none_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = small();
    let file = segment(dir.path());
    let mode = |mode| fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o000);
    if fs::read(&file).is_ok() {
        println!("this user may read everything: nothing to see here");
    } else {
        let (code, text) = audited(dir.path());
        assert!(code == Some(2) && text.contains(&*file.to_string_lossy()), "{code:?}: {text}");
    }
    mode(0o644);
    fs::remove_file(dir.path().join("checkpoint")).unwrap();
    fs::create_dir(dir.path().join("checkpoint")).unwrap();
    let (code, text) = audited(dir.path());
    assert!(code == Some(1) && text.contains("checkpoint"), "{code:?}: {text}");
}
