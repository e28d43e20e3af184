//! What changes counters: posting, holding, and taking either back.
//!
//! Every change debits one account and credits another one of the same book by the same amount, so debits and
//! credits of a book stay equal. Nothing here asks whether a change is allowed: the callers asked before
//! (`room.rs`, `check.rs`).

use super::account::{AccountNo, Leg};
use super::mark::Mark;
use super::table::Accounts;

impl Accounts {
    /// Whether two accounts may be the two sides of one posting.
    pub(super) fn are_sides(&self, from: AccountNo, to: AccountNo) -> bool {
        from != to && self.mark(from).book() == self.mark(to).book()
    }

    /// Posts an amount for which there is room.
    pub(super) fn post(&mut self, from: AccountNo, to: AccountNo, amount: u64) {
        debug_assert!(self.are_sides(from, to), "a posting is between two accounts of one book");
        self.posted[from.at()].debits += u128::from(amount);
        self.posted[to.at()].credits += u128::from(amount);
    }

    /// Takes a posting back.
    pub(super) fn unpost(&mut self, from: AccountNo, to: AccountNo, amount: u64) {
        let wide = u128::from(amount);
        assert!(self.posted[from.at()].debits >= wide, "what is taken back was debited");
        assert!(self.posted[to.at()].credits >= wide, "what is taken back was credited");
        self.posted[from.at()].debits -= wide;
        self.posted[to.at()].credits -= wide;
    }

    /// Sets an amount aside for which there is room.
    pub(super) fn hold(&mut self, from: AccountNo, to: AccountNo, amount: u64) {
        debug_assert!(self.are_sides(from, to), "a hold is between two accounts of one book");
        self.held[from.at()].debits += u128::from(amount);
        self.held[to.at()].credits += u128::from(amount);
        self.mark_held(from);
        self.mark_held(to);
    }

    /// Sets an amount aside no longer.
    pub(super) fn release(&mut self, from: AccountNo, to: AccountNo, amount: u64) {
        debug_assert!(self.are_sides(from, to), "a hold is between two accounts of one book");
        self.held[from.at()].debits -= u128::from(amount);
        self.held[to.at()].credits -= u128::from(amount);
        self.mark_held(from);
        self.mark_held(to);
    }

    /// Posts transfers between accounts that all have this mark, up to the first one that needs more questions than
    /// whether the payer has the amount. Gives the number of transfers that it posted.
    pub(super) fn post_plainly(&mut self, legs: &[Leg], mark: Mark) -> usize {
        let marks = self.marks.as_slice();
        // Stated once that both arrays are equally long, so that the compiler checks a number against one of
        // them only.
        let Some(posted) = self.posted.get_mut(..marks.len()) else { return 0 };
        for (at, leg) in legs.iter().enumerate() {
            let (from, to, amount) = (leg.from.at(), leg.to.at(), u128::from(leg.amount));
            if from >= marks.len() || to >= marks.len() || from == to {
                return at;
            }
            // From 1 to 2^63 - 1, in one comparison.
            if marks[from] != mark || marks[to] != mark || leg.amount.wrapping_sub(1) >= i64::MAX as u64 {
                return at;
            }
            let (payer, credits) = (posted[from], posted[to].credits);
            let (Some(debits), Some(credits)) =
                (payer.debits.checked_add(amount), credits.checked_add(amount))
            else {
                return at;
            };
            if debits > payer.credits {
                return at;
            }
            posted[from].debits = debits;
            posted[to].credits = credits;
        }
        legs.len()
    }
}
