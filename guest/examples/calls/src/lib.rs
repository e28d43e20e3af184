//! The guest `calls`: a probe. It calls every function of the SDK once, so that the types of all imports are
//! compared with the host's, and answers a line for each: its name and `ok`, or the name of the host's refusal.
//!
//! | entry | input | what it does |
//! | --- | --- | --- |
//! | `all` | nothing | calls everything but `abort`, in the order of the ABI |
//! | `abort` | a message | aborts with it |
//! | `panic` | nothing | panics |

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;
use icn_guest::escrow::{self, HoldId};
use icn_guest::resource::{self, Kind, Source};
use icn_guest::{Failure, HostError, Level, credential, dag, state};

icn_guest::guest! {
    entries: [all, abort, panic],
    capabilities: [
        "state", "dag", "transfer", "treasury", "usage", "mint", "cross", "issue:member", "revoke:member",
    ],
}

/// The unit of every amount here.
const UNIT: &str = "PROBE";

/// What was answered so far.
struct Report(String);

impl Report {
    fn add<T>(&mut self, name: &str, answer: Result<T, HostError>) -> Option<T> {
        let said = answer.as_ref().err().map_or("ok", |error| error.name());
        // Writing to a `String` cannot fail.
        let _ = writeln!(self.0, "{name};{said}");
        answer.ok()
    }
}

/// Entry: calls everything.
pub fn all() -> Result<(), Failure> {
    let mut report = Report(String::new());
    let caller = icn_guest::caller()?;
    let now = icn_guest::time_ms();
    context(&mut report);
    money(&mut report, &caller);
    held(&mut report, &caller, now);
    kept(&mut report);
    trust(&mut report, &caller, now);
    icn_guest::set_output(report.0.as_bytes())?;
    Ok(())
}

fn context(report: &mut Report) {
    report.add("get_input", icn_guest::input());
    report.add("get_scope_did", icn_guest::scope());
    report.add("get_random", icn_guest::random(&mut [0; 32]));
    report.add("log", icn_guest::log(Level::Info, "probe"));
    report.add("check_resource_authorization", resource::is_authorized(Kind::NetworkBytes, 1));
    report.add("record_resource_usage", resource::record_usage(Kind::NetworkBytes, 1));
    report.add("get_resource_remaining", resource::remaining(Kind::Compute));
}

fn money(report: &mut Report, caller: &str) {
    report.add("mint", resource::mint(UNIT, 100, caller));
    report.add("get_balance", resource::balance(caller, UNIT));
    report.add("transfer", resource::transfer(Source::Caller, "treasury", UNIT, 10, "probe"));
    report.add("burn", resource::burn(UNIT, 5, Source::Treasury));
    report.add("transfer_cross", resource::transfer_cross(caller, caller, UNIT, 1, "probe"));
}

fn held(report: &mut Report, caller: &str, now: i64) {
    let deadline = now.saturating_add(60_000);
    let hold = || escrow::hold(Source::Caller, "treasury", UNIT, 10, deadline);
    // An id of nothing, where there is no hold: the call is made all the same.
    let first = report.add("hold", hold()).unwrap_or(HoldId::from_bytes([0; HoldId::BYTES]));
    report.add("settle_hold", escrow::settle(&first, 4));
    let second = hold().unwrap_or(first);
    report.add("void_hold", escrow::void(&second));
    report.add("get_balance", resource::balance(caller, UNIT));
}

fn kept(report: &mut Report) {
    report.add("set_value", state::set(b"probe", b"1"));
    report.add("get_value", state::get(b"probe"));
    report.add("scan_keys", state::keys(b"pro").next_key().map(|key| key.map(Vec::from)));
    report.add("delete_value", state::delete(b"probe"));
    let node = report.add("store_node", dag::store(b"probe", &[])).unwrap_or(dag::Cid::from_bytes([0; 36]));
    report.add("get_node", dag::payload(&node));
    report.add("contains_node", dag::contains(&node));
    report.add("anchor_to_dag", dag::anchor(&node, "probe"));
}

fn trust(report: &mut Report, caller: &str, now: i64) {
    let until = now.saturating_add(60_000);
    let id = report.add("issue_credential", credential::issue(caller, "member", "{\"probe\":true}", until));
    let id = id.unwrap_or_else(|| "urn:probe".into());
    report.add("credential_status", credential::status(&id));
    report.add("revoke_credential", credential::revoke(&id, "probe"));
    report.add("verify_credential", credential::verify("{}"));
    report.add("verify_signature", icn_guest::verify_signature(caller, b"probe", &[0; 64]));
}

/// Entry: aborts with the input as its message.
pub fn abort() -> Result<(), Failure> {
    icn_guest::abort(&icn_guest::input_text()?)
}

/// Entry: panics.
#[allow(clippy::panic, reason = "what becomes of a panic is what is probed")]
pub fn panic() -> Result<(), Failure> {
    panic!("probed by {}", icn_guest::caller()?)
}
