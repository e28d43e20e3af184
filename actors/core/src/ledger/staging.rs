//! The questions and operations of a running invocation: balances, holds, operations, permission to spend.
//!
//! A run has books of its own. They begin empty, and take from the ledger what the run names (`taking.rs`).
//! So only the run sees what it did, and nothing of it is in the ledger's books before the receipt is booked
//! ([`Ledger::post`]). [`Ledger::void`] forgets a run.

use super::actor::Actor;
use super::books::HoldState;
use super::hold::Hold;
use super::machine::{Ledger, Run};
use super::refusal::LedgerRefusal;
use crate::block::Operation;
use crate::name::{AccountId, Did, HoldId, Owner, Unit};

impl Ledger {
    /// The amount that the scope's running invocation has in an account at its time: the posted balance less
    /// what holds set aside, with due holds returned and with its own operations. A hold's account has what
    /// the hold has set aside.
    #[must_use]
    pub fn balance_staged(&self, scope: Did, time: u64, owner: &Owner, unit: &Unit) -> i128 {
        if let Owner::Hold(id) = owner {
            let hold = self.open_hold(scope, time, id).filter(|hold| hold.unit == *unit);
            return hold.map_or(0, |hold| i128::from(hold.amount));
        }
        let id = AccountId { scope, owner: owner.clone(), unit: unit.clone() };
        if unit.is_resource() {
            // No run moves resources, and no guest sees what is drawn of them.
            return self.account(&id).unwrap_or_default().balance();
        }
        let staged = self.runs.get(&scope).filter(|run| run.accounts_taken.contains(&id));
        if let Some(run) = staged {
            return run.books.account(&id).unwrap_or_default().available();
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
        if let Some(run) = self.runs.get(&scope).filter(|run| run.holds_taken.contains(&(scope, *id))) {
            return run.books.holds.get(&scope, id).map(|hold| state(&run.books, hold));
        }
        self.holds.get(&scope, id).filter(|hold| hold.deadline > time).map(|hold| state(self, hold))
    }

    /// Does an operation of the scope's running invocation, which it alone sees, or refuses it. `time` and
    /// `actor` are the invocation's: the same in each call of one run.
    ///
    /// # Errors
    /// The refusal of the books.
    pub fn stage(
        &mut self,
        scope: Did,
        time: u64,
        actor: &Actor,
        operation: Operation,
    ) -> Result<(), LedgerRefusal> {
        // The run is taken out of the ledger while it works, so that it can read the rest of the ledger.
        let mut run = self.runs.remove(&scope).unwrap_or_else(|| Run::begin(self, scope, time, actor));
        assert_eq!(run.scope, scope, "a scope's run is of that scope");
        let answer = run.try_out(self, scope, time, &operation);
        if answer.is_ok() {
            run.journal.push(operation);
        }
        self.runs.insert(scope, run);
        answer.map(|_| ())
    }

    /// Whether the scope's running invocation may spend this amount from an account, after what it did so
    /// far: the same decision as [`authorize`](Self::authorize). Usage is paid to the treasury, so the
    /// treasury must have room for it.
    ///
    /// # Errors
    /// The reason why it may not.
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
        run.take_account(self, &id);
        run.take_caps_on(self, &id.unit);
        let treasury = AccountId { owner: Owner::Treasury, ..id.clone() };
        run.take_account(self, &treasury);
        let paid = run.books.authorize(&id, amount, actor, time);
        let answer = paid.and_then(|()| run.books.may_take(&treasury, amount));
        debug_assert!(run.books.undo.is_empty(), "a question changes nothing");
        self.runs.insert(scope, run);
        answer
    }

    /// Forgets what the scope's running invocation did.
    pub fn void(&mut self, scope: &Did) {
        self.runs.remove(scope);
    }
}
