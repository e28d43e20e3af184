//! Small directories and assertions on what an opening and an audit say of them.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use icn_runtime::{Finding, Host, HostOptions, limits};

use crate::common::{Desk, audit_of, block_on, copy, icn, open, scratch, snapshots, stderr, tree};

pub(crate) const SECTOR: usize = 512;

/// A closed directory whose log has three segments; made once, copied by each test.
pub(crate) fn three_segments() -> tempfile::TempDir {
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
pub(crate) fn small() -> tempfile::TempDir {
    let dir = scratch();
    let host = open(dir.path());
    let desk = Desk::open(&host, "ours");
    (0..4u8).for_each(|at| drop(desk.ask(&host, "step", &[at], &format!("step {at}"))));
    host.close().unwrap();
    dir
}

/// Takes away what could tell how far a log went: the checkpoint and the snapshots.
pub(crate) fn forget(data: &Path) {
    fs::remove_file(data.join("checkpoint")).unwrap();
    snapshots(data).iter().for_each(|snapshot| fs::remove_file(snapshot).unwrap());
}

/// Damage that an audit and an opening both name; the opening changes nothing.
pub(crate) fn damaged(data: &Path, place: &Path, words: &str) -> Finding {
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
pub(crate) fn audited(data: &Path) -> (Option<i32>, String) {
    let output = icn().args(["audit", "--data"]).arg(data).output().unwrap();
    (output.status.code(), crate::common::stdout(&output) + &stderr(&output))
}

pub(crate) fn alerts(host: &Host, words: &str) -> bool {
    block_on(host.alerts()).iter().any(|alert| alert.contains(words))
}
