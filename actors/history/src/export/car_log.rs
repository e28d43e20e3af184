//! `CarLog`: reads the CAR of an export as a log, in one pass.
//!
//! The bytes of each block are compared with its CID, and blocks are gathered into entries. In memory are one
//! entry, and the places of blocks that may be named again; those blocks are read from the file again when an
//! entry needs them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use icn_core::block::Entry;
use icn_core::encode::Block;
use icn_core::log::car::{CarError, CarFlaw, Item, Sections};
use icn_core::log::{RowEntry, RowError, RowReader};
use icn_core::name::{BlockId, Did};

use super::car_error::CarLogError;
use crate::error::StoreError;

/// Bytes that are read from the file at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// The log in a CAR.
#[derive(Debug)]
pub(crate) struct CarLog {
    file: File,
    path: PathBuf,
    sections: Sections,
    /// Bytes that were read last.
    chunk: Vec<u8>,
    /// Whether the file was read to its end.
    ended: bool,
    roots: Vec<Vec<u8>>,
    gather: RowReader,
    /// The place in the file of each block of the entry that is being gathered.
    places: BTreeMap<BlockId, u64>,
    /// The place and the length of each block that later entries may name again.
    shared: BTreeMap<BlockId, (u64, usize)>,
    /// The engines that each scope's receipts named. A host writes the description with the first receipt of
    /// the scope.
    described: BTreeSet<(Did, BlockId)>,
    /// Leaves of the entries that were given.
    position: u64,
}

impl CarLog {
    /// Opens a CAR. Nothing is read yet.
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let file = File::open(path).map_err(StoreError::io("opening", path))?;
        Ok(Self {
            file,
            path: path.to_owned(),
            sections: Sections::default(),
            chunk: vec![0; CHUNK_BYTES],
            ended: false,
            roots: Vec::new(),
            gather: RowReader::default(),
            places: BTreeMap::new(),
            shared: BTreeMap::new(),
            described: BTreeSet::new(),
            position: 0,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves of the entries that were given.
    pub(crate) const fn position(&self) -> u64 {
        self.position
    }

    /// The roots in the header. Empty until the first entry was given.
    pub(crate) fn roots(&self) -> &[Vec<u8>] {
        &self.roots
    }

    /// A block of an earlier entry, if later entries may name it.
    pub(crate) fn shared_block(&self, id: &BlockId) -> Option<Block> {
        self.read_shared(id).ok()?
    }

    /// The next entry and the position of its first leaf; `None` at the end of the log. The entry has every
    /// block that a host writes with it, also those that stand earlier in the CAR.
    pub(crate) fn next_entry(&mut self) -> Result<Option<(u64, Entry)>, CarLogError> {
        while let Some((offset, block)) = self.next_block()? {
            let id = block.id();
            let fail = |why| CarLogError::Entries { offset, why };
            if self.shared.contains_key(&id) || self.places.contains_key(&id) {
                return Err(fail(RowError::Repeated(id)));
            }
            self.places.insert(id, self.sections.offset() - block.bytes().len() as u64);
            if let Some(gathered) = self.gather.push(block).map_err(fail)? {
                return self.complete(gathered).map(Some);
            }
        }
        let offset = self.sections.offset();
        self.gather.finish().map_err(|why| CarLogError::Entries { offset, why })?;
        Ok(None)
    }

    /// Adds the blocks to an entry that stand earlier in the CAR, and remembers those that later entries may name.
    fn complete(&mut self, gathered: RowEntry) -> Result<(u64, Entry), CarLogError> {
        let RowEntry { mut entry, mut lacking, shared, engine } = gathered;
        for id in shared {
            let length = entry.block(&id).map_or(0, |block| block.bytes().len());
            if let Some(place) = self.places.get(&id) {
                self.shared.insert(id, (*place, length));
            }
        }
        self.places.clear();
        if let Some((scope, engine)) = engine
            && self.described.insert((scope, engine))
            && entry.block(&engine).is_none()
        {
            lacking.push(engine);
        }
        for id in lacking {
            // A block that never came is left out: the check of the entry names it.
            entry.blocks.extend(self.read_shared(&id)?);
        }
        let position = self.position;
        self.position += entry.leaves.len() as u64;
        Ok((position, entry))
    }

    /// Reads a shared block again; `None` when no such block came.
    fn read_shared(&self, id: &BlockId) -> Result<Option<Block>, CarLogError> {
        let Some((place, length)) = self.shared.get(id) else { return Ok(None) };
        let mut bytes = vec![0; *length];
        self.file.read_exact_at(&mut bytes, *place).map_err(StoreError::io("reading", &self.path))?;
        let block = Block::verified(*id, bytes)
            .map_err(|found| CarError { offset: *place, why: CarFlaw::Hash { named: *id, found } })?;
        Ok(Some(block))
    }

    /// The next block, and the byte where its section begins; `None` at the end of the file.
    fn next_block(&mut self) -> Result<Option<(u64, Block)>, CarLogError> {
        loop {
            match self.sections.next_item()? {
                Some(Item::Roots(roots)) => self.roots = roots,
                Some(Item::Section(section)) => return Ok(Some((section.offset, section.into_block()?))),
                None if self.ended => {
                    self.sections.finish()?;
                    return Ok(None);
                }
                None => {
                    let read =
                        self.file.read(&mut self.chunk).map_err(StoreError::io("reading", &self.path))?;
                    self.ended = read == 0;
                    self.sections.feed(&self.chunk[..read]);
                }
            }
        }
    }
}
