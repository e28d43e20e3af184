//! Goes through a signed log once, entry by entry, and gives each block once.
//!
//! It reads what the newest signed checkpoint covers. Bytes are compared with their names. Signatures are not
//! verified: `icn audit` does that.

use std::collections::BTreeMap;
use std::path::Path;

use icn_core::block::Entry;
use icn_core::encode::Block;
use icn_core::log::{EntriesError, RowWriter};
use icn_runtime::{BlockId, SignedLog, SignedLogError};

use super::shown::{Shown, kind_of, link_of, links_of};

/// Why nothing is shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Log(#[from] SignedLogError),
    #[error("position {0}: {1}: run `icn audit`")]
    Entry(u64, EntriesError),
    #[error("{0} is not in the log, up to its newest signed checkpoint")]
    NoSuchBlock(BlockId),
    #[error("no path of links leads from {0} to {1}")]
    NoPath(BlockId, BlockId),
}

/// A reader of a log.
pub(super) struct Walk {
    log: SignedLog,
    row: RowWriter,
}

impl Walk {
    pub(super) fn open(data: &Path) -> Result<Self, Failure> {
        Ok(Self { log: SignedLog::open(data)?, row: RowWriter::default() })
    }

    /// Reads the next entry, and gives its position, the entry and its blocks to `show`. Each block comes
    /// after the blocks that it links, except those that came with earlier entries. `None` at the end of the
    /// log.
    pub(super) fn next_with<T>(
        &mut self,
        show: impl FnOnce(u64, &Entry, &[&Block]) -> T,
    ) -> Result<Option<T>, Failure> {
        let Some((position, entry)) = self.log.next_entry()? else { return Ok(None) };
        let blocks = self.row.next(&entry).map_err(|why| Failure::Entry(position, why))?;
        Ok(Some(show(position, &entry, &blocks)))
    }

    /// The next entry's blocks. The last one is its envelope, or that of its last leg.
    pub(super) fn next(&mut self) -> Result<Option<Vec<Shown>>, Failure> {
        self.next_with(blocks_of)
    }
}

/// The position of a block in the log, when it is a leaf of this entry.
pub(super) fn position_of(position: u64, entry: &Entry, id: &BlockId) -> Option<u64> {
    (position..).zip(&entry.leaves).find(|(_, leaf)| *leaf == id).map(|(at, _)| at)
}

fn blocks_of(position: u64, entry: &Entry, blocks: &[&Block]) -> Vec<Shown> {
    // A leg has an author of its own. Every other block belongs to the author of the entry's first leaf.
    let mut authors = BTreeMap::new();
    for (payload, envelope) in blocks.iter().zip(blocks.iter().skip(1)) {
        if let (Some(_), Ok(link)) = (position_of(position, entry, &envelope.id()), link_of(payload)) {
            let author = link.author.to_string();
            authors.extend([(payload.id(), author.clone()), (envelope.id(), author)]);
        }
    }
    let own = entry.leaves.first().and_then(|first| authors.get(first)).cloned().unwrap_or_default();
    let shown = |block: &&Block| Shown {
        id: block.id(),
        kind: kind_of(block),
        bytes: block.bytes().len(),
        position: position_of(position, entry, &block.id()),
        links: links_of(block),
        author: authors.get(&block.id()).unwrap_or(&own).clone(),
        entry: position,
    };
    blocks.iter().map(shown).collect()
}
