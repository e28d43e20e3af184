//! The report of `icn run`. Its fields are those of the JSON document.

use std::collections::BTreeMap;

use icn_core::block::{Outcome, Receipt};
use icn_core::name::{BlockId, Did, hex};
use icn_core::rules::Refusal;
use icn_sandbox::scratch::Run;
use icn_sandbox::{CODES, Rejected};
use serde::Serialize;

use super::effect::{Effect, effects};

/// The call, as it was asked for.
pub(super) struct Called {
    pub(super) module: BlockId,
    pub(super) entry: String,
    pub(super) caller: Did,
    pub(super) scope: Did,
    pub(super) fuel_limit: u64,
    /// Capabilities that the module asks for and that were not granted.
    pub(super) not_granted: Vec<String>,
}

/// The result of a call.
#[derive(Serialize)]
pub(super) struct Report {
    /// `ok`, `trap` or `refused`.
    pub(super) outcome: &'static str,
    /// The trap's kind.
    pub(super) trap: Option<&'static str>,
    /// The number that the entry returned, where it returned.
    pub(super) code: Option<i32>,
    /// The one that refused: `guest`, `host` or `validator`.
    pub(super) refused_by: Option<&'static str>,
    /// The detail of the trap, or the message of the refusal.
    pub(super) reason: Option<String>,
    pub(super) fuel_used: u64,
    pub(super) fuel_limit: u64,
    /// In hexadecimal.
    pub(super) output: String,
    pub(super) effects: Vec<Effect>,
    pub(super) host_calls: BTreeMap<&'static str, u64>,
    pub(super) log: Vec<Line>,
    /// Fuel by function, the largest amount first. The sum is `fuel_used`.
    pub(super) fuel_by_function: Option<Vec<Burned>>,
    /// The guest's functions at a trap, the innermost first.
    pub(super) backtrace: Option<Vec<String>>,
    pub(super) receipt: Option<Signed>,
    pub(super) module: String,
    pub(super) entry: String,
    pub(super) caller: String,
    /// Capabilities that the module asks for and that were not granted.
    pub(super) not_granted: Vec<String>,
    #[serde(skip)]
    pub(super) output_bytes: Vec<u8>,
}

#[derive(Serialize)]
pub(super) struct Line {
    pub(super) level: &'static str,
    pub(super) text: String,
}

#[derive(Serialize)]
pub(super) struct Burned {
    pub(super) function: Option<u32>,
    pub(super) name: String,
    pub(super) fuel: u64,
}

/// The receipt that the scope signed, without what other fields have already.
#[derive(Serialize)]
pub(super) struct Signed {
    /// The CID of its envelope.
    pub(super) id: String,
    pub(super) scope: String,
    pub(super) seq: u64,
    /// Milliseconds since the Unix epoch.
    pub(super) time: u64,
    /// The CID of the engine's description.
    pub(super) engine: String,
    /// The most pages of memory that were in use.
    pub(super) memory_pages: u64,
    /// Bytes sent.
    pub(super) network_bytes: u64,
    /// How many more bytes the scope keeps than before.
    pub(super) storage_bytes: i64,
    /// SHA-256 of the log text.
    pub(super) logged: Option<String>,
    /// The root of the scope's state.
    pub(super) root: String,
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

    /// No host would accept the module.
    pub(super) fn of_refused_module(called: &Called, rejected: &Rejected) -> Self {
        let (refused_by, reason) = (Some("validator"), Some(rejected.to_string()));
        Self { refused_by, reason, ..Self::new(called, "refused") }
    }

    /// No host would run the call.
    pub(super) fn of_refused_call(called: &Called, refusal: &Refusal) -> Self {
        let (refused_by, reason) = (Some("host"), Some(refusal.to_string()));
        Self { refused_by, reason, ..Self::new(called, "refused") }
    }

    /// The call ran.
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

/// The number that an entry returned. If the host ABI has a code with this number, it is named, because
/// guests often return the code of a call.
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
