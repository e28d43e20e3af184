//! Replays the fuzz targets' corpora: whatever a fuzzer found worth keeping holds on every build.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::path::{Path, PathBuf};

use icn_testkit::check;

fn corpus(target: &str) -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&dir)
        .unwrap_or_else(|e| panic!("{}: {e}", dir.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 16, "{} has {} files", dir.display(), files.len());
    files
}

fn replay(target: &str, check: fn(&[u8])) {
    for file in corpus(target) {
        let bytes = std::fs::read(&file).unwrap();
        // The file's name goes with a panic's message.
        println!("{}", file.display());
        check(&bytes);
    }
}

#[test]
fn the_corpora_of_all_targets_hold() {
    replay("decode_block", check::check_decode_block);
    replay("round_trip", check::check_round_trip);
    replay("gate_admit", check::check_gate_admit);
    replay("ledger_ops", check::check_ledger_ops);
    replay("log_entries", check::check_log);
    replay("state_tree", check::check_state);
}
