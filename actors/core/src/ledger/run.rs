//! Running invocations: what a guest is answered while it runs, before anything of it is booked.
//!
//! A run has books of its own: they begin empty, and take from the ledger's what the run comes to name. So what a run
//! did is seen by itself alone, dropping it is forgetting it, and a run costs what it touches. Scopes run one
//! invocation at a time and are the only ones to move their accounts, so what was taken stays as it was; of another
//! scope a run takes only what that one holds still for it ([`crate::crossing`]).

use std::collections::BTreeSet;

use super::account::{AccountId, AccountNo, PRESENT};
use super::cap::{Cap, CapKey};
use super::code::{LedgerCode as Code, LedgerRefusal, refuse};
use super::command::{Actor, Applied, Command, Context, Group};
use super::hold::Hold;
use super::journal::{Booking, Operation};
use super::{HoldState, Ledger};
use crate::id::{Did, HoldId, Owner, Unit};

/// A running invocation.
#[derive(Debug, Clone)]
pub(super) struct Run {
    /// The scope.
    scope: Did,
    /// What it asked for and was given, in its order.
    journal: Vec<Operation>,
    /// Its books.
    view: Box<Ledger>,
    /// Holds that its books took.
    looked_at: BTreeSet<HoldId>,
    /// Accounts that its books took.
    taken: BTreeSet<AccountId>,
    /// Caps that its books took.
    capped: BTreeSet<CapKey>,
    /// Whose it is.
    actor: Actor,
}

impl Run {
    /// The books of a run that has done nothing: the scope's, past what is due.
    fn begin(ledger: &Ledger, scope: Did, time: u64, actor: &Actor) -> Self {
        let mut view = Box::<Ledger>::default();
        view.holds.elsewhere = ledger.holds.count(&scope);
        view.clocks.insert(scope, ledger.clock(&scope));
        let mut run = Self {
            scope,
            journal: Vec::new(),
            view,
            looked_at: BTreeSet::new(),
            taken: BTreeSet::new(),
            capped: BTreeSet::new(),
            actor: actor.clone(),
        };
        for id in ledger.due(&scope, time) {
            let expired = run.try_out(ledger, scope, time, &Operation::Expire { id });
            assert!(expired.is_ok(), "what is due expires: {expired:?}");
        }
        run
    }

    /// Another scope, as far as its time goes: past what is due there.
    fn beside(&mut self, ledger: &Ledger, other: Did, time: u64) {
        if self.view.clocks.contains_key(&other) {
            return;
        }
        self.view.clocks.insert(other, ledger.clock(&other));
        for id in ledger.due(&other, time) {
            let expired = self.try_out(ledger, other, time, &Operation::Expire { id });
            assert!(expired.is_ok(), "what is due expires: {expired:?}");
        }
    }

    fn account(&mut self, ledger: &Ledger, id: &AccountId) -> AccountNo {
        let ours = self.view.accounts.number(id);
        if !self.taken.insert(id.clone()) {
            return ours;
        }
        self.unit(ledger, id.scope, &id.unit);
        if let Some(theirs) = ledger.accounts.find(id) {
            let flags = ledger.accounts.mark(theirs).flags();
            self.view.accounts.set_flags(ours, flags | PRESENT);
            self.view.accounts.set_limits(ours, ledger.accounts.limits(theirs));
            self.view.accounts.set(ours, ledger.accounts.get(theirs));
        }
        ours
    }

    fn unit(&mut self, ledger: &Ledger, scope: Did, unit: &Unit) {
        if let Some(scale) = ledger.units.get(&(scope, unit.clone())) {
            self.view.units.entry((scope, unit.clone())).or_insert(*scale);
        }
    }

    fn caps<'a>(&mut self, caps: impl IntoIterator<Item = (&'a CapKey, &'a Cap)>) {
        for (key, cap) in caps {
            // Once: what the run counted since stays, and so does that it took one away.
            if !self.capped.contains(key) {
                self.capped.insert(key.clone());
                self.view.caps.0.insert(key.clone(), cap.clone());
            }
        }
    }

    /// The caps that count what the run spends of a unit.
    fn spends(&mut self, ledger: &Ledger, unit: &Unit) {
        let binding = ledger.caps.binding(self.scope, unit, &self.actor);
        self.caps(binding);
    }

    fn hold(&mut self, ledger: &Ledger, scope: Did, id: HoldId) {
        if !self.looked_at.insert(id) {
            return;
        }
        let Some(hold) = ledger.holds.get(&scope, &id).cloned() else { return };
        self.caps(hold.caps.iter().filter_map(|key| ledger.caps.0.get_key_value(key)));
        let mut side = |no| self.account(ledger, &ledger.accounts.name(no));
        let (from, to) = (side(hold.from), side(hold.to));
        if scope == self.scope {
            self.view.holds.elsewhere -= 1;
        }
        self.view.holds.put(scope, id, Some(Hold { from, to, ..hold }));
    }

    /// Does an operation in the run's books.
    fn try_out(
        &mut self,
        ledger: &Ledger,
        scope: Did,
        time: u64,
        operation: &Operation,
    ) -> Result<Applied, LedgerRefusal> {
        match operation {
            Operation::Transfer { from, to, unit, .. } | Operation::Hold { from, to, unit, .. } => {
                for owner in [from, to] {
                    self.account(ledger, &AccountId { scope, owner: owner.clone(), unit: unit.clone() });
                }
                self.spends(ledger, unit);
            }
            _ => {}
        }
        match operation {
            Operation::Hold { id, .. }
            | Operation::Settle { id, .. }
            | Operation::Void { id }
            | Operation::Expire { id } => self.hold(ledger, scope, *id),
            Operation::Send { from, scope: other, to, unit, .. } => {
                self.beside(ledger, *other, time);
                for (scope, owner) in [
                    (scope, from.clone()),
                    (scope, Owner::Owed(*other)),
                    (*other, Owner::Claim(scope)),
                    (*other, to.clone()),
                ] {
                    self.account(ledger, &AccountId { scope, owner, unit: unit.clone() });
                }
                self.spends(ledger, unit);
                if self.view.scale(*other, unit).is_none() {
                    return refuse(Code::UnknownUnit, format!("the unit {unit} is not open in {other}"));
                }
            }
            Operation::Transfer { .. } | Operation::Receive { .. } => {}
            Operation::Rule(command) => self.ruled(ledger, time, command),
        }
        // Whoever asks made sure that both scopes deal with each other.
        let other = operation.counterpart();
        let consents = other.into_iter().flat_map(|other| [(scope, other), (other, scope)]).collect();
        let context = Context { actor: self.actor.clone(), consents, ..Context::runtime(time) };
        let commands = vec![self.view.command_of(scope, operation)];
        self.view.apply_new(&Group { id: None, scope, commands }, &context)
    }

    /// What a ruling names.
    fn ruled(&mut self, ledger: &Ledger, time: u64, command: &Command) {
        match command {
            Command::Net { a, b, unit } => {
                self.beside(ledger, *b, time);
                for (scope, other) in [(*a, *b), (*b, *a)] {
                    for owner in [Owner::Owed(other), Owner::Claim(other)] {
                        let id = AccountId { scope, owner, unit: unit.clone() };
                        // An account that is not there stays so: netting opens none.
                        if ledger.accounts.find(&id).is_some() || self.taken.contains(&id) {
                            self.account(ledger, &id);
                        }
                        self.unit(ledger, scope, unit);
                    }
                }
            }
            Command::OpenUnit { scope, unit, .. } => self.unit(ledger, *scope, unit),
            Command::SetCap { cap, .. } => {
                self.unit(ledger, cap.scope, &cap.unit);
                // All of the scope's: there may be so many, and no more.
                self.caps(ledger.caps.0.iter().filter(|(key, _)| key.scope == cap.scope));
            }
            Command::Open { account }
            | Command::Close { account }
            | Command::Freeze { account }
            | Command::Unfreeze { account }
            | Command::SetLimits { account, .. } => drop(self.account(ledger, account)),
            _ => {}
        }
    }
}

impl Ledger {
    /// What of an account the scope's running invocation has at its time: the posted balance less what holds have set
    /// aside, what is past its deadline returned, its own operations done. A hold's account has what it holds.
    #[must_use]
    pub fn balance_staged(&self, scope: Did, time: u64, owner: &Owner, unit: &Unit) -> i128 {
        if let Owner::Hold(id) = owner {
            let hold = self.open_hold(scope, time, id).filter(|hold| hold.unit == *unit);
            return hold.map_or(0, |hold| i128::from(hold.amount));
        }
        let id = AccountId { scope, owner: owner.clone(), unit: unit.clone() };
        if unit.is_resource() {
            // No run moves them, and what is drawn of them no guest sees.
            return self.account(&id).unwrap_or_default().balance();
        }
        let staged = self.runs.get(&scope).filter(|run| run.taken.contains(&id));
        if let Some(run) = staged {
            return run.view.account(&id).unwrap_or_default().available();
        }
        let Some(no) = self.accounts.find(&id) else { return 0 };
        let due = self.holds.due(&scope, time).filter_map(|id| self.holds.get(&scope, &id));
        let returns: i128 = due.filter(|hold| hold.from == no).map(|hold| i128::from(hold.amount)).sum();
        self.accounts.get(no).available().saturating_add(returns)
    }

    /// An open hold, as the scope's running invocation sees it at its time.
    #[must_use]
    pub fn open_hold(&self, scope: Did, time: u64, id: &HoldId) -> Option<HoldState> {
        let state = |ledger: &Self, hold: &Hold| {
            let (from, to) = (ledger.accounts.name(hold.from), ledger.accounts.name(hold.to));
            let Hold { amount, deadline, by, placed, caps, .. } = hold.clone();
            HoldState { from: from.owner, to: to.owner, unit: to.unit, amount, deadline, by, placed, caps }
        };
        if let Some(run) = self.runs.get(&scope).filter(|run| run.looked_at.contains(id)) {
            return run.view.holds.get(&scope, id).map(|hold| state(&run.view, hold));
        }
        self.holds.get(&scope, id).filter(|hold| hold.deadline > time).map(|hold| state(self, hold))
    }

    /// Does an operation of the scope's running invocation, for it alone to see, or refuses it. `time` and `actor` are
    /// the invocation's: the same in each call of one run.
    ///
    /// # Errors
    /// What the books do not allow.
    pub fn stage(
        &mut self,
        scope: Did,
        time: u64,
        actor: &Actor,
        operation: Operation,
    ) -> Result<(), LedgerRefusal> {
        // Taken out while it is asked, so that it can look at the rest of the ledger.
        let mut run = self.runs.remove(&scope).unwrap_or_else(|| Run::begin(self, scope, time, actor));
        let answer = run.try_out(self, scope, time, &operation);
        if answer.is_ok() {
            run.journal.push(operation);
        }
        self.runs.insert(scope, run);
        answer.map(|_| ())
    }

    /// Whether the scope's running invocation may spend so much of an account: the one decision
    /// ([`authorize`](Self::authorize)), with what it has done so far.
    ///
    /// # Errors
    /// Why it may not.
    pub fn authorize_staged(
        &mut self,
        scope: Did,
        time: u64,
        actor: &Actor,
        (owner, unit): (Owner, Unit),
        amount: u64,
    ) -> Result<(), LedgerRefusal> {
        let mut run = self.runs.remove(&scope).unwrap_or_else(|| Run::begin(self, scope, time, actor));
        let id = AccountId { scope, owner, unit };
        run.account(self, &id);
        run.spends(self, &id.unit);
        let answer = run.view.authorize(&id, amount, actor, time);
        self.runs.insert(scope, run);
        answer
    }

    /// How much of a unit the caps leave an actor to spend at a time; none when none binds it.
    #[must_use]
    pub fn cap_left(&self, scope: Did, unit: &Unit, actor: &Actor, time: u64) -> Option<u64> {
        self.caps.left(scope, unit, actor, time)
    }

    /// Whether the caps let an actor's run take so much of each resource: asked before it runs, of its limits.
    ///
    /// # Errors
    /// [`Code::CapPassed`], with the cap.
    pub fn caps_allow(
        &self,
        scope: Did,
        actor: &Actor,
        time: u64,
        needs: &[(Unit, u64)],
    ) -> Result<(), LedgerRefusal> {
        needs
            .iter()
            .try_for_each(|(unit, amount)| self.caps.allow(scope, unit, actor, *amount, time).map(|_| ()))
    }

    /// The caps on resources that a scope has.
    pub fn resource_caps(&self, scope: &Did) -> impl Iterator<Item = CapKey> {
        let theirs = self.caps.0.keys().filter(move |key| key.scope == *scope && key.unit.is_resource());
        theirs.cloned()
    }

    /// Forgets what the scope's running invocation did.
    pub fn void(&mut self, scope: &Did) {
        self.runs.remove(scope);
    }

    /// Sets up to `amount` of a resource aside for a scope, at least `needed`; says how much was set aside.
    ///
    /// # Errors
    /// [`Code::Resource`] for a token, [`Code::Insufficient`] when less than `needed` is there.
    pub fn draw(&mut self, scope: Did, unit: &Unit, needed: u64, amount: u64) -> Result<u64, LedgerRefusal> {
        if !unit.is_resource() {
            return refuse(Code::Resource, format!("`{unit}` is a token, and only resources are drawn"));
        }
        let name = |owner| AccountId { scope, owner, unit: unit.clone() };
        let available = self.account(&name(Owner::Treasury)).unwrap_or_default().available();
        if available < i128::from(needed) {
            let what = format!("treasury has {available} {unit} available, {needed} are needed");
            return refuse(Code::Insufficient, what);
        }
        let drawn = u64::try_from(available.min(i128::from(amount.max(needed)))).unwrap_or(needed);
        if drawn > 0 {
            self.set_aside(scope, unit, drawn);
        }
        Ok(drawn)
    }

    /// The two sides of a draw, by number; the second is opened by the first charge.
    fn sides(&mut self, scope: Did, unit: &Unit) -> [AccountNo; 2] {
        [Owner::Treasury, Owner::Consumed]
            .map(|owner| self.accounts.number(&AccountId { scope, owner, unit: unit.clone() }))
    }

    fn set_aside(&mut self, scope: Did, unit: &Unit, amount: u64) {
        let [treasury, consumed] = self.sides(scope, unit);
        self.accounts.hold(treasury, consumed, amount);
        *self.drawn.entry((scope, unit.clone())).or_default() += amount;
    }

    /// Gives drawn resources back to the account that they are of.
    fn undraw(&mut self, scope: Did, unit: &Unit, amount: u64) {
        let [treasury, consumed] = self.sides(scope, unit);
        self.accounts.release(treasury, consumed, amount);
        if let Some(drawn) = self.drawn.get_mut(&(scope, unit.clone())) {
            *drawn -= amount;
        }
    }

    /// Books a receipt against what its scope drew and staged. `ok` says whether its run's effects hold; of one that
    /// failed the journal has expiries alone. A refusal is a mistake of the host's own.
    ///
    /// # Errors
    /// [`Code::NotSetAside`] for what was neither drawn nor staged; or what the books do not allow.
    pub fn post(&mut self, booking: &Booking<'_>, ok: bool) -> Result<Applied, LedgerRefusal> {
        let scope = booking.scope;
        let staged = self.runs.remove(&scope).map(|run| run.journal).unwrap_or_default();
        let (_, asked) = Operation::parts(booking.journal);
        if asked != if ok { &staged[..] } else { &[] } {
            return refuse(Code::NotSetAside, "a journal that is not what was staged");
        }
        for (unit, amount) in booking.drawn() {
            let drawn = self.drawn.get(&(scope, unit.clone())).copied().unwrap_or(0);
            if drawn < amount {
                let what = format!("{amount} {unit} are posted where {drawn} were drawn");
                return refuse(Code::NotSetAside, what);
            }
        }
        for (unit, amount) in booking.drawn().into_iter().filter(|(_, amount)| *amount > 0) {
            self.undraw(scope, &unit, amount);
        }
        let answer = self.book(booking);
        if answer.is_err() {
            for (unit, amount) in booking.drawn().into_iter().filter(|(_, amount)| *amount > 0) {
                self.set_aside(scope, &unit, amount);
            }
        }
        answer
    }

    /// Applies a group, and behind it commands that are made when their turn has come; by none the group ends.
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
        // A receipt that books nothing is refused too when a hold is due that it does not record.
        let due = self.holds.due(&group.scope, context.time).next();
        if let Some(due) = due {
            self.take_back();
            return refuse(Code::ExpiryMissing, format!("the hold {due} is past its deadline"));
        }
        self.tick(group.scope, context.time);
        Ok(self.applied(group.scope, context.time, moved))
    }
}
