//! How a guest's run ended, as its receipt records it.

use serde::{Deserialize, Serialize};

/// The end of a guest's run, as its receipt records it.
///
/// Format: docs/formats.md, "Receipt".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// The guest returned nothing or zero. Its effects apply.
    Ok,
    /// The guest returned this other number. No effects apply.
    Failed(i32),
    /// The guest trapped. No effects apply, and the whole grant is charged.
    Trapped(Trap),
}

impl Outcome {
    /// Whether the effects apply.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        *self == Self::Ok
    }
}

/// Defines the kinds and the table of all of them.
macro_rules! trap_kinds {
    ($($(#[doc = $meaning:literal])+ $kind:ident,)+) => {
        /// The kinds of traps (`docs/host-abi.md`, "Answers").
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

const _: () = {
    let mut at = 0;
    while at < TrapKind::ALL.len() {
        assert!(TrapKind::ALL[at] as usize == at, "the table has every kind in order, without a gap");
        assert!(!TrapKind::ALL[at].meaning().is_empty(), "every kind has a meaning");
        at += 1;
    }
};

/// A trap: its kind and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trap {
    /// The kind.
    pub kind: TrapKind,
    /// The guest's own message, or the function, argument, pointer, length and memory size of a fault.
    pub detail: String,
}
