//! One command against the books: the codes that depend on units, accounts and holds, in their order, and then what
//! is written. Nothing is written before a command's last check, but for accounts and units that come into being as
//! they are named; all of it is noted, so that a group can be taken back.

use super::Ledger;
use super::account::{AccountId, AccountNo, CLOSED, FROZEN, Limits, PRESENT};
use super::cap::{Cap, CapKey, Caps, Warning};
use super::code::{LedgerCode as Code, LedgerRefusal, refuse};
use super::command::{Actor, Command, Context, Event};
use super::hold::Hold;
use crate::id::{Did, HoldId, Owner, Unit};
use crate::limits;

type Verdict = Result<(), LedgerRefusal>;
type Moved = Result<u64, LedgerRefusal>;

/// What was written, as far as it takes to take it back.
#[derive(Debug, Clone)]
pub(super) enum Undo {
    /// Units moved.
    Posted(AccountNo, AccountNo, u64),
    /// Units were set aside.
    Held(AccountNo, AccountNo, u64),
    /// Units are no longer set aside.
    Released(AccountNo, AccountNo, u64),
    /// A hold was this before.
    Hold(Did, HoldId, Option<Hold>),
    /// An account's flags were these.
    Flags(AccountNo, u8),
    /// An account's limits were these.
    Limits(AccountNo, Limits),
    /// A unit was not open.
    Unit(Did, Unit),
    /// A cap was this.
    Cap(CapKey, Option<Cap>),
}

/// A transfer's one leg, or two when it is between scopes.
type Legs = ([AccountNo; 2], Option<[AccountNo; 2]>);

fn all(legs: &Legs) -> impl Iterator<Item = [AccountNo; 2]> {
    [Some(legs.0), legs.1].into_iter().flatten()
}

impl Ledger {
    /// Takes one thing back.
    pub(super) fn revert(&mut self, undo: Undo) {
        match undo {
            Undo::Posted(from, to, amount) => self.accounts.unpost(from, to, amount),
            Undo::Held(from, to, amount) => self.accounts.release(from, to, amount),
            Undo::Released(from, to, amount) => self.accounts.hold(from, to, amount),
            Undo::Hold(scope, id, hold) => drop(self.holds.put(scope, id, hold)),
            Undo::Flags(no, flags) => self.accounts.set_flags(no, flags),
            Undo::Limits(no, limits) => self.accounts.set_limits(no, limits),
            Undo::Unit(scope, unit) => drop(self.units.remove(&(scope, unit))),
            Undo::Cap(key, Some(cap)) => drop(self.caps.0.insert(key, cap)),
            Undo::Cap(key, None) => drop(self.caps.0.remove(&key)),
        }
    }

    /// Applies one command: how much it moved.
    pub(super) fn step(&mut self, command: &Command, context: &Context) -> Moved {
        self.check(command, context)?;
        match command {
            Command::OpenUnit { scope, unit, scale } => self.open_unit(*scope, unit, *scale),
            Command::Open { account } => self.open(account, context),
            Command::Close { account } => self.flag(account, context, CLOSED, true, Event::Closed),
            Command::Freeze { account } => self.flag(account, context, FROZEN, true, Event::Frozen),
            Command::Unfreeze { account } => self.flag(account, context, FROZEN, false, Event::Unfrozen),
            Command::SetLimits { account, limits } => self.set_limits(account, *limits, context),
            Command::Issue { to, amount } | Command::Mint { to, amount } => {
                self.known(to, context)?;
                let to_no = self.opened(to, context)?;
                let from = self.own(to.scope, Owner::Issuance, &to.unit);
                self.transfer(&([from, to_no], None), *amount, Vec::new(), context.time)
            }
            Command::Burn { from, amount } => {
                self.known(from, context)?;
                let from_no = self.opened(from, context)?;
                let to = self.own(from.scope, Owner::Issuance, &from.unit);
                self.spend(from, &([from_no, to], None), *amount, context)
            }
            Command::Transfer { from, to, amount } => {
                let legs = self.legs(from, to, context)?;
                self.spend(from, &legs, *amount, context)
            }
            Command::Charge { scope, unit, amount, refund } => {
                let treasury = self.own(*scope, Owner::Treasury, unit);
                let consumed = self.own(*scope, Owner::Consumed, unit);
                if *refund {
                    return self.transfer(&([consumed, treasury], None), *amount, Vec::new(), context.time);
                }
                let from = self.accounts.name(treasury);
                self.spend(&from, &([treasury, consumed], None), *amount, context)
            }
            Command::Hold { id, from, to, amount, deadline, by } => {
                self.hold_units(*id, [from, to], *amount, (*deadline, by), context)
            }
            Command::Settle { scope, id, amount, by } => self.settle(*scope, *id, *amount, by),
            Command::Void { scope, id, by } => {
                let hold = self.open_hold_of(scope, id, by)?;
                self.end(*scope, *id, &hold);
                self.returned(&hold, hold.amount, Event::Returned);
                Ok(hold.amount)
            }
            Command::Expire { scope, id } => {
                let hold = self.find_hold(scope, id)?;
                if hold.deadline > context.time {
                    return refuse(
                        Code::NotDue,
                        format!("the hold {id} ends at {}, it is {}", hold.deadline, context.time),
                    );
                }
                self.end(*scope, *id, &hold);
                self.returned(&hold, hold.amount, Event::Expired);
                Ok(hold.amount)
            }
            Command::SetCap { cap, max, soft } => self.set_cap(cap, *max, *soft, context),
            Command::Net { a, b, unit } => self.net(*a, *b, unit, context),
        }
    }

    // ---- units and accounts ----

    fn open_unit(&mut self, scope: Did, unit: &Unit, scale: u8) -> Moved {
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
    fn known(&mut self, account: &AccountId, context: &Context) -> Verdict {
        if self.scale(account.scope, &account.unit).is_some() {
            return Ok(());
        }
        if context.runtime {
            return self.open_unit(account.scope, &account.unit, 0).map(|_| ());
        }
        refuse(Code::UnknownUnit, format!("the unit {} is not open in {}", account.unit, account.scope))
    }

    /// An account that must be open. The runtime opens it.
    fn opened(&mut self, account: &AccountId, context: &Context) -> Result<AccountNo, LedgerRefusal> {
        match self.accounts.find(account) {
            Some(no) => Ok(no),
            None if context.runtime => Ok(self.own(account.scope, account.owner.clone(), &account.unit)),
            None => refuse(Code::UnknownAccount, format!("{account} is not open")),
        }
    }

    /// An account that comes into being when it is needed.
    fn own(&mut self, scope: Did, owner: Owner, unit: &Unit) -> AccountNo {
        let no = self.accounts.number(&AccountId { scope, owner, unit: unit.clone() });
        let flags = self.accounts.mark(no).flags();
        if flags & PRESENT == 0 {
            self.undo.push(Undo::Flags(no, flags));
            self.accounts.set_flags(no, flags | PRESENT);
            self.events.push(Event::Opened(no));
        }
        no
    }

    fn open(&mut self, account: &AccountId, context: &Context) -> Moved {
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

    fn set_flag(&mut self, no: AccountNo, flag: u8, on: bool) {
        let flags = self.accounts.mark(no).flags();
        self.undo.push(Undo::Flags(no, flags));
        self.accounts.set_flags(no, if on { flags | flag } else { flags & !flag });
    }

    fn flag(
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

    fn set_limits(&mut self, account: &AccountId, limits: Limits, context: &Context) -> Moved {
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
    fn none_is(&self, flag: u8, accounts: impl IntoIterator<Item = AccountNo>) -> Verdict {
        let code = if flag == CLOSED { Code::Closed } else { Code::Frozen };
        match accounts.into_iter().find(|no| self.accounts.mark(*no).flags() & flag != 0) {
            Some(no) => refuse(code, format!("{} is {}", self.accounts.name(no), code.as_str())),
            None => Ok(()),
        }
    }

    // ---- moving ----

    /// The legs of a transfer. Between two scopes the payer's books owe the payee's scope, and the payee's books have
    /// that as a claim.
    fn legs(&mut self, from: &AccountId, to: &AccountId, context: &Context) -> Result<Legs, LedgerRefusal> {
        self.known(from, context)?;
        self.known(to, context)?;
        let (a, b, unit) = (from.scope, to.scope, &from.unit);
        self.same_scale(a, b, unit)?;
        let legs = [self.opened(from, context)?, self.opened(to, context)?];
        if a == b {
            return Ok((legs, None));
        }
        let (owed, claim) = (self.own(a, Owner::Owed(b), unit), self.own(b, Owner::Claim(a), unit));
        Ok(([legs[0], owed], Some([claim, legs[1]])))
    }

    fn same_scale(&self, a: Did, b: Did, unit: &Unit) -> Verdict {
        if self.scale(a, unit) == self.scale(b, unit) {
            return Ok(());
        }
        refuse(Code::ScaleDiffers, format!("{unit} has other decimal places in {a} than in {b}"))
    }

    /// Moves what the actor spends: its caps are asked, and count it.
    fn spend(&mut self, from: &AccountId, legs: &Legs, amount: u64, context: &Context) -> Moved {
        self.move_freely(legs)?;
        let Context { actor, time, .. } = context;
        let caps = self.caps.allow(from.scope, &from.unit, actor, amount, *time)?;
        self.transfer(legs, amount, caps, *time)
    }

    fn move_freely(&self, legs: &Legs) -> Verdict {
        self.none_is(CLOSED, all(legs).flatten())?;
        self.none_is(FROZEN, all(legs).flatten())
    }

    fn transfer(&mut self, legs: &Legs, amount: u64, caps: Vec<CapKey>, time: u64) -> Moved {
        self.move_freely(legs)?;
        self.fits(legs, amount)?;
        for [from, to] in all(legs) {
            self.move_units(from, to, amount);
        }
        self.count(&caps, amount, time);
        Ok(amount)
    }

    /// That the payers cover it, the payees have room for it, and the counters too.
    fn fits(&self, legs: &Legs, amount: u64) -> Verdict {
        let wide = u128::from(amount);
        for [from, _] in all(legs) {
            self.accounts.covers(from, wide).map_err(|code| self.short(code, from, amount))?;
        }
        for [_, to] in all(legs) {
            self.accounts.has_room(to, wide).map_err(|code| self.short(code, to, amount))?;
        }
        for [from, to] in all(legs) {
            self.accounts.counts(from, to, wide).map_err(|code| self.short(code, from, amount))?;
        }
        Ok(())
    }

    /// A refusal that says what an account has.
    pub(super) fn short(&self, code: Code, no: AccountNo, amount: u64) -> LedgerRefusal {
        let (name, account, limits) =
            (self.accounts.name(no), self.accounts.get(no), self.accounts.limits(no));
        let what = match code {
            Code::BalanceMax => format!(
                "{name} has {} and {} held for it, may have {}, and {amount} come",
                account.balance(),
                account.credits_held,
                limits.balance_max.unwrap_or_default(),
            ),
            Code::Overflow => format!("the counters of {name} would overflow"),
            _ => format!(
                "{name} has {} available and a credit of {}, {amount} are needed",
                account.available(),
                limits.credit,
            ),
        };
        LedgerRefusal::new(code, what)
    }

    fn move_units(&mut self, from: AccountNo, to: AccountNo, amount: u64) {
        assert!(from != to, "every posting has two accounts");
        self.accounts.post(from, to, amount);
        self.undo.push(Undo::Posted(from, to, amount));
        self.events.push(Event::Posted(from, to, amount));
    }

    fn release(&mut self, hold: &Hold) {
        self.accounts.release(hold.from, hold.to, hold.amount);
        self.undo.push(Undo::Released(hold.from, hold.to, hold.amount));
    }

    // ---- holds ----

    fn hold_units(
        &mut self,
        id: HoldId,
        [from, to]: [&AccountId; 2],
        amount: u64,
        (deadline, by): (u64, &Owner),
        context: &Context,
    ) -> Moved {
        let legs = self.legs(from, to, context)?;
        let scope = from.scope;
        if self.holds.get(&scope, &id).is_some() {
            return refuse(Code::HoldExists, format!("a hold {id} is open in {scope}"));
        }
        self.move_freely(&legs)?;
        if self.holds.count(&scope) >= limits::HOLDS_OPEN_MAX {
            let what = format!("{} holds are open, as many as a scope may have", limits::HOLDS_OPEN_MAX);
            return refuse(Code::TooManyHolds, what);
        }
        let caps = self.caps.allow(scope, &from.unit, &context.actor, amount, context.time)?;
        self.fits(&legs, amount)?;
        let [from, to] = legs.0;
        self.accounts.hold(from, to, amount);
        self.undo.push(Undo::Held(from, to, amount));
        self.events.push(Event::Held(from, to, amount));
        self.count(&caps, amount, context.time);
        let hold = Hold { from, to, amount, deadline, by: by.clone(), placed: context.time, caps };
        self.put_hold(scope, id, Some(hold));
        Ok(amount)
    }

    fn put_hold(&mut self, scope: Did, id: HoldId, hold: Option<Hold>) {
        let before = self.holds.put(scope, id, hold);
        self.undo.push(Undo::Hold(scope, id, before));
    }

    fn find_hold(&self, scope: &Did, id: &HoldId) -> Result<Hold, LedgerRefusal> {
        let unknown = || LedgerRefusal::new(Code::UnknownHold, format!("no hold {id} is open in {scope}"));
        self.holds.get(scope, id).cloned().ok_or_else(unknown)
    }

    fn open_hold_of(&self, scope: &Did, id: &HoldId, by: &Owner) -> Result<Hold, LedgerRefusal> {
        let hold = self.find_hold(scope, id)?;
        if hold.by != *by {
            return refuse(
                Code::NotPlacer,
                format!("the hold {id} is for `{}` to end, and not for `{by}`", hold.by),
            );
        }
        Ok(hold)
    }

    fn settle(&mut self, scope: Did, id: HoldId, amount: Option<u64>, by: &Owner) -> Moved {
        let hold = self.open_hold_of(&scope, &id, by)?;
        let amount = amount.unwrap_or(hold.amount);
        let Some(rest) = hold.amount.checked_sub(amount) else {
            return refuse(
                Code::OverSettled,
                format!("{amount} of the {} that the hold {id} has", hold.amount),
            );
        };
        self.none_is(FROZEN, [hold.from, hold.to])?;
        self.end(scope, id, &hold);
        self.move_units(hold.from, hold.to, amount);
        if rest > 0 {
            self.returned(&hold, rest, Event::Returned);
        }
        Ok(amount)
    }

    /// Ends a hold: nothing is set aside for it any more.
    fn end(&mut self, scope: Did, id: HoldId, hold: &Hold) {
        self.release(hold);
        self.put_hold(scope, id, None);
    }

    /// What returns is taken off the caps, as far as the window in which it counted is still theirs.
    fn returned(&mut self, hold: &Hold, amount: u64, event: fn(AccountNo, AccountNo, u64) -> Event) {
        self.events.push(event(hold.from, hold.to, amount));
        for key in &hold.caps {
            let Some(cap) = self.caps.0.get_mut(key) else { continue };
            if cap.window == key.window(hold.placed) {
                self.undo.push(Undo::Cap(key.clone(), Some(cap.clone())));
                cap.used = cap.used.saturating_sub(amount);
            }
        }
    }

    // ---- caps ----

    /// Counts what is spent.
    fn count(&mut self, caps: &[CapKey], amount: u64, time: u64) {
        for key in caps {
            let Some(cap) = self.caps.0.get_mut(key) else { continue };
            self.undo.push(Undo::Cap(key.clone(), Some(cap.clone())));
            let before = Caps::used_at(key, cap, time);
            cap.window = key.window(time);
            cap.used = before + amount;
            if let Some(soft) = cap.soft.filter(|soft| before <= *soft && cap.used > *soft) {
                self.events.push(Event::Warned(Warning { cap: key.clone(), used: cap.used, soft }));
            }
        }
    }

    fn set_cap(&mut self, key: &CapKey, max: Option<u64>, soft: Option<u64>, context: &Context) -> Moved {
        if self.scale(key.scope, &key.unit).is_none() {
            return refuse(Code::UnknownUnit, format!("the unit {} is not open in {}", key.unit, key.scope));
        }
        let before = self.caps.0.get(key).cloned();
        if max.is_some() && before.is_none() && self.caps.count(&key.scope) >= limits::CAPS_MAX {
            return refuse(
                Code::TooManyCaps,
                format!("{} caps, as many as a scope may have", limits::CAPS_MAX),
            );
        }
        match max {
            Some(max) => {
                let (window, used) =
                    before.as_ref().map_or((key.window(context.time), 0), |cap| (cap.window, cap.used));
                self.caps.0.insert(key.clone(), Cap { max, soft, window, used });
            }
            None => {
                self.caps.0.remove(key);
                for id in self.holds.counting(key) {
                    let mut hold = self.find_hold(&key.scope, &id)?;
                    hold.caps.retain(|cap| cap != key);
                    self.put_hold(key.scope, id, Some(hold));
                }
            }
        }
        self.undo.push(Undo::Cap(key.clone(), before));
        self.events.push(Event::CapSet(key.clone(), max));
        Ok(0)
    }

    /// The one decision on what an actor may spend: the account's limit, what was consumed and is held, and every cap
    /// that binds the actor. Commands and questions ask it alike; it changes nothing.
    ///
    /// # Errors
    /// Why it may not; for a cap, with its level.
    pub fn authorize(&self, from: &AccountId, amount: u64, actor: &Actor, time: u64) -> Verdict {
        let Some(no) = self.accounts.find(from) else {
            return refuse(Code::UnknownAccount, format!("{from} is not open"));
        };
        self.none_is(CLOSED, [no])?;
        self.none_is(FROZEN, [no])?;
        self.caps.allow(from.scope, &from.unit, actor, amount, time)?;
        self.accounts.covers(no, u128::from(amount)).map_err(|code| self.short(code, no, amount))
    }

    // ---- between scopes ----

    /// Sets off the smaller of what each of two scopes owes the other, in both scopes' books.
    fn net(&mut self, a: Did, b: Did, unit: &Unit, context: &Context) -> Moved {
        for scope in [a, b] {
            let account = AccountId { scope, owner: Owner::Treasury, unit: unit.clone() };
            self.known(&account, context)?;
        }
        self.same_scale(a, b, unit)?;
        let find = |scope, owner| self.accounts.find(&AccountId { scope, owner, unit: unit.clone() });
        let sides = [
            find(a, Owner::Owed(b)),
            find(a, Owner::Claim(b)),
            find(b, Owner::Owed(a)),
            find(b, Owner::Claim(a)),
        ];
        for flag in [CLOSED, FROZEN] {
            self.none_is(flag, sides.into_iter().flatten())?;
        }
        let nothing =
            || LedgerRefusal::new(Code::NothingToNet, format!("{a} and {b} do not owe each other {unit}"));
        let [Some(owed_a), Some(claim_a), Some(owed_b), Some(claim_b)] = sides else { return Err(nothing()) };
        let legs = ([owed_a, claim_a], Some([owed_b, claim_b]));
        let least = all(&legs).flat_map(|[owed, claim]| {
            [self.accounts.get(owed).available(), self.accounts.get(claim).balance().saturating_neg()]
        });
        let least = least.min().unwrap_or(0).min(i128::from(i64::MAX));
        let amount = u64::try_from(least).ok().filter(|amount| *amount > 0).ok_or_else(nothing)?;
        self.transfer(&legs, amount, Vec::new(), context.time)
    }
}
