//! What comes of a run: a receipt that is handed over; or nothing, and then a refusal, a crossing, or a restart.
//!
//! The receipt is drafted and signed here; `commit.rs` hands it over. Both happen where panics are caught: a scope that
//! panics goes down and is recovered from the log.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;

use actix::{ActorContext as _, Context};
use icn_core::block::{Outcome, Staged};
use icn_core::encode::Domain;
use icn_core::fold::crossing;
use icn_core::name::Did;
use icn_core::rules::{Refusal, RefusalCode};

use super::actor::Scope;
use super::carry_out::Ended;
use super::commit::{Commit, SignedReceipt};
use super::program::{Failure, panic_text};
use crate::events::Event;
use crate::message::ledger::DropStaged;
use crate::message::scope::Invoke;

impl Scope {
    pub(super) fn end(&mut self, ended: Ended, staged: Result<Staged, Failure>, ctx: &mut Context<Self>) {
        self.drawn.add(ended.drawn);
        self.turn_used += ended.began.elapsed();
        match staged {
            Ok(staged) => self.end_with_receipt(ended, staged, ctx),
            Err(failure) => self.end_without_receipt(ended, failure, ctx),
        }
    }

    fn end_with_receipt(&mut self, ended: Ended, staged: Staged, ctx: &mut Context<Self>) {
        if let Outcome::Trapped(trap) = &staged.outcome {
            let detail = format!("{:?}: {}", trap.kind, trap.detail);
            self.shared.tell(Event::Trapped { scope: self.scope, detail });
        }
        let Ended { invoke, of, paused, over, signing, slot, .. } = ended;
        let Invoke { admitted, answer, place } = invoke;
        let engine = self.shared.cache.engine().description().clone();
        let (invocation, payload, envelope) = admitted.into_blocks();
        let committed = std::panic::catch_unwind(AssertUnwindSafe(|| {
            self.chain.sign_as(signing.signer);
            let with = crossing::places(&staged.journal, paused.iter().map(|scope| scope.basis.place()));
            let id = envelope.id();
            let draft = self.chain.draft(&invocation, id, engine.id(), of.time, staged, with);
            let signed = SignedReceipt {
                module: invocation.module,
                envelope: signing.key.seal(Domain::Receipt, draft.payload()).to_block(),
                draft,
                invocation: [payload, envelope],
                asker: of.asker,
            };
            self.commit(signed, paused, &engine, slot, answer)
        }));
        drop((place, over));
        match committed {
            Ok(Commit::HandedOver | Commit::Refused) => self.schedule_post(ctx),
            Ok(Commit::Replaced) => ctx.stop(),
            Err(panic) => self.go_down(panic_text(&*panic), ctx),
        }
    }

    fn end_without_receipt(&mut self, ended: Ended, failure: Failure, ctx: &mut Context<Self>) {
        // What was handed over before keeps its holds; what this run staged is dropped.
        self.post();
        self.shared.ledger.drop_staged.do_send(DropStaged(self.scope));
        let Ended { invoke, paused, .. } = ended;
        match failure {
            Failure::NeedsCounterpart(scope) => {
                let mut needs: BTreeSet<Did> = paused.iter().map(|other| other.basis.place().scope).collect();
                needs.insert(scope);
                // They go on for now. They are asked again, together with the one that was missing.
                drop(paused);
                self.suspend(invoke, needs, ctx);
            }
            Failure::Refused(refusal) => self.refuse(invoke.answer, refusal),
            Failure::Fault(what) => {
                self.shared.tell(Event::HostFault { scope: self.scope, what });
                let message = "the host made a mistake; the invocation had no effect";
                self.refuse(invoke.answer, Refusal::new(RefusalCode::Unavailable, message));
            }
            Failure::Panicked(what) => {
                let message = "the scope is restarting; the invocation had no effect";
                let refusal = Refusal::new(RefusalCode::Unavailable, message).retry_after_ms(100);
                self.refuse(invoke.answer, refusal);
                self.go_down(what, ctx);
            }
        }
    }
}
