//! Units and accounts: opening, closing, freezing, limits.

use super::account::AccountNo;
use super::code::{LedgerCode as Code, LedgerRefusal, Moved, Verdict, refuse};
use super::event::Event;
use super::group::Context;
use super::machine::Ledger;
use super::table::{CLOSED, PRESENT};
use super::undo::Undo;
use crate::block::Limits;
use crate::name::{AccountId, Did, Owner, Unit};

impl Ledger {
    pub(super) fn open_unit(&mut self, scope: Did, unit: &Unit, scale: u8) -> Moved {
        if self.scale(scope, unit).is_some() {
            return refuse(Code::UnitExists, format!("the unit {unit} is open in {scope}"));
        }
        self.units.insert((scope, unit.clone()), scale);
        self.undo.push(Undo::Unit(scope, unit.clone()));
        self.events.push(Event::UnitOpened(scope, unit.clone(), scale));
        self.own(scope, Owner::Issuance, unit);
        Ok(0)
    }

    /// Whether an account's unit is open in its scope. The runtime opens it with whole numbers.
    pub(super) fn known(&mut self, account: &AccountId, context: &Context) -> Verdict {
        if self.scale(account.scope, &account.unit).is_some() {
            return Ok(());
        }
        if context.runtime {
            return self.open_unit(account.scope, &account.unit, 0).map(|_| ());
        }
        refuse(Code::UnknownUnit, format!("the unit {} is not open in {}", account.unit, account.scope))
    }

    /// An account that must be open. The runtime opens it.
    pub(super) fn opened(
        &mut self,
        account: &AccountId,
        context: &Context,
    ) -> Result<AccountNo, LedgerRefusal> {
        match self.accounts.find(account) {
            Some(no) => Ok(no),
            None if context.runtime => Ok(self.own(account.scope, account.owner.clone(), &account.unit)),
            None => refuse(Code::UnknownAccount, format!("{account} is not open")),
        }
    }

    /// An account that comes into being when it is needed.
    pub(super) fn own(&mut self, scope: Did, owner: Owner, unit: &Unit) -> AccountNo {
        let no = self.accounts.number(&AccountId { scope, owner, unit: unit.clone() });
        let flags = self.accounts.mark(no).flags();
        if flags & PRESENT == 0 {
            self.undo.push(Undo::Flags(no, flags));
            self.accounts.set_flags(no, flags | PRESENT);
            self.events.push(Event::Opened(no));
        }
        no
    }

    pub(super) fn open(&mut self, account: &AccountId, context: &Context) -> Moved {
        self.known(account, context)?;
        match self.accounts.find(account) {
            Some(no) if self.accounts.mark(no).flags() & CLOSED == 0 => {
                return refuse(Code::AccountExists, format!("{account} is open"));
            }
            Some(no) => {
                self.set_flag(no, CLOSED, false);
                self.events.push(Event::Opened(no));
            }
            None => drop(self.own(account.scope, account.owner.clone(), &account.unit)),
        }
        Ok(0)
    }

    pub(super) fn set_flag(&mut self, no: AccountNo, flag: u8, on: bool) {
        let flags = self.accounts.mark(no).flags();
        self.undo.push(Undo::Flags(no, flags));
        self.accounts.set_flags(no, if on { flags | flag } else { flags & !flag });
    }

    pub(super) fn flag(
        &mut self,
        account: &AccountId,
        context: &Context,
        flag: u8,
        on: bool,
        event: fn(AccountNo) -> Event,
    ) -> Moved {
        self.known(account, context)?;
        let no = self.opened(account, context)?;
        self.none_is(CLOSED, [no])?;
        self.set_flag(no, flag, on);
        self.events.push(event(no));
        Ok(0)
    }

    pub(super) fn set_limits(&mut self, account: &AccountId, limits: Limits, context: &Context) -> Moved {
        self.known(account, context)?;
        let no = self.opened(account, context)?;
        self.none_is(CLOSED, [no])?;
        let before = self.accounts.limits(no);
        self.accounts.set_limits(no, limits);
        let fits = self.accounts.covers(no, 0).and_then(|()| self.accounts.has_room(no, 0));
        if fits.is_err() {
            self.accounts.set_limits(no, before);
            let what = format!("{account} has, with what is held, less or more than the new limits allow");
            return refuse(Code::LimitBroken, what);
        }
        self.undo.push(Undo::Limits(no, before));
        self.events.push(Event::LimitsSet(no, limits));
        Ok(0)
    }

    /// That none of these accounts has a flag that stops it.
    pub(super) fn none_is(&self, flag: u8, accounts: impl IntoIterator<Item = AccountNo>) -> Verdict {
        let code = if flag == CLOSED { Code::Closed } else { Code::Frozen };
        match accounts.into_iter().find(|no| self.accounts.mark(*no).flags() & flag != 0) {
            Some(no) => refuse(code, format!("{} is {}", self.accounts.name(no), code.as_str())),
            None => Ok(()),
        }
    }
}
