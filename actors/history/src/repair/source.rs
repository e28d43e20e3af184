//! `Source`: another copy of the log, to restore from: an export, a CAR alone, or a data directory.
//!
//! Entries are read in the order of the log, and every block is compared with its CID. Entries that were asked
//! for stay in memory until they are released. Asking for an earlier entry again reads the source from its
//! begin.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use icn_core::block::{Entry, HostBlock};
use icn_core::encode::Block;
use icn_core::log::{Checkpoint, Frontier};
use icn_core::name::BlockId;

use super::cursor::{Cursor, SourceEntry};
use super::error::RepairError;
use crate::checkpoint::read_checkpoint;
use crate::directory::{self, Layout};
use crate::export::ExportLayout;
use crate::first_entry::host_of;

/// Bytes of blocks in memory: when there are more, no more entries are read. A segment has as many.
const KEPT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A copy of the log to restore from.
#[derive(Debug)]
pub(super) struct Source {
    path: PathBuf,
    car: Option<PathBuf>,
    /// The signed checkpoint of the copy. Its signature is not verified.
    note: Option<String>,
    cursor: Cursor,
    /// The entries in memory, in the order of the log.
    kept: VecDeque<SourceEntry>,
    kept_bytes: usize,
    /// Leaves that were read.
    read: u64,
    /// Why nothing more can be read.
    ended: Option<String>,
    /// Leaves that can be read, once they were counted.
    reach: Option<u64>,
}

impl Source {
    /// Opens a source: a file is a CAR, a directory an export or a host's.
    pub(super) fn open(path: &Path) -> Result<Self, RepairError> {
        let export = ExportLayout::new(path);
        let (car, note) = if path.is_file() {
            (Some(path.to_owned()), None)
        } else if export.car().is_file() {
            // An export without a checkpoint is as good as its CAR alone.
            (Some(export.car()), std::fs::read_to_string(export.checkpoint()).ok())
        } else if path.is_dir() && directory::is_a_hosts(&Layout::new(path))? {
            (None, read_checkpoint(&Layout::new(path))?)
        } else {
            return Err(RepairError::NoSource(path.to_owned()));
        };
        let cursor = Cursor::open(path, car.as_deref())?;
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

    /// The host that the source's first entry names, if it has one.
    pub(super) fn host(&mut self) -> Option<HostBlock> {
        self.entry(0).and_then(|first| host_of(&first.entry).ok())
    }

    /// The source's checkpoint and its note, if this host signed it.
    pub(super) fn checkpoint(&self, host: &HostBlock) -> Option<(Checkpoint, &str)> {
        let note = self.note.as_deref()?;
        Checkpoint::open(note, &host.log, &host.host).ok().map(|checkpoint| (checkpoint, note))
    }

    /// The number of leaves that can be read. The source must have the root of each checkpoint that it reaches.
    pub(super) fn reach(&mut self, signed: &[Checkpoint]) -> Result<u64, RepairError> {
        if let Some(reach) = self.reach {
            return Ok(reach);
        }
        let mut counted = Self::open(&self.path)?;
        let mut frontier = Frontier::default();
        while let Some(next) = counted.entry(frontier.size()) {
            next.entry.leaves.iter().for_each(|leaf| frontier.append(leaf));
            RepairError::check_roots(signed, &frontier, &self.path)?;
            counted.release(frontier.size());
        }
        self.ended = counted.ended;
        self.reach = Some(frontier.size());
        Ok(frontier.size())
    }

    /// Why the source has no more entries, once that is known.
    pub(super) fn why_ended(&self) -> Option<&str> {
        self.ended.as_deref()
    }

    /// The entry whose first leaf has this position. `None` when the source has none, or when too many entries
    /// would be in memory.
    pub(super) fn entry(&mut self, position: u64) -> Option<&SourceEntry> {
        if position < self.kept.front().map_or(self.read, |first| first.position) {
            // The entry was released.
            self.cursor = Cursor::open(&self.path, self.car.as_deref()).ok()?;
            self.kept.clear();
            (self.kept_bytes, self.read) = (0, 0);
        }
        while self.read <= position && self.kept_bytes <= KEPT_BYTES_MAX {
            let next = match self.cursor.next() {
                Ok(Some(next)) => next,
                Ok(None) => return None,
                Err(why) => {
                    self.ended.get_or_insert(why);
                    return None;
                }
            };
            for entry in next {
                self.read = entry.end();
                if !self.kept.is_empty() || entry.end() > position {
                    self.kept_bytes += entry.bytes;
                    self.kept.push_back(entry);
                }
            }
        }
        self.find(position)
    }

    fn find(&self, position: u64) -> Option<&SourceEntry> {
        let at = self.kept.binary_search_by_key(&position, |entry| entry.position).ok()?;
        self.kept.get(at)
    }

    /// The entries at these positions, which must be in memory.
    pub(super) fn kept_at(&self, positions: &[u64]) -> Vec<&Entry> {
        positions.iter().filter_map(|position| self.find(*position)).map(|found| &found.entry).collect()
    }

    /// Forgets the entries that end at this position or before.
    pub(super) fn release(&mut self, position: u64) {
        while let Some(entry) = self.kept.pop_front_if(|entry| entry.end() <= position) {
            self.kept_bytes -= entry.bytes;
        }
    }

    /// A block of the entry at this position, or a shared block of an earlier entry.
    pub(super) fn block(&mut self, position: u64, id: &BlockId) -> Option<Block> {
        let own = self.entry(position)?.entry.block(id).cloned();
        own.or_else(|| self.cursor.shared_block(id))
    }
}
