//! `roll`, and a stored member.
//!
//! Stored under `m/` and the DID: the time of admission, the credential's id (empty: none), the roles between commas.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use icn_guest::record::{Reader, Writer};
use icn_guest::text::quote;
use icn_guest::{Failure, state};

use crate::association::Association;
use crate::refusal::{NOT_A_MEMBER, STATE_UNREADABLE, refuse};
use crate::{credential, input};

/// The beginning of the keys of members.
pub const PREFIX: &[u8] = b"m/";

/// A member.
#[derive(Debug)]
pub struct Member {
    /// Since when, in milliseconds since the Unix epoch.
    pub since_ms: i64,
    /// The id of the credential; empty when there is none.
    pub credential: String,
    /// In ascending order, each once.
    pub roles: Vec<String>,
}

impl Member {
    /// Reads a member.
    pub fn read(bytes: &[u8]) -> Result<Member, Failure> {
        let mut reader = Reader::new(bytes, "member", STATE_UNREADABLE)?;
        let (since_ms, credential) = (reader.number()?, reader.text()?.to_owned());
        let roles =
            reader.text()?.split(',').filter(|role| !role.is_empty()).map(ToOwned::to_owned).collect();
        reader.end()?;
        Ok(Member { since_ms, credential, roles })
    }

    /// The member with this DID, if there is one.
    pub fn find(did: &str) -> Result<Option<Member>, Failure> {
        state::get(&key(PREFIX, did))?.map(|bytes| Member::read(&bytes)).transpose()
    }

    /// The member with this DID; refused when there is none.
    pub fn named(did: &str) -> Result<Member, Failure> {
        Member::find(did)?.ok_or_else(|| refuse(NOT_A_MEMBER, format_args!("{} is no member", quote(did))))
    }

    /// Makes someone a member, now.
    pub fn admit(did: &str, roles: Vec<String>) -> Result<(), Failure> {
        let since_ms = icn_guest::time_ms();
        Member { since_ms, credential: credential::issue(did, since_ms)?, roles }.store(did)
    }

    /// Stores it.
    pub fn store(&self, did: &str) -> Result<(), Failure> {
        let writer = Writer::new().number(self.since_ms).text(&self.credential).text(&self.roles.join(","));
        state::set(&key(PREFIX, did), &writer.bytes())?;
        Ok(())
    }

    /// Whether the member has a role.
    pub fn has(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held == role)
    }
}

/// The key of this DID under a prefix.
pub fn key(prefix: &[u8], did: &str) -> Vec<u8> {
    [prefix, did.as_bytes()].concat()
}

pub(crate) fn roll() -> Result<(), Failure> {
    Association::load()?;
    input::none()?;
    let (mut text, mut scratch) = (String::new(), Vec::new());
    let mut keys = state::keys(PREFIX);
    while let Some(key) = keys.next_key()? {
        let Some(bytes) = state::get_in(key, &mut scratch)? else { continue };
        let Member { since_ms, roles, .. } = Member::read(bytes)?;
        let did = core::str::from_utf8(&key[PREFIX.len()..])
            .map_err(|_| Failure::new(STATE_UNREADABLE, "a stored member's DID cannot be read"))?;
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "member;{did};{since_ms};{}", roles.join(","));
    }
    icn_guest::set_output(text.as_bytes())?;
    Ok(())
}
