//! Reads an export's CAR as a log: entries from blocks, each block compared with its name, in one pass. One entry and
//! the places of blocks that may come again are in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use icn_core::block::Entry;
use icn_core::encode::Block;
use icn_core::log::car::{CarError, CarFlaw, Item, Sections};
use icn_core::log::{EntriesError, ReadEntry, RowReader};
use icn_core::name::{BlockId, Did};

use crate::error::StoreError;
use crate::report::Finding;

/// How much of the file is read at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// Why a CAR is not a log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CarLogError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Car(#[from] CarError),
    #[error("byte {offset}: {why}")]
    Entries { offset: u64, why: EntriesError },
}

impl CarLogError {
    /// What an audit says of it; of the operating system's word nothing.
    pub(crate) fn finding(self, path: &Path, position: u64) -> Result<Finding, StoreError> {
        let at = |offset: u64, what: &str, expected: &str, found: &dyn std::fmt::Display| Finding {
            position: Some(position),
            place: Some(format!("{} at byte {offset}", path.display())),
            ..Finding::of(what, expected, found)
        };
        Ok(match self {
            Self::Store(error) => return Err(error),
            Self::Car(CarError { offset, why }) => {
                let (what, expected) = match &why {
                    CarFlaw::Header(_) => ("CAR header", "a CAR version 1"),
                    CarFlaw::Length(_) | CarFlaw::Cid(_) => ("CAR section", "a length, a CID and a block"),
                    CarFlaw::Truncated => ("end of the CAR", "the end of a section"),
                    CarFlaw::Codec(_) => ("codec", "a CIDv1 with sha2-256, of dag-cbor or raw"),
                    CarFlaw::Hash { .. } => ("hash", "the bytes that the block's name names"),
                    CarFlaw::NotCanonical { .. } => ("encoding", "strict dag-cbor"),
                };
                let block = match &why {
                    CarFlaw::Hash { named, .. } | CarFlaw::NotCanonical { named, .. } => {
                        Some(named.to_string())
                    }
                    _ => None,
                };
                Finding { block, ..at(offset, what, expected, &why) }
            }
            Self::Entries { offset, why } => {
                let (what, expected) = match &why {
                    EntriesError::Empty => ("entry", "leaves"),
                    EntriesError::Missing(_) => ("block", "in its entry"),
                    EntriesError::Envelope(..) => ("envelope", "an envelope"),
                    EntriesError::Payload(..) => ("encoding", "a canonical payload"),
                    EntriesError::Order { .. } => ("order of blocks", "the order of an export"),
                    EntriesError::Codec(_) => ("codec", "the codec of its kind of block"),
                    EntriesError::Repeated(_) => ("repeated block", "each block once"),
                    EntriesError::TooLarge { .. } => ("size of an entry", "one that a host writes"),
                    EntriesError::Unfinished(_) => ("end of the CAR", "the end of an entry"),
                };
                at(offset, what, expected, &why)
            }
        })
    }
}

/// A log in a CAR.
#[derive(Debug)]
pub(crate) struct CarLog {
    file: File,
    path: PathBuf,
    sections: Sections,
    chunk: Vec<u8>,
    ended: bool,
    roots: Vec<Vec<u8>>,
    gather: RowReader,
    /// Of the blocks of the entry that is being gathered, where their bytes stand.
    places: BTreeMap<BlockId, u64>,
    /// Blocks that later entries may name again: where their bytes stand, and how many.
    shared: BTreeMap<BlockId, (u64, usize)>,
    /// Engines by the scope whose receipts named them: a scope's first has it with it, as a host writes it.
    described: BTreeSet<(Did, BlockId)>,
    position: u64,
}

impl CarLog {
    /// Opens a CAR.
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
    /// Leaves of the entries given so far.
    pub(crate) const fn position(&self) -> u64 {
        self.position
    }
    /// The roots that the header names, once the first entry was given.
    pub(crate) fn roots(&self) -> &[Vec<u8>] {
        &self.roots
    }

    /// A block that came with an entry before, and that later ones may name.
    pub(crate) fn shared_block(&self, id: &BlockId) -> Option<Block> {
        let (place, length) = self.shared.get(id)?;
        let mut bytes = vec![0; *length];
        self.file.read_exact_at(&mut bytes, *place).ok()?;
        Block::verified(*id, bytes).ok()
    }

    /// The next entry, with every block that a data directory has with it, and the position of its first leaf.
    pub(crate) fn next_entry(&mut self) -> Result<Option<(u64, Entry)>, CarLogError> {
        while let Some((offset, block)) = self.next_block()? {
            let id = block.id();
            let fail = |why| CarLogError::Entries { offset, why };
            if self.shared.contains_key(&id) || self.places.contains_key(&id) {
                return Err(fail(EntriesError::Repeated(id)));
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

    fn complete(&mut self, gathered: ReadEntry) -> Result<(u64, Entry), CarLogError> {
        let ReadEntry { mut entry, mut lacking, shared, engine } = gathered;
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
            // One that never came is left out: whoever asks for it says so.
            let Some((place, length)) = self.shared.get(&id) else { continue };
            let mut bytes = vec![0; *length];
            self.file.read_exact_at(&mut bytes, *place).map_err(StoreError::io("reading", &self.path))?;
            let block = Block::verified(id, bytes)
                .map_err(|found| CarError { offset: *place, why: CarFlaw::Hash { named: id, found } })?;
            entry.blocks.push(block);
        }
        let position = self.position;
        self.position += entry.leaves.len() as u64;
        Ok((position, entry))
    }

    /// The next block, and the byte where its section begins.
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
