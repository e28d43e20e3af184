//! The hand-over of a signed receipt: the part of a commit that is the scope's. The whole order is in [`crate::commit`].
//!
//! Each step stands where it must. Between entering the generations and the hand-over, no newer actor of this scope or of
//! a paused one can start. The chain takes the new state only once the receipt is in the log's queue.

use std::sync::Arc;

use futures::channel::oneshot;
use icn_core::block::Entry;
use icn_core::encode::Block;
use icn_core::fold::Draft;
use icn_core::ledger::Asker;
use icn_core::log::Link;
use icn_core::name::BlockId;
use icn_core::rules::{Refusal, RefusalCode};
use icn_sync::Permit;

use super::actor::Scope;
use crate::commit::{Counterparts, LegBlocks, enter_all};
use crate::faults::FaultPoint;
use crate::message::crossing::PausedScope;
use crate::message::ledger::{DropStaged, Posting};
use crate::message::log_writer::{Committed, HandOver, Reply};

/// A receipt that is drafted and signed, and not handed over yet.
pub(super) struct SignedReceipt {
    pub(super) module: BlockId,
    pub(super) draft: Draft,
    pub(super) envelope: Block,
    /// The invocation's payload and envelope.
    pub(super) invocation: [Block; 2],
    pub(super) asker: Arc<Asker>,
}

/// How a commit ended.
pub(super) enum Commit {
    /// The receipt is in the log's queue, and the chain has it.
    HandedOver,
    /// A paused scope is restarting: the caller was refused, and nothing happened.
    Refused,
    /// Another actor has this scope, or the log's writer is gone: nothing of this actor is applied any more.
    Replaced,
}

impl Scope {
    pub(super) fn commit(
        &mut self,
        signed: SignedReceipt,
        paused: Vec<PausedScope>,
        engine: &Block,
        slot: Option<Permit>,
        answer: oneshot::Sender<Result<Committed, Refusal>>,
    ) -> Commit {
        let id = signed.envelope.id();
        let (mut counterparts, of_legs) = Counterparts::sign(signed.draft.receipt(), id, paused);
        let engine = (!self.engine_described).then_some(engine);
        let SignedReceipt { module, draft, envelope, invocation, asker } = signed;
        let (entry, links) = entry(&draft, envelope, invocation, (&counterparts, of_legs), engine);
        self.fault(FaultPoint::HandOver);
        let Some(_inside) = self.generation.enter(self.stamp) else {
            self.chain.abort(module, draft);
            return Commit::Replaced;
        };
        let generations = counterparts.generations();
        let Some(inside_theirs) = enter_all(&generations) else {
            self.chain.abort(module, draft);
            self.post();
            self.shared.ledger.drop_staged.do_send(DropStaged(self.scope));
            let what = "a counterpart is restarting; the invocation had no effect";
            self.refuse(answer, Refusal::new(RefusalCode::Unavailable, what).retry_after_ms(100));
            return Commit::Refused;
        };
        let receipt = Arc::new(draft.receipt().clone());
        let reply = Reply::Receipt { answer, receipt: receipt.clone() };
        counterparts.legs_may_be_queued(true);
        if self.shared.log_writer.try_send(HandOver { entry, links, reply, slot }).is_err() {
            counterparts.legs_may_be_queued(false);
            // The place was reserved, so the queue has room: the log's writer is gone, and with it the host.
            self.chain.abort(module, draft);
            return Commit::Replaced;
        }
        self.fault(FaultPoint::HandedOver);
        self.engine_described = true;
        self.chain.commit(module, draft, id);
        self.drawn.spend(&receipt);
        drop(inside_theirs);
        counterparts.resume_those_without_leg();
        let legs: Vec<_> = counterparts.legs().map(|signed| signed.leg.clone()).collect();
        let crosses = !legs.is_empty();
        self.unposted.push(Posting { receipt, asker, legs });
        if crosses {
            metrics::counter!("icn_crossings_total").increment(1);
            // Before the others go on, and ask the ledger.
            self.post();
        }
        counterparts.resume();
        Commit::HandedOver
    }
}

/// The receipt's entry of the log, and the place of each of its signed blocks in its author's sequence.
fn entry(
    draft: &Draft,
    envelope: Block,
    invocation: [Block; 2],
    (counterparts, of_legs): (&Counterparts, Vec<LegBlocks>),
    engine: Option<&Block>,
) -> (Entry, Vec<Link>) {
    let receipt = draft.receipt();
    let mut links = vec![Link { author: receipt.scope, seq: receipt.seq, prev: Some(receipt.prev) }];
    let mut leaves = vec![envelope.id()];
    leaves.extend(receipt.anchors.iter().map(|anchor| anchor.0));
    for signed in counterparts.legs() {
        leaves.push(signed.id);
        links.push(signed.leg.place().into());
    }
    let mut blocks = Vec::with_capacity(5 + draft.nodes().len() + 2 * of_legs.len());
    blocks.extend(invocation);
    blocks.push(draft.payload().clone());
    blocks.push(envelope);
    blocks.extend(draft.nodes().iter().cloned());
    blocks.extend(of_legs.into_iter().flatten());
    blocks.extend(engine.cloned());
    (Entry { leaves, blocks }, links)
}
