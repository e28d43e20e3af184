//! `audit`: adds everything up, from the accounts and offers themselves.

use alloc::format;
use alloc::vec::Vec;
use icn_guest::text::quote;
use icn_guest::{Failure, state};

use crate::bank::Bank;
use crate::input;
use crate::member::{self, Member};
use crate::offer::{self, Offer};
use crate::refusal::{AUDIT_FAILED, refuse};

pub(crate) fn audit() -> Result<(), Failure> {
    let bank = Bank::load()?;
    input::none()?;
    let mut scratch = Vec::new();
    // These are sums of fewer than 2^63 numbers of 64 bits, so 128 bits always suffice.
    let (mut members, mut balances) = (0_u64, 0_i128);
    let mut keys = state::keys(member::PREFIX);
    while let Some(key) = keys.next_key()? {
        let Some(bytes) = state::get_in(key, &mut scratch)? else { continue };
        let Member { balance, limit, .. } = Member::read(bytes)?;
        if limit < 0 || balance < -limit {
            let did = core::str::from_utf8(&key[member::PREFIX.len()..]).unwrap_or("?");
            let what = format_args!("the balance {balance} of {} passes the limit {limit}", quote(did));
            return Err(refuse(AUDIT_FAILED, what));
        }
        members += 1;
        balances += i128::from(balance);
    }
    let (mut offers, mut held) = (0_u64, 0_i128);
    let mut keys = state::keys(offer::PREFIX);
    while let Some(key) = keys.next_key()? {
        let Some(bytes) = state::get_in(key, &mut scratch)? else { continue };
        offers += 1;
        held += i128::from(Offer::read(bytes)?.minutes);
    }
    let sum = balances + held;
    if sum != 0 {
        return Err(refuse(
            AUDIT_FAILED,
            format_args!("balances {balances} and held {held} are {sum}, not 0"),
        ));
    }
    let unit = &bank.unit;
    let text = format!("unit;{unit}\nmembers;{members}\noffers;{offers}\nheld;{held}\nsum;{sum}\n");
    icn_guest::set_output(text.as_bytes())?;
    Ok(())
}
