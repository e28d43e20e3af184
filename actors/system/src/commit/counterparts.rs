//! The paused scopes of an invocation that is about to be handed over, and the legs that they sign.
//!
//! A paused scope that the receipt's journal names has a leg. One that it does not name has none; it stays paused up to the
//! hand-over all the same, since its books were looked at.

use std::sync::Arc;

use icn_core::block::{Leg, Receipt};
use icn_core::encode::{Block, Domain};
use icn_core::fold::crossing;
use icn_core::name::BlockId;
use icn_sync::{Entered, Generation, Stamp};

use crate::keyring::Signing;
use crate::message::crossing::PausedScope;

/// A leg that is signed.
#[derive(Debug)]
pub(crate) struct SignedLeg {
    pub(crate) leg: Leg,
    /// The name of its envelope.
    pub(crate) id: BlockId,
}

/// The payload and the envelope of a leg.
pub(crate) type LegBlocks = [Block; 2];

/// The paused scopes, and their legs.
#[derive(Debug)]
pub(crate) struct Counterparts {
    /// In the order of the scopes' names, which is that of the legs in the entry.
    with_leg: Vec<(PausedScope, SignedLeg)>,
    without_leg: Vec<PausedScope>,
}

impl Counterparts {
    /// Drafts and signs the legs of a receipt. `id` is the name of the receipt's envelope. The blocks are in the order of
    /// the legs.
    pub(crate) fn sign(receipt: &Receipt, id: BlockId, paused: Vec<PausedScope>) -> (Self, Vec<LegBlocks>) {
        let has_leg = |scope: &PausedScope| receipt.with.contains(&scope.basis.place());
        let (mut named, mut without_leg): (Vec<_>, Vec<_>) = paused.into_iter().partition(has_leg);
        named.sort_by_key(|scope| scope.basis.place().scope);
        let (mut with_leg, mut blocks) = (Vec::with_capacity(named.len()), Vec::with_capacity(named.len()));
        for scope in named {
            match sign_leg(receipt, id, &scope) {
                Some((signed, of_leg)) => {
                    with_leg.push((scope, signed));
                    blocks.push(of_leg);
                }
                None => without_leg.push(scope),
            }
        }
        // A scope that cannot sign was found before the run.
        assert_eq!(with_leg.len(), receipt.with.len(), "each counterpart that a receipt names signs a leg");
        (Self { with_leg, without_leg }, blocks)
    }

    /// In the order of their scopes.
    pub(crate) fn legs(&self) -> impl Iterator<Item = &SignedLeg> {
        self.with_leg.iter().map(|(_, signed)| signed)
    }

    /// What [`enter_all`] enters: the generations of those with a leg.
    pub(crate) fn generations(&self) -> Vec<(Arc<Generation>, Stamp)> {
        self.with_leg.iter().map(|(scope, _)| (scope.generation.clone(), scope.stamp)).collect()
    }

    /// Notes whether the legs may be in the log's queue.
    pub(crate) fn legs_may_be_queued(&mut self, may_be: bool) {
        for (scope, _) in &mut self.with_leg {
            scope.leg_may_be_queued(may_be);
        }
    }

    /// Lets those go on that have no leg.
    pub(crate) fn resume_those_without_leg(&mut self) {
        self.without_leg.clear();
    }

    /// Lets all go on, each with its leg.
    pub(crate) fn resume(self) {
        for (scope, SignedLeg { leg, id }) in self.with_leg {
            scope.resume_with(leg, id);
        }
    }
}

fn sign_leg(receipt: &Receipt, id: BlockId, scope: &PausedScope) -> Option<(SignedLeg, LegBlocks)> {
    let Signing { key, signer } = scope.signing.as_ref()?;
    let (leg, payload) = crossing::draft(receipt, id, &scope.basis, *signer);
    let envelope = key.seal(Domain::Leg, &payload).to_block();
    Some((SignedLeg { leg, id: envelope.id() }, [payload, envelope]))
}

/// Enters all of these generations; none is entered when one of them is over.
pub(crate) fn enter_all(generations: &[(Arc<Generation>, Stamp)]) -> Option<Vec<Entered<'_>>> {
    generations.iter().map(|(generation, stamp)| generation.enter(*stamp)).collect()
}
