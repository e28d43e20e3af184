//! UCAN 1.0: delegations and revocations, exactly as the specifications have them, and no more of them than a scope's
//! keys need.
//!
//! - here: the envelope that both have (UCAN specification, "Envelope"; Varsig 1.0), Ed25519 and dag-cbor alone
//! - `delegation.rs`: who may do what, from when and until when (UCAN Delegation)
//! - `revocation.rs`: that a delegation counts no more (UCAN Revocation, as an invocation)
//!
//! A token is one block: `[signature, {"h": varsig header, "ucan/<kind>@<version>": payload}]` in dag-cbor. The signature is
//! the issuer's, over the bytes of the second element. What a token says is judged elsewhere, in [`crate::rules`]; here it
//! is read strictly, and its signature verified.

mod delegation;
mod revocation;
mod token;

pub use delegation::{Delegation, NewDelegation};
pub use revocation::{REVOKE, Revocation};
pub use token::{TIME_S_MAX, UcanError, VARSIG};
