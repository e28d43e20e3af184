//! Checkpoints and key files that were changed, swapped or rolled back.

use std::fs;
use std::path::{Path, PathBuf};

use icn_runtime::{Host, HostOptions};

use crate::common::{Desk, Rng, audit_of, block_on, copy, open, scratch, seed, snapshots, sound, tree};
use crate::helpers::finished;

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
        crate::common::write_secret(&file, &bytes);
    }
    open(dir.path()).close().unwrap();
    sound(dir.path(), false);
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
