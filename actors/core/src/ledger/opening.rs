//! Opening units and accounts; closing, freezing and limiting accounts.
//!
//! Units and accounts come into being here and nowhere else. The runtime opens what it names; anybody else
//! must name what is open. Everything that is written is noted, so that it can be taken back.

use super::account::AccountNo;
use super::code::LedgerCode as Code;
use super::event::Event;
use super::group::Context;
use super::machine::Ledger;
use super::mark::{CLOSED, FROZEN, PRESENT};
use super::refusal::{LedgerRefusal, Moved, Verdict, refuse};
use super::undo::Undo;
use crate::block::Limits;
use crate::name::{AccountId, Did, Owner, Unit};

impl Ledger {
    /// Opens a unit in a scope, with its issuance account.
    pub(super) fn open_unit(&mut self, scope: Did, unit: &Unit, scale: u8) -> Moved {
        if self.scale(scope, unit).is_some() {
            return refuse(Code::UnitExists, format!("the unit {unit} is open in {scope}"));
        }
        self.units.insert((scope, unit.clone()), scale);
        self.undo.push(Undo::Unit(scope, unit.clone()));
        self.events.push(Event::UnitOpened(scope, unit.clone(), scale));
        self.open_if_absent(scope, Owner::Issuance, unit);
        assert_eq!(self.scale(scope, unit), Some(scale), "a unit that was opened has its decimal places");
        Ok(0)
    }

    /// Checks that an account's unit is open in its scope. The runtime opens it, without decimal places.
    pub(super) fn need_unit(&mut self, account: &AccountId, context: &Context) -> Verdict {
        if self.scale(account.scope, &account.unit).is_some() {
            return Ok(());
        }
        if context.runtime {
            return self.open_unit(account.scope, &account.unit, 0).map(|_| ());
        }
        refuse(Code::UnknownUnit, format!("the unit {} is not open in {}", account.unit, account.scope))
    }

    /// The number of an account, which must be open. The runtime opens it.
    pub(super) fn need_account(
        &mut self,
        account: &AccountId,
        context: &Context,
    ) -> Result<AccountNo, LedgerRefusal> {
        match self.accounts.find(account) {
            Some(no) => Ok(no),
            None if context.runtime => {
                Ok(self.open_if_absent(account.scope, account.owner.clone(), &account.unit))
            }
            None => refuse(Code::UnknownAccount, format!("{account} is not open")),
        }
    }

    /// The number of an account. It is opened if it is not open.
    pub(super) fn open_if_absent(&mut self, scope: Did, owner: Owner, unit: &Unit) -> AccountNo {
        let no = self.accounts.number(&AccountId { scope, owner, unit: unit.clone() });
        let flags = self.accounts.mark(no).flags();
        if flags & PRESENT == 0 {
            self.undo.push(Undo::Flags(no, flags));
            self.accounts.set_flags(no, flags | PRESENT);
            self.events.push(Event::Opened(no));
        }
        debug_assert!(self.accounts.mark(no).flags() & PRESENT != 0, "an account that was opened is found");
        no
    }

    /// Opens an account, or opens a closed one again.
    pub(super) fn open(&mut self, account: &AccountId, context: &Context) -> Moved {
        self.need_unit(account, context)?;
        match self.accounts.find(account) {
            Some(no) if self.accounts.mark(no).flags() & CLOSED == 0 => {
                return refuse(Code::AccountExists, format!("{account} is open"));
            }
            Some(no) => {
                self.set_flag(no, CLOSED, false);
                self.events.push(Event::Opened(no));
            }
            None => drop(self.open_if_absent(account.scope, account.owner.clone(), &account.unit)),
        }
        Ok(0)
    }

    /// Sets or clears a flag, and notes it.
    pub(super) fn set_flag(&mut self, no: AccountNo, flag: u8, on: bool) {
        let flags = self.accounts.mark(no).flags();
        self.undo.push(Undo::Flags(no, flags));
        self.accounts.set_flags(no, if on { flags | flag } else { flags & !flag });
    }

    /// Sets or clears the flag of an account that is open and not closed.
    pub(super) fn change_flag(
        &mut self,
        account: &AccountId,
        context: &Context,
        flag: u8,
        on: bool,
        event: fn(AccountNo) -> Event,
    ) -> Moved {
        self.need_unit(account, context)?;
        let no = self.need_account(account, context)?;
        self.none_is(CLOSED, [no])?;
        self.set_flag(no, flag, on);
        self.events.push(event(no));
        Ok(0)
    }

    /// Sets the limits of an account, if what it has and what is held are within them.
    pub(super) fn set_limits(&mut self, account: &AccountId, limits: Limits, context: &Context) -> Moved {
        self.need_unit(account, context)?;
        let no = self.need_account(account, context)?;
        self.none_is(CLOSED, [no])?;
        let before = self.accounts.limits(no);
        self.accounts.set_limits(no, limits);
        let fits = self.accounts.covers(no, 0).and_then(|()| self.accounts.has_room(no, 0));
        if fits.is_err() {
            self.accounts.set_limits(no, before);
            assert_eq!(self.accounts.limits(no), before, "limits that are refused change nothing");
            let what = format!("{account} has, with what is held, less or more than the new limits allow");
            return refuse(Code::LimitBroken, what);
        }
        self.undo.push(Undo::Limits(no, before));
        self.events.push(Event::LimitsSet(no, limits));
        Ok(0)
    }

    /// Checks that none of these accounts has this flag, which is [`CLOSED`] or [`FROZEN`].
    pub(super) fn none_is(&self, flag: u8, accounts: impl IntoIterator<Item = AccountNo>) -> Verdict {
        assert!(flag == CLOSED || flag == FROZEN, "these flags stop an account");
        let code = if flag == CLOSED { Code::Closed } else { Code::Frozen };
        match accounts.into_iter().find(|no| self.accounts.mark(*no).flags() & flag != 0) {
            Some(no) => refuse(code, format!("{} is {}", self.accounts.name(no), code.as_str())),
            None => Ok(()),
        }
    }
}
