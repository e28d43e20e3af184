//! Books a receipt, as one group: first the expiries that are due, then what was consumed, then what the
//! guest asked for.
//!
//! A host and every fold of the log book the same receipt with the same commands ([`Ledger::book`]). The
//! journal is only translated here: who may do what was decided before, from its words ([`crate::rules`]).

use super::actor::Actor;
use super::code::LedgerCode as Code;
use super::event::Applied;
use super::group::{Context, Group};
use super::machine::Ledger;
use super::refusal::{LedgerRefusal, refuse};
use crate::block::{Command, Issue, Leg, Operation, Receipt, Usage};
use crate::limits;
use crate::name::{AccountId, Did, HoldId, Owner, Unit};

/// The parts of a receipt that are booked.
#[derive(Debug, Clone, Copy)]
pub struct Booking<'a> {
    /// The scope.
    pub scope: Did,
    /// The receipt's time, in milliseconds since the Unix epoch.
    pub time: u64,
    /// The fuel that was charged.
    pub fuel: u64,
    /// The other resources that were charged.
    pub usage: Usage,
    /// The journal.
    pub journal: &'a [Operation],
    /// Who asked for the invocation. The caps that bind it count.
    pub actor: &'a Actor,
}

const _: () = {
    assert!(
        limits::HOLDS_OPEN_MAX + limits::TRANSFERS_MAX + RESOURCES <= limits::LEDGER_GROUP_COMMANDS_MAX,
        "a receipt's expiries, charges and operations are no more than a group may have"
    );
    assert!(
        limits::TRANSFERS_MAX <= limits::HOLDS_OPEN_MAX,
        "a journal places no more holds than a scope may have"
    );
};

/// The number of resources that a receipt is charged for: fuel, memory, network, storage.
const RESOURCES: usize = 4;

impl<'a> Booking<'a> {
    /// The parts of a receipt that the ledger books. `actor` asked for the invocation
    /// ([`crate::rules::PolicyInForce::actor`]).
    #[must_use]
    pub fn of_receipt(receipt: &'a Receipt, actor: &'a Actor) -> Self {
        let Receipt { scope, time, fuel, usage, ref journal, .. } = *receipt;
        Self { scope, time, fuel, usage, journal, actor }
    }

    /// The parts of a leg that the ledger books. `actor` is nobody, because what comes in counts against no cap.
    #[must_use]
    pub fn of_leg(leg: &'a Leg, actor: &'a Actor) -> Self {
        let Leg { scope, time, ref journal, .. } = *leg;
        Self { scope, time, fuel: 0, usage: Usage::default(), journal, actor }
    }

    /// The resources that were drawn for it.
    pub(super) fn drawn(&self) -> [(Unit, u64); 3] {
        [
            (Unit::fuel(), self.fuel),
            (Unit::memory(), self.usage.memory),
            (Unit::network(), self.usage.network),
        ]
    }
}

impl Ledger {
    /// The command that books an operation. The right to end a hold was decided before ([`crate::rules`]), so here
    /// its placer ends it.
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

    /// Books a receipt, or refuses it and changes nothing.
    ///
    /// # Errors
    /// The refusal of the books. An expiry that is due and not in the journal is refused too.
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
        // A hold that this journal places is ended by its placer, who is known only after the hold is placed.
        self.apply_lazily(&group, &context, |ledger, at| {
            asked.get(at).map(|operation| ledger.command_of(scope, operation))
        })
    }

    /// Books what a policy issues when its scope is opened.
    ///
    /// # Errors
    /// An owner is the runtime's own, or an amount is zero or more than 2^63 - 1.
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

    /// Applies a group, and then the commands that `more` makes when their turn comes, until it makes none.
    pub(super) fn apply_lazily(
        &mut self,
        group: &Group,
        context: &Context,
        more: impl Fn(&Self, usize) -> Option<Command>,
    ) -> Result<Applied, LedgerRefusal> {
        let mut moved = Vec::with_capacity(group.commands.len());
        let mut at = 0;
        loop {
            let made;
            let command = match group.commands.get(at) {
                Some(command) => command,
                None => match more(self, at - group.commands.len()) {
                    Some(command) => {
                        made = command;
                        &made
                    }
                    None => break,
                },
            };
            moved.push(self.step_of_a_group(at, command, context)?);
            at += 1;
        }
        assert!(at >= group.commands.len() && moved.len() == at, "every command of the group was applied");
        // A receipt that books nothing is refused too, if a hold is due that it does not record.
        let due = self.holds.due(&group.scope, context.time).next();
        if let Some(due) = due {
            self.take_back();
            return refuse(Code::ExpiryMissing, format!("the hold {due} is past its deadline"));
        }
        self.tick(group.scope, context.time);
        Ok(self.applied(group.scope, context.time, moved))
    }
}
