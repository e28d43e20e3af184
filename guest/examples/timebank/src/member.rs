//! `join`, `set_limit`, `pay`; and a member's account, which changes by a debit or a credit.
//!
//! Stored under `m/` and the DID: balance, limit, and how many entries the account has had.

use alloc::vec::Vec;
use icn_guest::record::{Reader, Writer};
use icn_guest::text::quote;
use icn_guest::{Failure, state};

use crate::bank::Bank;
use crate::input;
use crate::refusal::{
    ALREADY_MEMBER, BEYOND_LIMIT, LIMIT_BELOW_DEBT, NOT_A_MEMBER, OVERFLOW, STATE_UNREADABLE, TO_ONESELF,
    UNKNOWN_MEMBER, refuse,
};
use crate::statement::{self, Entry, Kind};

/// The beginning of the keys of members.
pub const PREFIX: &[u8] = b"m/";

/// A member's account. At all times `balance >= -limit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The minutes that the member earned, less those that the member spent.
    pub balance: i64,
    /// How far below zero the balance may go.
    pub limit: i64,
    /// How many entries the account has had.
    pub entries: i64,
}

impl Member {
    /// Reads an account.
    pub fn read(bytes: &[u8]) -> Result<Member, Failure> {
        let mut reader = Reader::new(bytes, "member", STATE_UNREADABLE)?;
        let member = Member { balance: reader.number()?, limit: reader.number()?, entries: reader.number()? };
        reader.end()?;
        Ok(member)
    }

    /// The caller's account.
    pub fn of_caller(caller: &str) -> Result<Member, Failure> {
        Member::find(caller)?.ok_or_else(|| Failure::new(NOT_A_MEMBER, "you are no member of this bank"))
    }

    /// The account of a member that the input or an offer names.
    pub fn named(did: &str) -> Result<Member, Failure> {
        Member::find(did)?
            .ok_or_else(|| refuse(UNKNOWN_MEMBER, format_args!("{} is no member of this bank", quote(did))))
    }

    fn find(did: &str) -> Result<Option<Member>, Failure> {
        state::get(&key(did))?.map(|bytes| Member::read(&bytes)).transpose()
    }

    /// Stores it.
    pub fn store(&self, did: &str) -> Result<(), Failure> {
        let bytes = Writer::new().number(self.balance).number(self.limit).number(self.entries).bytes();
        state::set(&key(did), &bytes)?;
        Ok(())
    }

    /// Takes out `minutes` (above zero); refused when the balance would pass the limit.
    pub fn debit(&mut self, minutes: i64) -> Result<(), Failure> {
        // A limit is never below zero, so its negative always fits.
        match self.balance.checked_sub(minutes) {
            Some(balance) if balance >= -self.limit => self.balance = balance,
            _ => {
                let Member { balance, limit, .. } = self;
                let what = format_args!("{minutes} from {balance} would pass the limit, {limit} below zero");
                return Err(refuse(BEYOND_LIMIT, what));
            }
        }
        Ok(())
    }

    /// Adds `minutes` (above zero).
    pub fn credit(&mut self, minutes: i64) -> Result<(), Failure> {
        self.balance = self.balance.checked_add(minutes).ok_or_else(|| {
            refuse(OVERFLOW, format_args!("{minutes} onto {} is more than a balance can be", self.balance))
        })?;
        Ok(())
    }
}

fn key(did: &str) -> Vec<u8> {
    [PREFIX, did.as_bytes()].concat()
}

pub(crate) fn join() -> Result<(), Failure> {
    let bank = Bank::load()?;
    input::none()?;
    let caller = icn_guest::caller()?;
    if Member::find(&caller)?.is_some() {
        return Err(Failure::new(ALREADY_MEMBER, "you are a member already"));
    }
    Member { balance: 0, limit: bank.limit, entries: 0 }.store(&caller)
}

pub(crate) fn set_limit() -> Result<(), Failure> {
    Bank::load()?.administered_by(&icn_guest::caller()?)?;
    let text = input::input()?;
    let [did, limit] = input::fields(&text, "did;limit")?;
    let limit = input::limit(limit)?;
    let mut member = Member::named(did)?;
    if member.balance < -limit {
        let what = format_args!("{} is owed already, more than {limit}", member.balance.unsigned_abs());
        return Err(refuse(LIMIT_BELOW_DEBT, what));
    }
    member.limit = limit;
    member.store(did)
}

pub(crate) fn pay() -> Result<(), Failure> {
    Bank::load()?;
    let from = icn_guest::caller()?;
    let mut payer = Member::of_caller(&from)?;
    let text = input::input()?;
    let [to, minutes, memo] = input::fields(&text, "did;minutes;memo")?;
    let (minutes, memo) = (input::minutes(minutes)?, input::memo(memo)?);
    let mut payee = other(&from, to)?;
    payer.debit(minutes)?;
    payee.credit(minutes)?;
    let time = icn_guest::time_ms();
    statement::append(
        &from,
        &mut payer,
        &Entry { time, change: -minutes, kind: Kind::Pay, other: to, memo },
    )?;
    statement::append(to, &mut payee, &Entry { time, change: minutes, kind: Kind::Pay, other: &from, memo })
}

/// The account of another member than the payer.
pub fn other(from: &str, to: &str) -> Result<Member, Failure> {
    if from == to {
        return Err(Failure::new(TO_ONESELF, "payer and payee are the same"));
    }
    Member::named(to)
}
