//! What an entry says, by its kind: read, and no more than that.

use crate::block::{Entry, HostBlock, Invocation, KeysBlock, Leg, Policy, Receipt};
use crate::log::Link;
use crate::name::{BlockId, Did};

/// What an entry says.
#[derive(Debug)]
pub(super) enum Body {
    Host(HostBlock),
    Policy(Box<Policy>),
    Receipt { receipt: Box<Receipt>, invocation: Box<Invocation>, legs: Vec<Leg> },
    Keys(Box<KeysBlock>),
}

impl Body {
    /// The scope that it belongs to, if any.
    pub(super) fn scope(&self) -> Option<Did> {
        match self {
            Self::Host(_) => None,
            Self::Policy(policy) => Some(policy.scope),
            Self::Receipt { receipt, .. } => Some(receipt.scope),
            Self::Keys(keys) => Some(keys.scope),
        }
    }

    /// Its legs, if it is a receipt that has any.
    pub(super) fn legs(&self) -> &[Leg] {
        match self {
            Self::Receipt { legs, .. } => legs,
            _ => &[],
        }
    }

    /// What it says of its authors: of the first leaf's, then of each leg's.
    pub(super) fn links(&self) -> Vec<Link> {
        match self {
            Self::Host(host) => vec![Link::from(host)],
            Self::Policy(policy) => vec![Link::from(&**policy)],
            Self::Receipt { receipt, .. } => {
                let of_legs = receipt.with.iter().map(|place| Link::from(*place));
                std::iter::once(Link::from(&**receipt)).chain(of_legs).collect()
            }
            Self::Keys(keys) => vec![Link::from(&**keys)],
        }
    }

    /// The leaves that its entry must have: the envelope, a receipt's anchors, its legs' envelopes.
    pub(super) fn leaves(&self, first: BlockId, entry: &Entry) -> Vec<BlockId> {
        let mut leaves = vec![first];
        if let Self::Receipt { receipt, legs, .. } = self {
            leaves.extend(receipt.anchors.iter().map(|anchor| anchor.0));
            leaves.extend_from_slice(entry.leg_leaves(legs.len()));
        }
        leaves
    }
}
