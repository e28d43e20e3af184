//! What an auditor is told: who did what, with how much, and why. Refusals are told as well.

use super::cap::CapKey;
use super::code::{LedgerCode, LedgerRefusal};
use super::command::{Actor, Applied, Context, Event, Group};
use super::{AccountId, Ledger};

/// One line of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// The recorded time.
    pub time: u64,
    /// Who asked.
    pub who: Actor,
    /// What happened, or what was refused, by its name.
    pub what: &'static str,
    /// Whose account, or who paid.
    pub account: Option<AccountId>,
    /// Who was paid.
    pub to: Option<AccountId>,
    /// Which cap it is about.
    pub cap: Option<CapKey>,
    /// How much.
    pub amount: Option<u64>,
    /// The code of a refusal.
    pub refused: Option<LedgerCode>,
    /// Why: the reason that was given; for a refusal, what was wrong.
    pub why: String,
}

impl Ledger {
    /// What a group's outcome is to an auditor. A repeat tells nothing: nothing happened.
    #[must_use]
    pub fn audit(
        &self,
        group: &Group,
        context: &Context,
        outcome: &Result<Applied, LedgerRefusal>,
    ) -> Vec<AuditEvent> {
        let line = |what| AuditEvent {
            time: context.time,
            who: context.actor.clone(),
            what,
            account: None,
            to: None,
            cap: None,
            amount: None,
            refused: None,
            why: context.reason.clone(),
        };
        let events = match outcome {
            Ok(applied) => &applied.events,
            Err(refusal) => {
                let at = usize::try_from(refusal.at).unwrap_or(usize::MAX);
                let what = group.commands.get(at).map_or("group", |command| command.name());
                let refused = Some(refusal.code);
                let (cap, why) = (refusal.cap.as_deref().cloned(), refusal.what.clone());
                return vec![AuditEvent { refused, cap, why, ..line(what) }];
            }
        };
        let one = |what, no| AuditEvent { account: Some(self.account_id(no)), ..line(what) };
        let two = |what, from, to, amount| AuditEvent {
            to: Some(self.account_id(to)),
            amount: Some(amount),
            ..one(what, from)
        };
        let tell = |event: &Event| match event {
            Event::UnitOpened(..) => line("unit_opened"),
            Event::Opened(no) => one("opened", *no),
            Event::Closed(no) => one("closed", *no),
            Event::Frozen(no) => one("frozen", *no),
            Event::Unfrozen(no) => one("unfrozen", *no),
            Event::LimitsSet(no, limits) => {
                AuditEvent { amount: Some(limits.credit), ..one("limits_set", *no) }
            }
            Event::Posted(from, to, amount) => two("posted", *from, *to, *amount),
            Event::Held(from, to, amount) => two("held", *from, *to, *amount),
            Event::Returned(from, to, amount) => two("returned", *from, *to, *amount),
            Event::Expired(from, to, amount) => two("expired", *from, *to, *amount),
            Event::CapSet(cap, max) => AuditEvent { cap: Some(cap.clone()), amount: *max, ..line("cap_set") },
            Event::Warned(warning) => {
                AuditEvent { cap: Some(warning.cap.clone()), amount: Some(warning.used), ..line("warned") }
            }
        };
        events.iter().map(tell).collect()
    }
}
