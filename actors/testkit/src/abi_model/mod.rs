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

mod decide;
mod json;
mod order;
mod spelling;
mod table;

use std::collections::{BTreeMap, BTreeSet};

pub use json::is_object;
pub use order::expect;
pub use spelling::{Account, did, is_cid, is_credential_type, is_token, is_utf8, owner};
pub use table::{CID_BYTES, Function, Kind, Needs, Number, Parameter, TABLE, Text};

/// The codes of the host ABI.
pub mod code {
    /// `INVALID_ARGUMENT`.
    pub const INVALID_ARGUMENT: i64 = -1;
    /// `INVALID_UTF8`.
    pub const INVALID_UTF8: i64 = -2;
    /// `TOO_LARGE`.
    pub const TOO_LARGE: i64 = -3;
    /// `NOT_FOUND`.
    pub const NOT_FOUND: i64 = -4;
    /// `DENIED`.
    pub const DENIED: i64 = -5;
    /// `EXHAUSTED`.
    pub const EXHAUSTED: i64 = -6;
    /// `CONFLICT`.
    pub const CONFLICT: i64 = -7;
}

/// What a call finds: one invocation, before it has done anything.
#[derive(Debug, Clone)]
pub struct World {
    /// The module that calls.
    pub module: icn_core::id::BlockId,
    /// Whose signature authorised it.
    pub caller: icn_core::id::Did,
    /// The scope.
    pub scope: icn_core::id::Did,
    /// The invocation's input.
    pub input: Vec<u8>,
    /// The invocation's time, in milliseconds since the Unix epoch.
    pub time_ms: u64,
    /// The seed of its random bytes and of its holds' names.
    pub seed: [u8; 32],
    /// The module's values.
    pub values: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The scope's nodes: payloads by the bytes of their CIDs.
    pub nodes: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The scope's default token; a text.
    pub token: Vec<u8>,
    /// Balances of that token.
    pub balances: BTreeMap<Account, i128>,
    /// Bytes that the scope may still keep.
    pub storage_left: i64,
    /// Bytes that may still leave the scope.
    pub network_left: u64,
    /// Pages that the memory may still grow by.
    pub pages_left: u64,
    /// The names of the module's capabilities.
    pub capabilities: BTreeSet<String>,
}

/// A trap that a call asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trap {
    /// The fuel does not cover the call.
    OutOfFuel,
    /// A range is not wholly inside the memory.
    MemoryFault {
        /// The argument.
        argument: &'static str,
        /// Where it begins.
        pointer: u64,
        /// Its bytes.
        length: u64,
        /// Bytes of the memory.
        memory: u64,
    },
    /// The guest's own word.
    Aborted(String),
}

/// What a call leaves behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Nothing,
    /// The invocation's output.
    Output(Vec<u8>),
    /// A line of the log.
    Line(u8, Vec<u8>),
    /// A value, or its end.
    Value(Vec<u8>, Option<Vec<u8>>),
    /// A node, by the bytes of its CID.
    Node(Vec<u8>),
    /// An anchor: a CID's bytes and a topic.
    Anchor(Vec<u8>, Vec<u8>),
    /// A transfer of so many units.
    Transfer(u64),
    /// So many bytes that leave the scope.
    Network(u64),
}

/// How a call ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// With a number for the guest: a code, when it is below zero.
    Answer(i64),
    /// The run is over.
    Trap(Trap),
}

/// What a call comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// Fuel that it charged; of a call that runs out of it, what was charged before.
    pub fuel: u64,
    /// How it ends.
    pub end: End,
    /// What it wrote into the guest's memory, and where.
    pub written: Option<(usize, Vec<u8>)>,
    /// What it leaves behind.
    pub effect: Effect,
}
