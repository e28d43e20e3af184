//! What a repair restores from: an export, a CAR alone, or another data directory of the same log. Entries are read in
//! the log's order, each block compared with its name; those that are looked at are kept until they are released.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use icn_core::block::{Entry, HostBlock, InvocationTag, Payload};
use icn_core::encode::{Block, Envelope};
use icn_core::log::{Checkpoint, Frontier};
use icn_core::name::BlockId;

use super::RepairError;
use crate::checkpoint;
use crate::directory;
use crate::directory::Layout;
use crate::error::StoreError;
use crate::export::CarLog;
use crate::export::ExportLayout;
use crate::first_entry::host_of;
use crate::store::Reader;

/// Bytes of blocks that are kept at once, at most, about: as much as a segment has.
const KEPT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// An entry of a source.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) position: u64,
    pub(super) entry: Entry,
    /// Whether it is the first of its group there; nothing where groups are not known.
    pub(super) begins_group: Option<bool>,
    /// Whether its group is the first of a segment there.
    pub(super) begins_segment: bool,
    bytes: usize,
}

#[derive(Debug)]
enum Cursor {
    Car(Box<CarLog>),
    Data { reader: Box<Reader>, segment: Option<u64> },
}

/// A log to restore from.
#[derive(Debug)]
pub(super) struct Source {
    path: PathBuf,
    car: Option<PathBuf>,
    /// The signed checkpoint beside it, unverified.
    note: Option<String>,
    cursor: Cursor,
    kept: VecDeque<Stored>,
    kept_bytes: usize,
    /// Leaves read.
    read: u64,
    /// Why nothing more comes of it.
    ended: Option<String>,
    /// Leaves that can be read, once they were counted.
    reach: Option<u64>,
}

fn open(path: &Path, car: Option<&Path>) -> Result<Cursor, StoreError> {
    Ok(match car {
        Some(car) => Cursor::Car(Box::new(CarLog::open(car)?)),
        None => Cursor::Data { reader: Box::new(Reader::new(&Layout::new(path).log())), segment: None },
    })
}

impl Source {
    /// Opens what was named: a file is a CAR, a directory an export or a host's.
    pub(super) fn open(path: &Path) -> Result<Self, RepairError> {
        let none = || RepairError::NoSource(path.to_owned());
        let export = ExportLayout::new(path);
        let (car, note) = if path.is_file() {
            (Some(path.to_owned()), None)
        } else if export.car().is_file() {
            // Without a checkpoint it is as good as the CAR alone.
            (Some(export.car()), std::fs::read_to_string(export.checkpoint()).ok())
        } else if path.is_dir() && directory::is_a_hosts(&Layout::new(path))? {
            (None, checkpoint::read_checkpoint(&Layout::new(path))?)
        } else {
            return Err(none());
        };
        let cursor = open(path, car.as_deref())?;
        Ok(Self {
            path: path.to_owned(),
            car,
            note,
            cursor,
            kept: VecDeque::new(),
            kept_bytes: 0,
            read: 0,
            ended: None,
            reach: None,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The host that its first entry names, when it has one.
    pub(super) fn host(&mut self) -> Option<HostBlock> {
        self.entry(0).and_then(|stored| host_of(&stored.entry).ok())
    }

    /// Its checkpoint, when this host signed it.
    pub(super) fn checkpoint(&self, host: &HostBlock) -> Option<(Checkpoint, &str)> {
        let note = self.note.as_deref()?;
        Checkpoint::open(note, &host.log, &host.host).ok().map(|checkpoint| (checkpoint, note))
    }

    /// How many leaves can be read of it, up to the largest of these checkpoints; it must have the root of each that it
    /// reaches.
    pub(super) fn reach(&mut self, signed: &[Checkpoint]) -> Result<u64, RepairError> {
        if let Some(reach) = self.reach {
            return Ok(reach);
        }
        let mut again = Self { reach: None, note: None, ..Self::open(&self.path)? };
        let mut frontier = Frontier::default();
        while let Some(stored) = again.entry(frontier.size()) {
            stored.entry.leaves.iter().for_each(|leaf| frontier.append(leaf));
            let (size, root) = (frontier.size(), frontier.root());
            if let Some(other) = signed.iter().find(|signed| signed.size == size && signed.root != root) {
                return Err(RepairError::OtherHistory {
                    place: self.path.clone(),
                    size,
                    signed: other.root.to_hex(),
                    found: root.to_hex(),
                });
            }
            again.release(size);
        }
        self.ended = again.ended;
        self.reach = Some(frontier.size());
        Ok(frontier.size())
    }

    /// Why it does not have more, once that is known.
    pub(super) fn why_ended(&self) -> Option<&str> {
        self.ended.as_deref()
    }

    /// The entry whose first leaf has this position; nothing when it has none there, or too much would be kept.
    pub(super) fn entry(&mut self, position: u64) -> Option<&Stored> {
        if position < self.kept.front().map_or(self.read, |stored| stored.position) {
            // Asked for again what was released: from the front once more.
            self.cursor = open(&self.path, self.car.as_deref()).ok()?;
            self.kept.clear();
            (self.kept_bytes, self.read) = (0, 0);
        }
        while self.read <= position && self.kept_bytes <= KEPT_BYTES_MAX {
            let is_wanted = |stored: &Stored| stored.position + stored.entry.leaves.len() as u64 > position;
            let next = match self.next_entries() {
                Ok(Some(next)) => next,
                Ok(None) => return None,
                Err(why) => {
                    self.ended.get_or_insert(why);
                    return None;
                }
            };
            for stored in next {
                self.read = stored.position + stored.entry.leaves.len() as u64;
                if !self.kept.is_empty() || is_wanted(&stored) {
                    self.kept_bytes += stored.bytes;
                    self.kept.push_back(stored);
                }
            }
        }
        let at = self.kept.binary_search_by_key(&position, |stored| stored.position).ok()?;
        self.kept.get(at)
    }

    /// Entries at these positions, which were looked at just now.
    pub(super) fn kept_at(&self, positions: &[u64]) -> Vec<&Entry> {
        let at = |position: &u64| self.kept.binary_search_by_key(position, |stored| stored.position).ok();
        positions.iter().filter_map(at).map(|at| &self.kept[at].entry).collect()
    }

    /// Forgets entries that end at this position or before.
    pub(super) fn release(&mut self, position: u64) {
        while let Some(stored) =
            self.kept.pop_front_if(|stored| stored.position + stored.entry.leaves.len() as u64 <= position)
        {
            self.kept_bytes -= stored.bytes;
        }
    }

    /// A block of the entry at this position, or one that an earlier entry brought.
    pub(super) fn block(&mut self, position: u64, id: &BlockId) -> Option<Block> {
        let own = self.entry(position)?.entry.block(id).cloned();
        own.or_else(|| match &self.cursor {
            Cursor::Car(car) => car.shared_block(id),
            Cursor::Data { .. } => None,
        })
    }

    /// The entries that come next: one of a CAR, a group of a data directory.
    fn next_entries(&mut self) -> Result<Option<Vec<Stored>>, String> {
        let stored = |position, entry: Entry, begins_group, begins_segment| {
            let bytes = entry.blocks.iter().map(|block| block.bytes().len()).sum();
            Stored { position, entry, begins_group, begins_segment, bytes }
        };
        match &mut self.cursor {
            Cursor::Car(car) => {
                let next = car.next_entry().map_err(|error| error.to_string())?;
                Ok(next.map(|(position, entry)| vec![stored(position, as_written(entry), None, false)]))
            }
            Cursor::Data { reader, segment } => {
                let Some(group) = reader.next_group().map_err(|error| error.to_string())? else {
                    return Ok(None);
                };
                let now = reader.place().segment;
                let begins_segment = segment.replace(now) != Some(now);
                let first = group.first().map(|(position, _)| *position);
                let entry = |(position, entry)| {
                    let is_first = Some(position) == first;
                    stored(position, entry, Some(is_first), is_first && begins_segment)
                };
                Ok(Some(group.into_iter().map(entry).collect()))
            }
        }
    }
}

/// An entry of a CAR with its blocks in the order in which a host writes them: an invocation, then what its host or scope
/// signed, then what that names. The order has no meaning, but with it a group comes out as it was.
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
