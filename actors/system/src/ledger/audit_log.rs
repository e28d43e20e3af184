//! What the audit log (`icn::audit`) and the counters are told of the ledger: what was booked, and what was refused.
//!
//! Words are made only when somebody listens.

use icn_core::ledger::{
    Applied, Asker, AuditEvent, Context as LedgerContext, Event as LedgerEvent, Ledger, LedgerRefusal,
    Subject,
};
use icn_core::name::{AccountId, Did, Owner, Unit};

/// Whether anybody listens to the audit log.
pub(super) fn somebody_listens() -> bool {
    tracing::enabled!(target: "icn::audit", tracing::Level::INFO)
}

/// The subject of an event about so much of a scope's resource.
pub(super) fn of_treasury(scope: Did, unit: &Unit, amount: u64) -> Subject {
    (Some(AccountId { scope, owner: Owner::Treasury, unit: unit.clone() }), None, Some(amount))
}

/// Tells of what was booked (who, what, how much, why), and counts soft thresholds that were passed.
pub(super) fn tell_applied(ledger: &Ledger, asker: &Asker, applied: &Applied, why: impl FnOnce() -> String) {
    let warned = applied.events.iter().filter(|event| matches!(event, LedgerEvent::Warned(_))).count();
    if warned > 0 {
        metrics::counter!("icn_ledger_warnings_total").increment(warned as u64);
    }
    if warned == 0 && !somebody_listens() {
        return;
    }
    let context =
        LedgerContext { actor: asker.clone(), reason: why(), ..LedgerContext::runtime(applied.time) };
    for event in ledger.told(&context, applied) {
        if event.what == "warned" {
            tracing::warn!(target: "icn::audit", "{event}");
        } else {
            tracing::info!(target: "icn::audit", "{event}");
        }
    }
}

/// Tells of what was refused, and counts it.
pub(super) fn tell_refused(
    time: u64,
    asker: &Asker,
    what: &'static str,
    subject: impl FnOnce() -> Subject,
    refusal: &LedgerRefusal,
) {
    metrics::counter!("icn_ledger_refusals_total", "code" => refusal.code.as_str()).increment(1);
    if somebody_listens() {
        let context = LedgerContext { actor: asker.clone(), ..LedgerContext::runtime(time) };
        let event = AuditEvent::refused(&context, what, refusal).about(subject());
        tracing::info!(target: "icn::audit", "{event}");
    }
}
