//! A small log with everything that entries have, and exports of it.

use std::fs;
use std::path::{Path, PathBuf};

use icn_core::block::{Entry, Payload};
use icn_core::log::{
    Checkpoint, KeyKind, Link, Log, RowWriter, Tiler, TrustPolicy, VerifierKey, WrittenTile, car,
    verifier_key,
};
use icn_history::store::LogStore as _;
use icn_runtime::export::ExportLayout;
use icn_runtime::{BlockId, Hash, Host, HostOptions, Origin, SecretKey};

use super::entries::{entries, signed};
use super::table::forgeries;
use crate::common::desk::Desk;
use crate::common::files::{directory_of_host, key};

/// A small history with everything that entries have, and who signs: the host's first entry, two policies, then receipts
/// of ours and theirs by turns, two nodes among them.
pub(crate) struct History {
    pub(crate) data: PathBuf,
    pub(crate) entries: Vec<Entry>,
    pub(crate) host: SecretKey,
    pub(crate) origin: Origin,
}

/// Makes the history in this directory.
pub(crate) fn history(data: &Path) -> History {
    let host_key = key("host of forgeries");
    directory_of_host(data, &host_key);
    let host = Host::open(HostOptions::new(data)).unwrap();
    let (ours, theirs) = (Desk::open(&host, "ours"), Desk::open(&host, "theirs"));
    for at in 0..3u8 {
        ours.ask(&host, "step", &[at], &format!("step {at}"));
        theirs.ask(&host, "step", &[at], &format!("step {at}"));
    }
    ours.ask(&host, "node", b"a node", "node");
    ours.ask(&host, "node", b"another", "another node");
    ours.call(&host, "fail", b"f", "fail").unwrap();
    ours.call(&host, "trap", b"t", "trap").unwrap();
    let origin = host.origin().clone();
    host.close().unwrap();
    History { data: data.to_owned(), entries: entries(data), host: host_key, origin }
}

/// The entries of the history, for those who change them.
pub(crate) const FIRST_RECEIPT: usize = 3;

pub(crate) const FIRST_NODE: usize = 9;

pub(crate) const LAST: usize = 12;

impl History {
    /// Exports these entries as a host would that has no scruples: the checkpoint is signed for what they give.
    pub(crate) fn export(&self, entries: &[Entry], out: &Path) {
        let layout = ExportLayout::new(out);
        fs::create_dir_all(layout.tiles()).unwrap();
        let (mut row, mut tiler, mut log) = (RowWriter::default(), Tiler::default(), Log::default());
        let mut blocks = Vec::new();
        let mut heads = std::collections::BTreeMap::new();
        let mut frontier = icn_core::log::Frontier::default();
        for entry in entries {
            for block in row.next(entry).unwrap() {
                car::push_section(&mut blocks, block);
            }
            for leaf in &entry.leaves {
                frontier.append(leaf);
                write_tiles(&layout, tiler.push(leaf));
            }
            let (_, payload) = signed(entry, entry.leaves[0]);
            let payload = Payload::from_bytes(entry.blocks[payload].bytes()).unwrap();
            heads.insert(Link::of(&payload).author, entry.leaves[0]);
            if let Payload::Receipt(receipt) = &payload {
                let legs = entry.leg_leaves(receipt.with.len()).iter();
                heads.extend(receipt.with.iter().zip(legs).map(|(place, leaf)| (place.scope, *leaf)));
            }
            let _ = log.append(entry, &[Link::of(&payload)]);
        }
        write_tiles(&layout, tiler.finish());
        let roots: Vec<BlockId> = heads.into_values().collect();
        fs::write(layout.car(), [car::header(&roots), blocks].concat()).unwrap();
        let checkpoint =
            Checkpoint { origin: self.origin.clone(), size: frontier.size(), root: frontier.root() };
        fs::write(layout.checkpoint(), checkpoint.sign(&self.host)).unwrap();
        let vkey = verifier_key(&self.origin, &self.host.did());
        fs::write(layout.verifier_key(), format!("{vkey}\n")).unwrap();
        let log = VerifierKey::new(self.origin.as_str(), KeyKind::Log, self.host.did()).unwrap();
        fs::write(layout.policy(), serde_json::to_string(&TrustPolicy::log_alone(log)).unwrap()).unwrap();
    }

    /// Signs a checkpoint of this log.
    pub(crate) fn checkpoint(&self, size: u64, root: Hash) -> String {
        Checkpoint { origin: self.origin.clone(), size, root }.sign(&self.host)
    }
}

fn write_tiles(layout: &ExportLayout, tiles: Vec<WrittenTile>) {
    for (tile, bytes) in tiles {
        let path = layout.tile(&tile);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}
