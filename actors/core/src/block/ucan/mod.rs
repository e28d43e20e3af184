//! UCAN 1.0: the delegations and revocations that a scope's keys need, to the letter of the specifications. Other
//! parts of UCAN are not supported.
//!
//! - `token.rs`: the envelope of both (UCAN specification, "Envelope"; Varsig 1.0), with Ed25519 and dag-cbor alone
//! - `delegation.rs`: who may do what, from when and until when (UCAN Delegation)
//! - `revocation.rs`: the end of a delegation (UCAN Revocation, as an invocation)
//!
//! A token is one block: `[signature, {"h": varsig header, "ucan/<kind>@<version>": payload}]` in dag-cbor. The
//! signature is the issuer's, over the bytes of the second element. This folder reads a token strictly and verifies
//! its signature; [`crate::rules`] judges what it says.

mod delegation;
mod revocation;
mod token;

pub use delegation::{Delegation, NewDelegation};
pub use revocation::{REVOKE, Revocation};
pub use token::{TIME_S_MAX, UcanError, VARSIG};
