//! Running invocations: what a guest is answered while it runs, before anything of it is booked.
//!
//! A run has books of its own: they begin empty, and take from the ledger's what the run comes to name. So what a run
//! did is seen by itself alone, dropping it is forgetting it, and a run costs what it touches. Scopes run one
//! invocation at a time and are the only ones to move their accounts, so what was taken stays as it was; of another
//! scope a run takes only what that one holds still for it ([`crate::fold::crossing`]).

use std::collections::BTreeSet;

use super::account::AccountNo;
use super::actor::Actor;
use super::books::HoldState;
use super::cap::Cap;
use super::code::{LedgerCode as Code, LedgerRefusal, refuse};
use super::event::Applied;
use super::group::{Context, Group};
use super::hold::Hold;
use super::machine::{Ledger, Run};
use super::table::PRESENT;
use crate::block::{CapKey, Command, Operation};
use crate::name::{AccountId, Did, HoldId, Owner, Unit};

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
        if !self.looked_at.insert((scope, id)) {
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
        if let Some(run) = self.runs.get(&scope).filter(|run| run.looked_at.contains(&(scope, *id))) {
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
    /// ([`authorize`](Self::authorize)), with what it has done so far; and whether the treasury, to which usage is paid,
    /// may take it.
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
        let treasury = AccountId { owner: Owner::Treasury, ..id.clone() };
        run.account(self, &treasury);
        let paid = run.view.authorize(&id, amount, actor, time);
        let answer = paid.and_then(|()| run.view.may_take(&treasury, amount));
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
}
