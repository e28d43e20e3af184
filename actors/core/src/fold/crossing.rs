//! Between two scopes: the leg that a counterpart signs, and what ties it to the payer's receipt.
//!
//! A receipt that moves units to other scopes, or sets off what it and they owe each other, stands in the log in one
//! entry with a *leg* of each of those scopes: a block in that scope's own sequence, signed by it, whose journal has its
//! side. The receipt names each leg by its place (scope, sequence, block before), which no other block can have; the
//! leg names the receipt. An entry is in the log whole or not at all, so both sides are booked or neither.
//!
//! What ties them can be judged from the entry alone ([`check_legs`]); what a leg is to its own scope's chain and books
//! is judged where that scope's receipts are ([`crate::fold::Chain::apply_leg`], [`crate::fold`]). Each fold books
//! only its own scope's part, so a scope's books are a fold over its own blocks.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::deadlines::Deadlines;
use crate::block::{ChainError, Command, Counterpart, Leg, LegTag, Operation, Receipt, Signer};
use crate::encode::Block;
use crate::name::{BlockId, Did, Hash};
use crate::rules::PolicyInForce;

/// The scopes that a journal moves units to or sets off with, in the order of their identities.
#[must_use]
pub fn counterparts(journal: &[Operation]) -> BTreeSet<Did> {
    journal.iter().filter_map(Operation::counterpart).collect()
}

/// Of these places those of a journal's counterparts, in the order of their identities.
#[must_use]
pub fn places(journal: &[Operation], of: impl IntoIterator<Item = Counterpart>) -> Vec<Counterpart> {
    let named = counterparts(journal);
    if named.is_empty() {
        return Vec::new();
    }
    let mut places: Vec<Counterpart> = of.into_iter().filter(|place| named.contains(&place.scope)).collect();
    places.sort_by_key(|place| place.scope);
    places
}

/// The counterpart's side of what a journal of `payer` has with it, in the journal's order.
#[must_use]
pub fn mirror(payer: Did, journal: &[Operation], counterpart: Did) -> Vec<Operation> {
    let side = |operation: &Operation| match operation {
        Operation::Send { from, scope, to, unit, amount, memo } if *scope == counterpart => {
            let (from, to, unit, memo) = (from.clone(), to.clone(), unit.clone(), memo.clone());
            Some(Operation::Receive { from, scope: payer, to, unit, amount: *amount, memo })
        }
        Operation::Rule(command) => match &**command {
            Command::Net { a, b, unit } if *b == counterpart => {
                Some(Operation::Rule(Box::new(Command::Net { a: *b, b: *a, unit: unit.clone() })))
            }
            _ => None,
        },
        _ => None,
    };
    journal.iter().filter_map(side).collect()
}

/// Whether a receipt has the legs that it asks for, in the order of their scopes, and each says of the receipt what is
/// so. `envelope` is the receipt's. Expiries are the counterpart's own business.
///
/// Format: docs/formats.md, "Between scopes".
///
/// # Errors
/// The first rule that does not hold.
pub fn check_legs(receipt: &Receipt, envelope: BlockId, legs: &[Leg]) -> Result<(), ChainError> {
    if receipt.journal.iter().any(|operation| matches!(operation, Operation::Receive { .. })) {
        return Err(ChainError::new(
            "receipt's journal",
            "what its scope pays",
            "what it receives, which a leg says",
        ));
    }
    let (named, with) = (counterparts(&receipt.journal), &receipt.with);
    if named.contains(&receipt.scope) || !with.iter().map(|place| place.scope).eq(named.iter().copied()) {
        return Err(ChainError::new("counterparts", format!("{named:?}"), format!("{with:?}")));
    }
    if !with.iter().copied().eq(legs.iter().map(Leg::place)) {
        let places: Vec<Counterpart> = legs.iter().map(Leg::place).collect();
        return Err(ChainError::new("legs", format!("{with:?}"), format!("{places:?}")));
    }
    for leg in legs {
        if leg.log != receipt.log {
            return Err(ChainError::new("leg's log", &receipt.log, &leg.log));
        }
        if (leg.of, leg.receipt) != (receipt.scope, envelope) {
            let (expected, found) = ((receipt.scope, envelope), (leg.of, leg.receipt));
            return Err(ChainError::new("leg's receipt", format!("{expected:?}"), format!("{found:?}")));
        }
        if leg.time != receipt.time {
            return Err(ChainError::new("leg's time", receipt.time, leg.time));
        }
        let expected = mirror(receipt.scope, &receipt.journal, leg.scope);
        let (_, found) = Operation::parts(&leg.journal);
        if expected != found {
            return Err(ChainError::new("leg's journal", format!("{expected:?}"), format!("{found:?}")));
        }
    }
    Ok(())
}

/// What of a scope that holds still decides its leg: a copy of what its chain has, good as long as it does.
#[derive(Debug, Clone)]
pub struct Still {
    pub(crate) policy: Arc<PolicyInForce>,
    pub(crate) place: Counterpart,
    pub(crate) time: u64,
    pub(crate) root: Hash,
    pub(crate) deadlines: Deadlines,
}

impl Still {
    /// Its policy.
    #[must_use]
    pub const fn policy(&self) -> &Arc<PolicyInForce> {
        &self.policy
    }
    /// Where its leg would stand.
    #[must_use]
    pub const fn place(&self) -> Counterpart {
        self.place
    }
    /// Its last time, in milliseconds since the Unix epoch: no leg of it has an earlier one.
    #[must_use]
    pub const fn time(&self) -> u64 {
        self.time
    }
}

/// The leg of a scope that holds still, and its payload. `envelope` is the receipt's; `signer` the key that will sign it,
/// when the scope's own does not.
#[must_use]
pub fn draft(receipt: &Receipt, envelope: BlockId, still: &Still, signer: Option<Signer>) -> (Leg, Block) {
    let place = still.place;
    let mut journal: Vec<Operation> =
        still.deadlines.due(receipt.time).map(|id| Operation::Expire { id }).collect();
    journal.extend(mirror(receipt.scope, &receipt.journal, place.scope));
    let leg = Leg {
        typ: LegTag,
        log: receipt.log.clone(),
        scope: place.scope,
        seq: place.seq,
        prev: place.prev,
        of: receipt.scope,
        receipt: envelope,
        time: receipt.time,
        journal,
        signer,
        root: still.root,
    };
    let payload = Block::encode(&leg);
    (leg, payload)
}
