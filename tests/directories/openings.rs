//! Directories in which no log is begun, and those that a host may open.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use icn_runtime::{Host, HostOptions};

use crate::common::{
    Desk, audit_of, block_on, copy, demo, icn, json, open, samples, scratch, segment, settled, snapshots,
    sound, stderr, tree,
};
use crate::helpers::{SECTOR, audited, forget, small};

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
    crate::common::write_secret(&data.join("host.key"), format!("{}\n", "07".repeat(32)));
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
