//! The commit: from the end of a run to the DAG's queue, then to the chain, then to the ledger's next message.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use actix::{ActorContext as _, Context};
use futures::channel::oneshot;
use icn_core::block::{Entry, Leg, Outcome};
use icn_core::encode::{Block, Domain};
use icn_core::fold::{Draft, crossing};
use icn_core::ledger::Actor as Asker;
use icn_core::log::Link;
use icn_core::name::{BlockId, Did};
use icn_core::rules::{Refusal, RefusalCode};
use icn_sync::Permit;

use super::run::{Failure, panic_text};
use super::{Ended, Invoke, Scope};
use crate::crossing::Loan;
use crate::dag::{Committed, HandOver, Reply};
use crate::events::Event;
use crate::faults::FaultPoint;
use crate::keyring::Signing;
use crate::ledger::{Posting, Void};

impl Scope {
    pub(super) fn end(&mut self, ended: Ended, ctx: &mut Context<Self>) {
        self.purse.add(ended.drawn);
        self.turn_used += ended.began.elapsed();
        let staged = match ended.staged {
            Ok(staged) => staged,
            Err(Failure::Elsewhere(scope)) => {
                self.post();
                self.shared.ledger.do_send(Void(self.scope));
                let Ended { admitted, answer, place, loans, .. } = ended;
                let mut needs: BTreeSet<Did> = loans.iter().map(|loan| loan.still.place().scope).collect();
                needs.insert(scope);
                // They are asked again, together with the one that was missing.
                drop(loans);
                return self.set_aside(Invoke { admitted, answer, place }, needs, ctx);
            }
            Err(failure) => return self.fail(failure, ended.answer, ctx),
        };
        if let Outcome::Trapped(trap) = &staged.outcome {
            let detail = format!("{:?}: {}", trap.kind, trap.detail);
            self.shared.tell(Event::Trapped { scope: self.scope, detail });
        }
        let engine = self.shared.cache.engine().description().clone();
        let (invocation, payload, envelope) = ended.admitted.into_blocks();
        let module = invocation.module;
        let (loans, over) = (ended.loans, ended.over);
        let committed = std::panic::catch_unwind(AssertUnwindSafe(|| {
            self.chain.sign_as(ended.signing.signer);
            let with = crossing::places(&staged.journal, loans.iter().map(|loan| loan.still.place()));
            let id = envelope.id();
            let draft = self.chain.draft(&invocation, id, engine.id(), ended.time, staged, with);
            let sealed = ended.signing.key.seal(Domain::Receipt, draft.payload()).to_block();
            let blocks = ([payload, envelope], ended.asker, loans);
            self.commit(module, (draft, sealed), blocks, &engine, ended.slot, ended.answer)
        }));
        drop((ended.place, over));
        match committed {
            Ok(true) => self.schedule_post(ctx),
            // Another generation took this scope over: nothing of this one is applied any more.
            Ok(false) => ctx.stop(),
            Err(panic) => self.down(panic_text(&*panic), ctx),
        }
    }

    /// The commit: from a signed draft to the DAG's queue, then to the chain, then to the ledger's next message.
    fn commit(
        &mut self,
        module: BlockId,
        (draft, envelope): (Draft, Block),
        (invocation, asker, loans): ([Block; 2], Arc<Asker>, Vec<Loan>),
        engine: &Block,
        slot: Option<Permit>,
        answer: oneshot::Sender<Result<Committed, Refusal>>,
    ) -> bool {
        let id = envelope.id();
        let receipt = draft.receipt();
        let mut links = vec![Link { author: self.scope, seq: receipt.seq, prev: Some(receipt.prev) }];
        let mut leaves = vec![id];
        leaves.extend(receipt.anchors.iter().map(|anchor| anchor.0));
        // Who is not in the journal has no leg. It holds still to the hand-over all the same: its books were looked at.
        let has_leg = |loan: &Loan| receipt.with.contains(&loan.still.place());
        let (mut loans, others): (Vec<Loan>, Vec<Loan>) = loans.into_iter().partition(has_leg);
        loans.sort_by_key(|loan| loan.still.place().scope);
        let mut legs: Vec<(Leg, BlockId)> = Vec::with_capacity(loans.len());
        let mut of_legs = Vec::with_capacity(2 * loans.len());
        for loan in &loans {
            // Those that could not sign were found before the run.
            let Some(Signing { key, signer }) = &loan.signing else { continue };
            let (leg, payload) = crossing::draft(receipt, id, &loan.still, *signer);
            let envelope = key.seal(Domain::Leg, &payload).to_block();
            leaves.push(envelope.id());
            links.push(leg.place().into());
            legs.push((leg, envelope.id()));
            of_legs.extend([payload, envelope]);
        }
        let mut blocks = Vec::with_capacity(5 + draft.nodes().len() + of_legs.len());
        blocks.extend(invocation);
        blocks.push(draft.payload().clone());
        blocks.push(envelope);
        blocks.extend(draft.nodes().iter().cloned());
        blocks.extend(of_legs);
        if !self.engine_described {
            blocks.push(engine.clone());
        }
        self.fault(FaultPoint::HandOver);
        // From here to the hand-over no newer generation can start.
        let Some(_inside) = self.generation.enter(self.stamp) else {
            self.chain.abort(module, draft);
            return false;
        };
        // Nor of the scopes that hold still: they are their own, and wait.
        let generations: Vec<_> = loans.iter().map(|loan| (loan.generation.clone(), loan.stamp)).collect();
        let beside: Vec<_> =
            generations.iter().filter_map(|(generation, stamp)| generation.enter(*stamp)).collect();
        if beside.len() < loans.len() {
            self.chain.abort(module, draft);
            self.post();
            self.shared.ledger.do_send(Void(self.scope));
            let what = "a counterpart is restarting; the invocation had no effect";
            self.refuse(answer, Refusal::new(RefusalCode::Unavailable, what).retry_after_ms(100));
            return true;
        }
        let receipt = Arc::new(receipt.clone());
        let reply = Reply::Receipt { answer, receipt: receipt.clone() };
        let hand_over = HandOver { entry: Entry { leaves, blocks }, links, reply, slot };
        loans.iter_mut().for_each(Loan::arm);
        if self.shared.dag.try_send(hand_over).is_err() {
            loans.iter_mut().for_each(Loan::disarm);
            // The slot was reserved, so the queue has room: the DAG is gone, and with it the host.
            self.chain.abort(module, draft);
            return false;
        }
        self.fault(FaultPoint::HandedOver);
        self.engine_described = true;
        self.chain.commit(module, draft, id);
        self.purse.spend(&receipt);
        drop((beside, others));
        let of_ledger = legs.iter().map(|(leg, _)| leg.clone()).collect();
        self.untold.push(Posting { receipt, asker, legs: of_ledger });
        if !legs.is_empty() {
            metrics::counter!("icn_crossings_total").increment(1);
            // Before the others go on, and ask the ledger.
            self.post();
        }
        for (loan, (leg, envelope)) in loans.into_iter().zip(legs) {
            loan.give_back(leg, envelope);
        }
        true
    }
}
