//! An association's life on the production engine, and everything that a caller can be refused for. The host has
//! no authority for credentials yet and denies them: membership goes on without.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use icn_guests_on_host::Guest;
use icn_sandbox::scratch::TIME_DEFAULT_MS;

const WASM: &[u8] = include_bytes!("../../prebuilt/membership.wasm");
const REFUSALS: &str = include_str!("../../examples/membership/src/refusal.rs");

/// Founded by ann, with a quorum of two and a ban of a second; bob is the second steward, cyd a member.
fn founded(association: &mut Guest) {
    association.anew();
    association.ok("ann", "found", "2;1000\n");
    for who in ["bob", "cyd"] {
        association.ok(who, "request", "");
    }
    assert_eq!(association.ok("ann", "approve", "@bob"), "admitted", "one steward of one");
    association.ok("ann", "grant", "@bob;steward");
    assert_eq!(association.ok("ann", "approve", "@cyd"), "1 of 2");
    assert_eq!(association.ok("bob", "approve", "@cyd\n"), "admitted");
}

/// Who is on the roll, with their roles, by name.
fn roll(association: &mut Guest) -> Vec<String> {
    let roll = association.ok("joe", "roll", "");
    let mut members: Vec<String> = roll
        .lines()
        .map(|line| {
            let [kind, who, since, roles] = line.split(';').collect::<Vec<_>>().try_into().unwrap();
            assert_eq!(kind, "member");
            assert!(since.parse::<u64>().unwrap() >= TIME_DEFAULT_MS, "{line}");
            format!("{who} {roles}")
        })
        .collect();
    members.sort_unstable();
    members
}

#[test]
fn an_association_from_its_founding_to_its_last_steward() {
    let mut association = Guest::new(WASM, REFUSALS);
    admission(&mut association);
    expulsion(&mut association);
    roles(&mut association);
    inputs(&mut association);
    association.is_told(&["STATE_UNREADABLE"]);
}

fn admission(of: &mut Guest) {
    founded(of);
    assert_eq!(roll(of), ["@ann steward", "@bob steward", "@cyd "]);
    let asked = of.run("dan", "request", "I bake bread");
    assert_eq!(asked.host_calls["host_set_value"], 1);
    of.refuses("dan", "request", "", "ALREADY_REQUESTED");
    of.refuses("ann", "request", "", "ALREADY_MEMBER");
    of.refuses("cyd", "approve", "@dan", "NOT_A_STEWARD");
    of.refuses("ann", "approve", "@joe", "NO_SUCH_REQUEST");
    assert_eq!(of.ok("ann", "approve", "@dan"), "1 of 2");
    of.refuses("ann", "refuse", "@dan", "ALREADY_VOTED");
    assert_eq!(of.ok("bob", "refuse", "@dan"), "1 of 2");
    of.ok("ann", "grant", "@cyd;steward");
    assert_eq!(of.ok("cyd", "refuse", "@dan"), "refused");
    of.ok("dan", "request", "again");
    of.ok("dan", "leave", "");
    of.refuses("dan", "leave", "", "NOT_A_MEMBER");
    assert_eq!(roll(of), ["@ann steward", "@bob steward", "@cyd steward"]);
}

fn expulsion(of: &mut Guest) {
    founded(of);
    of.refuses("ann", "expel", "@ann", "ONESELF");
    assert_eq!(of.ok("ann", "expel", "@cyd"), "1 of 2");
    let expelled = of.run("bob", "expel", "@cyd");
    assert_eq!(expelled.text(), "expelled");
    assert!(!expelled.host_calls.contains_key("host_revoke_credential"), "none was issued");
    assert_eq!(roll(of), ["@ann steward", "@bob steward"]);
    of.host.at(TIME_DEFAULT_MS + 999);
    of.refuses("cyd", "request", "", "BANNED");
    of.host.at(TIME_DEFAULT_MS + 1_000);
    of.ok("cyd", "request", "");
    of.ok("ann", "approve", "@cyd");
    let admitted = of.run("bob", "approve", "@cyd");
    assert_eq!(admitted.host_calls["host_issue_credential"], 1, "asked for, and denied");
    assert_eq!(roll(of), ["@ann steward", "@bob steward", "@cyd "]);
}

fn roles(of: &mut Guest) {
    founded(of);
    of.ok("ann", "grant", "@cyd;treasurer");
    of.refuses("bob", "grant", "@cyd;treasurer", "HAS_ROLE");
    of.ok("bob", "revoke", "@cyd;treasurer");
    of.refuses("bob", "revoke", "@cyd;treasurer", "HAS_NOT_ROLE");
    of.refuses("ann", "grant", "@cyd;Baker", "BAD_ROLE");
    of.refuses("ann", "grant", "@dan;baker", "NOT_A_MEMBER");
    for number in 0..16 {
        of.ok("ann", "grant", &format!("@cyd;r{number}"));
    }
    of.refuses("ann", "grant", "@cyd;r16", "TOO_MANY_ROLES");
    of.ok("bob", "leave", "");
    of.refuses("ann", "leave", "", "LAST_STEWARD");
    of.refuses("ann", "revoke", "@ann;steward", "LAST_STEWARD");
}

fn inputs(of: &mut Guest) {
    of.anew();
    for (entry, input) in [
        ("request", ""),
        ("approve", "@ann"),
        ("refuse", "@ann"),
        ("expel", "@ann"),
        ("leave", ""),
        ("grant", "@ann;b"),
        ("revoke", "@ann;b"),
        ("roll", ""),
    ] {
        of.refuses("ann", entry, input, "NOT_FOUNDED");
    }
    for (input, name) in [
        ("2", "MALFORMED_INPUT"),
        ("two;1", "NOT_A_NUMBER"),
        ("0;1", "OUT_OF_RANGE"),
        ("101;1", "OUT_OF_RANGE"),
        ("2;3153600000001", "OUT_OF_RANGE"),
    ] {
        of.refuses("ann", "found", input, name);
    }
    founded(of);
    of.refuses("ann", "found", "2;1", "ALREADY_FOUNDED");
    of.refuses("dan", "request", &"w".repeat(257), "BAD_REQUEST");
    of.refuses_bytes("dan", "request", b"\xff".to_vec(), "NOT_UTF8");
    of.ok("dan", "request", &"w".repeat(256));
    of.refuses("cyd", "leave", "now", "INPUT_NOT_EMPTY");
}
