//! A directory with several segments, its backup, and damage to it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use icn_core::block::Entry;
use icn_history::store::{LogStore as _, Reader, SegmentStore};
use icn_runtime::backup::Backup;
use icn_runtime::export::export;
use icn_runtime::repair::{Repair, RepairError, Repaired};

use crate::common::{Desk, Rng, copy, open, scratch, sound, tree};

/// A closed directory whose log has many small segments of several scopes, its export and its backup.
pub(crate) struct Made {
    pub(crate) _dir: tempfile::TempDir,
    pub(crate) data: PathBuf,
    pub(crate) out: PathBuf,
    pub(crate) backup: PathBuf,
    pub(crate) whole: BTreeMap<PathBuf, Vec<u8>>,
    pub(crate) size: u64,
    pub(crate) root: String,
}

/// Bytes of a segment of the test's logs.
pub(crate) const SEGMENT_BYTES: u64 = 16 * 1024;

/// Writes a log again with small segments, and groups of 1 to 6 entries.
pub(crate) fn cut_small(data: &Path, rng: &mut Rng) {
    let entries = crate::common::forge::entries(data);
    let log = data.join("log");
    fs::remove_dir_all(&log).unwrap();
    fs::create_dir(&log).unwrap();
    let mut reader = Reader::new(&log);
    assert!(reader.next_group().unwrap().is_none());
    let mut store = SegmentStore::open(&log, &reader).unwrap().with_segment_bytes(SEGMENT_BYTES);
    let (mut position, mut rest) = (0, &entries[..]);
    while !rest.is_empty() {
        let count = rest.len().min(1 + usize::try_from(rng.below(6)).unwrap());
        let (group, behind) = rest.split_at(count);
        store.append(position, &group.iter().collect::<Vec<&Entry>>()).unwrap();
        position += group.iter().map(|entry| entry.leaves.len() as u64).sum::<u64>();
        rest = behind;
    }
    store.close().unwrap();
}

pub(crate) fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let dir = scratch();
        let (data, out, backup) =
            (dir.path().join("data"), dir.path().join("out"), dir.path().join("backup"));
        let mut rng = Rng::new(7);
        let host = open(&data);
        let desks: Vec<Desk> =
            ["ours", "theirs", "yours"].iter().map(|name| Desk::open(&host, name)).collect();
        for at in 0..100u32 {
            let desk = &desks[at as usize % desks.len()];
            let entry = ["put", "node", "step", "echo", "fail"][at as usize % 5];
            let length = usize::try_from(rng.below(200)).unwrap() + 1;
            let input: Vec<u8> = (0..length).map(|_| u8::try_from(rng.below(256)).unwrap()).collect();
            desk.call(&host, entry, &input, &format!("call {at}")).unwrap();
        }
        host.close().unwrap();
        cut_small(&data, &mut rng);
        // Compiled modules are no part of this, and large.
        let _ = fs::remove_dir_all(data.join("artefacts"));
        let (report, _) = sound(&data, false);
        assert!(report.notices.is_empty(), "{:?}", report.notices);
        export(&data, &out, &mut |_| {}).unwrap();
        Backup { data: data.clone(), out: backup.clone(), has_keys: true }.run(&mut |_| {}).unwrap();
        let whole = tree(&data);
        assert!(fs::read_dir(data.join("log")).unwrap().count() >= 8, "{:?}", whole.keys());
        Made { _dir: dir, data, out, backup, whole, size: report.size, root: report.root }
    })
}

pub(crate) fn repair(data: &Path, from: &[&Path]) -> Result<Repaired, RepairError> {
    let from = from.iter().map(|path| (*path).to_owned()).collect();
    Repair { data: data.to_owned(), from, is_dry: false, cuts_unsigned: false }.run(&mut ())
}

/// Changes one file; says how. False when this file is as it was.
pub(crate) fn damage(data: &Path, name: &Path, rng: &mut Rng) -> (String, bool) {
    let path = data.join(name);
    let Ok(bytes) = fs::read(&path) else { return ("it is gone".into(), false) };
    let is_snapshot = name.starts_with("snapshots");
    let somewhere = |rng: &mut Rng| usize::try_from(rng.below(bytes.len() as u64)).unwrap();
    let (what, changed) = match rng.below(8) {
        0 => {
            let length = somewhere(rng);
            (format!("cut to {length} bytes"), Some(bytes[..length].to_vec()))
        }
        1 | 2 => {
            let (from, length) = (somewhere(rng), usize::try_from(rng.below(6_000)).unwrap() + 1);
            let mut changed = bytes.clone();
            let end = bytes.len().min(from + length);
            changed[from..end].fill(0);
            (format!("zeros from {from} to {end}"), Some(changed))
        }
        3 if !is_snapshot => ("removed".into(), None),
        _ => {
            let (place, bit) = (somewhere(rng), rng.below(8));
            let mut changed = bytes.clone();
            changed[place] ^= 1 << bit;
            (format!("bit {bit} of byte {place}"), Some(changed))
        }
    };
    let is_changed = changed.as_ref() != Some(&bytes);
    match changed {
        Some(changed) => fs::write(&path, changed).unwrap(),
        None => fs::remove_file(&path).unwrap(),
    }
    (format!("{}: {what}", name.display()), is_changed)
}

/// What a directory has but for what a repair keeps, and what is derived.
pub(crate) fn log_of(data: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let kept = |name: &Path| {
        !name.starts_with("damaged") && !name.starts_with("snapshots") && name != Path::new("LOCK")
    };
    tree(data).into_iter().filter(|(name, _)| kept(name)).collect()
}

pub(crate) fn put_back(data: &Path) {
    let made = made();
    let _ = fs::remove_dir_all(data);
    copy(&made.data, data);
}
