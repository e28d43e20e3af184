//! A finished log, its parts, and assertions on what an opening and an audit find.

use std::fs;
use std::path::Path;

use icn_history::{RecoverError, StoreError};
use icn_runtime::{Host, HostOptions, OpenError};

use crate::common::{Desk, audit_of, copy, demo, open, samples, scratch, segment, sound, stderr, tree};

pub(crate) const SECTOR: usize = 512;

/// A directory that a demo left: finished, closed, covered by its checkpoint.
pub(crate) fn finished() -> tempfile::TempDir {
    let dir = scratch();
    let output = demo(&samples(), dir.path(), &["--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    dir
}

/// Where the groups of a segment begin: the only sectors that begin so, in a log without ill will.
pub(crate) fn groups(bytes: &[u8]) -> Vec<usize> {
    let begins = |at: &usize| bytes[*at..].starts_with(b"GRP1");
    let groups: Vec<usize> = (0..bytes.len()).step_by(SECTOR).filter(begins).collect();
    assert!(bytes.starts_with(b"ICNSEG01") && groups[0] == SECTOR);
    groups
}

/// The sector that is named, where a bit was flipped: the flipped one when it was its mark, and otherwise one before it
/// in the same group, where a block, a header or a table begins.
pub(crate) fn names(named: usize, group: usize, place: usize) -> bool {
    let sector = place / SECTOR * SECTOR;
    let is_mark = place % SECTOR == SECTOR - 1;
    named.is_multiple_of(SECTOR)
        && (if is_mark { named == sector } else { (group..=sector).contains(&named) })
}

/// The audit's word on a damaged log: not ok, the file, and the byte where the damaged part begins.
pub(crate) fn found(data: &Path, file: &Path) -> usize {
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
pub(crate) fn not_opened(data: &Path, file: &Path) -> usize {
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

/// Inputs that a member may choose to be taken for something else on the disk.
pub(crate) fn inputs() -> Vec<(&'static str, Vec<u8>)> {
    let header = [&b"GRP1"[..], &1u32.to_le_bytes(), &9u64.to_le_bytes(), &[0; 16], &[7; 64]].concat();
    vec![
        ("few bytes", b"few bytes".to_vec()),
        ("zeros", vec![0; 4096]),
        ("marks", vec![0x5a; 4096]),
        ("headers of groups", header.repeat(40)),
    ]
}

/// A directory as a kill leaves it: its last group was answered, and no checkpoint covers it yet. Gives where
/// that group begins, and the desk; the answered invocation's name is `last`.
pub(crate) fn killed(input: &[u8]) -> (tempfile::TempDir, usize, Desk) {
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
