//! The guest `membership`: who belongs to an association, and in which roles.
//!
//! | entry | input | who | what it does |
//! | --- | --- | --- | --- |
//! | `found` | `quorum;ban` | anyone, once | founds it; the caller is its first member and steward |
//! | `request` | words, or nothing | not yet a member | asks to be admitted |
//! | `approve` | `did` | steward | votes to admit who asked |
//! | `refuse` | `did` | steward | votes to refuse who asked |
//! | `expel` | `did` | steward | votes to expel another member |
//! | `leave` | nothing | member, or who asked | ends the membership, or takes the request back |
//! | `grant` | `did;role` | steward | gives a member a role |
//! | `revoke` | `did;role` | steward | takes a role from a member |
//! | `roll` | nothing | anyone | answers the members |
//!
//! **The quorum.** A request is decided, and a member expelled, by the votes of `quorum` stewards; by all of them
//! while there are fewer (a founder alone could otherwise never admit a second steward). Only votes of who is a
//! steward at that moment count, and nobody votes on themselves. A steward votes once on a request: to admit or to refuse. `approve`, `refuse` and
//! `expel` answer `admitted`, `refused` or `expelled` when that vote decided, and `1 of 2` when it did not.
//!
//! **The last steward** cannot leave, be expelled or lose the role: nobody could admit anyone after that. **Who
//! was expelled** may ask again after `ban` milliseconds. Who was refused, or left, may ask again at once.
//!
//! Text is strict: one line (its `\n` may lack), fields separated by `;`, numbers written plainly. A role is 1 to
//! 32 of `a-z 0-9 -`; `steward` is the one with powers here. A request has at most 256 bytes. Every refusal has a
//! number ([`refusal`]). `roll` answers a line for each member, in the order of DIDs:
//!
//! ```text
//! member;did:key:z…;1600000000000;steward,treasurer
//! ```
//!
//! with the time of admission and the roles. What asks for admission is not listed: requests are under `r/`.
//!
//! **Credentials.** Who is admitted gets a credential of the type `member`, valid for a year, which is revoked when
//! the membership ends. A host that denies this (it has no credentials yet, or the scope's administrator did
//! not grant `issue:member` and `revoke:member`) answers `DENIED`, and then membership goes on without: the roll
//! is what counts, the credential is a copy of it for others. Any other answer than yes fails the call.
//!
//! State, each value with a version in its first byte, numbers little endian: `association` ([`association`]); `m/` and a
//! DID: a member ([`member`]); `r/` and a DID: a request, and its votes `a/` and `n/`; `x/` and a DID: when an
//! expelled member may come back; `e/` and a DID: votes to expel ([`decide`]).

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod association;
pub mod credential;
pub mod decide;
pub mod input;
pub mod leave;
pub mod member;
pub mod refusal;
pub mod request;
pub mod retract;
pub mod role;
pub mod stewardship;

use icn_guest::Failure;

icn_guest::guest! {
    entries: [found, request, approve, refuse, expel, leave, grant, revoke, roll],
    capabilities: ["state", "issue:member", "revoke:member"],
}

/// Entry: founds the association.
pub fn found() -> Result<(), Failure> {
    stewardship::found()
}

/// Entry: asks to be admitted.
pub fn request() -> Result<(), Failure> {
    request::request()
}

/// Entry: votes to admit.
pub fn approve() -> Result<(), Failure> {
    request::approve()
}

/// Entry: votes to refuse.
pub fn refuse() -> Result<(), Failure> {
    request::refuse()
}

/// Entry: votes to expel.
pub fn expel() -> Result<(), Failure> {
    leave::expel()
}

/// Entry: ends the caller's membership or request.
pub fn leave() -> Result<(), Failure> {
    leave::leave()
}

/// Entry: gives a role.
pub fn grant() -> Result<(), Failure> {
    role::grant()
}

/// Entry: takes a role.
pub fn revoke() -> Result<(), Failure> {
    role::revoke()
}

/// Entry: answers the members.
pub fn roll() -> Result<(), Failure> {
    member::roll()
}
