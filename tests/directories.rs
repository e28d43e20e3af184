//! What a data directory may look like, and what is said of it: segments that are missing or too many, a checkpoint
//! that is gone, a directory that a host has open, one that was killed before its first entry, and one that is
//! somebody else's. What was answered never disappears without a word, and nothing is written before it is said.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{
    Desk, audit_of, block_on, copy, demo, icn, json, open, samples, scratch, segment, settled, snapshots,
    sound, stderr, tree,
};
use icn_runtime::{Finding, Host, HostOptions, limits};

const SECTOR: usize = 512;

/// A closed directory whose log has three segments; made once, copied by each test.
fn three_segments() -> tempfile::TempDir {
    static MADE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let dir = scratch();
        let host = open(dir.path());
        let desk = Desk::open(&host, "large");
        let input = vec![7; limits::INPUT_BYTES_MAX];
        let count = 2 * limits::SEGMENT_BYTES_MAX / limits::INPUT_BYTES_MAX as u64 + 8;
        for first in (0..count).step_by(32) {
            let submit = |at| host.submit(desk.request(&host, "nothing", &input, &format!("{at}"))).unwrap();
            let pending: Vec<_> = (first..count.min(first + 32)).map(submit).collect();
            pending.into_iter().for_each(|pending| drop(block_on(pending).unwrap()));
        }
        host.close().unwrap();
        assert!(
            dir.path().join("log/00000002.seg").exists() && !dir.path().join("log/00000003.seg").exists()
        );
        dir
    });
    let dir = scratch();
    copy(made.path(), dir.path());
    dir
}

/// A small closed directory: a host, a scope, and four receipts.
fn small() -> tempfile::TempDir {
    let dir = scratch();
    let host = open(dir.path());
    let desk = Desk::open(&host, "ours");
    (0..4u8).for_each(|at| drop(desk.ask(&host, "step", &[at], &format!("step {at}"))));
    host.close().unwrap();
    dir
}

/// Takes away what could tell how far a log went: the checkpoint and the snapshots.
fn forget(data: &Path) {
    fs::remove_file(data.join("checkpoint")).unwrap();
    snapshots(data).iter().for_each(|snapshot| fs::remove_file(snapshot).unwrap());
}

/// Damage that an audit and an opening both name; the opening changes nothing.
fn damaged(data: &Path, place: &Path, words: &str) -> Finding {
    let before = tree(data);
    let (report, kept) = audit_of(data, false);
    assert!(!report.ok, "{words}: passes");
    let finding = report.divergence.unwrap();
    assert!(
        finding.place.as_ref().is_some_and(|named| named.starts_with(&*place.to_string_lossy())),
        "{finding}"
    );
    assert!(finding.to_string().contains(words), "{finding}");
    assert!(
        kept.0.len() as u64 <= report.size && finding.position == Some(report.size),
        "{finding}: {}",
        report.size
    );
    let error = Host::open(HostOptions::new(data)).expect_err(words).to_string();
    assert!(error.contains(&*place.to_string_lossy()) && error.contains(words), "{error}");
    assert!(tree(data) == before, "{words}: the directory is changed");
    finding
}

/// The exit code of `icn audit` on a directory, and what it says.
fn audited(data: &Path) -> (Option<i32>, String) {
    let output = icn().args(["audit", "--data"]).arg(data).output().unwrap();
    (output.status.code(), common::stdout(&output) + &stderr(&output))
}

fn alerts(host: &Host, words: &str) -> bool {
    block_on(host.alerts()).iter().any(|alert| alert.contains(words))
}

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
fn a_log_that_is_gone_is_told_by_whatever_is_left_beside_it() {
    let dir = small();
    let kept = |name: &str| fs::read(dir.path().join(name)).unwrap();
    let (checkpoint, verifier) = (kept("checkpoint"), kept("log.vkey"));
    let snapshot = snapshots(dir.path())[0].clone();
    let scope_key = fs::read_dir(dir.path().join("scopes")).unwrap().next().unwrap().unwrap().path();
    let files = [
        (dir.path().join("checkpoint"), checkpoint),
        (dir.path().join("log.vkey"), verifier),
        (snapshot.clone(), fs::read(&snapshot).unwrap()),
        (scope_key.clone(), fs::read(&scope_key).unwrap()),
    ];
    files.iter().for_each(|(file, _)| fs::remove_file(file).unwrap());
    for gone in ["the directory", "the file", "all bytes"] {
        match gone {
            "the directory" => fs::remove_dir_all(dir.path().join("log")).unwrap(),
            "the file" => fs::create_dir(dir.path().join("log")).unwrap(),
            _ => fs::write(segment(dir.path()), vec![0; 10 * SECTOR]).unwrap(),
        }
        for (file, bytes) in &files {
            fs::write(file, bytes).unwrap();
            let (report, _) = audit_of(dir.path(), false);
            let finding = report.divergence.expect(gone);
            assert!(
                finding.what == "log" && finding.expected.contains(&*file.to_string_lossy()),
                "{gone}: {finding}"
            );
            assert_eq!(audited(dir.path()).0, Some(1), "{gone}");
            let before = tree(dir.path());
            let error = Host::open(HostOptions::new(dir.path())).expect_err(gone).to_string();
            assert!(
                error.contains(&*file.to_string_lossy()) && error.contains("is empty"),
                "{gone}: {error}"
            );
            assert!(tree(dir.path()) == before, "{gone}");
            assert_eq!(dir.path().join("log").exists(), gone != "the directory");
            fs::remove_file(file).unwrap();
        }
    }
}

#[test]
fn a_directory_that_was_killed_before_its_first_checkpoint_is_no_damage() {
    let dir = scratch();
    let data = dir.path();
    let noted = |words: &str| {
        let (report, _) = sound(data, true);
        assert!(report.notices.iter().any(|notice| notice.contains(words)), "{:?}", report.notices);
        assert!(!report.in_use);
        assert_eq!(audited(data).0, Some(0));
        report.size
    };
    // In the order in which a host makes them.
    fs::create_dir(data.join("log")).unwrap();
    assert_eq!(noted("the log is empty"), 0);
    fs::write(data.join("LOCK"), "").unwrap();
    common::write_secret(&data.join("host.key"), format!("{}\n", "07".repeat(32)));
    assert_eq!(noted("the log is empty"), 0);
    // A segment before its header is durable, also when the zeros behind it are.
    for length in [0, 100, SECTOR, 20 * SECTOR] {
        fs::write(segment(data), vec![0; length]).unwrap();
        assert_eq!(noted("the log is empty"), 0);
        let left = scratch();
        copy(data, left.path());
        let host = open(left.path());
        Desk::open(&host, "ours");
        host.close().unwrap();
        assert_eq!(sound(left.path(), true).0.size, 2);
    }
    // A first entry, and no checkpoint yet.
    fs::remove_file(segment(data)).unwrap();
    open(data).close().unwrap();
    forget(data);
    fs::remove_file(data.join("log.vkey")).unwrap();
    assert_eq!(noted("no checkpoint covers the log's first entry"), 1);
    open(data).close().unwrap();
    assert!(sound(data, true).0.notices.is_empty());
}

/// Sets a flag when it is dropped.
struct SetAtEnd<'a>(&'a AtomicBool);

impl Drop for SetAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[test]
fn a_directory_that_a_host_has_open_is_audited_up_to_its_checkpoint() {
    let dir = scratch();
    let data = dir.path();
    let host = open(data);
    let desk = Desk::open(&host, "ours");
    let input = vec![3; 40_000];
    let enough = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for first in (0u32..).step_by(40).take_while(|_| !enough.load(Ordering::Acquire)) {
                let call =
                    |at| host.submit(desk.request(&host, "nothing", &input, &format!("{at}"))).unwrap();
                let pending: Vec<_> = (first..first + 40).map(call).collect();
                pending.into_iter().for_each(|pending| drop(block_on(pending).unwrap()));
            }
        });
        // Also when an assertion below fails.
        let _enough = SetAtEnd(&enough);
        let (mut size, mut grew) = (0, 0);
        // So long that the zeros written ahead are used up several times, and a second segment is begun.
        while grew < 4 || !data.join("log/00000001.seg").exists() {
            let (report, _) = audit_of(data, false);
            assert!(report.ok, "{}", report.divergence.unwrap());
            assert!(report.in_use && report.size >= size, "{} after {size}", report.size);
            let words = format!("a host has this directory open: audited up to position {}", report.size);
            assert!(report.notices.iter().any(|notice| notice.contains(&words)), "{:?}", report.notices);
            grew += u32::from(report.size > size);
            size = report.size;
        }
    });
    // The program says the same, and damage is damage under a running host, too.
    settled(&host, data);
    let output = icn().args(["audit", "--json", "--data"]).arg(data).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report = json(&output);
    assert_eq!((&report["in_use"], report["size"].as_u64()), (&true.into(), Some(host.head().size)));
    let bytes = fs::read(segment(data)).unwrap();
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    fs::write(segment(data), flipped).unwrap();
    assert_eq!(audited(data).0, Some(1));
    fs::write(segment(data), bytes).unwrap();
    host.close().unwrap();
    let (report, _) = sound(data, false);
    assert!(!report.in_use && report.notices.is_empty(), "{:?}", report.notices);
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

#[test]
fn a_verifier_key_that_was_changed_is_said_and_rebuilt() {
    let dir = small();
    let file = dir.path().join("log.vkey");
    let bytes = fs::read(&file).unwrap();
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    for other in [&flipped[..], b"", &bytes[..bytes.len() - 1]] {
        fs::write(&file, other).unwrap();
        let named = |text: &String| text.contains(&*file.to_string_lossy()) && text.contains("rebuilt");
        let (report, _) = sound(dir.path(), false);
        assert!(report.notices.iter().any(named), "{:?}", report.notices);
        let host = open(dir.path());
        assert!(block_on(host.alerts()).iter().any(named), "{:?}", block_on(host.alerts()));
        host.close().unwrap();
        assert_eq!(fs::read(&file).unwrap(), bytes);
        assert!(sound(dir.path(), false).0.notices.is_empty());
    }
}

#[test]
fn a_directory_of_somebody_else_is_not_taken() {
    let foreign: [&[&str]; 5] = [
        &["notes.txt"],
        &["log/app.log"],
        &["notes.txt", "log/app.log"],
        &["checkpoint"],
        &["LOCK", "CURRENT", "000004.log"],
    ];
    for files in foreign {
        let dir = scratch();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "theirs").unwrap();
        }
        let names = |dir: &Path| fs::read_dir(dir).unwrap().count();
        let (before, count) = (tree(dir.path()), names(dir.path()));
        let error = Host::open(HostOptions::new(dir.path())).expect_err("a foreign directory").to_string();
        let named = files.iter().any(|file| error.contains(&*dir.path().join(file).to_string_lossy()));
        assert!(named, "{error}");
        let output = demo(&samples(), dir.path(), &[]);
        assert!(!output.status.success() && stderr(&output).contains(&error), "{}", stderr(&output));
        assert!(tree(dir.path()) == before && names(dir.path()) == count, "{files:?}: something was created");
    }
    for nothing in [&["notes.txt"][..], &["log/app.log"], &["LOCK", "CURRENT"]] {
        let dir = scratch();
        for file in nothing {
            let path: PathBuf = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "theirs").unwrap();
        }
        let (code, text) = audited(dir.path());
        assert!(code == Some(2) && text.contains("expected a host's data directory"), "{code:?}: {text}");
    }
    // A file system's own directory, and what somebody put beside a log that is there, are nobody's hindrance.
    let dir = scratch();
    fs::create_dir(dir.path().join("lost+found")).unwrap();
    open(dir.path()).close().unwrap();
    fs::write(dir.path().join("notes.txt"), "mine").unwrap();
    fs::write(dir.path().join("log/notes.txt"), "mine").unwrap();
    open(dir.path()).close().unwrap();
    assert!(sound(dir.path(), true).0.notices.is_empty());
}
