//! Receipts and legs in the fold: judged, run again where somebody can, applied to their chains, and booked.

use std::sync::Arc;

use super::crossing;
use super::difference::difference;
use super::divergence::{Divergence, Place};
use super::machine::{Extent, Fold, open_chain};
use super::rerun::{Rerun, Rerunner, cap_storage};
use crate::block::{Counterpart, Entry, Invocation, Leg, Operation, Receipt, ruling};
use crate::encode::Block;
use crate::ledger::{Asker, Booking};
use crate::name::{BlockId, Did, random_seed};
use crate::rules::{PolicyInForce, check_journal, gate, names_counterpart};

/// A receipt as its entry has it.
#[derive(Clone, Copy)]
pub(super) struct Recorded<'a> {
    pub(super) place: Place,
    pub(super) receipt: &'a Receipt,
    pub(super) invocation: &'a Invocation,
    pub(super) entry: &'a Entry,
    /// The receipt's block.
    pub(super) payload: &'a Block,
}

impl Recorded<'_> {
    /// The nodes that it names, which its entry has.
    fn nodes(&self) -> Result<Vec<Arc<Block>>, Divergence> {
        let node = |id: &BlockId| {
            let missing = || self.place.at(*id).expects("node", "in its receipt's entry", "missing");
            self.entry.block(id).cloned().map(Arc::new).ok_or_else(missing)
        };
        self.receipt.nodes.iter().map(node).collect()
    }
}

impl Fold {
    /// Folds a receipt; with a re-runner its invocation is run again first, unless the wall clock ended it.
    pub(super) fn apply_receipt(
        &mut self,
        recorded: Recorded<'_>,
        rerunner: Option<&mut dyn Rerunner>,
    ) -> Result<(), Divergence> {
        let Recorded { place, receipt, invocation, .. } = recorded;
        let origin = self.origin(place, &receipt.log)?.clone();
        let policy = open_chain(&mut self.chains, place, &receipt.scope)?.policy().clone();
        gate::judge(invocation, &origin, receipt.time, &policy).map_err(|refusal| {
            place.at(receipt.invocation).expects("authority", "an admissible invocation", refusal)
        })?;
        self.take_engine(recorded)?;
        let actor = policy.actor(invocation.caller, invocation.module);
        if let Some(rerunner) = rerunner
            && !receipt.outcome.is_interrupted()
        {
            self.run_again(recorded, &actor, rerunner)?;
        }
        let nodes = recorded.nodes()?;
        let chain = open_chain(&mut self.chains, place, &receipt.scope)?;
        let seed = random_seed(&receipt.invocation, &chain.head());
        check_journal(invocation, receipt, &policy, &seed, &self.ledger)
            .map_err(|broken| place.broken(broken))?;
        chain.apply(invocation, receipt, place.block, nodes).map_err(|broken| place.broken(broken))?;
        self.book(place, &Booking::of_receipt(receipt, &actor))
    }

    /// Takes the engine's description, which the log has before the first receipt of it or with it.
    fn take_engine(
        &mut self,
        Recorded { place, receipt, entry, .. }: Recorded<'_>,
    ) -> Result<(), Divergence> {
        if !self.engines.contains(&receipt.engine) {
            if entry.block(&receipt.engine).is_none() {
                return Err(place.at(receipt.engine).expects("engine", "described in the log", "missing"));
            }
            self.engines.insert(receipt.engine);
        }
        Ok(())
    }

    /// Runs the invocation again, and compares the receipt that it makes with the one that is recorded.
    fn run_again(
        &mut self,
        recorded: Recorded<'_>,
        actor: &Asker,
        rerunner: &mut dyn Rerunner,
    ) -> Result<(), Divergence> {
        let Recorded { place, receipt, invocation, payload, .. } = recorded;
        let counterparts = self.counterparts(&receipt.scope);
        let chain = open_chain(&mut self.chains, place, &receipt.scope)?;
        let of_ledger = ruling::is_of_ledger(&invocation.module).then(ruling::module);
        let module = of_ledger
            .or_else(|| self.modules.get(&invocation.module))
            .ok_or_else(|| place.at(invocation.module).expects("module", "in the log", "missing"))?;
        let rerun = Rerun {
            invocation,
            policy: chain.policy(),
            module,
            engine: receipt.engine,
            state: chain.state().clone(),
            storage_left: cap_storage(&self.ledger, chain, actor, receipt.time),
            actor,
            counterparts: counterparts.iter().map(|(policy, _)| policy.clone()).collect(),
            time: receipt.time,
            seed: random_seed(&receipt.invocation, &chain.head()),
        };
        let staged = rerunner
            .rerun(rerun, &mut self.ledger)
            .map_err(|why| place.expects("replay", "a run of the recorded input", why))?;
        self.ledger.void(&receipt.scope);
        chain.sign_as(receipt.signer);
        let with = crossing::places(&staged.journal, counterparts.iter().map(|(_, place)| *place));
        let draft = chain.draft(invocation, receipt.invocation, receipt.engine, receipt.time, staged, with);
        if draft.payload().bytes() != payload.bytes() {
            let (what, expected, found) = difference(draft.receipt(), receipt);
            return Err(place.expects(&format!("replay, {what}"), expected, found));
        }
        chain.abort(invocation.module, draft);
        Ok(())
    }

    /// Of the scopes that a scope's policy names, those that are open: their policies, and where a leg would stand.
    fn counterparts(&self, scope: &Did) -> Vec<(Arc<PolicyInForce>, Counterpart)> {
        let named = self.chains.get(scope).map(|chain| &chain.policy().policy().counterparts[..]);
        let open = named.unwrap_or_default().iter().filter_map(|other| self.chains.get(other));
        open.map(|chain| (chain.policy().clone(), chain.next_place())).collect()
    }

    /// Folds a counterpart's side of a receipt, in the counterpart's chain and books.
    pub(super) fn apply_leg(&mut self, place: Place, leg: &Leg) -> Result<(), Divergence> {
        self.origin(place, &leg.log)?;
        let chain = open_chain(&mut self.chains, place, &leg.scope)?;
        names_counterpart(chain.policy(), leg.of)
            .map_err(|e| place.expects("counterpart", "a scope that the policy deals with", e))?;
        for operation in &leg.journal {
            let Operation::Receive { unit, .. } = operation else { continue };
            let (here, there) = (self.ledger.scale(leg.scope, unit), self.ledger.scale(leg.of, unit));
            // A fold of one scope has not the other's units.
            if here.is_none() || (self.extent == Extent::Whole && here != there) {
                let found = format!("{here:?}, and {there:?} in {}", leg.of);
                return Err(place.expects("leg's unit", format!("the same {unit} in both"), found));
            }
        }
        chain.apply_leg(leg, place.block).map_err(|broken| place.broken(broken))?;
        self.book(place, &Booking::of_leg(leg, &Asker::default()))
    }

    fn book(&mut self, place: Place, booking: &Booking<'_>) -> Result<(), Divergence> {
        let booked = self.ledger.book(booking);
        booked.map(drop).map_err(|e| place.expects("ledger", "postings that the balances cover", e))
    }
}
