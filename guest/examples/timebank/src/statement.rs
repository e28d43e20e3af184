//! `statement`, and the last entries of an account.
//!
//! The ten last entries are stored, each under `e/`, the DID, `/` and its number's last digit. A new entry replaces
//! the one ten before it, so an account's storage is bounded. The whole history is in the log.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use icn_guest::record::{Reader, Writer};
use icn_guest::{Failure, state};

use crate::bank::Bank;
use crate::input;
use crate::member::Member;
use crate::refusal::{STATE_UNREADABLE, refuse};

/// How many entries are stored.
pub const ENTRIES_MAX: i64 = 10;

/// The cause of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A payment, sent or received.
    Pay = 0,
    /// Minutes set aside for a job.
    Offer = 1,
    /// A job that was paid.
    Accept = 2,
    /// An offer that was taken back.
    Cancel = 3,
}

impl Kind {
    const ALL: [Kind; 4] = [Kind::Pay, Kind::Offer, Kind::Accept, Kind::Cancel];

    /// Its name in the output of `statement`.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Pay => "pay",
            Kind::Offer => "offer",
            Kind::Accept => "accept",
            Kind::Cancel => "cancel",
        }
    }
}

/// A change of an account.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'t> {
    /// When, in milliseconds since the Unix epoch.
    pub time: i64,
    /// By how many minutes; below zero when they were spent.
    pub change: i64,
    /// The cause.
    pub kind: Kind,
    /// The DID of the other member.
    pub other: &'t str,
    /// The memo.
    pub memo: &'t str,
}

/// Stores an entry and the account with its new balance.
pub fn append(did: &str, member: &mut Member, entry: &Entry<'_>) -> Result<(), Failure> {
    let numbers = Writer::new().number(entry.time).number(entry.change).number(entry.kind as i64);
    state::set(&key(did, member.entries), &numbers.text(entry.other).text(entry.memo).bytes())?;
    member.entries += 1;
    member.store(did)
}

fn key(did: &str, number: i64) -> Vec<u8> {
    let digit = b"0123456789"[usize::try_from(number.rem_euclid(ENTRIES_MAX)).unwrap_or(0)];
    [b"e/", did.as_bytes(), &[b'/', digit]].concat()
}

pub(crate) fn statement() -> Result<(), Failure> {
    let bank = Bank::load()?;
    input::none()?;
    let caller = icn_guest::caller()?;
    let member = Member::of_caller(&caller)?;
    let mut text = String::new();
    // Writing to a `String` cannot fail.
    let _ = write!(text, "unit;{}\nbalance;{}\nlimit;{}\n", bank.unit, member.balance, member.limit);
    let mut scratch = Vec::new();
    for number in (0..member.entries).rev().take(usize::try_from(ENTRIES_MAX).unwrap_or(0)) {
        let unreadable =
            || refuse(STATE_UNREADABLE, format_args!("the stored entry {number} cannot be read"));
        let bytes = state::get_in(&key(&caller, number), &mut scratch)?.ok_or_else(unreadable)?;
        let mut reader = Reader::new(bytes, "entry", STATE_UNREADABLE)?;
        let (time, change, kind) = (reader.number()?, reader.number()?, reader.number()?);
        let kind = Kind::ALL.into_iter().find(|known| *known as i64 == kind).ok_or_else(unreadable)?.name();
        let (other, memo) = (reader.text()?, reader.text()?);
        reader.end()?;
        let _ = writeln!(text, "entry;{time};{change};{kind};{other};{memo}");
    }
    icn_guest::set_output(text.as_bytes())?;
    Ok(())
}
