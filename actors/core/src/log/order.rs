//! The log's machine: what an entry must be to come next.
//!
//! The DAG actor asks it before it appends, and the fold when it reads: an entry's first leaf is one of its own
//! blocks, and its author's sequence has no gap and no fork. What an entry says beyond that (that the first is the
//! host's, that anchored nodes are known) is the fold's to check, in [`crate::fold`].

use std::collections::BTreeMap;

use crate::block::{Counterpart, Entry, Payload};
use crate::log::checkpoint::Checkpoint;
use crate::log::tree::Frontier;
use crate::name::{BlockId, Did, Origin};

/// An author's last block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its place in the author's sequence.
    pub seq: u64,
    /// Its envelope.
    pub block: BlockId,
}

/// What an entry says of its author.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Who signs.
    pub author: Did,
    /// The place in the author's sequence.
    pub seq: u64,
    /// The author's block before.
    pub prev: Option<BlockId>,
}

impl Link {
    /// What a payload says of its author.
    #[must_use]
    pub fn of(payload: &Payload) -> Self {
        match payload {
            Payload::Host(host) => Self { author: host.host, seq: 0, prev: None },
            Payload::Policy(policy) => Self { author: policy.scope, seq: policy.seq, prev: policy.prev },
            Payload::Receipt(receipt) => {
                Self { author: receipt.scope, seq: receipt.seq, prev: Some(receipt.prev) }
            }
            Payload::Leg(leg) => leg.place().into(),
            Payload::Keys(keys) => Self { author: keys.scope, seq: keys.seq, prev: Some(keys.prev) },
        }
    }
}

impl From<Counterpart> for Link {
    fn from(place: Counterpart) -> Self {
        Self { author: place.scope, seq: place.seq, prev: Some(place.prev) }
    }
}

/// Why an entry does not come next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// An entry without leaves.
    #[error("an entry without leaves")]
    Empty,
    /// A leaf that an author signed is not among the entry's blocks.
    #[error("the leaf {0} is not a block of its entry")]
    MissingBlock(BlockId),
    /// One author has two blocks in one entry.
    #[error("{0} has two blocks in one entry, expected one of each author")]
    Twice(Did),
    /// The author's sequence has a gap, a repeat or a fork.
    #[error(
        "{author} continues with sequence {found_seq} after {found_prev:?}, expected {expected_seq} after {expected_prev:?}"
    )]
    Sequence {
        /// Who signs.
        author: Did,
        /// What the entry says.
        found_seq: u64,
        /// What the entry says.
        found_prev: Option<BlockId>,
        /// What comes next.
        expected_seq: u64,
        /// What comes next.
        expected_prev: Option<BlockId>,
    },
}

/// The machine: a frontier, and each author's last block.
#[derive(Debug, Clone, Default)]
pub struct Log {
    frontier: Frontier,
    heads: BTreeMap<Did, Head>,
}

impl Log {
    /// From a snapshot.
    #[must_use]
    pub fn from_parts(frontier: Frontier, heads: BTreeMap<Did, Head>) -> Self {
        Self { frontier, heads }
    }

    /// Leaves so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.frontier.size()
    }
    /// The tree's right edge.
    #[must_use]
    pub const fn frontier(&self) -> &Frontier {
        &self.frontier
    }
    /// Each author's last block.
    #[must_use]
    pub const fn heads(&self) -> &BTreeMap<Did, Head> {
        &self.heads
    }
    /// Size and root, to be signed.
    #[must_use]
    pub fn checkpoint(&self, origin: &Origin) -> Checkpoint {
        Checkpoint { origin: origin.clone(), size: self.size(), root: self.frontier.root() }
    }

    /// Whether the entry comes next; nothing is changed. The first link is that of the first leaf's block; those of
    /// other authors, of its last leaves in their order.
    ///
    /// Format: docs/formats.md, "The log".
    pub fn check(&self, entry: &Entry, links: &[Link]) -> Result<(), LogError> {
        for (leaf, link) in signed_leaves(entry, links)? {
            if entry.block(&leaf).is_none() {
                return Err(LogError::MissingBlock(leaf));
            }
            let head = self.heads.get(&link.author);
            let expected_seq = head.map_or(0, |head| head.seq + 1);
            let expected_prev = head.map(|head| head.block);
            if link.seq != expected_seq || link.prev != expected_prev {
                return Err(LogError::Sequence {
                    author: link.author,
                    found_seq: link.seq,
                    found_prev: link.prev,
                    expected_seq,
                    expected_prev,
                });
            }
        }
        if let Some(twice) =
            (1..links.len()).find(|at| links[..*at].iter().any(|l| l.author == links[*at].author))
        {
            return Err(LogError::Twice(links[twice].author));
        }
        Ok(())
    }

    /// Appends the entry, or says why it does not come next; gives the position of its first leaf.
    pub fn append(&mut self, entry: &Entry, links: &[Link]) -> Result<u64, LogError> {
        self.check(entry, links)?;
        let position = self.size();
        for leaf in &entry.leaves {
            self.frontier.append(leaf);
        }
        for (leaf, link) in signed_leaves(entry, links)? {
            self.heads.insert(link.author, Head { seq: link.seq, block: leaf });
        }
        Ok(position)
    }
}

/// The leaves that authors signed, each with its link: the first, and the last ones.
fn signed_leaves<'a>(
    entry: &'a Entry,
    links: &'a [Link],
) -> Result<impl Iterator<Item = (BlockId, &'a Link)>, LogError> {
    let [first, others @ ..] = links else { return Err(LogError::Empty) };
    let [leaf, rest @ ..] = &entry.leaves[..] else { return Err(LogError::Empty) };
    let last = rest.len().checked_sub(others.len()).ok_or(LogError::Empty)?;
    let others = rest[last..].iter().copied().zip(others);
    Ok(std::iter::once((*leaf, first)).chain(others))
}
