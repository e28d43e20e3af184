//! Votes of stewards on one question about one person.
//!
//! Stored under the question's prefix and the person's DID: the voters' DIDs, a line for each.

use alloc::format;
use alloc::string::String;
use icn_guest::record::{Reader, Writer};
use icn_guest::{Failure, HostError, state};

use crate::association::Association;
use crate::member::{Member, key};
use crate::refusal::{ALREADY_VOTED, STATE_UNREADABLE};
use crate::stewardship::STEWARD;

/// Votes to admit.
pub const ADMIT: &[u8] = b"a/";
/// Votes to refuse.
pub const REFUSE: &[u8] = b"n/";
/// Votes to expel.
pub const EXPEL: &[u8] = b"e/";

fn voters(question: &[u8], did: &str) -> Result<String, Failure> {
    let Some(bytes) = state::get(&key(question, did))? else { return Ok(String::new()) };
    let mut reader = Reader::new(&bytes, "votes", STATE_UNREADABLE)?;
    let voters = reader.text()?.into();
    reader.end()?;
    Ok(voters)
}

/// Whether this steward has voted on this question.
pub fn has_voted(question: &[u8], did: &str, steward: &str) -> Result<bool, Failure> {
    Ok(voters(question, did)?.lines().any(|voter| voter == steward))
}

/// The refusal of a second vote.
pub fn already_voted() -> Failure {
    Failure::new(ALREADY_VOTED, "you have voted on this")
}

/// Adds a vote, and returns whether it decides. Then `done` is the output; before, it is the number of votes.
pub fn vote(
    association: &Association,
    question: &[u8],
    did: &str,
    steward: &str,
    done: &str,
) -> Result<bool, Failure> {
    if has_voted(question, did, steward)? {
        return Err(already_voted());
    }
    // Votes of former stewards are dropped here, so the list is never longer than the number of stewards.
    let mut kept = String::new();
    let mut count = 1;
    for voter in voters(question, did)?.lines() {
        if Member::find(voter)?.is_some_and(|member| member.has(STEWARD)) {
            kept.push_str(voter);
            kept.push('\n');
            count += 1;
        }
    }
    kept.push_str(steward);
    let needed = association.votes_needed();
    if count >= needed {
        icn_guest::set_output(done.as_bytes())?;
        return Ok(true);
    }
    state::set(&key(question, did), &Writer::new().text(&kept).bytes())?;
    icn_guest::set_output(format!("{count} of {needed}").as_bytes())?;
    Ok(false)
}

/// Deletes a value, if there is one.
pub fn forget(prefix: &[u8], did: &str) -> Result<(), Failure> {
    match state::delete(&key(prefix, did)) {
        Ok(()) | Err(HostError::NotFound) => Ok(()),
        Err(other) => Err(other.into()),
    }
}
