//! Rulings: what an administrator asks of the ledger. A ruling is an invocation like any other, of a module that is in
//! every scope and that no policy installs: its input is a list of operations, which apply whole or not at all. It is
//! signed, applied at most once by its id, answered by a receipt whose journal has the operations, and replayed by
//! auditors.

use std::sync::LazyLock;

use crate::block::{Invocation, Receipt};
use crate::chain::ChainError;
use crate::costs;
use crate::encode::{self, Block, DecodeError};
use crate::id::{BlockId, Codec, Did, Owner};
pub use crate::ledger::{CapKey, Command, Level, Limits};
use crate::ledger::{LedgerCode, LedgerRefusal, Operation};
use crate::limits;
use crate::policy::PolicyInForce;

/// The one entry.
pub const ENTRY: &str = "apply";

static MODULE: LazyLock<Block> = LazyLock::new(|| Block::new(Codec::Raw, b"icn/ledger/v1".to_vec()));

/// What stands for the module: its bytes are its name, and no guest has them.
#[must_use]
pub fn module() -> &'static Block {
    &MODULE
}

/// Whether it is the ledger's own module.
#[must_use]
pub fn is_of_ledger(module: &BlockId) -> bool {
    MODULE.id() == *module
}

/// The input of a ruling.
#[must_use]
pub fn input(operations: &[Operation]) -> Vec<u8> {
    encode::to_bytes(&operations)
}

/// Reads an input.
///
/// # Errors
/// What is not the one encoding of a list of operations.
pub fn read(input: &[u8]) -> Result<Vec<Operation>, DecodeError> {
    encode::from_bytes("ruling: a list of operations", input, limits::INPUT_BYTES_MAX)
}

/// What a ruling of so many operations burns.
#[must_use]
pub const fn fuel(operations: usize) -> u64 {
    costs::LEDGER_FUEL.saturating_mul(operations as u64 + 1)
}

/// That what a journal has as a ruling is one: the ledger knows other commands, which are no words of a block.
///
/// # Errors
/// [`DecodeError::Malformed`], with the command.
pub(crate) fn check_words(what: &'static str, journal: &[Operation]) -> Result<(), DecodeError> {
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

/// Whether an administrator of this scope may ask for it: rulings of the scope, and transfers of what nobody but the
/// scope has.
///
/// # Errors
/// [`LedgerCode::Unauthorised`], with the operation.
pub fn may(scope: &Did, caller: &Did, operation: &Operation) -> Result<(), LedgerRefusal> {
    let (fine, what) = match operation {
        Operation::Rule(command) => (command.rules(scope), "a ruling over another scope, or no ruling"),
        Operation::Send { from: Owner::Issuance, .. } => (false, "a debit of nobody's account"),
        Operation::Transfer { from, .. } | Operation::Send { from, .. } => {
            let own = match from {
                Owner::Treasury | Owner::Issuance | Owner::Name(_) => true,
                Owner::Member(member) => member == caller,
                _ => false,
            };
            (own, "a debit of somebody else's account")
        }
        _ => (false, "neither a ruling nor a transfer"),
    };
    if fine {
        return Ok(());
    }
    Err(LedgerRefusal::new(LedgerCode::Unauthorised, format!("`{}` is {what}", operation.name())))
}

/// Checks the receipt of a ruling: what was done is what the input asks for, and nothing else.
///
/// # Errors
/// An operation that no administrator may ask for, or that the input does not have; effects beside the journal.
pub(crate) fn check(
    invocation: &Invocation,
    receipt: &Receipt,
    policy: &PolicyInForce,
) -> Result<(), ChainError> {
    let asked = receipt.asked();
    if !(receipt.writes.is_empty() && receipt.nodes.is_empty() && receipt.anchors.is_empty()) {
        return Err(ChainError::new("ruling", "a journal alone", "other effects"));
    }
    for operation in asked {
        if let Some(other) = operation.counterpart().filter(|other| !policy.deals_with(other)) {
            return Err(ChainError::new("counterpart", "one that the policy names", other));
        }
        may(&receipt.scope, &invocation.caller, operation)
            .map_err(|refusal| ChainError::new("ruling", "what an administrator may ask for", refusal))?;
    }
    if !receipt.outcome.is_ok() {
        return Ok(());
    }
    let wanted = read(&invocation.input).map_err(|e| ChainError::new("ruling", "operations", e))?;
    if wanted != asked {
        return Err(ChainError::new("ruling", format!("{wanted:?}"), format!("{asked:?}")));
    }
    Ok(())
}
