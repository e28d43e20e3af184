//! Whether an account has room for an amount: below, above, and in its counters. Nothing here changes anything.
//!
//! What is posted and what is held count together, so settling a hold never passes a limit.

use super::account::AccountNo;
use super::code::LedgerCode;
use super::mark::{LIMITED, UNBOUNDED};
use super::table::Accounts;

impl Accounts {
    /// Whether the account's credits and its credit limit cover this amount, besides what is debited and held.
    pub(super) fn covers(&self, no: AccountNo, amount: u128) -> Result<(), LedgerCode> {
        let (account, flags) = (self.get(no), self.mark(no).flags());
        let going = account.debits.saturating_add(account.debits_held).saturating_add(amount);
        if flags & UNBOUNDED == 0 {
            let credit = if flags & LIMITED == 0 { 0 } else { u128::from(self.limits(no).credit) };
            if going > account.credits.saturating_add(credit) {
                return Err(LedgerCode::Insufficient);
            }
        }
        Ok(())
    }

    /// Whether the account may have this amount more, besides what it has and what is held for it.
    pub(super) fn has_room(&self, no: AccountNo, amount: u128) -> Result<(), LedgerCode> {
        if self.mark(no).flags() & LIMITED == 0 {
            return Ok(());
        }
        let Some(max) = self.limits(no).balance_max else { return Ok(()) };
        let account = self.get(no);
        let coming = account.credits.saturating_add(account.credits_held).saturating_add(amount);
        if coming > account.debits.saturating_add(u128::from(max)) {
            return Err(LedgerCode::BalanceMax);
        }
        Ok(())
    }

    /// Whether the counters of both sides can count this amount more.
    pub(super) fn counts(&self, from: AccountNo, to: AccountNo, amount: u128) -> Result<(), LedgerCode> {
        let fits = |posted: u128, held: u128| {
            posted.checked_add(held).and_then(|sum| sum.checked_add(amount)).is_some()
        };
        let (payer, payee) = (self.get(from), self.get(to));
        if fits(payer.debits, payer.debits_held) && fits(payee.credits, payee.credits_held) {
            Ok(())
        } else {
            Err(LedgerCode::Overflow)
        }
    }
}
