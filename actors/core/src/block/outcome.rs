//! How a guest's run ended, as its receipt says.

use serde::{Deserialize, Serialize};

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
