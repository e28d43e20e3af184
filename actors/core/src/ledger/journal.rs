//! What a receipt's journal says, and what booking a receipt asks of the books: first the expiries that are due, then
//! what was consumed, then what the guest asked for, all as one group.

use super::Ledger;
use super::account::AccountId;
use super::code::LedgerRefusal;
use super::command::{Actor, Applied, Command, Context, Group};
use crate::block::{Issue, Usage};
use crate::id::{BlockId, Did, HoldId, Owner, Unit};

/// One operation of a journal.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Operation {
    /// Units move. From the issuance they are minted, to it they are burned.
    Transfer {
        /// Who is debited.
        from: Owner,
        /// Who is credited.
        to: Owner,
        /// The unit.
        unit: Unit,
        /// How much.
        amount: u64,
        /// The payer's words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        memo: String,
    },
    /// Units go to an account of another scope, which owes them to nobody: this one owes them to it.
    Send {
        /// Who is debited.
        from: Owner,
        /// The other scope.
        scope: Did,
        /// Who is credited there.
        to: Owner,
        /// The unit.
        unit: Unit,
        /// How much.
        amount: u64,
        /// The payer's words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        memo: String,
    },
    /// Units come from an account of another scope. Of a leg alone ([`crate::crossing`]).
    Receive {
        /// Who is debited there.
        from: Owner,
        /// The other scope.
        scope: Did,
        /// Who is credited.
        to: Owner,
        /// The unit.
        unit: Unit,
        /// How much.
        amount: u64,
        /// The payer's words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        memo: String,
    },
    /// Units are set aside to be moved.
    Hold {
        /// The hold's name.
        id: HoldId,
        /// Who is debited when it is settled.
        from: Owner,
        /// Who is credited when it is settled.
        to: Owner,
        /// The unit.
        unit: Unit,
        /// How much.
        amount: u64,
        /// From this time on it is over.
        deadline: u64,
        /// The module that placed it, which alone may end it.
        module: BlockId,
    },
    /// What is held moves; the rest returns.
    Settle {
        /// Which hold.
        id: HoldId,
        /// How much moves.
        amount: u64,
    },
    /// All that is held returns.
    Void {
        /// Which hold.
        id: HoldId,
    },
    /// A hold is past its deadline: all returns. A journal begins with those that are due, and has no others.
    Expire {
        /// Which hold.
        id: HoldId,
    },
    /// An administrator rules: opens, closes, freezes, limits, caps. Of the ledger's own module alone
    /// ([`crate::ruling`]).
    Rule(Box<Command>),
}

impl Operation {
    /// A transfer without words.
    #[must_use]
    pub const fn transfer(from: Owner, to: Owner, unit: Unit, amount: u64) -> Self {
        Self::Transfer { from, to, unit, amount, memo: String::new() }
    }
    /// A journal's two parts: the expiries that it begins with, and what was asked for.
    #[must_use]
    pub fn parts(journal: &[Self]) -> (&[Self], &[Self]) {
        journal.split_at(journal.iter().take_while(|operation| operation.is_expiry()).count())
    }
    /// Whether it records that a hold is past its deadline.
    #[must_use]
    pub const fn is_expiry(&self) -> bool {
        matches!(self, Self::Expire { .. })
    }
    /// The other scope, when it is between two.
    #[must_use]
    pub fn counterpart(&self) -> Option<Did> {
        match self {
            Self::Send { scope, .. } | Self::Receive { scope, .. } => Some(*scope),
            Self::Rule(command) => match &**command {
                Command::Net { b, .. } => Some(*b),
                _ => None,
            },
            _ => None,
        }
    }
    /// How much it moves or sets aside; nothing of its own when all that is held returns.
    #[must_use]
    pub const fn amount(&self) -> Option<u64> {
        match self {
            Self::Transfer { amount, .. }
            | Self::Send { amount, .. }
            | Self::Receive { amount, .. }
            | Self::Hold { amount, .. }
            | Self::Settle { amount, .. } => Some(*amount),
            Self::Void { .. } | Self::Expire { .. } | Self::Rule(_) => None,
        }
    }
    /// What it does, as reports name it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Transfer { from: Owner::Issuance, .. } => "mint",
            Self::Transfer { to: Owner::Issuance, .. } => "burn",
            Self::Transfer { .. } => "transfer",
            Self::Send { .. } => "send",
            Self::Receive { .. } => "receive",
            Self::Hold { .. } => "hold",
            Self::Settle { .. } => "settle",
            Self::Void { .. } => "void",
            Self::Expire { .. } => "expire",
            Self::Rule(command) => command.name(),
        }
    }
}

/// What of a receipt is booked.
#[derive(Debug, Clone, Copy)]
pub struct Booking<'a> {
    /// The scope.
    pub scope: Did,
    /// The receipt's time.
    pub time: u64,
    /// Fuel charged.
    pub fuel: u64,
    /// What else was charged.
    pub usage: Usage,
    /// The journal.
    pub journal: &'a [Operation],
    /// Whose invocation it was: its caps count.
    pub actor: &'a Actor,
}

impl Booking<'_> {
    /// What was drawn for it.
    pub(super) fn drawn(&self) -> [(Unit, u64); 3] {
        [
            (Unit::fuel(), self.fuel),
            (Unit::memory(), self.usage.memory),
            (Unit::network(), self.usage.network),
        ]
    }
}

impl Ledger {
    /// What an operation asks of the books. Who ends a hold was judged over the journal's words
    /// ([`crate::authority`]), so it is ended by whoever placed it.
    pub(super) fn command_of(&self, scope: Did, operation: &Operation) -> Command {
        let account =
            |owner: &Owner, unit: &Unit| AccountId { scope, owner: owner.clone(), unit: unit.clone() };
        let by = |id: &HoldId| self.holds.get(&scope, id).map_or(Owner::Treasury, |hold| hold.by.clone());
        match operation {
            Operation::Transfer { from, to, unit, amount, .. } => {
                let (payer, payee, amount) = (account(from, unit), account(to, unit), *amount);
                match (from, to) {
                    (Owner::Issuance, to) if *to != Owner::Issuance => Command::Mint { to: payee, amount },
                    (from, Owner::Issuance) if *from != Owner::Issuance => {
                        Command::Burn { from: payer, amount }
                    }
                    _ => Command::Transfer { from: payer, to: payee, amount },
                }
            }
            Operation::Send { from, scope: other, to, unit, amount, .. } => {
                let to = AccountId { scope: *other, owner: to.clone(), unit: unit.clone() };
                Command::Transfer { from: account(from, unit), to, amount: *amount }
            }
            Operation::Receive { from, scope: other, to, unit, amount, .. } => {
                let from = AccountId { scope: *other, owner: from.clone(), unit: unit.clone() };
                Command::Transfer { from, to: account(to, unit), amount: *amount }
            }
            Operation::Hold { id, from, to, unit, amount, deadline, module } => Command::Hold {
                id: *id,
                from: account(from, unit),
                to: account(to, unit),
                amount: *amount,
                deadline: *deadline,
                by: Owner::Module(*module),
            },
            Operation::Settle { id, amount } => {
                Command::Settle { scope, id: *id, amount: Some(*amount), by: by(id) }
            }
            Operation::Void { id } => Command::Void { scope, id: *id, by: by(id) },
            Operation::Expire { id } => Command::Expire { scope, id: *id },
            Operation::Rule(command) => (**command).clone(),
        }
    }

    /// Books a receipt, or refuses it and changes nothing: a fold's way.
    ///
    /// # Errors
    /// What in it the books do not allow; an expiry that is due and missing too.
    pub fn book(&mut self, booking: &Booking<'_>) -> Result<Applied, LedgerRefusal> {
        let Booking { scope, time, usage, journal, .. } = *booking;
        let (expiries, asked) = Operation::parts(journal);
        let mut commands: Vec<Command> = expiries.iter().map(|op| self.command_of(scope, op)).collect();
        let charge = |unit, amount, refund| Command::Charge { scope, unit, amount, refund };
        let consumed = booking.drawn().into_iter().filter(|(_, amount)| *amount > 0);
        commands.extend(consumed.map(|(unit, amount)| charge(unit, amount, false)));
        if usage.storage != 0 {
            commands.push(charge(Unit::storage(), usage.storage.unsigned_abs(), usage.storage < 0));
        }
        let actor = booking.actor.clone();
        let context = Context { actor, part: Some(scope), ..Context::runtime(time) };
        let group = Group { id: None, scope, commands };
        // A hold that this journal places is ended by who placed it: known only once it is placed.
        self.apply_lazily(&group, &context, |ledger, at| {
            asked.get(at).map(|operation| ledger.command_of(scope, operation))
        })
    }

    /// Books what a policy issues when its scope is opened.
    ///
    /// # Errors
    /// An owner of the runtime's own, or an amount of zero or more than 2^63 - 1.
    pub fn issue(&mut self, scope: Did, issues: &[Issue]) -> Result<(), LedgerRefusal> {
        if issues.is_empty() {
            return Ok(());
        }
        let one = |issue: &Issue| Command::Issue {
            to: AccountId { scope, owner: issue.to.clone(), unit: issue.unit.clone() },
            amount: issue.amount,
        };
        let commands = issues.iter().map(one).collect();
        let time = self.clock(&scope).time;
        self.apply_new(&Group { id: None, scope, commands }, &Context::runtime(time)).map(|_| ())
    }
}
