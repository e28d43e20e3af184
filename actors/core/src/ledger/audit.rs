//! The audit of the ledger: who did what, with how much, and why. Refusals are in it too.
//!
//! The lines are for people and for other programs. No decision depends on them.

use super::actor::Actor;
use super::code::LedgerCode;
use super::event::{Applied, Event};
use super::group::{Context, Group};
use super::machine::Ledger;
use super::refusal::LedgerRefusal;
use crate::block::{CapKey, Command, Operation};
use crate::name::{AccountId, Did, Owner, Unit};

/// What an event is about: the account or the payer, the payee, and the amount.
pub type Subject = (Option<AccountId>, Option<AccountId>, Option<u64>);

/// One line of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEvent {
    /// The recorded time.
    pub time: u64,
    /// Who asked.
    pub who: Actor,
    /// The name of what happened or was refused.
    pub what: &'static str,
    /// The account, or the payer.
    pub account: Option<AccountId>,
    /// The payee.
    pub to: Option<AccountId>,
    /// The cap.
    pub cap: Option<CapKey>,
    /// The amount.
    pub amount: Option<u64>,
    /// The code of a refusal.
    pub refused: Option<LedgerCode>,
    /// The reason that was given, or what was wrong with what was refused.
    pub why: String,
}

impl AuditEvent {
    /// A line about something that happened.
    #[must_use]
    pub fn of(context: &Context, what: &'static str) -> Self {
        Self {
            time: context.time,
            who: context.actor.clone(),
            what,
            account: None,
            to: None,
            cap: None,
            amount: None,
            refused: None,
            why: context.reason.clone(),
        }
    }

    /// A line about something that was refused.
    #[must_use]
    pub fn refused(context: &Context, what: &'static str, refusal: &LedgerRefusal) -> Self {
        let (cap, why) = (refusal.cap.as_deref().cloned(), refusal.what.clone());
        Self { refused: Some(refusal.code), cap, why, ..Self::of(context, what) }
    }

    /// The same line with its subject.
    #[must_use]
    pub fn about(self, (account, to, amount): Subject) -> Self {
        Self { account, to, amount, ..self }
    }
}

impl Command {
    /// What the command is about.
    fn subject(&self) -> Subject {
        match self {
            Self::OpenUnit { .. } | Self::Void { .. } | Self::Expire { .. } | Self::Net { .. } => {
                (None, None, None)
            }
            Self::Open { account }
            | Self::Close { account }
            | Self::Freeze { account }
            | Self::Unfreeze { account } => (Some(account.clone()), None, None),
            Self::SetLimits { account, limits } => (Some(account.clone()), None, Some(limits.credit)),
            Self::Issue { to, amount } | Self::Mint { to, amount } => (None, Some(to.clone()), Some(*amount)),
            Self::Burn { from, amount } => (Some(from.clone()), None, Some(*amount)),
            Self::Transfer { from, to, amount } | Self::Hold { from, to, amount, .. } => {
                (Some(from.clone()), Some(to.clone()), Some(*amount))
            }
            Self::Settle { amount, .. } => (None, None, *amount),
            Self::SetCap { max, .. } => (None, None, *max),
            Self::Charge { scope, unit, amount, .. } => {
                let account = AccountId { scope: *scope, owner: Owner::Treasury, unit: unit.clone() };
                (Some(account), None, Some(*amount))
            }
        }
    }
}

impl Operation {
    /// What an operation in a scope's journal is about.
    #[must_use]
    pub fn subject(&self, scope: Did) -> Subject {
        let account = |scope: Did, owner: &Owner, unit: &Unit| {
            Some(AccountId { scope, owner: owner.clone(), unit: unit.clone() })
        };
        match self {
            Self::Transfer { from, to, unit, amount, .. } | Self::Hold { from, to, unit, amount, .. } => {
                (account(scope, from, unit), account(scope, to, unit), Some(*amount))
            }
            Self::Send { from, scope: other, to, unit, amount, .. } => {
                (account(scope, from, unit), account(*other, to, unit), Some(*amount))
            }
            Self::Receive { from, scope: other, to, unit, amount, .. } => {
                (account(*other, from, unit), account(scope, to, unit), Some(*amount))
            }
            Self::Rule(command) => command.subject(),
            Self::Settle { .. } | Self::Void { .. } | Self::Expire { .. } => (None, None, self.amount()),
        }
    }
}

/// One line: what happened, how much, from whom and to whom, by whom, when, and why.
impl std::fmt::Display for AuditEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { time, who, what, account, to, cap, amount, refused, why } = self;
        write!(f, "{what}")?;
        if let Some(code) = refused {
            write!(f, " refused, {}", code.as_str())?;
        }
        if let Some(amount) = amount {
            write!(f, ", {amount}")?;
        }
        if let Some(account) = account {
            write!(f, ", {account}")?;
        }
        if let Some(to) = to {
            write!(f, ", for {to}")?;
        }
        if let Some(cap) = cap {
            write!(f, ", {:?} in {} of {}", cap.level, cap.unit, cap.scope)?;
        }
        match (&who.member, &who.module) {
            (Some(member), Some(module)) => write!(f, ", by {member} in {module}")?,
            (Some(member), None) => write!(f, ", by {member}")?,
            _ => write!(f, ", by the runtime")?,
        }
        write!(f, ", at {time} ms")?;
        if why.is_empty() { Ok(()) } else { write!(f, ": {why}") }
    }
}

impl Ledger {
    /// The lines about a group that was applied or refused. A group that was sent again gives none: nothing
    /// happened.
    #[must_use]
    pub fn audit(
        &self,
        group: &Group,
        context: &Context,
        outcome: &Result<Applied, LedgerRefusal>,
    ) -> Vec<AuditEvent> {
        match outcome {
            Ok(applied) => {
                assert!(
                    !applied.repeated || applied.events.is_empty(),
                    "nothing happens in a group that is repeated"
                );
                self.audit_applied(context, applied)
            }
            Err(refusal) => {
                let at = usize::try_from(refusal.at).unwrap_or(usize::MAX);
                let command = group.commands.get(at);
                let what = command.map_or("group", Command::name);
                let subject = command.map_or((None, None, None), Command::subject);
                vec![AuditEvent::refused(context, what, refusal).about(subject)]
            }
        }
    }

    /// The lines about a group that was applied.
    #[must_use]
    pub fn audit_applied(&self, context: &Context, applied: &Applied) -> Vec<AuditEvent> {
        let line = |what| AuditEvent::of(context, what);
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
        applied.events.iter().map(tell).collect()
    }
}
