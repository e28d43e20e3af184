//! What a scope's running invocation sees and does, through the ledger.

use super::actor::Asker;
use super::books::HoldState;
use super::code::LedgerRefusal;
use super::hold::Hold;
use super::machine::{Ledger, Run};
use crate::block::{CapKey, Operation};
use crate::name::{AccountId, Did, HoldId, Owner, Unit};

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
        actor: &Asker,
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
        actor: &Asker,
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
    pub fn cap_left(&self, scope: Did, unit: &Unit, actor: &Asker, time: u64) -> Option<u64> {
        self.caps.left(scope, unit, actor, time)
    }

    /// Whether the caps let an actor's run take so much of each resource: asked before it runs, of its limits.
    ///
    /// # Errors
    /// [`CapPassed`](super::code::LedgerCode::CapPassed), with the cap.
    pub fn caps_allow(
        &self,
        scope: Did,
        actor: &Asker,
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
