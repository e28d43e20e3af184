//! `offer`, `accept`, `cancel`: minutes set aside for a job.
//!
//! Stored under `o/` and the offer's number: minutes, deadline, who offered, who is to do the job, memo. The minutes
//! of an offer have already left the offering member's account, so the limit covers promises too.

use alloc::format;
use alloc::vec::Vec;
use icn_guest::record::{Reader, Writer};
use icn_guest::{Failure, state};

use crate::bank::Bank;
use crate::input;
use crate::member::{Member, other};
use crate::refusal::{BEFORE_DEADLINE, DEADLINE_PASSED, NOT_YOURS, STATE_UNREADABLE, UNKNOWN_OFFER, refuse};
use crate::statement::{self, Entry, Kind};

/// The beginning of the keys of offers.
pub const PREFIX: &[u8] = b"o/";

/// A stored offer.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'b> {
    /// How many minutes are set aside.
    pub minutes: i64,
    /// From this time on the offering member may cancel, in milliseconds since the Unix epoch.
    pub deadline: i64,
    /// The DID of the member who offered.
    pub from: &'b str,
    /// The DID of the member who is to do the job.
    pub to: &'b str,
    /// The memo of the offer.
    pub memo: &'b str,
}

impl<'b> Offer<'b> {
    /// Reads an offer.
    pub fn read(bytes: &'b [u8]) -> Result<Offer<'b>, Failure> {
        let mut reader = Reader::new(bytes, "offer", STATE_UNREADABLE)?;
        let (minutes, deadline) = (reader.number()?, reader.number()?);
        let (from, to, memo) = (reader.text()?, reader.text()?, reader.text()?);
        reader.end()?;
        Ok(Offer { minutes, deadline, from, to, memo })
    }
}

/// The key of an offer. Keys are in the order of numbers, which are never below zero.
fn key(number: i64) -> Vec<u8> {
    [PREFIX, &number.to_be_bytes()].concat()
}

pub(crate) fn offer() -> Result<(), Failure> {
    let mut bank = Bank::load()?;
    let from = icn_guest::caller()?;
    let mut payer = Member::of_caller(&from)?;
    let text = input::input()?;
    let [to, minutes, deadline, memo] = input::fields(&text, "did;minutes;deadline;memo")?;
    let (minutes, memo) = (input::minutes(minutes)?, input::memo(memo)?);
    let (deadline, time) = (input::number(deadline, "the deadline")?, icn_guest::time_ms());
    if deadline <= time {
        let what = format_args!("the deadline {deadline} is not after the present, {time}");
        return Err(refuse(DEADLINE_PASSED, what));
    }
    other(&from, to)?;
    payer.debit(minutes)?;
    bank.offers_made += 1;
    bank.store()?;
    let value = Writer::new().number(minutes).number(deadline).text(&from).text(to).text(memo).bytes();
    state::set(&key(bank.offers_made), &value)?;
    statement::append(
        &from,
        &mut payer,
        &Entry { time, change: -minutes, kind: Kind::Offer, other: to, memo },
    )?;
    icn_guest::set_output(format!("{}", bank.offers_made).as_bytes())?;
    Ok(())
}

/// The key and the bytes of the open offer that the input names.
fn named() -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let text = input::input()?;
    let [number] = input::fields(&text, "number")?;
    let number = input::number(number, "the offer")?;
    let key = key(number);
    let bytes =
        state::get(&key)?.ok_or_else(|| refuse(UNKNOWN_OFFER, format_args!("no offer {number} is open")))?;
    Ok((key, bytes))
}

pub(crate) fn accept() -> Result<(), Failure> {
    Bank::load()?;
    let caller = icn_guest::caller()?;
    let (key, bytes) = named()?;
    let Offer { minutes, from, to, memo, .. } = Offer::read(&bytes)?;
    if caller != from {
        return Err(refuse(NOT_YOURS, format_args!("only who offered may accept, {from}")));
    }
    let mut payee = Member::named(to)?;
    payee.credit(minutes)?;
    state::delete(&key)?;
    let time = icn_guest::time_ms();
    statement::append(to, &mut payee, &Entry { time, change: minutes, kind: Kind::Accept, other: from, memo })
}

pub(crate) fn cancel() -> Result<(), Failure> {
    Bank::load()?;
    let caller = icn_guest::caller()?;
    let (key, bytes) = named()?;
    let Offer { minutes, deadline, from, to, memo } = Offer::read(&bytes)?;
    let time = icn_guest::time_ms();
    if caller == from {
        if time < deadline {
            let what = format_args!("who offered may cancel from {deadline} on, and it is {time}");
            return Err(refuse(BEFORE_DEADLINE, what));
        }
    } else if caller != to {
        return Err(refuse(NOT_YOURS, format_args!("only {from} and {to} may cancel")));
    }
    let mut payer = Member::named(from)?;
    payer.credit(minutes)?;
    state::delete(&key)?;
    statement::append(from, &mut payer, &Entry { time, change: minutes, kind: Kind::Cancel, other: to, memo })
}
