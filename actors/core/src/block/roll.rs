//! Rolls: lists of members that a policy's roles link. A roll is sorted, so that looking up a member is a binary
//! search.

use std::collections::BTreeSet;

use super::policy::PolicyError;
use crate::encode::Block;
use crate::limits;
use crate::name::{Codec, Did};

/// A list of members: sorted Ed25519 keys, 32 bytes each, one after the other, as a raw block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roll(Block);

impl Roll {
    /// Makes the roll of these members, in any order. Repeated members count once.
    #[must_use]
    pub fn of(members: impl IntoIterator<Item = Did>) -> Self {
        let keys: BTreeSet<[u8; 32]> = members.into_iter().map(|did| *did.key()).collect();
        let members = keys.len();
        let roll = Self(Block::new(Codec::Raw, keys.into_iter().flatten().collect()));
        assert_eq!(roll.0.bytes().len(), members * 32, "a roll has 32 bytes for each member");
        debug_assert!(
            members > limits::ROLL_MEMBERS_MAX || Self::from_block(roll.0.clone()).is_ok(),
            "a roll that is not too long reads back"
        );
        roll
    }

    /// Reads a roll's block.
    ///
    /// Format: docs/formats.md, "Raw blocks".
    pub fn from_block(block: Block) -> Result<Self, PolicyError> {
        let (keys, rest) = block.bytes().as_chunks::<32>();
        let ordered = keys.is_sorted_by(|a, b| a < b);
        if block.id().codec() != Codec::Raw
            || !rest.is_empty()
            || !ordered
            || keys.len() > limits::ROLL_MEMBERS_MAX
        {
            return Err(PolicyError(format!(
                "{} is not a roll: expected a raw block of at most {} keys of 32 bytes in ascending order",
                block.id(),
                limits::ROLL_MEMBERS_MAX
            )));
        }
        debug_assert!(block.bytes().len() <= limits::RAW_BLOCK_BYTES_MAX, "a roll is a raw block");
        Ok(Self(block))
    }

    /// Whether the member is on the roll.
    #[must_use]
    pub fn contains(&self, member: &Did) -> bool {
        self.0.bytes().as_chunks::<32>().0.binary_search(member.key()).is_ok()
    }

    /// The block.
    #[must_use]
    pub const fn block(&self) -> &Block {
        &self.0
    }
}
