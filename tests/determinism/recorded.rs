//! Recorded data keeps its bytes: a log that an earlier version of the code wrote is read, audited, run again, exported,
//! folded and written by the code of today, and everything is compared byte by byte.
//!
//! A failure here means that a byte which is signed, stored, hashed or read by other programs has changed.

use std::fs;
use std::path::{Path, PathBuf};

use icn_history::store::{LogStore as _, Reader, SegmentStore};
use icn_runtime::export::{export, import};
use icn_runtime::{Audit, Level, Subject};

use crate::common::{copy, open, scratch, snapshots, tree};
use crate::record::{printed, receipts, record, write_keys};

/// Most bytes that the recorded data may have.
const BYTES_MAX: usize = 200_000;

fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded")
}

/// A copy of the recorded data directory, with the keys that its host and scopes had.
fn data_in(dir: &Path) -> PathBuf {
    let data = dir.join("data");
    copy(&recorded().join("data"), &data);
    write_keys(&data);
    data
}

fn same_bytes(found: &Path, expected: &Path) {
    let (found, expected) = (tree(found), tree(expected));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, bytes) in &found {
        assert!(*bytes == expected[name], "{} has other bytes than the recorded one", name.display());
    }
}

#[test]
fn the_recorded_log_audits_and_its_runs_give_the_recorded_receipts() {
    let dir = scratch();
    let data = data_in(dir.path());
    for subject in [Subject::Data(data.clone()), Subject::Export(recorded().join("export"))] {
        for level in [Level::Structure, Level::Ledger, Level::Replay] {
            let report = Audit { level, ..Audit::of(subject.clone()) }.run(&mut ()).unwrap();
            assert!(report.ok, "{}", report.divergence.unwrap());
            assert!(report.notices.is_empty(), "{:?}", report.notices);
        }
    }
    let expected = fs::read_to_string(recorded().join("receipts.txt")).unwrap();
    let found = receipts(&data);
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected);
    }
    assert_eq!(found, expected);
    assert!(found.lines().count() >= 30);
}

#[test]
fn the_export_of_the_recorded_log_has_the_recorded_bytes() {
    let dir = scratch();
    let (data, out, again) = (data_in(dir.path()), dir.path().join("out"), dir.path().join("again"));
    export(&data, &out, &mut |_| {}).unwrap();
    same_bytes(&out, &recorded().join("export"));
    // An import of the export is the same log again.
    import(&out, &again, &mut |_| {}).unwrap();
    let out = dir.path().join("out again");
    export(&again, &out, &mut |_| {}).unwrap();
    same_bytes(&out, &recorded().join("export"));
}

#[test]
fn the_segments_of_the_recorded_log_are_written_with_the_recorded_bytes() {
    let dir = scratch();
    let mut written = Reader::new(&recorded().join("data/log"));
    let empty = Reader::new(dir.path());
    let mut store = SegmentStore::open(dir.path(), &empty).unwrap();
    let mut groups = 0;
    while let Some(group) = written.next_group().unwrap() {
        let position = group[0].0;
        let entries: Vec<_> = group.iter().map(|(_, entry)| entry).collect();
        store.append(position, &entries).unwrap();
        groups += 1;
    }
    store.close().unwrap();
    assert!(groups >= 30, "{groups}");
    same_bytes(dir.path(), &recorded().join("data/log"));
}

#[test]
fn a_host_that_folds_the_recorded_log_writes_the_recorded_snapshot_and_checkpoint() {
    let dir = scratch();
    let data = data_in(dir.path());
    let keys = tree(&data.join("scopes"));
    // From the recorded snapshot first, then from the log alone.
    for folds in [false, true] {
        if folds {
            snapshots(&data).into_iter().for_each(|snapshot| fs::remove_file(snapshot).unwrap());
            fs::remove_file(data.join("checkpoint")).unwrap();
            fs::remove_file(data.join("log.vkey")).unwrap();
        }
        let host = open(&data);
        assert_eq!(host.scopes().len(), 6);
        host.close().unwrap();
        for name in ["log", "snapshots"] {
            same_bytes(&data.join(name), &recorded().join("data").join(name));
        }
        for name in ["checkpoint", "log.vkey"] {
            let expected = fs::read(recorded().join("data").join(name)).unwrap();
            assert!(fs::read(data.join(name)).unwrap() == expected, "{name}");
        }
        assert_eq!(tree(&data.join("scopes")), keys, "the host keeps its key files");
    }
}

#[test]
fn the_program_prints_the_recorded_reports_of_the_recorded_log() {
    let dir = scratch();
    let data = data_in(dir.path());
    for (name, bytes) in printed(&data, &recorded().join("calls.wasm")) {
        let expected = fs::read(recorded().join("printed").join(name)).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), String::from_utf8(expected).unwrap(), "{name}");
    }
}

#[test]
fn the_recorded_data_is_small_and_has_no_secret() {
    let files = tree(&recorded());
    let bytes: usize = files.values().map(Vec::len).sum();
    assert!(bytes <= BYTES_MAX, "{bytes}");
    assert!(files.keys().all(|name| name.extension().is_none_or(|extension| extension != "key")));
}

/// Writes a new recording into the directory that `ICN_RECORD_TO` names.
#[test]
#[ignore = "records anew, for a format that changed on purpose"]
fn the_recorded_data_is_recorded_anew() {
    let Some(out) = std::env::var_os("ICN_RECORD_TO") else {
        println!("ICN_RECORD_TO names no directory: nothing is recorded");
        return;
    };
    record(Path::new(&out));
}
