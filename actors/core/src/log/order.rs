//! The order of a log: which entry may come next.
//!
//! A host asks before it appends, and a reader while it reads: each leaf that an author signed is a block of
//! its entry, and the author's sequence has no gap, no repeat and no fork. [`Log::check`] changes nothing;
//! [`Log::append`] checks first, and then appends all leaves of the entry. Everything else about an entry
//! (that the first one is the host's, that anchored nodes are known) is checked in [`crate::fold`].

use std::collections::BTreeMap;

use crate::block::{Counterpart, Entry, Payload};
use crate::log::checkpoint::Checkpoint;
use crate::log::tree::Frontier;
use crate::name::{BlockId, Did, Origin};

/// The last block of an author.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Its place in the author's sequence, from 0.
    pub seq: u64,
    /// The name of its envelope.
    pub block: BlockId,
}

/// Where a block says that it stands in its author's sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The author, who signs the block.
    pub author: Did,
    /// The block's place in the author's sequence, from 0.
    pub seq: u64,
    /// The author's block before it.
    pub prev: Option<BlockId>,
}

impl Link {
    /// The place that a payload states.
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

/// Why an entry cannot come next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// The entry has no leaf, or fewer than authors signed.
    #[error("an entry without leaves")]
    Empty,
    /// A leaf that an author signed is not a block of the entry.
    #[error("the leaf {0} is not a block of its entry")]
    MissingBlock(BlockId),
    /// One author signed two blocks of the entry.
    #[error("{0} has two blocks in one entry, expected one of each author")]
    RepeatedAuthor(Did),
    /// The author's sequence has a gap, a repeat or a fork.
    #[error(
        "{author} continues with sequence {found_seq} after {found_prev:?}, expected {expected_seq} after {expected_prev:?}"
    )]
    Sequence {
        /// The author.
        author: Did,
        /// The place that the block states.
        found_seq: u64,
        /// The block before it, as it states.
        found_prev: Option<BlockId>,
        /// The next place in the author's sequence.
        expected_seq: u64,
        /// The author's last block.
        expected_prev: Option<BlockId>,
    },
}

/// The order of a log so far: the tree's right edge, and each author's last block.
#[derive(Debug, Clone, Default)]
pub struct Log {
    frontier: Frontier,
    heads: BTreeMap<Did, Head>,
}

impl Log {
    /// The order that a snapshot holds.
    #[must_use]
    pub fn from_parts(frontier: Frontier, heads: BTreeMap<Did, Head>) -> Self {
        Self { frontier, heads }
    }

    /// The number of leaves so far.
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
    /// The size and the root, to be signed.
    #[must_use]
    pub fn checkpoint(&self, origin: &Origin) -> Checkpoint {
        Checkpoint { origin: origin.clone(), size: self.size(), root: self.frontier.root() }
    }

    /// Checks that the entry may come next, and changes nothing. The first link is of the first leaf's block.
    /// The other links are of the last leaves, in their order.
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
        let is_repeated = |at: &usize| links[..*at].iter().any(|link| link.author == links[*at].author);
        if let Some(repeated) = (1..links.len()).find(is_repeated) {
            return Err(LogError::RepeatedAuthor(links[repeated].author));
        }
        assert!(links.len() <= entry.leaves.len(), "each link is of a leaf of its own");
        Ok(())
    }

    /// Appends the entry and gives the position of its first leaf, or says why the entry cannot come next.
    pub fn append(&mut self, entry: &Entry, links: &[Link]) -> Result<u64, LogError> {
        self.check(entry, links)?;
        let (position, authors) = (self.size(), self.heads.len());
        for leaf in &entry.leaves {
            self.frontier.append(leaf);
        }
        for (leaf, link) in signed_leaves(entry, links)? {
            let before = self.heads.insert(link.author, Head { seq: link.seq, block: leaf });
            assert_eq!(
                before.map(|head| head.block),
                link.prev,
                "an author's next block follows the last one"
            );
        }
        assert_eq!(self.size(), position + entry.leaves.len() as u64, "each leaf adds one to the size");
        assert!(self.heads.len() >= authors, "no author is forgotten");
        debug_assert!(
            links.iter().all(|link| self.heads.get(&link.author).is_some_and(|head| head.seq == link.seq)),
            "each author's last block is the one of this entry"
        );
        Ok(position)
    }
}

/// The leaves that authors signed, each with its link: the first leaf, and the last ones.
fn signed_leaves<'a>(
    entry: &'a Entry,
    links: &'a [Link],
) -> Result<impl Iterator<Item = (BlockId, &'a Link)>, LogError> {
    let [first, others @ ..] = links else { return Err(LogError::Empty) };
    let [leaf, rest @ ..] = &entry.leaves[..] else { return Err(LogError::Empty) };
    let last = rest.len().checked_sub(others.len()).ok_or(LogError::Empty)?;
    assert_eq!(rest[last..].len(), others.len(), "each link has its leaf");
    let others = rest[last..].iter().copied().zip(others);
    Ok(std::iter::once((*leaf, first)).chain(others))
}
