//! The effects of a run: everything that its receipt says has happened.

use std::fmt;

use icn_core::block::{Anchor, Operation, Write};
use icn_core::name::hex;
use icn_sandbox::scratch::Run;
use serde::Serialize;

use crate::commands::common::text::{bytes, line, number};

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Effect {
    /// Key and value in hexadecimal.
    Set {
        key: String,
        value: String,
    },
    Delete {
        key: String,
    },
    Send {
        from: String,
        /// The scope that receives.
        scope: String,
        to: String,
        unit: String,
        amount: u64,
        memo: String,
    },
    Transfer {
        from: String,
        to: String,
        unit: String,
        amount: u64,
        memo: String,
    },
    Hold {
        id: String,
        from: String,
        to: String,
        unit: String,
        amount: u64,
        /// In milliseconds since the Unix epoch.
        deadline: u64,
    },
    Settle {
        id: String,
        amount: u64,
    },
    Void {
        id: String,
    },
    Expire {
        id: String,
    },
    /// The name of what an administrator ruled.
    Rule {
        ruling: &'static str,
    },
    Node {
        id: String,
        bytes: usize,
    },
    Anchor {
        id: String,
        topic: String,
    },
}

/// The effects, in this order: values, operations of the ledger, nodes, anchors.
pub(super) fn effects(run: &Run) -> Vec<Effect> {
    let receipt = &run.receipt;
    let writes = receipt.writes.iter().map(|Write(key, value)| match value {
        Some(value) => Effect::Set { key: hex(key), value: hex(value) },
        None => Effect::Delete { key: hex(key) },
    });
    let moves = receipt.journal.iter().map(moved);
    let nodes =
        run.nodes.iter().map(|block| Effect::Node { id: block.id().to_string(), bytes: block.bytes().len() });
    let anchors = receipt
        .anchors
        .iter()
        .map(|Anchor(id, topic)| Effect::Anchor { id: id.to_string(), topic: topic.clone() });
    writes.chain(moves).chain(nodes).chain(anchors).collect()
}

/// The effect of an operation of the ledger.
fn moved(operation: &Operation) -> Effect {
    match operation {
        Operation::Transfer { from, to, unit, amount, memo } => Effect::Transfer {
            from: from.to_string(),
            to: to.to_string(),
            unit: unit.to_string(),
            amount: *amount,
            memo: memo.clone(),
        },
        Operation::Send { from, scope, to, unit, amount, memo } => Effect::Send {
            from: from.to_string(),
            scope: scope.to_string(),
            to: to.to_string(),
            unit: unit.to_string(),
            amount: *amount,
            memo: memo.clone(),
        },
        // Only legs have this operation, and a receipt is no leg.
        Operation::Receive { .. } => Effect::Rule { ruling: operation.name() },
        Operation::Hold { id, from, to, unit, amount, deadline, .. } => Effect::Hold {
            id: id.to_string(),
            from: from.to_string(),
            to: to.to_string(),
            unit: unit.to_string(),
            amount: *amount,
            deadline: *deadline,
        },
        Operation::Settle { id, amount } => Effect::Settle { id: id.to_string(), amount: *amount },
        Operation::Void { id } => Effect::Void { id: id.to_string() },
        Operation::Expire { id } => Effect::Expire { id: id.to_string() },
        Operation::Rule(command) => Effect::Rule { ruling: command.name() },
    }
}

/// Bytes that are hexadecimal in the JSON document, as a person reads them.
fn shown(hex: &str) -> String {
    data_encoding::HEXLOWER.decode(hex.as_bytes()).map_or_else(|_| hex.to_owned(), |decoded| bytes(&decoded))
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set { key, value } => write!(f, "set       {} = {}", shown(key), shown(value)),
            Self::Delete { key } => write!(f, "delete    {}", shown(key)),
            Self::Send { from, scope, to, unit, amount, memo } => {
                write!(f, "send      {} {unit} from {from} to {to} of {scope}", number(amount))?;
                show_memo(f, memo)
            }
            Self::Transfer { from, to, unit, amount, memo } => {
                write!(f, "transfer  {} {unit} from {from} to {to}", number(amount))?;
                show_memo(f, memo)
            }
            Self::Hold { id, from, to, unit, amount, deadline } => {
                let amount = number(amount);
                write!(f, "hold      {id}: {amount} {unit} from {from} for {to} until {deadline} ms")
            }
            Self::Settle { id, amount } => write!(f, "settle    {id} with {}", number(amount)),
            Self::Void { id } => write!(f, "void      {id}"),
            Self::Expire { id } => write!(f, "expire    {id}"),
            Self::Rule { ruling } => write!(f, "rule      {ruling}"),
            Self::Node { id, bytes } => write!(f, "node      {id} ({bytes} bytes)"),
            Self::Anchor { id, topic } => write!(f, "anchor    {id} as \"{}\"", line(topic)),
        }
    }
}

fn show_memo(f: &mut fmt::Formatter<'_>, memo: &str) -> fmt::Result {
    if memo.is_empty() { Ok(()) } else { write!(f, ": \"{}\"", line(memo)) }
}
