//! `leave`, `expel`: how a membership ends.
//!
//! Stored under `x/` and the DID of an expelled member: the time from which on they may ask again.

use icn_guest::record::{Reader, Writer};
use icn_guest::{Failure, state};

use crate::association::Association;
use crate::decide::{self, EXPEL};
use crate::member::{self, Member, key};
use crate::refusal::{NOT_A_MEMBER, ONESELF, STATE_UNREADABLE};
use crate::retract::{REQUEST, retract};
use crate::stewardship::{STEWARD, steward};
use crate::{credential, input};

/// The beginning of the keys of bans.
pub const BANNED_UNTIL: &[u8] = b"x/";

/// Until when someone may not ask again, if they were ever expelled.
pub fn banned_until(did: &str) -> Result<Option<i64>, Failure> {
    let Some(bytes) = state::get(&key(BANNED_UNTIL, did))? else { return Ok(None) };
    let mut reader = Reader::new(&bytes, "ban", STATE_UNREADABLE)?;
    let until = reader.number()?;
    reader.end()?;
    Ok(Some(until))
}

/// Ends a membership: its roles, its credential, the votes about it.
fn end(association: &mut Association, did: &str, member: &Member, reason: &str) -> Result<(), Failure> {
    if member.has(STEWARD) {
        association.lose_steward()?;
    }
    credential::revoke(&member.credential, reason)?;
    decide::forget(member::PREFIX, did)?;
    decide::forget(EXPEL, did)
}

pub(crate) fn leave() -> Result<(), Failure> {
    let mut association = Association::load()?;
    input::none()?;
    let caller = icn_guest::caller()?;
    if let Some(member) = Member::find(&caller)? {
        return end(&mut association, &caller, &member, "left");
    }
    if state::contains(&key(REQUEST, &caller))? {
        return retract(&caller);
    }
    Err(Failure::new(NOT_A_MEMBER, "you are no member and have not asked"))
}

pub(crate) fn expel() -> Result<(), Failure> {
    let mut association = Association::load()?;
    let steward = steward()?;
    let text = input::input()?;
    let [did] = input::fields(&text, "did")?;
    if did == steward {
        return Err(Failure::new(ONESELF, "nobody expels themselves: leave instead"));
    }
    let member = Member::named(did)?;
    if decide::vote(&association, EXPEL, did, &steward, "expelled")? {
        end(&mut association, did, &member, "expelled")?;
        // Neither number is near 64 bits: a ban is at most a hundred years.
        let until = icn_guest::time_ms().saturating_add(association.ban_ms);
        state::set(&key(BANNED_UNTIL, did), &Writer::new().number(until).bytes())?;
    }
    Ok(())
}
