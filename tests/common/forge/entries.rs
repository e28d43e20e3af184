//! Reads the entries of a log, changes and signs them, and writes a log anew from its first byte.

use std::fs;
use std::path::Path;

use icn_core::block::Entry;
use icn_core::encode::{Block, Domain, Envelope};
use icn_core::name::Codec;
use icn_history::store::{LogStore as _, Reader, SegmentStore};
use icn_runtime::{BlockId, Receipt, SecretKey};

use super::car::CarParts;
use crate::common::files::key;

/// All entries of a log.
pub(crate) fn entries(data: &Path) -> Vec<Entry> {
    let mut reader = Reader::new(&data.join("log"));
    let mut entries = Vec::new();
    while let Some(group) = reader.next_group().unwrap() {
        entries.extend(group.into_iter().map(|(_, entry)| entry));
    }
    entries
}

/// Writes a log anew, from its first byte.
pub(crate) fn write_anew(data: &Path, entries: &[Entry]) {
    let log = data.join("log");
    fs::remove_dir_all(&log).unwrap();
    fs::create_dir(&log).unwrap();
    let mut reader = Reader::new(&log);
    assert!(reader.next_group().unwrap().is_none());
    let mut store = SegmentStore::open(&log, &reader).unwrap();
    let mut position = 0;
    for entry in entries {
        store.append(position, &[entry]).unwrap();
        position += entry.leaves.len() as u64;
    }
    store.close().unwrap();
    let snapshots = data.join("snapshots");
    if snapshots.exists() {
        fs::remove_dir_all(snapshots).unwrap();
    }
}

/// An entry's receipt: which blocks are its envelope and payload, and what it says.
pub(crate) fn receipt_of(entry: &Entry) -> (usize, usize, Receipt) {
    let (envelope, payload) = signed(entry, entry.leaves[0]);
    (envelope, payload, Receipt::from_bytes(entry.blocks[payload].bytes()).unwrap())
}

/// Which blocks are an envelope and its payload.
pub(crate) fn signed(entry: &Entry, id: BlockId) -> (usize, usize) {
    let at = |id: BlockId| entry.blocks.iter().position(|block| block.id() == id).unwrap();
    let envelope = at(id);
    let payload = Envelope::from_bytes(entry.blocks[envelope].bytes()).unwrap().payload();
    (envelope, at(payload))
}

/// The envelope of another payload with the signature of this one.
pub(crate) fn moved_signature(envelope: &Block, payload: &Block) -> Block {
    let mut bytes = envelope.bytes().to_vec();
    let name = bytes.len() - 36;
    bytes[name..].copy_from_slice(payload.id().as_bytes());
    Block::new(Codec::DagCbor, bytes)
}

/// Changes an entry's receipt, and signs it: by this key, or with the signature that was there.
pub(crate) fn forge(entry: &mut Entry, by: Option<&SecretKey>, change: impl FnOnce(&mut Receipt)) {
    let (envelope, payload, mut receipt) = receipt_of(entry);
    change(&mut receipt);
    let block = Block::encode(&receipt);
    let sealed = match by {
        Some(key) => key.seal(Domain::Receipt, &block).to_block(),
        None => moved_signature(&entry.blocks[envelope], &block),
    };
    entry.leaves = vec![sealed.id()];
    entry.leaves.extend(receipt.anchors.iter().map(|anchor| anchor.0));
    entry.blocks[payload] = block;
    entry.blocks[envelope] = sealed;
}

/// A block of a CAR by the `typ` that its bytes have, the first one of that kind.
pub(super) fn find(parts: &CarParts, typ: &str) -> usize {
    let marked =
        |(_, bytes): &(Vec<u8>, Vec<u8>)| bytes.windows(typ.len()).any(|part| part == typ.as_bytes());
    parts.1.iter().position(marked).unwrap()
}
