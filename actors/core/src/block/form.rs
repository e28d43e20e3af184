//! Rules of a receipt's entry that can be checked without the log before it: the bounds that the sandbox enforces,
//! and that each block is of its kind. They are checked together with the signatures, so every level of an audit
//! checks them.

use crate::block::broken::{ChainError, Flaw};
use crate::block::engine::Engine;
use crate::block::entry::Entry;
use crate::block::invocation::Invocation;
use crate::block::journal::Operation;
use crate::block::node::Node;
use crate::block::outcome::Outcome;
use crate::block::receipt::{Anchor, Receipt, Write};
use crate::block::ruling;
use crate::encode::Block;
use crate::limits;
use crate::name::{BlockId, Codec};

/// Checks the receipt of this envelope, and those of its nodes and its engine that the entry has. The fold checks
/// that the others came before.
///
/// Format: docs/formats.md, "Bounds".
///
/// # Errors
/// The first block that breaks a rule, and that rule.
pub(crate) fn check(
    envelope: BlockId,
    invocation: &Invocation,
    receipt: &Receipt,
    entry: &Entry,
) -> Result<(), Flaw> {
    check_receipt(invocation, receipt).map_err(|error| (envelope, error))?;
    if let Some(engine) = entry.block(&receipt.engine) {
        check_engine(engine).map_err(|error| (engine.id(), error))?;
    }
    for node in receipt.nodes.iter().filter_map(|id| entry.block(id)) {
        check_node(node).map_err(|error| (node.id(), error))?;
    }
    Ok(())
}

/// Checks that a block with a dag-cbor name is dag-cbor. Modules and rolls are the only raw blocks.
///
/// # Errors
/// The rule `codec`.
pub(crate) fn is_dag_cbor(id: &BlockId) -> Result<(), ChainError> {
    if id.codec() == Codec::DagCbor {
        return Ok(());
    }
    Err(ChainError::new("codec", "a CID of dag-cbor", format!("{id}, of raw bytes")))
}

/// Checks that a module is not larger than the limit.
///
/// Format: docs/formats.md, "Raw blocks".
///
/// # Errors
/// The rule `bounds`.
pub(crate) fn check_module(module: &Block) -> Result<(), ChainError> {
    at_most("bytes of a module", limits::MODULE_BYTES_MAX, module.bytes().len())
}

fn check_receipt(invocation: &Invocation, receipt: &Receipt) -> Result<(), ChainError> {
    if receipt.outcome == Outcome::Failed(0) {
        return Err(ChainError::new("outcome", "another number than 0 of a run that failed", 0));
    }
    at_most("bytes of output", limits::OUTPUT_BYTES_MAX, receipt.output.len())?;
    at_most("writes", limits::WRITES_MAX, receipt.writes.len())?;
    let mut bytes = 0;
    for Write(key, value) in &receipt.writes {
        let value = value.as_ref().map_or(0, |value| value.len());
        if key.is_empty() {
            return Err(ChainError::new("bounds", "a key of 1 byte or more", "an empty one"));
        }
        at_most("bytes of a key", limits::KEY_BYTES_MAX, key.len())?;
        at_most("bytes of a value", limits::VALUE_BYTES_MAX, value)?;
        bytes += key.len() + value;
    }
    at_most("bytes of keys and values", limits::WRITE_SET_BYTES_MAX, bytes)?;
    at_most("nodes", limits::NODES_MAX, receipt.nodes.len())?;
    at_most("anchors", limits::ANCHORS_MAX, receipt.anchors.len())?;
    for Anchor(_, topic) in &receipt.anchors {
        at_most("bytes of a topic", limits::TOPIC_BYTES_MAX, topic.len())?;
    }
    at_most("other scopes", limits::CROSSING_SCOPES_MAX, receipt.with.len())?;
    if ruling::is_of_ledger(&invocation.module) {
        // A ruling's operations are the invocation's input, which has a bound of its own.
        return Ok(());
    }
    let asked = receipt.asked();
    at_most("operations", limits::TRANSFERS_MAX, asked.len())?;
    for operation in asked {
        if let Operation::Transfer { memo, .. } | Operation::Send { memo, .. } = operation {
            at_most("bytes of a memo", limits::MEMO_BYTES_MAX, memo.len())?;
        }
    }
    Ok(())
}

fn check_engine(block: &Block) -> Result<(), ChainError> {
    is_dag_cbor(&block.id())?;
    let read = Engine::from_bytes(block.bytes());
    read.map(drop).map_err(|error| ChainError::new("engine", "an engine's description", error))
}

fn check_node(block: &Block) -> Result<(), ChainError> {
    is_dag_cbor(&block.id())?;
    let node =
        Node::from_bytes(block.bytes()).map_err(|error| ChainError::new("node", "a node's block", error))?;
    at_most("parents of a node", limits::NODE_PARENTS_MAX, node.parents.len())?;
    at_most("bytes of a node's payload", limits::NODE_BYTES_MAX, node.payload.len())
}

fn at_most(what: &str, max: usize, found: usize) -> Result<(), ChainError> {
    if found <= max {
        return Ok(());
    }
    Err(ChainError::new("bounds", format!("at most {max} {what}"), found))
}
