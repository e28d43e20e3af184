//! What `icn run` prints: one report, as text or as JSON.

use std::collections::BTreeMap;
use std::fmt;

use icn_core::block::{Anchor, Operation, Outcome, Receipt, Write};
use icn_core::name::{BlockId, Did, hex};
use icn_core::rules::Refusal;
use icn_sandbox::scratch::Run;
use icn_sandbox::{CODES, Rejected};
use serde::Serialize;

use crate::commands::common::text::{bytes, line, number, printable};

/// What was called.
pub(super) struct Called {
    pub(super) module: BlockId,
    pub(super) entry: String,
    pub(super) caller: Did,
    pub(super) scope: Did,
    pub(super) fuel_limit: u64,
    /// Capabilities that the module asks for and was not granted.
    pub(super) not_granted: Vec<String>,
}

/// The report: its fields are those of the JSON document.
#[derive(Serialize)]
pub(super) struct Report {
    /// `ok`, `trap` or `refused`.
    outcome: &'static str,
    /// The trap's kind.
    trap: Option<&'static str>,
    /// The number that the entry returned, where it returned.
    code: Option<i32>,
    /// Who refused: `guest`, `host` or `validator`.
    refused_by: Option<&'static str>,
    /// The trap's detail, or the refusal's words.
    reason: Option<String>,
    fuel_used: u64,
    fuel_limit: u64,
    /// In hex.
    output: String,
    effects: Vec<Effect>,
    host_calls: BTreeMap<&'static str, u64>,
    log: Vec<Line>,
    /// Fuel by function, most first; its sum is `fuel_used`.
    fuel_by_function: Option<Vec<Burned>>,
    /// The guest's functions after a trap, from the innermost out.
    backtrace: Option<Vec<String>>,
    receipt: Option<Signed>,
    module: String,
    entry: String,
    caller: String,
    /// Capabilities that the module asks for and was not granted.
    not_granted: Vec<String>,
    #[serde(skip)]
    output_bytes: Vec<u8>,
}

#[derive(Serialize)]
struct Line {
    level: &'static str,
    text: String,
}

#[derive(Serialize)]
struct Burned {
    function: Option<u32>,
    name: String,
    fuel: u64,
}

/// What the scope signed, beside what stands above.
#[derive(Serialize)]
struct Signed {
    /// The CID of its envelope.
    id: String,
    scope: String,
    seq: u64,
    /// Milliseconds since the Unix epoch.
    time: u64,
    /// The CID of the engine's description.
    engine: String,
    /// Pages of memory at their peak; bytes sent; bytes kept more than before.
    memory_pages: u64,
    network_bytes: u64,
    storage_bytes: i64,
    /// SHA-256 of the log text.
    logged: Option<String>,
    /// The root of the scope's state.
    root: String,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Effect {
    /// Key and value in hex.
    Set {
        key: String,
        value: String,
    },
    Delete {
        key: String,
    },
    Send {
        from: String,
        /// The other scope.
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

impl Report {
    fn new(called: &Called, outcome: &'static str) -> Self {
        Self {
            outcome,
            trap: None,
            code: None,
            refused_by: None,
            reason: None,
            fuel_used: 0,
            fuel_limit: called.fuel_limit,
            output: String::new(),
            effects: Vec::new(),
            host_calls: BTreeMap::new(),
            log: Vec::new(),
            fuel_by_function: None,
            backtrace: None,
            receipt: None,
            module: called.module.to_string(),
            entry: called.entry.clone(),
            caller: called.caller.to_string(),
            not_granted: called.not_granted.clone(),
            output_bytes: Vec::new(),
        }
    }

    /// The module is none that a host would take.
    pub(super) fn of_refused_module(called: &Called, rejected: &Rejected) -> Self {
        let (refused_by, reason) = (Some("validator"), Some(rejected.to_string()));
        Self { refused_by, reason, ..Self::new(called, "refused") }
    }

    /// The call is none that a host would run.
    pub(super) fn of_refused_call(called: &Called, refusal: &Refusal) -> Self {
        let (refused_by, reason) = (Some("host"), Some(refusal.to_string()));
        Self { refused_by, reason, ..Self::new(called, "refused") }
    }

    /// It ran.
    pub(super) fn of_run(called: &Called, run: &Run) -> Self {
        let receipt = &run.receipt;
        let (outcome, refused_by, reason) = match &receipt.outcome {
            Outcome::Ok => ("ok", None, None),
            Outcome::Failed(code) => ("refused", Some("guest"), Some(returned(*code))),
            Outcome::Trapped(trap) => {
                ("trap", None, Some(trap.detail.clone()).filter(|text| !text.is_empty()))
            }
        };
        let log = run.log.iter().map(|of| Line { level: of.level_name(), text: of.text.clone() });
        let profiled = run.profiled.as_ref();
        Self {
            trap: run.trap().map(|trap| trap.kind.as_str()),
            code: run.code(),
            refused_by,
            reason,
            fuel_used: receipt.fuel,
            output: hex(&receipt.output),
            effects: effects(run),
            host_calls: run.host_calls.clone(),
            log: log.collect(),
            fuel_by_function: profiled.map(|profiled| {
                let burned = profiled.fuel.iter();
                burned
                    .map(|of| Burned { function: of.function, name: of.name.clone(), fuel: of.fuel })
                    .collect()
            }),
            backtrace: profiled.filter(|_| outcome == "trap").map(|profiled| profiled.backtrace.clone()),
            receipt: Some(signed(run, called.scope)),
            output_bytes: receipt.output.clone(),
            ..Self::new(called, outcome)
        }
    }

    pub(super) fn is_ok(&self) -> bool {
        self.outcome == "ok"
    }
}

/// A guest's own number; one that is the host ABI's is named, for guests pass those on.
fn returned(code: i32) -> String {
    match CODES.iter().find(|known| known.code == code) {
        Some(known) => format!("it returned {code}, which is {} in the host ABI", known.name),
        None => format!("it returned {code}"),
    }
}

fn signed(run: &Run, scope: Did) -> Signed {
    let Receipt { seq, time, engine, usage, logged, root, .. } = &run.receipt;
    Signed {
        id: run.receipt_id.to_string(),
        scope: scope.to_string(),
        seq: *seq,
        time: *time,
        engine: engine.to_string(),
        memory_pages: usage.memory,
        network_bytes: usage.network,
        storage_bytes: usage.storage,
        logged: logged.map(|digest| digest.to_hex()),
        root: root.to_hex(),
    }
}

/// Everything that the receipt says has happened: values, what moved, nodes, anchors.
fn effects(run: &Run) -> Vec<Effect> {
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
        // Of a leg alone, and this is a receipt.
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

/// Bytes that are hex in the JSON document, as a person reads them.
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
                if memo.is_empty() { Ok(()) } else { write!(f, ": \"{}\"", line(memo)) }
            }
            Self::Transfer { from, to, unit, amount, memo } => {
                write!(f, "transfer  {} {unit} from {from} to {to}", number(amount))?;
                if memo.is_empty() { Ok(()) } else { write!(f, ": \"{}\"", line(memo)) }
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

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show_outcome(f)?;
        match printable(&self.output_bytes) {
            _ if self.output_bytes.is_empty() => {}
            Some(text) => {
                writeln!(f, "output, {} bytes", number(self.output_bytes.len()))?;
                for line in text.lines() {
                    writeln!(f, "  {line}")?;
                }
            }
            None => writeln!(f, "output, {} bytes in hex\n  {}", self.output_bytes.len(), self.output)?,
        }
        section(f, "effects", self.effects.iter())?;
        section(f, "log", self.log.iter().map(|of| format!("{:<5}  {}", of.level, line(&of.text))))?;
        if let Some(backtrace) = &self.backtrace {
            section(f, "backtrace, innermost first", backtrace.iter().map(|name| line(name)))?;
        }
        self.show_fuel(f)?;
        let calls = self.host_calls.iter().map(|(name, count)| format!("{:>14}  {name}", number(count)));
        section(f, "calls of the host", calls)?;
        if let Some(receipt) = &self.receipt {
            writeln!(f, "receipt   {}", receipt.id)?;
            writeln!(f, "  time    {} ms", receipt.time)?;
            writeln!(f, "  caller  {}", self.caller)?;
            writeln!(f, "  scope   {}", receipt.scope)?;
            writeln!(f, "  memory  {} pages", number(receipt.memory_pages))?;
            writeln!(f, "  kept    {} bytes", number(receipt.storage_bytes))?;
            writeln!(f, "  root    {}", receipt.root)?;
        }
        if self.outcome != "ok" && self.receipt.is_some() && !self.not_granted.is_empty() {
            writeln!(
                f,
                "note: the module asks for {}, which it was not granted; see --grant",
                line(&self.not_granted.join(", "))
            )?;
        }
        Ok(())
    }
}

impl Report {
    fn show_outcome(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.reason.as_deref().map(line);
        match (self.trap, self.refused_by, reason) {
            (Some(kind), _, Some(reason)) => writeln!(f, "TRAP {kind}: {reason}"),
            (Some(kind), ..) => writeln!(f, "TRAP {kind}"),
            (_, Some(by), Some(reason)) => writeln!(f, "REFUSED by the {by}: {reason}"),
            _ => writeln!(f, "ok"),
        }
    }

    fn show_fuel(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "fuel      {} of {}", number(self.fuel_used), number(self.fuel_limit))?;
        for Burned { name, fuel, .. } in self.fuel_by_function.iter().flatten() {
            writeln!(f, "{:>16}  {}", number(fuel), line(name))?;
        }
        Ok(())
    }
}

/// A heading and its lines; nothing when there are none.
fn section(
    f: &mut fmt::Formatter<'_>,
    heading: &str,
    lines: impl Iterator<Item = impl fmt::Display>,
) -> fmt::Result {
    let mut lines = lines.peekable();
    if lines.peek().is_some() {
        writeln!(f, "{heading}")?;
    }
    lines.try_for_each(|line| writeln!(f, "  {line}"))
}
