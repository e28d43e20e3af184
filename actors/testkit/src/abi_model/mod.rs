//! What a call of the host ABI must come to, from the contract alone (`docs/host-abi.md`), without the sandbox and
//! without an engine.
//!
//! [`TABLE`] says what each function takes; [`expect`] goes through a call in the contract's order: it charges the
//! base; asks for the capability; compares every length with its maximum and charges for its bytes; holds every range
//! against the memory; reads what each argument means; decides. Integers are wide, memory is a slice, and nothing is
//! shared with the code under test but the names of limits and prices, and for a node's name core's dag-cbor.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "what is cut here was held against a memory of a few pages before"
)]
#![allow(clippy::panic, reason = "a test that cannot go on stops")]

mod call;
pub mod code;
mod decide;
mod effect;
mod expect;
mod json;
mod meaning;
mod money;
mod spelling;
mod table;
mod world;

pub use effect::{Effect, End, Expectation, KnownNode, Move, Party, Trap};
pub use expect::expect;
pub use json::is_object;
pub use spelling::{Account, did, is_cid, is_credential_type, is_token, is_utf8, owner};
pub use table::{CID_BYTES, Function, Kind, Needs, Number, Parameter, TABLE, Text};
pub use world::{Done, Hold, World};
