//! Elections on the production engine: opened, voted, tallied and paid from the treasury, and everything that a
//! caller can be refused for.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use icn_core::block::Operation;
use icn_guests_on_host::Guest;
use icn_testkit::{TestHost, TrapKind};

const WASM: &[u8] = include_bytes!("../../prebuilt/ballot.wasm");
const REFUSALS: &str = include_str!("../../examples/ballot/src/refusal.rs");

const APPROVAL: &str = "vote_type;approval\nbudget;100\nunit;PLN\nPROJECTS\na;60\nb;50\nc;40\n";
const BOUNDED: &str = "vote_type;approval\nbudget;100\nunit;PLN\nmin_length;2\nmax_length;2\nmin_sum_cost;91\n\
                       max_sum_cost;100\nPROJECTS\na;60\nb;50\nc;40";
const CUMULATIVE: &str =
    "vote_type;cumulative\nbudget;100\nunit;PLN\nmax_sum_points;10\nPROJECTS\na;60\nb;50\nc;40\n";
const SCORING: &str = "vote_type;scoring\nbudget;100\nunit;PLN\nmin_points;-5\nmax_points;5\ndefault_score;1\n\
                       PROJECTS\na;60\nb;50\nc;40\n";

/// Codes of the host, passed on by the guest.
const INVALID_ARGUMENT: i32 = -1;
const EXHAUSTED: i32 = -6;

fn opened(ballot: &mut Guest, election: &str) {
    ballot.anew();
    ballot.ok("adm", "open", election);
}

#[test]
fn elections_from_their_opening_to_what_they_paid() {
    let mut ballot = Guest::new(WASM, REFUSALS);
    tallied(&mut ballot);
    points(&mut ballot);
    ballots_refused(&mut ballot);
    elections_refused(&mut ballot);
    ballot.is_told(&["STATE_UNREADABLE"]);
}

fn tallied(ballot: &mut Guest) {
    ballot.refuses("ann", "vote", "a", "NOT_OPEN");
    ballot.refuses("adm", "tally", "", "NOT_OPEN");
    opened(ballot, APPROVAL);
    ballot.refuses("adm", "open", APPROVAL, "ALREADY_OPENED");
    for (member, vote) in [("ann", "a"), ("bob", "b,a\n"), ("cyd", "c"), ("dan", "c,a,b")] {
        ballot.ok(member, "vote", vote);
    }
    ballot.refuses("ann", "vote", "b", "ALREADY_VOTED");
    ballot.refuses("adm", "tally", "now", "INPUT_NOT_EMPTY");

    // What the treasury does not cover fails the tally whole, and the election goes on.
    ballot.host.issue("PLN", "treasury", 99);
    let root = ballot.host.scratch().root();
    let failed = ballot.host.call("adm", "tally", "").failed(EXHAUSTED);
    assert_eq!(failed.text(), "paying 40 PLN from the treasury to project/c: EXHAUSTED");
    assert_eq!((ballot.host.scratch().root(), failed.receipt.journal.len()), (root, 0));
    assert_eq!(ballot.host.balance("project/a", "PLN"), 0);

    ballot.host.issue("PLN", "treasury", 1);
    let tally = ballot.run("adm", "tally", "");
    assert_eq!(
        tally.text(),
        "vote_type;approval\nbudget;100\nspent;100\nleft;0\nballots;4\n\
         funded;a;60;3;3\nunfunded;b;50;2;2\nfunded;c;40;2;2\n"
    );
    let paid: Vec<(String, u64, &str)> = tally
        .receipt
        .journal
        .iter()
        .map(|operation| match operation {
            Operation::Transfer { to, amount, memo, .. } => (to.to_string(), *amount, &**memo),
            other => panic!("no payment: {other:?}"),
        })
        .collect();
    let expected =
        [("project/a", 60), ("project/c", 40)].map(|(to, cost)| (to.to_owned(), cost, "funded by ballot"));
    assert_eq!(paid, expected);
    for (owner, amount) in [("project/a", 60), ("project/b", 0), ("project/c", 40), ("treasury", 0)] {
        assert_eq!(ballot.host.balance(owner, "PLN"), amount, "{owner}");
    }
    let [anchor] = &tally.receipt.anchors[..] else { panic!("one anchor: {:?}", tally.receipt.anchors) };
    assert_eq!(ballot.host.scratch().node(&anchor.0).unwrap(), tally.receipt.output);
    assert_eq!(anchor.1, "tally");

    ballot.refuses("adm", "tally", "", "ALREADY_TALLIED");
    ballot.refuses("eve", "vote", "a", "CLOSED");
}

fn points(ballot: &mut Guest) {
    opened(ballot, CUMULATIVE);
    for (vote, name) in [
        ("a", "MALFORMED_LINE"),
        ("a,b;1", "POINTS_NOT_AS_PROJECTS"),
        ("a;1,2", "POINTS_NOT_AS_PROJECTS"),
        ("a;01", "NOT_A_NUMBER"),
        ("a;-1", "POINTS_OUTSIDE_RULES"),
        ("a,b;10,1", "POINTS_SUM_OUTSIDE_RULES"),
    ] {
        ballot.refuses("ann", "vote", vote, name);
    }
    ballot.ok("ann", "vote", "a,b;3,7");
    ballot.ok("bob", "vote", "c;0");
    ballot.host.issue("PLN", "treasury", 100);
    let result = ballot.ok("adm", "tally", "");
    assert!(result.ends_with("\nunfunded;a;60;3;1\nfunded;b;50;7;1\nfunded;c;40;0;1\n"), "{result}");

    opened(ballot, SCORING);
    ballot.refuses("ann", "vote", "a;6", "POINTS_OUTSIDE_RULES");
    ballot.ok("ann", "vote", "c,a;-2,5");
    ballot.ok("bob", "vote", "b;-5");
    ballot.host.issue("PLN", "treasury", 100);
    // Who does not name a project gives it one point.
    let result = ballot.ok("adm", "tally", "");
    assert!(result.ends_with("\nfunded;a;60;6;1\nunfunded;b;50;-4;1\nfunded;c;40;-1;1\n"), "{result}");
}

fn ballots_refused(ballot: &mut Guest) {
    opened(ballot, APPROVAL);
    ballot.refuses("ann", "vote", "", "LENGTH_OUTSIDE_RULES");
    ballot.refuses("ann", "vote", "a,b,a", "PROJECT_NAMED_TWICE");
    let said = ballot.refuses("ann", "vote", "77", "UNKNOWN_PROJECT");
    assert_eq!(said, "line 1: project \"77\" is not listed");
    ballot.refuses("ann", "vote", "a\nb\n", "MALFORMED_LINE");
    ballot.refuses_bytes("ann", "vote", b"\xff".to_vec(), "NOT_UTF8");
    opened(ballot, BOUNDED);
    ballot.refuses("ann", "vote", "a,b,c", "LENGTH_OUTSIDE_RULES");
    ballot.refuses("ann", "vote", "b,c", "COST_SUM_OUTSIDE_RULES");
    ballot.ok("ann", "vote", "a,c");
}

fn elections_refused(ballot: &mut Guest) {
    ballot.anew();
    let head = "vote_type;cumulative\nbudget;100\nunit;PLN\n";
    for (rest, name) in [
        ("", "MISSING_KEY"),
        ("PROJECTS", "NO_PROJECTS"),
        ("projects\na;1", "MALFORMED_LINE"),
        ("rule;greedy\nPROJECTS\na;1", "UNKNOWN_KEY"),
        ("unit;EUR\nPROJECTS\na;1", "REPEATED_KEY"),
        ("max_points;1.5\nPROJECTS\na;1", "NOT_A_NUMBER"),
        ("min_points;-1\nPROJECTS\na;1", "OUT_OF_RANGE"),
        ("max_sum_cost;1\nPROJECTS\na;1", "FOREIGN_RULE"),
        ("min_points;4\nmax_points;3\nPROJECTS\na;1", "CONTRADICTING_RULES"),
        ("PROJECTS\na;1\na b;1", "BAD_PROJECT_ID"),
        ("PROJECTS\na;1\nb;1\na;2", "REPEATED_PROJECT"),
        ("PROJECTS\na;9223372036854775807\nb;1", "COSTS_OVERFLOW"),
    ] {
        ballot.refuses("adm", "open", &format!("{head}{rest}"), name);
    }
    ballot.refuses(
        "adm",
        "open",
        "vote_type;ordinal\nbudget;1\nunit;PLN\nPROJECTS\na;1",
        "UNKNOWN_VOTE_TYPE",
    );
    ballot.refuses("adm", "open", "vote_type;approval\nbudget;1\nunit;zł\nPROJECTS\na;1", "BAD_UNIT");
    let mut long = "vote_type;approval\nbudget;1\nunit;PLN\nPROJECTS\n".to_owned();
    for project in 0..4_097 {
        long += &format!("{project};1\n");
    }
    let said = ballot.refuses("adm", "open", &long, "TOO_MANY_PROJECTS");
    assert_eq!(said, "line 4101: there are more than 4096 projects");
}

/// The guest's units are wider than the ledger's: what the ledger does not know fails at the tally.
#[test]
fn a_unit_that_the_ledger_does_not_know_cannot_be_paid() {
    let mut ballot = Guest::new(WASM, REFUSALS);
    opened(&mut ballot, "vote_type;approval\nbudget;1\nunit;hours\nPROJECTS\na;1");
    ballot.ok("ann", "vote", "a");
    let failed = ballot.host.call("adm", "tally", "").failed(INVALID_ARGUMENT);
    assert_eq!(failed.text(), "paying 1 hours from the treasury to project/a: INVALID_ARGUMENT");
}

#[test]
fn only_its_role_opens_an_entry_and_too_little_fuel_leaves_nothing() {
    let mut host = TestHost::new(WASM).unwrap().grant_all().require("tally", "admin").role("admin", "adm");
    host.call("ann", "open", APPROVAL).ok();
    host.call("ann", "tally", "").refused();
    let root = host.scratch().root();
    host.fuel(2_000).call("ann", "vote", "a").trapped(TrapKind::OutOfFuel);
    assert_eq!(host.scratch().root(), root);
}
