//! What an auditor who listens is told of the ledger: each decision that refuses and each that changes something, with
//! who, what, how much and why.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::io::Write;
use std::sync::{Arc, Mutex};

use common::union::Town;
use common::{block_on, chip, key, open, scratch};
use icn_runtime::{
    Amount, Invocation, Outcome, Owner, RefusalCode, Request, ScopeSpec, Unit, invocation_id, now_ms,
};

/// Keeps what is written.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Kept {
    /// The lines that were written since it was asked last.
    fn lines(&self) -> Vec<String> {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }
}

/// Whether one of the lines has all of these words.
fn told(lines: &[String], words: &[&str]) {
    let found = lines.iter().any(|line| words.iter().all(|word| line.contains(word)));
    assert!(found, "no line with {words:?} in {lines:#?}");
}

#[test]
fn each_decision_is_told_with_who_what_how_much_and_why() {
    let kept = Kept::default();
    let (writer, filter) = (kept.clone(), tracing_subscriber::EnvFilter::new("icn::audit=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || writer.clone()).init();
    let dir = scratch();
    let host = open(dir.path());
    let east = Town::open(&host, "east", &["north", "west"]);
    let north = Town::open(&host, "north", &["east"]);
    let west = Town::open(&host, "west", &[]);
    let lines = kept.lines();
    told(
        &lines,
        &["posted, 1000000, issuance in CHIP", "for treasury in CHIP", "by the runtime", ": policy"],
    );

    let member = key("east member").did().to_string();
    assert!(!east.pay(&host, &[north.scope], 5).unwrap().outcome.is_ok(), "the north trusts nobody");
    let from = format!("{member} in CHIP of {}", east.scope);
    let to = format!("for shop in CHIP of {}", north.scope);
    told(&kept.lines(), &["send refused, insufficient, 5,", &from, &to, &format!("by {member}")]);
    assert!(!east.pay(&host, &[west.scope], 6).unwrap().outcome.is_ok(), "the west does not consent");
    told(&kept.lines(), &["send refused, no_consent, 6,", &from, &format!("by {member}")]);

    north.trust(&host, east.scope, 100);
    let paid = east.pay(&host, &[north.scope], 5).unwrap();
    assert_eq!(paid.outcome, Outcome::Ok);
    // The ledger is told of all of it before it is asked.
    assert_eq!(north.shop(&host), 5);
    let (lines, why) = (kept.lines(), format!(": invocation {}", paid.invocation));
    told(&lines, &["posted, 5,", &from, "for owed:", &format!("by {member}"), &why]);
    told(&lines, &["posted, 5, claim:", &to, &format!("by {member}"), &why]);

    // A treasury that has no fuel.
    let spec = ScopeSpec::new("poor").admin(key("chair").did()).resource(Unit::fuel(), Amount(10));
    block_on(host.open_scope(key("poor"), spec)).unwrap();
    let (caller, ledger) = (key("chair"), icn_runtime::ruling::module().id());
    let (scope, id, expires) = (key("poor").did(), invocation_id(&["poor"]), now_ms() + 3_600_000);
    let input = icn_runtime::ruling::input(&[]);
    let invocation = Invocation::new(host.origin(), scope, ledger, "apply", input, id, caller.did(), expires)
        .with_fuel(1_000);
    let refused = block_on(host.submit(Request::sign(&invocation, &caller)).unwrap()).unwrap_err();
    assert_eq!(refused.code, RefusalCode::Exhausted, "{refused}");
    let treasury = format!("treasury in fuel of {scope}");
    told(&kept.lines(), &["draw refused, insufficient, 1000,", &treasury, &format!("by {}", caller.did())]);
    assert_eq!(block_on(host.account(scope, Owner::Treasury, chip())).unwrap().balance(), 0);
    host.close().unwrap();
}
