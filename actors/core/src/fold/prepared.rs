//! An entry of a log that is right in itself.

use super::body::Body;
use super::divergence::{Divergence, Place};
use super::look::{Trust, look};
use crate::block::{Entry, Invocation, KeysBlock, Leg, Policy, Receipt};
use crate::encode::Block;
use crate::name::{BlockId, Did};
use crate::rules::keys::Brought;

/// An entry that is right in itself.
#[derive(Debug)]
pub struct Prepared {
    pub(super) position: u64,
    pub(super) entry: Entry,
    pub(super) payload: Block,
    pub(super) body: Body,
    /// Delegations and revocations that it brings.
    pub(super) brought: Brought,
}

impl Prepared {
    /// Looks at one entry alone.
    pub fn read(position: u64, entry: Entry, trust: Trust) -> Result<Self, Divergence> {
        Self::read_or_return(position, entry, trust).map_err(|refused| refused.0)
    }

    /// The same; an entry that diverges is given back, for whoever looks closer.
    pub fn read_or_return(
        position: u64,
        entry: Entry,
        trust: Trust,
    ) -> Result<Self, Box<(Divergence, Entry)>> {
        match look(position, &entry, trust) {
            Ok((payload, body, brought)) => Ok(Self { position, entry, payload, body, brought }),
            Err(divergence) => Err(Box::new((divergence, entry))),
        }
    }

    /// The entry.
    #[must_use]
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }
    /// The position of its first leaf in the log.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }
    /// The policy, if it is one.
    #[must_use]
    pub const fn policy(&self) -> Option<&Policy> {
        match &self.body {
            Body::Policy(policy) => Some(policy),
            _ => None,
        }
    }
    /// The invocation and its receipt, if it is one.
    #[must_use]
    pub fn run(&self) -> Option<(&Invocation, &Receipt)> {
        match &self.body {
            Body::Receipt { receipt, invocation, .. } => Some((invocation, receipt)),
            _ => None,
        }
    }
    /// The legs of its receipt, each with its envelope.
    pub fn legs(&self) -> impl Iterator<Item = (BlockId, &Leg)> {
        let legs = self.body.legs();
        self.entry.leg_leaves(legs.len()).iter().copied().zip(legs)
    }
    /// The block of keys, if it is one.
    #[must_use]
    pub const fn keys(&self) -> Option<&KeysBlock> {
        match &self.body {
            Body::Keys(keys) => Some(keys),
            _ => None,
        }
    }
    /// The scope that it belongs to, if any.
    #[must_use]
    pub fn scope(&self) -> Option<Did> {
        self.body.scope()
    }

    /// Its first leaf's place in the log.
    pub(super) fn place(&self) -> Place {
        Place { position: self.position, block: self.entry.leaves[0] }
    }
}
