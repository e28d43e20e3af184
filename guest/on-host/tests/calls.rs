//! The probe on the production engine: it reaches every function of the host, each answers what the contract says,
//! and an abort and a panic arrive with message, file and line.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::collections::BTreeSet;

use icn_core::block::GrantLimits;
use icn_core::rules::GRANT_DEFAULT;
use icn_guests_on_host::Guest;
use icn_sandbox::FUNCTIONS;
use icn_testkit::{TestHost, TrapKind};

const WASM: &[u8] = include_bytes!("../../prebuilt/calls.wasm");
const SOURCE: &str = include_str!("../../examples/calls/src/lib.rs");

#[test]
fn every_function_of_the_host_is_reached() {
    let mut guest = Guest::new(WASM, "");
    let all = guest.run("ann", "all", "");
    let aborted = guest.host.call("ann", "abort", "enough").trapped(TrapKind::Aborted);
    let reached: BTreeSet<&str> = all.host_calls.keys().chain(aborted.host_calls.keys()).copied().collect();
    let functions: BTreeSet<&str> = FUNCTIONS.iter().map(|function| function.0).collect();
    assert_eq!(reached, functions);
    assert_eq!(functions.len(), 32);
}

#[test]
fn each_function_answers_what_the_contract_says() {
    let mut guest = Guest::new(WASM, "");
    // Of which a scope gives nothing unless its policy says so.
    guest.host.scratch().set_grant(GrantLimits { network: 1, ..GRANT_DEFAULT }).unwrap();
    let all = guest.run("ann", "all", "");
    let told = all.text();
    let refused: Vec<&str> = told.lines().filter(|line| !line.ends_with(";ok")).collect();
    // No authority issues credentials yet, and no transfer leaves the scope.
    assert_eq!(
        refused,
        [
            "transfer_cross;DENIED",
            "issue_credential;DENIED",
            "credential_status;NOT_FOUND",
            "revoke_credential;DENIED",
            "verify_credential;DENIED",
        ]
    );
    assert_eq!(told.lines().count(), 29);
    // Minted 100, paid 10, settled 4 of a hold of 10, whose rest came back; another hold of 10 was voided.
    let ann = guest.host.member("ann");
    assert_eq!(guest.host.balance(ann, "PROBE"), 100 - 10 - 4);
    assert_eq!(guest.host.balance("treasury", "PROBE"), 10 - 5 + 4);
    assert_eq!(all.receipt.anchors.len(), 1);
    assert_eq!(all.nodes.len(), 1);
    assert_eq!(guest.host.value("probe"), None, "set and deleted");
    assert_eq!(all.receipt.usage.network, 1);
    assert_eq!(all.log.len(), 1);
}

#[test]
fn what_is_not_granted_is_denied() {
    let mut host = TestHost::new(WASM).unwrap();
    let told = host.call("ann", "all", "").ok().text();
    let went_well: Vec<&str> = told.lines().filter_map(|line| line.strip_suffix(";ok")).collect();
    assert_eq!(
        went_well,
        [
            "get_input",
            "get_scope_did",
            "get_random",
            "log",
            "check_resource_authorization",
            "get_resource_remaining",
            "verify_signature",
        ],
        "{told}"
    );
}

#[test]
fn an_abort_has_its_message_and_a_panic_its_place() {
    let mut guest = Guest::new(WASM, "");
    let run = guest.host.call("ann", "abort", "enough is enough").trapped(TrapKind::Aborted);
    assert!(run.trap().unwrap().detail.ends_with("enough is enough"), "{run:?}");
    assert!(run.receipt.journal.is_empty() && run.receipt.output.is_empty());
    assert_eq!(run.receipt.fuel, run.fuel_limit, "a trap consumes the whole grant");

    let ann = guest.did("ann");
    let run = guest.host.call("ann", "panic", "").trapped(TrapKind::Aborted);
    let line = 1 + SOURCE.lines().position(|line| line.contains("panic!(\"probed by")).unwrap();
    assert_eq!(run.trap().unwrap().detail, format!("examples/calls/src/lib.rs:{line}: probed by {ann}"));
}
