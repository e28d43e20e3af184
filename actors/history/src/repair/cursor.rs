//! `Cursor`: reads the log of a source from its begin, a few entries at a time. A source is a CAR or a data
//! directory.

use std::path::Path;

use icn_core::block::{Entry, InvocationTag, Payload};
use icn_core::encode::{Block, Envelope};
use icn_core::name::BlockId;

use crate::directory::Layout;
use crate::error::StoreError;
use crate::export::CarLog;
use crate::store::Reader;

/// An entry of a source.
#[derive(Debug)]
pub(super) struct SourceEntry {
    /// The position of its first leaf.
    pub(super) position: u64,
    pub(super) entry: Entry,
    /// Whether it is the first of its group. `None` in a CAR, which has no groups.
    pub(super) begins_group: Option<bool>,
    /// Whether its group is the first of a segment.
    pub(super) begins_segment: bool,
    /// Bytes of its blocks.
    pub(super) bytes: usize,
}

impl SourceEntry {
    fn new(position: u64, entry: Entry, begins_group: Option<bool>, begins_segment: bool) -> Self {
        let bytes = entry.blocks.iter().map(|block| block.bytes().len()).sum();
        Self { position, entry, begins_group, begins_segment, bytes }
    }

    /// The position behind its last leaf.
    pub(super) fn end(&self) -> u64 {
        self.position + self.entry.leaves.len() as u64
    }
}

/// Reads the log of a source.
#[derive(Debug)]
pub(super) enum Cursor {
    Car(Box<CarLog>),
    /// With the number of the segment that was read last.
    Data {
        reader: Box<Reader>,
        segment: Option<u64>,
    },
}

impl Cursor {
    /// Opens a CAR, or, without one, the data directory at `path`.
    pub(super) fn open(path: &Path, car: Option<&Path>) -> Result<Self, StoreError> {
        Ok(match car {
            Some(car) => Self::Car(Box::new(CarLog::open(car)?)),
            None => Self::Data { reader: Box::new(Reader::new(&Layout::new(path).log())), segment: None },
        })
    }

    /// The next entries: one of a CAR, a group of a data directory. `None` at the end. An error says why
    /// nothing more can be read.
    pub(super) fn next(&mut self) -> Result<Option<Vec<SourceEntry>>, String> {
        match self {
            Self::Car(car) => {
                let next = car.next_entry().map_err(|error| error.to_string())?;
                let entry = |(position, entry)| SourceEntry::new(position, as_written(entry), None, false);
                Ok(next.map(|next| vec![entry(next)]))
            }
            Self::Data { reader, segment } => {
                let Some(group) = reader.next_group().map_err(|error| error.to_string())? else {
                    return Ok(None);
                };
                let of_group = reader.place().segment;
                let begins_segment = segment.replace(of_group) != Some(of_group);
                let first = group.first().map(|(position, _)| *position);
                let entry = |(position, entry)| {
                    let is_first = Some(position) == first;
                    SourceEntry::new(position, entry, Some(is_first), is_first && begins_segment)
                };
                Ok(Some(group.into_iter().map(entry).collect()))
            }
        }
    }

    /// A block of an earlier entry, if later entries may name it. A data directory writes such blocks with each
    /// entry.
    pub(super) fn shared_block(&self, id: &BlockId) -> Option<Block> {
        match self {
            Self::Car(car) => car.shared_block(id),
            Self::Data { .. } => None,
        }
    }
}

/// An entry of a CAR with its blocks in the order in which a host writes them: an invocation and its envelope;
/// then the payload and the envelope of the host or scope; then the blocks that those name. The order has no
/// meaning, but with it a group gets its old bytes.
fn as_written(mut entry: Entry) -> Entry {
    let signed = entry.leaves.first().copied().and_then(|first| {
        let envelope = Envelope::from_bytes(entry.block(&first)?.bytes()).ok()?;
        Some([envelope.payload(), first])
    });
    let Some(signed) = signed else { return entry };
    let is_invocation = |block: &Block| Payload::kind(block.bytes()) == Some(<InvocationTag>::TEXT);
    let own = match &entry.blocks[..] {
        [payload, envelope, ..] if is_invocation(payload) => vec![payload.id(), envelope.id()],
        _ => Vec::new(),
    };
    let rank = |block: &Block| {
        let id = block.id();
        own.iter().chain(&signed).position(|first| *first == id).unwrap_or(usize::MAX)
    };
    entry.blocks.sort_by_key(rank);
    entry
}

#[cfg(test)]
mod tests {
    use super::*;
    use icn_core::name::Codec;

    #[test]
    fn an_entry_whose_first_leaf_is_missing_is_left_as_it_is() {
        let block = Block::new(Codec::Raw, vec![1]);
        let entry = Entry { leaves: vec![Block::new(Codec::Raw, vec![2]).id()], blocks: vec![block] };
        assert_eq!(as_written(entry.clone()), entry);
    }
}
