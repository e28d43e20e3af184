//! The guest's three entries against the SDK's fake host: what they do, and everything that they refuse.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use ballot::refusal::*;
use ballot::{open, tally, vote};
use icn_guest::fake;

const APPROVAL: &str = "vote_type;approval\nbudget;100\nunit;PLN\nPROJECTS\na;60\nb;50\nc;40\n";
const CUMULATIVE: &str =
    "vote_type;cumulative\nbudget;100\nunit;PLN\nmax_sum_points;10\nPROJECTS\na;60\nb;50\nc;40\n";
const SCORING: &str = "vote_type;scoring\nbudget;100\nunit;PLN\nmin_points;-5\nmax_points;5\ndefault_score;1\n\
                       PROJECTS\na;60\nb;50\nc;40\n";

fn opened(election: &str) {
    fake::reset();
    fake::call("did:key:admin", election.as_bytes(), open).unwrap();
}

fn cast(member: &str, ballot: &str) -> (i32, String) {
    match fake::call(&format!("did:key:{member}"), ballot.as_bytes(), vote) {
        Ok(_) => (0, String::new()),
        Err(failure) => (failure.code(), failure.message().to_owned()),
    }
}

fn counted() -> String {
    fake::set_balance(fake::TREASURY, "PLN", 1_000_000);
    String::from_utf8(fake::call("did:key:admin", b"", tally).unwrap()).unwrap()
}

/// What `open` answers to a description, with nothing opened before.
fn refused(election: &str) -> (i32, String) {
    fake::reset();
    let failure = fake::call("did:key:admin", election.as_bytes(), open).unwrap_err();
    assert_eq!(fake::value_count(), 0, "a refused election leaves nothing");
    (failure.code(), failure.message().to_owned())
}

#[test]
fn approval_counts_ballots_and_funds_greedily() {
    opened(APPROVAL);
    for (member, ballot) in [("1", "a"), ("2", "b,a\n"), ("3", "c"), ("4", "c,a,b")] {
        assert_eq!(cast(member, ballot).0, 0);
    }
    let result = counted();
    assert_eq!(
        result,
        "vote_type;approval\nbudget;100\nspent;100\nleft;0\nballots;4\n\
         funded;a;60;3;3\nunfunded;b;50;2;2\nfunded;c;40;2;2\n"
    );
    assert_eq!(fake::anchors(), [(result.into_bytes(), "tally".to_owned())]);
    assert_eq!(fake::balance("project/a", "PLN"), 60);
    assert_eq!(fake::balance("project/b", "PLN"), 0);
    assert_eq!(fake::balance("project/c", "PLN"), 40);
    assert_eq!(fake::balance(fake::TREASURY, "PLN"), 1_000_000 - 100);
    assert!(
        fake::transfers().iter().all(|transfer| transfer.from == fake::TREASURY && !transfer.memo.is_empty())
    );
}

#[test]
fn cumulative_adds_points_and_a_named_project_may_get_none() {
    opened(CUMULATIVE);
    assert_eq!(cast("1", "a,b;3,7").0, 0);
    assert_eq!(cast("2", "c;0").0, 0);
    let result = counted();
    assert!(result.ends_with("\nunfunded;a;60;3;1\nfunded;b;50;7;1\nfunded;c;40;0;1\n"), "{result}");
}

#[test]
fn scoring_gives_the_default_to_who_is_not_named() {
    opened(SCORING);
    assert_eq!(cast("1", "a;-5").0, 0);
    assert_eq!(cast("2", "b;5").0, 0);
    let result = counted();
    assert!(result.ends_with("unfunded;a;60;-4;1\nfunded;b;50;6;1\nunfunded;c;40;2;0\n"), "{result}");
}

#[test]
fn who_is_named_by_no_ballot_is_not_funded() {
    opened(APPROVAL);
    assert_eq!(
        counted(),
        "vote_type;approval\nbudget;100\nspent;0\nleft;100\nballots;0\n\
         unfunded;a;60;0;0\nunfunded;b;50;0;0\nunfunded;c;40;0;0\n"
    );
}

#[test]
fn each_step_is_taken_once_and_in_order() {
    fake::reset();
    assert_eq!(cast("1", "a").0, NOT_OPEN);
    assert_eq!(fake::call("did:key:admin", b"", tally).unwrap_err().code(), NOT_OPEN);
    opened(APPROVAL);
    assert_eq!(fake::call("did:key:x", APPROVAL.as_bytes(), open).unwrap_err().code(), ALREADY_OPENED);
    assert_eq!(cast("1", "a").0, 0);
    assert_eq!(cast("1", "b").0, ALREADY_VOTED);
    assert_eq!(fake::call("did:key:admin", b"\n", tally).unwrap_err().code(), INPUT_NOT_EMPTY);
    counted();
    assert_eq!(cast("2", "a").0, CLOSED);
    assert_eq!(fake::call("did:key:admin", b"", tally).unwrap_err().code(), ALREADY_TALLIED);
    assert_eq!(fake::call("did:key:x", APPROVAL.as_bytes(), open).unwrap_err().code(), ALREADY_OPENED);
}

#[test]
fn a_treasury_that_does_not_cover_it_fails_the_tally_whole() {
    opened(APPROVAL);
    assert_eq!(cast("1", "a,c").0, 0);
    fake::set_balance(fake::TREASURY, "PLN", 99);
    let failure = fake::call("did:key:admin", b"", tally).unwrap_err();
    assert_eq!(failure.code(), icn_guest::HostError::Exhausted.code());
    assert_eq!(failure.message(), "paying 40 PLN from the treasury to project/c: EXHAUSTED");
    assert_eq!((fake::transfers().len(), fake::anchors().len()), (0, 0));
    assert_eq!(fake::balance(fake::TREASURY, "PLN"), 99);
    assert_eq!(cast("2", "b").0, 0, "it is still open");
}

#[test]
fn a_ballot_is_refused_by_name() {
    let plain = |ballot, code, message: &str| {
        opened(APPROVAL);
        assert_eq!(cast("1", ballot), (code, message.to_owned()), "{ballot:?}");
        assert_eq!(fake::value_count(), 1, "a refused ballot leaves nothing");
    };
    plain("77", UNKNOWN_PROJECT, "line 1: project \"77\" is not listed");
    plain("a,,b", UNKNOWN_PROJECT, "line 1: project \"\" is not listed");
    plain("a, b", UNKNOWN_PROJECT, "line 1: project \" b\" is not listed");
    plain("aa", UNKNOWN_PROJECT, "line 1: project \"aa\" is not listed");
    plain("a\0", UNKNOWN_PROJECT, "line 1: project \"a\\u{0}\" is not listed");
    plain("a\r\n", UNKNOWN_PROJECT, "line 1: project \"a\\u{d}\" is not listed");
    plain("a,b,a", PROJECT_NAMED_TWICE, "line 1: project \"a\" is named twice");
    plain("", LENGTH_OUTSIDE_RULES, "line 1: the number of projects, 0, is below min_length 1");
    plain("a;1", MALFORMED_LINE, "line 1: \"a;1\" is not of the form id,id");
    plain("a\nb\n", MALFORMED_LINE, "line 2: a ballot is one line");
    plain("a\n\n", MALFORMED_LINE, "line 2: a ballot is one line");
    opened(APPROVAL);
    assert_eq!(fake::call("did:key:x", b"\xff", vote).unwrap_err().code(), NOT_UTF8);
}

#[test]
fn points_are_refused_by_name() {
    let plain = |election, ballot, code, message: &str| {
        opened(election);
        assert_eq!(cast("1", ballot), (code, message.to_owned()), "{ballot:?}");
    };
    plain(CUMULATIVE, "a", MALFORMED_LINE, "line 1: \"a\" is not of the form id,id;points,points");
    plain(CUMULATIVE, "a;1;2", MALFORMED_LINE, "line 1: \"a;1;2\" is not of the form id,id;points,points");
    plain(CUMULATIVE, "a,b;1", POINTS_NOT_AS_PROJECTS, "line 1: 2 projects are named and 1 points given");
    plain(CUMULATIVE, "a;1,2", POINTS_NOT_AS_PROJECTS, "line 1: 1 projects are named and 2 points given");
    plain(CUMULATIVE, "a;", POINTS_NOT_AS_PROJECTS, "line 1: 1 projects are named and 0 points given");
    plain(CUMULATIVE, "a;+1", NOT_A_NUMBER, "line 1: \"+1\" is not a plainly written whole number");
    plain(CUMULATIVE, "a;01", NOT_A_NUMBER, "line 1: \"01\" is not a plainly written whole number");
    plain(CUMULATIVE, "a,b;1, 2", NOT_A_NUMBER, "line 1: \" 2\" is not a plainly written whole number");
    let below = "line 1: the points of a project, -1, is below min_points 0";
    plain(CUMULATIVE, "a;-1", POINTS_OUTSIDE_RULES, below);
    let above = "line 1: the points of a project, 2147483648, is above max_points 2147483647";
    plain(CUMULATIVE, "a;2147483648", POINTS_OUTSIDE_RULES, above);
    let sum = "line 1: the sum of points, 11, is above max_sum_points 10";
    plain(CUMULATIVE, "a,b;10,1", POINTS_SUM_OUTSIDE_RULES, sum);
    let most = "line 1: the points of a project, 6, is above max_points 5";
    plain(SCORING, "a;6", POINTS_OUTSIDE_RULES, most);
    let least = "line 1: the points of a project, -6, is below min_points -5";
    plain(SCORING, "a;-6", POINTS_OUTSIDE_RULES, least);
}

#[test]
fn the_rules_of_length_and_cost_hold() {
    let election = "vote_type;approval\nbudget;100\nunit;PLN\nmin_length;2\nmax_length;2\nmin_sum_cost;91\n\
                    max_sum_cost;100\nPROJECTS\na;60\nb;50\nc;40";
    opened(election);
    assert_eq!(cast("1", "a").0, LENGTH_OUTSIDE_RULES);
    assert_eq!(cast("1", "a,b,c").0, LENGTH_OUTSIDE_RULES);
    assert_eq!(
        cast("1", "b,c"),
        (COST_SUM_OUTSIDE_RULES, "line 1: the sum of costs, 90, is below min_sum_cost 91".into())
    );
    assert_eq!(
        cast("1", "a,b"),
        (COST_SUM_OUTSIDE_RULES, "line 1: the sum of costs, 110, is above max_sum_cost 100".into())
    );
    assert_eq!(cast("1", "a,c").0, 0);
}

#[test]
fn an_empty_ballot_counts_where_the_rules_allow_one() {
    opened("vote_type;scoring\nbudget;9\nunit;PLN\nmin_length;0\ndefault_score;2\nPROJECTS\na;1");
    assert_eq!(cast("1", ";").0, 0);
    assert_eq!(cast("1", ";").0, ALREADY_VOTED);
    assert_eq!(cast("2", "a;-1").0, 0);
    assert!(counted().ends_with("ballots;2\nfunded;a;1;1;1\n"));
}

#[test]
fn an_election_is_refused_by_name_and_line() {
    let head = "vote_type;cumulative\nbudget;100\nunit;PLN\n";
    let line4 = |rest: &str, code, message: &str| {
        assert_eq!(refused(&format!("{head}{rest}")), (code, message.to_owned()), "{rest:?}");
    };
    line4("", MISSING_KEY, "line 4: the section PROJECTS is missing");
    line4("PROJECTS\n", NO_PROJECTS, "line 4: no project is listed");
    line4("PROJECTS", NO_PROJECTS, "line 4: no project is listed");
    line4("projects\na;1", MALFORMED_LINE, "line 4: \"projects\" is not of the form key;value");
    line4("\nPROJECTS\na;1", MALFORMED_LINE, "line 4: \"\" is not of the form key;value");
    line4("rule;greedy\nPROJECTS\na;1", UNKNOWN_KEY, "line 4: the key \"rule\" is not known");
    line4("unit;EUR\nPROJECTS\na;1", REPEATED_KEY, "line 4: the key \"unit\" was given in line 3");
    line4(
        "max_points;1;2\nPROJECTS\na;1",
        MALFORMED_LINE,
        "line 4: \"max_points;1;2\" is not of the form key;value",
    );
    line4(
        "max_points;1.5\nPROJECTS\na;1",
        NOT_A_NUMBER,
        "line 4: \"1.5\" is not a plainly written whole number",
    );
    line4(
        "min_points;-1\nPROJECTS\na;1",
        OUT_OF_RANGE,
        "line 4: min_points -1 is not within 0 and 2147483647",
    );
    let foreign = "the rule \"max_sum_cost\" does not belong to the vote type \"cumulative\"";
    line4("max_sum_cost;1\nPROJECTS\na;1", FOREIGN_RULE, &format!("line 4: {foreign}"));
    let against = "line 5: min_points 4 is more than max_points 3";
    line4("min_points;4\nmax_points;3\nPROJECTS\na;1", CONTRADICTING_RULES, against);
    let too_few = "line 4: min_length is more than the number of projects, 1";
    line4("min_length;2\nPROJECTS\na;1", CONTRADICTING_RULES, too_few);
    line4(
        "PROJECTS\na;1\na b;1",
        BAD_PROJECT_ID,
        "line 6: the project id \"a b\" is not 1 to 32 of A-Z a-z 0-9 . _ / -",
    );
    line4("PROJECTS\na;1\nb;1\na;2", REPEATED_PROJECT, "line 7: project \"a\" is listed twice");
    line4("PROJECTS\na;0", OUT_OF_RANGE, "line 5: cost 0 is not above zero");
    line4("PROJECTS\na;1;2", MALFORMED_LINE, "line 5: \"a;1;2\" is not of the form id;cost");
    line4("PROJECTS\na;1\n\n", MALFORMED_LINE, "line 6: \"\" is not of the form id;cost");
    let overflow = "line 6: the costs together are more than 9223372036854775807";
    line4("PROJECTS\na;9223372036854775807\nb;1", COSTS_OVERFLOW, overflow);

    for name in ["ordinal", "choose-1", "Approval", ""] {
        let (code, message) = refused(&format!("vote_type;{name}\nbudget;1\nunit;PLN\nPROJECTS\na;1"));
        assert_eq!(code, UNKNOWN_VOTE_TYPE);
        assert_eq!(
            message,
            format!("line 1: the vote type \"{name}\" is not approval, cumulative or scoring")
        );
    }
    let missing = "line 3: the key \"budget\" is missing before PROJECTS";
    assert_eq!(refused("vote_type;approval\nunit;PLN\nPROJECTS\na;1"), (MISSING_KEY, missing.to_owned()));
    assert_eq!(refused("vote_type;approval\nbudget;0\nunit;PLN\nPROJECTS\na;1").0, OUT_OF_RANGE);
    assert_eq!(refused("vote_type;approval\nbudget;1\nunit;zł\nPROJECTS\na;1").0, BAD_UNIT);
    assert_eq!(
        refused("vote_type;approval\nbudget;1\nunit;PLN\ndefault_score;1\nPROJECTS\na;1").0,
        FOREIGN_RULE
    );
    fake::reset();
    assert_eq!(fake::call("did:key:x", b"\xff", open).unwrap_err().code(), NOT_UTF8);
}

#[test]
fn there_are_at_most_4096_projects_and_the_last_can_be_voted_for() {
    let mut election = "vote_type;approval\nbudget;1\nunit;PLN\nPROJECTS\n".to_owned();
    for project in 0..4096 {
        election += &format!("{project}/{}x;1\n", "y".repeat(project % 25));
    }
    let (code, message) = refused(&format!("{election}one-more;1\n"));
    assert_eq!((code, &*message), (TOO_MANY_PROJECTS, "line 4101: there are more than 4096 projects"));
    opened(&election);
    for project in 0..4096 {
        let id = format!("{project}/{}x", "y".repeat(project % 25));
        assert_eq!(cast(&format!("{project}"), &id), (0, String::new()));
        assert_eq!(cast("nobody", &id[..id.len() - 1]).0, UNKNOWN_PROJECT);
    }
    let result = counted();
    assert!(result.lines().skip(5).all(|line| line.ends_with(";1;1;1")));
    assert_eq!(result.matches("\nfunded;").count(), 1);
}

#[test]
fn a_ballot_is_kept_in_few_bytes() {
    opened(SCORING);
    assert_eq!(cast("1", "c,a;-2,5").0, 0);
    assert_eq!(fake::value(b"b/did:key:1").unwrap(), [2, 0, 0xfe, 0xff, 0xff, 0xff, 0, 0, 5, 0, 0, 0]);
    assert_eq!(fake::value(b"election").unwrap().len(), 120 + 3 * 11);
}

#[test]
fn the_manifest_says_what_the_module_is() {
    assert_eq!(
        ballot::MANIFEST,
        "{\"abi\":1,\"name\":\"ballot\",\"version\":\"1.0.0\",\"entries\":[\"open\",\"vote\",\"tally\"],\
         \"capabilities\":[\"state\",\"dag\",\"transfer\",\"treasury\"]}"
    );
}

#[test]
fn no_two_refusals_share_a_number() {
    let source = include_str!("../src/refusal.rs");
    let codes: Vec<&str> = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub const ")?.split_once("= "))
        .map(|(_, code)| code)
        .collect();
    let different: std::collections::BTreeSet<&str> = codes.iter().copied().collect();
    assert!(codes.len() >= 30);
    assert_eq!(codes.len(), different.len());
}
