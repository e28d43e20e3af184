//! What a scope's running invocation asks of the ledger: resources, the caps' leave, operations, balances, holds.
//!
//! Nothing here changes what is posted. What a run did is staged: only this run sees it, until its receipt is posted
//! (`post.rs`), or it is dropped. Each refusal is counted and told to the audit log.

use actix::{Handler, MessageResult};
use icn_core::ledger::LedgerRefusal;
use icn_core::name::{AccountId, Unit};

use super::actor::LedgerActor;
use super::audit_log::{of_treasury, somebody_listens, tell_refused};
use crate::message::ledger::{AskCaps, AskHold, AskStagedBalance, Authorize, Draw, DropStaged, Stage};

impl Handler<Draw> for LedgerActor {
    type Result = MessageResult<Draw>;
    fn handle(&mut self, draw: Draw, _: &mut Self::Context) -> Self::Result {
        let one = |(unit, needed, amount): &(Unit, u64, u64)| {
            let answer = self.ledger.draw(draw.scope, unit, *needed, *amount);
            answer.inspect_err(|refusal| {
                let subject = || of_treasury(draw.scope, unit, *needed);
                tell_refused(draw.time, &draw.asker, "draw", subject, refusal);
            })
        };
        MessageResult(draw.wants.iter().map(one).collect())
    }
}

impl Handler<AskCaps> for LedgerActor {
    type Result = Result<Option<u64>, LedgerRefusal>;
    fn handle(&mut self, ask: AskCaps, _: &mut Self::Context) -> Self::Result {
        let allowed = self.ledger.caps_allow(ask.scope, &ask.asker, ask.time, &ask.needs);
        allowed.inspect_err(|refusal| {
            let capped = |(unit, _): &&(Unit, u64)| refusal.cap.as_ref().is_some_and(|cap| cap.unit == *unit);
            let subject = || {
                let need = ask.needs.iter().find(capped);
                need.map(|(unit, amount)| of_treasury(ask.scope, unit, *amount)).unwrap_or_default()
            };
            tell_refused(ask.time, &ask.asker, "run", subject, refusal);
        })?;
        Ok(self.ledger.cap_left(ask.scope, &Unit::storage(), &ask.asker, ask.time))
    }
}

impl Handler<Stage> for LedgerActor {
    type Result = Result<(), LedgerRefusal>;
    fn handle(&mut self, stage: Stage, _: &mut Self::Context) -> Self::Result {
        self.a_guest_asked();
        let Stage { scope, time, asker, operation } = stage;
        let what = operation.name();
        let subject = if somebody_listens() { operation.subject(scope) } else { Default::default() };
        let answer = self.ledger.stage(scope, time, &asker, operation);
        answer.inspect_err(|refusal| tell_refused(time, &asker, what, || subject, refusal))
    }
}

impl Handler<Authorize> for LedgerActor {
    type Result = Result<(), LedgerRefusal>;
    fn handle(&mut self, ask: Authorize, _: &mut Self::Context) -> Self::Result {
        self.a_guest_asked();
        let Authorize { scope, time, asker, account: (owner, unit), amount } = ask;
        let id = AccountId { scope, owner: owner.clone(), unit: unit.clone() };
        let answer = self.ledger.authorize_staged(scope, time, &asker, (owner, unit), amount);
        let subject = || (Some(id), None, Some(amount));
        answer.inspect_err(|refusal| tell_refused(time, &asker, "authorize", subject, refusal))
    }
}

impl Handler<AskStagedBalance> for LedgerActor {
    type Result = MessageResult<AskStagedBalance>;
    fn handle(&mut self, ask: AskStagedBalance, _: &mut Self::Context) -> Self::Result {
        self.a_guest_asked();
        MessageResult(self.ledger.balance_staged(ask.scope, ask.time, &ask.owner, &ask.unit))
    }
}

impl Handler<AskHold> for LedgerActor {
    type Result = MessageResult<AskHold>;
    fn handle(&mut self, ask: AskHold, _: &mut Self::Context) -> Self::Result {
        self.a_guest_asked();
        MessageResult(self.ledger.open_hold(ask.scope, ask.time, &ask.id))
    }
}

impl Handler<DropStaged> for LedgerActor {
    type Result = ();
    fn handle(&mut self, DropStaged(scope): DropStaged, _: &mut Self::Context) {
        self.ledger.void(&scope);
    }
}
