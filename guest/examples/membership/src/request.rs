//! `request`, `approve`, `refuse`.
//!
//! Kept under `r/` and the DID: when it was made, and its words.

use alloc::vec::Vec;
use icn_guest::record::Writer;
use icn_guest::text::quote;
use icn_guest::{Failure, state};

use crate::association::Association;
use crate::decide::{self, ADMIT, REFUSE};
use crate::input;
use crate::leave::{BANNED_UNTIL, banned_until};
use crate::member::{Member, key};
use crate::refusal::{
    ALREADY_MEMBER, ALREADY_REQUESTED, BAD_REQUEST, BANNED, NO_SUCH_REQUEST, refuse as refusal,
};
use crate::retract::{REQUEST, retract};
use crate::stewardship::steward;

/// The longest request.
pub const WORDS_BYTES_MAX: usize = 256;

pub(crate) fn request() -> Result<(), Failure> {
    Association::load()?;
    let caller = icn_guest::caller()?;
    if Member::find(&caller)?.is_some() {
        return Err(Failure::new(ALREADY_MEMBER, "you are a member"));
    }
    if state::contains(&key(REQUEST, &caller))? {
        return Err(Failure::new(ALREADY_REQUESTED, "you have asked already"));
    }
    let now = icn_guest::time_ms();
    if let Some(until) = banned_until(&caller)? {
        if now < until {
            let what = format_args!("you were expelled and may ask again from {until} on; it is {now}");
            return Err(refusal(BANNED, what));
        }
        decide::forget(BANNED_UNTIL, &caller)?;
    }
    let text = input::input()?;
    let words = text.strip_suffix('\n').unwrap_or(&text);
    if words.len() > WORDS_BYTES_MAX || words.chars().any(char::is_control) {
        let what = format_args!("{} has over {WORDS_BYTES_MAX} bytes or a control character", quote(words));
        return Err(refusal(BAD_REQUEST, what));
    }
    state::set(&key(REQUEST, &caller), &Writer::new().number(now).text(words).bytes())?;
    Ok(())
}

pub(crate) fn approve() -> Result<(), Failure> {
    if let Some(did) = vote(ADMIT, REFUSE, "admitted")? {
        Member::admit(&did, Vec::new())?;
    }
    Ok(())
}

pub(crate) fn refuse() -> Result<(), Failure> {
    vote(REFUSE, ADMIT, "refused").map(drop)
}

/// Votes one way on the request that the input names; answers whose it was when that decided it. A steward who
/// voted the other way has voted.
fn vote(question: &[u8], opposite: &[u8], done: &str) -> Result<Option<alloc::string::String>, Failure> {
    let association = Association::load()?;
    let steward = steward()?;
    let text = input::input()?;
    let [did] = input::fields(&text, "did")?;
    if !state::contains(&key(REQUEST, did))? {
        return Err(refusal(NO_SUCH_REQUEST, format_args!("{} has not asked", quote(did))));
    }
    if decide::has_voted(opposite, did, &steward)? {
        return Err(decide::already_voted());
    }
    if !decide::vote(&association, question, did, &steward, done)? {
        return Ok(None);
    }
    retract(did)?;
    Ok(Some(did.into()))
}
