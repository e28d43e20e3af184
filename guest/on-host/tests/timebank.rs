//! A timebank's life on the production engine: members pay each other, offers are kept and broken, and everything
//! that a caller can be refused for is.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use icn_guests_on_host::Guest;
use icn_sandbox::scratch::TIME_DEFAULT_MS;

const WASM: &[u8] = include_bytes!("../../prebuilt/timebank.wasm");
const REFUSALS: &str = include_str!("../../examples/timebank/src/refusal.rs");
/// No caller can bring these about: they say that the guest itself, or another version of it, was wrong.
const BEYOND_CALLERS: [&str; 2] = ["AUDIT_FAILED", "STATE_UNREADABLE"];

/// A bank with a limit of 60 and the members ann, bob and eve.
fn opened(bank: &mut Guest) {
    bank.anew();
    bank.ok("adm", "open", "MIN;60\n");
    for member in ["ann", "bob", "eve"] {
        bank.ok(member, "join", "");
    }
}

fn later(ms: u64) -> String {
    (TIME_DEFAULT_MS + ms).to_string()
}

#[test]
fn a_timebank_from_its_opening_to_its_audit() {
    let mut bank = Guest::new(WASM, REFUSALS);
    who_may_not(&mut bank);
    payments(&mut bank);
    offers(&mut bank);
    inputs(&mut bank);
    bank.is_told(&BEYOND_CALLERS);
}

fn who_may_not(bank: &mut Guest) {
    for (entry, input) in [
        ("join", ""),
        ("set_limit", "@ann;1"),
        ("pay", "@ann;1;"),
        ("offer", "@ann;1;1;"),
        ("accept", "1"),
        ("cancel", "1"),
        ("statement", ""),
        ("audit", ""),
    ] {
        bank.refuses("ann", entry, input, "NOT_OPEN");
    }
    opened(bank);
    bank.refuses("eve", "open", "MIN;60", "ALREADY_OPEN");
    bank.refuses("ann", "join", "", "ALREADY_MEMBER");
    let said = bank.refuses("ann", "set_limit", "@ann;1000", "NOT_ADMINISTRATOR");
    assert_eq!(said, "only the administrator may, @adm");
    bank.refuses("adm", "set_limit", "@joe;1000", "UNKNOWN_MEMBER");
    bank.refuses("joe", "pay", "@ann;1;", "NOT_A_MEMBER");
    bank.refuses("joe", "statement", "", "NOT_A_MEMBER");
    bank.refuses("ann", "pay", "@joe;1;", "UNKNOWN_MEMBER");
    bank.refuses("ann", "pay", "@ann;1;", "TO_ONESELF");
}

fn payments(bank: &mut Guest) {
    opened(bank);
    bank.ok("ann", "pay", "@bob;45;lessons");
    bank.host.at(TIME_DEFAULT_MS + 1);
    let paid = bank.run("bob", "pay", "@ann;100;garden");
    assert!(paid.receipt.journal.is_empty(), "mutual credit is the guest's own, and no transfer");
    assert_eq!(paid.receipt.time, TIME_DEFAULT_MS + 1);
    assert_eq!(
        bank.ok("ann", "statement", ""),
        format!(
            "unit;MIN\nbalance;55\nlimit;60\nentry;{};100;pay;@bob;garden\nentry;{};-45;pay;@bob;lessons\n",
            later(1),
            later(0)
        )
    );
    bank.refuses("bob", "pay", "@eve;6;", "BEYOND_LIMIT");
    bank.ok("bob", "pay", "@eve;5;");
    bank.refuses("adm", "set_limit", "@bob;59", "LIMIT_BELOW_DEBT");
    bank.ok("adm", "set_limit", "@bob;61");
    bank.ok("bob", "pay", "@eve;1;");
    assert_eq!(bank.ok("joe", "audit", ""), "unit;MIN\nmembers;3\noffers;0\nheld;0\nsum;0\n");

    opened(bank);
    for member in ["ann", "bob"] {
        bank.ok("adm", "set_limit", &format!("@{member};{}", i64::MAX));
    }
    bank.ok("ann", "pay", &format!("@eve;{};", i64::MAX));
    bank.refuses("bob", "pay", "@eve;1;", "OVERFLOW");
    assert!(bank.ok("joe", "audit", "").ends_with("sum;0\n"));
}

fn offers(bank: &mut Guest) {
    opened(bank);
    let job = format!("@bob;50;{};paint the fence", later(1_000));
    assert_eq!(bank.ok("ann", "offer", &job), "1");
    assert_eq!(bank.ok("joe", "audit", ""), "unit;MIN\nmembers;3\noffers;1\nheld;50\nsum;0\n");
    bank.refuses("ann", "pay", "@eve;11;", "BEYOND_LIMIT");
    bank.refuses("bob", "accept", "1", "NOT_YOURS");
    bank.refuses("eve", "cancel", "1", "NOT_YOURS");
    bank.ok("ann", "accept", "1\n");
    bank.refuses("ann", "accept", "1", "UNKNOWN_OFFER");
    assert_eq!(
        bank.ok("bob", "statement", ""),
        format!("unit;MIN\nbalance;50\nlimit;60\nentry;{};50;accept;@ann;paint the fence\n", later(0))
    );
    let job = format!("@bob;5;{};", later(1_000));
    assert_eq!((bank.ok("ann", "offer", &job), bank.ok("ann", "offer", &job)), ("2".into(), "3".into()));
    bank.ok("bob", "cancel", "2");
    bank.host.at(TIME_DEFAULT_MS + 999);
    bank.refuses("ann", "cancel", "3", "BEFORE_DEADLINE");
    bank.host.at(TIME_DEFAULT_MS + 1_000);
    bank.ok("ann", "cancel", "3");
    bank.refuses("ann", "offer", &job, "DEADLINE_PASSED");
    assert!(bank.ok("ann", "statement", "").starts_with("unit;MIN\nbalance;-50\n"));
}

fn inputs(bank: &mut Guest) {
    opened(bank);
    for (input, name) in [
        ("", "MALFORMED_INPUT"),
        ("@bob;1;two\nlines", "MALFORMED_INPUT"),
        ("@bob;01;", "NOT_A_NUMBER"),
        ("@bob;9223372036854775808;", "NOT_A_NUMBER"),
        ("@bob;0;", "OUT_OF_RANGE"),
        ("@bob;1;a\tb", "BAD_MEMO"),
        ("did:key:bob;1;", "UNKNOWN_MEMBER"),
    ] {
        bank.refuses("ann", "pay", input, name);
    }
    bank.refuses_bytes("ann", "pay", b"\xff".to_vec(), "NOT_UTF8");
    bank.refuses("joe", "audit", "\n", "INPUT_NOT_EMPTY");
    bank.anew();
    bank.refuses("adm", "open", "min;1", "BAD_UNIT");
    bank.ok("adm", "open", "M1NUTESMINUT;0");
}
