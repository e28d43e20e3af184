//! What changes what is posted: receipts that were handed over, what a policy issues, and a scope that comes back.
//!
//! A posting that does not fit the books stops the host: the log's writer has the receipt already, so either the ledger or
//! the receipt is wrong.

use actix::{ActorContext as _, Handler};
use icn_core::block::Issue;
use icn_core::ledger::{Asker, AuditEvent, Booking, Context as LedgerContext, LedgerRefusal};
use icn_core::name::{AccountId, Owner};

use super::actor::LedgerActor;
use super::audit_log::{somebody_listens, tell_applied};
use crate::message::ledger::{Adopt, IssueUnits, Post, Posting};

impl LedgerActor {
    /// Books a receipt and the legs that were signed along with it.
    fn book(&mut self, posting: &Posting) -> Result<(), LedgerRefusal> {
        let Posting { receipt, asker, legs } = posting;
        let reason = || format!("invocation {}", receipt.invocation);
        let applied = self.ledger.post(&Booking::of_receipt(receipt, asker), receipt.outcome.is_ok())?;
        tell_applied(&self.ledger, asker, &applied, reason);
        let nobody = Asker::default();
        for leg in legs {
            let applied = self.ledger.book(&Booking::of_leg(leg, &nobody))?;
            tell_applied(&self.ledger, asker, &applied, reason);
        }
        Ok(())
    }
}

impl Handler<Post> for LedgerActor {
    type Result = ();
    fn handle(&mut self, Post(postings): Post, ctx: &mut Self::Context) {
        for posting in postings {
            if let Err(error) = self.book(&posting) {
                let receipt = &posting.receipt;
                self.fail_stop.stop(format!(
                    "the ledger cannot book receipt {} of {}: {error}",
                    receipt.seq, receipt.scope
                ));
                ctx.stop();
                return;
            }
        }
    }
}

impl Handler<IssueUnits> for LedgerActor {
    type Result = Result<(), LedgerRefusal>;
    fn handle(&mut self, issue: IssueUnits, _: &mut Self::Context) -> Self::Result {
        let IssueUnits { scope, time, issues } = issue;
        self.ledger.issue(scope, &issues)?;
        for Issue { unit, to, amount } in issues.into_iter().filter(|_| somebody_listens()) {
            let account = |owner, unit| Some(AccountId { scope, owner, unit });
            let subject = (account(Owner::Issuance, unit.clone()), account(to, unit), Some(amount));
            let context = LedgerContext { reason: "policy".to_owned(), ..LedgerContext::runtime(time) };
            let event = AuditEvent::of(&context, "posted").about(subject);
            tracing::info!(target: "icn::audit", "{event}");
        }
        Ok(())
    }
}

impl Handler<Adopt> for LedgerActor {
    type Result = ();
    fn handle(&mut self, adopt: Adopt, _: &mut Self::Context) {
        self.ledger.adopt(adopt.scope, &adopt.fold);
    }
}
