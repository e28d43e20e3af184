//! From the effects of a run to a signed receipt: in the chain, in the ledger, and in the scopes that it pays.
//!
//! In a host's order: draft; sign; the chain takes the draft; the purse is charged; the ledger posts the receipt;
//! each counterpart signs its leg, which its chain takes and the ledger books. A failure after the draft is a
//! mistake of ours.

use icn_core::block::{Invocation, Receipt, Staged};
use icn_core::encode::{Block, Domain};
use icn_core::fold::crossing;
use icn_core::ledger::{Actor, Booking};
use icn_core::name::BlockId;

use super::error::ScratchError;
use super::scope::Scratch;

/// What a scope signed and keeps of a run.
pub(super) struct Committed {
    pub(super) receipt: Receipt,
    /// The receipt's blocks: payload and envelope.
    pub(super) blocks: [Block; 2],
    /// Nodes that the guest stored.
    pub(super) nodes: Vec<Block>,
}

impl Scratch {
    /// Commits the effects of an invocation that ran.
    pub(super) fn commit(
        &mut self,
        invocation: &Invocation,
        envelope: BlockId,
        time: u64,
        staged: Staged,
        actor: &Actor,
    ) -> Result<Committed, ScratchError> {
        let places = self.counterparts.values().map(|(_, chain)| chain.next_place());
        let with = crossing::places(&staged.journal, places);
        let draft = self.chain.draft(invocation, envelope, self.engine, time, staged, with);
        let payload = draft.payload().clone();
        let nodes = draft.nodes().to_vec();
        let signed = self.key.seal(Domain::Receipt, &payload).to_block();
        let receipt = self.chain.commit(invocation.module, draft, signed.id());
        self.time = receipt.time;
        self.purse.spend(&receipt);
        let posted = self.ledger().post(&Booking::of_receipt(&receipt, actor), receipt.outcome.is_ok());
        posted.map_err(|e| ScratchError::Fault(e.to_string()))?;
        self.sign_legs(&receipt, signed.id())?;
        Ok(Committed { receipt, blocks: [payload, signed], nodes })
    }

    /// Signs the leg of each scope that the receipt pays, and books it there.
    fn sign_legs(&mut self, receipt: &Receipt, receipt_id: BlockId) -> Result<(), ScratchError> {
        let mut legs = Vec::new();
        for place in &receipt.with {
            let Some((key, chain)) = self.counterparts.get_mut(&place.scope) else { continue };
            let (leg, payload) = crossing::draft(receipt, receipt_id, &chain.still(), None);
            let envelope = key.seal(Domain::Leg, &payload).to_block();
            chain.apply_leg(&leg, envelope.id()).map_err(|e| ScratchError::Fault(e.to_string()))?;
            legs.push(leg);
        }
        assert_eq!(legs.len(), receipt.with.len(), "each scope that is paid has a leg");
        for leg in legs {
            let posted = self.ledger().book(&Booking::of_leg(&leg, &Actor::default()));
            posted.map_err(|e| ScratchError::Fault(e.to_string()))?;
        }
        Ok(())
    }
}
