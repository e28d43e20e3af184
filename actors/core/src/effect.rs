//! What a run asked for, staged: nothing here has happened yet.
//!
//! Dropping a [`Staged`] is the abort. The commit turns it into a receipt.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::block::{Anchor, Usage};
use crate::encode::Block;
use crate::id::Hash;
use crate::ledger::Operation;

/// How a guest's run ended, as its receipt says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// It returned nothing or zero: its effects hold.
    Ok,
    /// It failed by its own word, with this number: no effects.
    Failed(i32),
    /// It trapped: no effects, and the whole grant is charged.
    Trapped(Trap),
}

impl Outcome {
    /// Whether the effects hold.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        *self == Self::Ok
    }
}

/// Defines the kinds and the table of all of them.
macro_rules! trap_kinds {
    ($($(#[doc = $meaning:literal])+ $kind:ident,)+) => {
        /// The kinds of traps (host ABI, "What a call can say").
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum TrapKind {
            $($(#[doc = $meaning])+ $kind,)+
        }

        impl TrapKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$kind),+];

            /// The name in receipts and in JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => stringify!($kind),)+
                }
            }
            /// What it means.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$kind => concat!($($meaning),+).trim_ascii(),)+
                }
            }
        }
    };
}

trap_kinds! {
    /// The fuel is burned.
    OutOfFuel,
    /// A range that is not wholly inside the guest's memory.
    MemoryFault,
    /// More memory than the grant.
    MemoryLimit,
    /// Calls too deep.
    StackOverflow,
    /// The `unreachable` instruction.
    Unreachable,
    /// Division by zero, or a result that does not fit.
    Arithmetic,
    /// A null or wrongly typed function of a table.
    IndirectCall,
    /// An index outside a table.
    TableFault,
    /// The guest's own `host_abort`.
    Aborted,
    /// Stopped by the wall clock: a fact about the host, not about the guest.
    Interrupted,
}

/// A trap: its kind and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trap {
    /// The kind.
    pub kind: TrapKind,
    /// The guest's own message, or the function, argument, pointer, length and memory size of a fault.
    pub detail: String,
}

/// A finished run, not committed.
#[derive(Debug)]
pub struct Staged {
    /// How it ended.
    pub outcome: Outcome,
    /// Fuel to charge.
    pub fuel: u64,
    /// What else to charge.
    pub usage: Usage,
    /// The guest's output.
    pub output: Vec<u8>,
    /// Digest of its log text.
    pub logged: Option<Hash>,
    /// State to change; `None` deletes.
    pub writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// What the guest moved, each staged with the ledger already.
    pub journal: Vec<Operation>,
    /// Nodes to store.
    pub nodes: Vec<Block>,
    /// Nodes to anchor.
    pub anchors: Vec<Anchor>,
}

impl Staged {
    /// Ends a run without effects: what was staged is dropped, the charge stays.
    #[must_use]
    pub fn without_effects(
        outcome: Outcome,
        fuel: u64,
        memory_pages: u64,
        output: Vec<u8>,
        logged: Option<Hash>,
    ) -> Self {
        Self {
            outcome,
            fuel,
            usage: Usage { memory: memory_pages, network: 0, storage: 0 },
            output,
            logged,
            writes: BTreeMap::new(),
            journal: Vec::new(),
            nodes: Vec::new(),
            anchors: Vec::new(),
        }
    }
}
