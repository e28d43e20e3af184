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

mod after;
mod decide;
mod json;
mod money;
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
    /// `LIMIT`.
    pub const LIMIT: i64 = -9;
}

/// A node that is known: its payload, and how long its whole block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownNode {
    /// The payload.
    pub payload: Vec<u8>,
    /// Bytes of the block.
    pub block_bytes: usize,
}

/// An open hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Who has back what is not paid.
    pub payer: Account,
    /// Whom it may be paid to.
    pub payee: Account,
    /// The unit.
    pub unit: Vec<u8>,
    /// Units that are held.
    pub amount: u64,
    /// Whether the module that calls placed it.
    pub ours: bool,
}

/// What an invocation has done so far, as far as that is bounded or named by number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Done {
    /// Lines of the log.
    pub lines: usize,
    /// New nodes.
    pub nodes: usize,
    /// Anchors.
    pub anchors: usize,
    /// Transfers, holds, and ends of holds.
    pub moves: usize,
    /// Keys that it set or deleted, each with the bytes of the key and of the value that it has now.
    pub changed: BTreeMap<Vec<u8>, usize>,
    /// Blocks of random bytes that it was given.
    pub random_blocks: u64,
    /// Holds that it placed.
    pub holds: u64,
}

/// What a call finds: one invocation, and what it has done until then ([`World::after`]).
#[derive(Debug, Clone)]
pub struct World {
    /// The module that calls.
    pub module: icn_core::name::BlockId,
    /// Whose signature authorised it.
    pub caller: icn_core::name::Did,
    /// The scope.
    pub scope: icn_core::name::Did,
    /// The invocation's input.
    pub input: Vec<u8>,
    /// The invocation's time, in milliseconds since the Unix epoch.
    pub time_ms: u64,
    /// The seed of its random bytes and of its holds' names.
    pub seed: [u8; 32],
    /// The module's values.
    pub values: BTreeMap<Vec<u8>, Vec<u8>>,
    /// The scope's nodes by the bytes of their CIDs.
    pub nodes: BTreeMap<Vec<u8>, KnownNode>,
    /// The scope's default token; a text.
    pub token: Vec<u8>,
    /// Balances, by account and unit.
    pub balances: BTreeMap<(Account, Vec<u8>), i128>,
    /// Open holds of the scope, by name.
    pub holds: BTreeMap<[u8; 16], Hold>,
    /// Signatures that were made: of whom, of what, and the signature. No other verifies.
    pub signatures: BTreeSet<([u8; 32], Vec<u8>, Vec<u8>)>,
    /// Bytes that the scope may still keep.
    pub storage_left: i64,
    /// Bytes that may still leave the scope.
    pub network_left: u64,
    /// Pages that the memory may still grow by.
    pub pages_left: u64,
    /// The names of the module's capabilities.
    pub capabilities: BTreeSet<String>,
    /// What the invocation has done so far.
    pub done: Done,
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

/// Whose units a transfer takes, or who gets them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Party {
    /// An account.
    Account(Account),
    /// Where units come from and go to when they are made and unmade.
    Issuance,
}

/// One thing that is done with units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// Units go from one to another.
    Transfer {
        /// From whom.
        from: Party,
        /// To whom.
        to: Party,
        /// The unit.
        unit: Vec<u8>,
        /// So many units.
        amount: u64,
    },
    /// Units are set aside.
    Hold {
        /// The hold's name.
        id: [u8; 16],
        /// Whose they are.
        from: Account,
        /// Whom they may be paid to.
        to: Account,
        /// The unit.
        unit: Vec<u8>,
        /// So many units.
        amount: u64,
    },
    /// So much of what is held is paid, and the rest goes back.
    Settle {
        /// Which hold.
        id: [u8; 16],
        /// So many units.
        amount: u64,
    },
    /// What is held goes back.
    Void {
        /// Which hold.
        id: [u8; 16],
    },
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
    Node(Vec<u8>, KnownNode),
    /// An anchor: a CID's bytes and a topic.
    Anchor(Vec<u8>, Vec<u8>),
    /// Something done with units.
    Moved(Move),
    /// So many blocks of random bytes given.
    Random(u64),
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
