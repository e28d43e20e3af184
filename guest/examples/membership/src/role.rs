//! `grant`, `revoke`: a steward gives a role to a member, or takes it. The association counts its stewards, so its number
//! changes with the role `steward`.

use alloc::borrow::ToOwned;
use alloc::string::String;
use icn_guest::Failure;
use icn_guest::text::quote;

use crate::association::Association;
use crate::input;
use crate::member::Member;
use crate::refusal::{BAD_ROLE, HAS_NOT_ROLE, HAS_ROLE, TOO_MANY_ROLES, refuse};
use crate::stewardship::{STEWARD, steward};

/// The longest role.
pub const ROLE_BYTES_MAX: usize = 32;
/// The most roles of one member.
pub const ROLES_MAX: usize = 16;

/// The member and the role that the input names.
fn named() -> Result<(String, Member, String), Failure> {
    let text = input::input()?;
    let [did, role] = input::fields(&text, "did;role")?;
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !(1..=ROLE_BYTES_MAX).contains(&role.len()) || !role.bytes().all(allowed) {
        return Err(refuse(BAD_ROLE, format_args!("the role {} is not 1 to 32 of a-z 0-9 -", quote(role))));
    }
    Ok((did.to_owned(), Member::named(did)?, role.to_owned()))
}

pub(crate) fn grant() -> Result<(), Failure> {
    let mut association = Association::load()?;
    steward()?;
    let (did, mut member, role) = named()?;
    let Err(place) = member.roles.binary_search(&role) else {
        return Err(refuse(HAS_ROLE, format_args!("{did} has the role {role}")));
    };
    if member.roles.len() >= ROLES_MAX {
        return Err(refuse(TOO_MANY_ROLES, format_args!("{did} has {ROLES_MAX} roles, which is the most")));
    }
    if role == STEWARD {
        association.stewards += 1;
        association.store()?;
    }
    member.roles.insert(place, role);
    member.store(&did)
}

pub(crate) fn revoke() -> Result<(), Failure> {
    let mut association = Association::load()?;
    steward()?;
    let (did, mut member, role) = named()?;
    let Ok(place) = member.roles.binary_search(&role) else {
        return Err(refuse(HAS_NOT_ROLE, format_args!("{did} has not the role {role}")));
    };
    if role == STEWARD {
        association.lose_steward()?;
    }
    member.roles.remove(place);
    member.store(&did)
}
