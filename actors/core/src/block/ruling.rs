//! Rulings: what an administrator asks of the ledger. A ruling is an invocation of a module that every scope has
//! and no policy installs. Its input is a list of operations, which apply all together or not at all. Like any
//! invocation it is signed, applied at most once by its id, answered by a receipt whose journal has the operations,
//! and replayed by auditors.

use std::sync::LazyLock;

use super::command::Command;
use super::journal::Operation;
use crate::encode::{self, Block, DecodeError};
use crate::limits;
use crate::name::{BlockId, Codec};

/// The name of the module's one entry.
pub const ENTRY: &str = "apply";

static MODULE: LazyLock<Block> = LazyLock::new(|| Block::new(Codec::Raw, b"icn/ledger/v1".to_vec()));

/// The bytes that stand for the module. No guest module can have them, because they are not WebAssembly.
#[must_use]
pub fn module() -> &'static Block {
    &MODULE
}

/// Whether it is the ledger's own module.
#[must_use]
pub fn is_of_ledger(module: &BlockId) -> bool {
    MODULE.id() == *module
}

/// Encodes operations as the input of a ruling.
#[must_use]
pub fn input(operations: &[Operation]) -> Vec<u8> {
    encode::to_bytes(&operations)
}

/// Reads the input of a ruling.
///
/// Format: docs/formats.md, "Rulings".
///
/// # Errors
/// The bytes are not the canonical encoding of a list of operations.
pub fn read(input: &[u8]) -> Result<Vec<Operation>, DecodeError> {
    encode::from_bytes("ruling: a list of operations", input, limits::INPUT_BYTES_MAX)
}

/// Checks that each ruling in a journal is a command that a ruling may have. The ledger has other commands, which
/// no block may carry.
///
/// # Errors
/// [`DecodeError::Malformed`], with the command.
pub(super) fn check_words(what: &'static str, journal: &[Operation]) -> Result<(), DecodeError> {
    for operation in journal {
        let Operation::Rule(command) = operation else { continue };
        match &**command {
            Command::OpenUnit { .. }
            | Command::Open { .. }
            | Command::Close { .. }
            | Command::Freeze { .. }
            | Command::Unfreeze { .. }
            | Command::SetLimits { .. }
            | Command::SetCap { .. }
            | Command::Net { .. } => {}
            other => {
                let why = format!("`{}` in its journal is no ruling", other.name());
                return Err(DecodeError::Malformed { what, why });
            }
        }
    }
    Ok(())
}
