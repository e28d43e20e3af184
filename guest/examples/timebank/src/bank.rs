//! `open`, and what holds for the whole bank.
//!
//! Stored under `bank`: the limit of new members, the number of offers so far, the unit, the administrator's DID.

use alloc::borrow::ToOwned;
use alloc::string::String;
use icn_guest::record::{Reader, Writer};
use icn_guest::text::quote;
use icn_guest::{Failure, state};

use crate::input;
use crate::refusal::{ALREADY_OPEN, BAD_UNIT, NOT_ADMINISTRATOR, NOT_OPEN, STATE_UNREADABLE, refuse};

/// The key of the bank.
pub const KEY: &[u8] = b"bank";
/// The longest unit, as in the ledger.
pub const UNIT_BYTES_MAX: usize = 12;

/// The bank's terms.
#[derive(Debug)]
pub struct Bank {
    /// The credit limit of a new member, in minutes.
    pub limit: i64,
    /// How many offers were made so far, which is the number of the last one.
    pub offers_made: i64,
    /// The unit of all balances.
    pub unit: String,
    /// The DID that sets limits.
    pub administrator: String,
}

impl Bank {
    /// Reads it; refused when no bank was opened.
    pub fn load() -> Result<Bank, Failure> {
        let bytes = state::get(KEY)?.ok_or_else(|| Failure::new(NOT_OPEN, "no bank was opened here"))?;
        let mut reader = Reader::new(&bytes, "bank", STATE_UNREADABLE)?;
        let bank = Bank {
            limit: reader.number()?,
            offers_made: reader.number()?,
            unit: reader.text()?.to_owned(),
            administrator: reader.text()?.to_owned(),
        };
        reader.end()?;
        Ok(bank)
    }

    /// Stores it.
    pub fn store(&self) -> Result<(), Failure> {
        let numbers = Writer::new().number(self.limit).number(self.offers_made);
        state::set(KEY, &numbers.text(&self.unit).text(&self.administrator).bytes())?;
        Ok(())
    }

    /// Refuses a caller who is not the administrator.
    pub fn administered_by(&self, caller: &str) -> Result<(), Failure> {
        if self.administrator == caller {
            return Ok(());
        }
        Err(refuse(NOT_ADMINISTRATOR, format_args!("only the administrator may, {}", self.administrator)))
    }
}

pub(crate) fn open() -> Result<(), Failure> {
    if state::contains(KEY)? {
        return Err(Failure::new(ALREADY_OPEN, "a bank was opened here before"));
    }
    let text = input::input()?;
    let [unit, limit] = input::fields(&text, "unit;limit")?;
    let spelt = unit.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    let begins = unit.bytes().next().is_some_and(|byte| byte.is_ascii_uppercase());
    if !spelt || !begins || unit.len() > UNIT_BYTES_MAX {
        let what = format_args!("the unit {} is not A-Z 0-9, a letter first, 12 at most", quote(unit));
        return Err(refuse(BAD_UNIT, what));
    }
    let administrator = icn_guest::caller()?;
    Bank { limit: input::limit(limit)?, offers_made: 0, unit: unit.to_owned(), administrator }.store()
}
