//! A small election, and how the tests change and read it.

use super::super::election::Election;
use super::super::parse::parse;

/// A small election. The tests name its lines by their numbers.
pub(super) const SMALL: &str = "META\nkey;value\nunit;Town\ninstance;2026\nnum_projects;2\nnum_votes;2\nbudget;100\n\
                     vote_type;cumulative\nrule;greedy\nmax_sum_points;10\nPROJECTS\nproject_id;cost;name\n\
                     1;60;Lamps\n2;50;Trees\nVOTES\nvoter_id;vote;points\n7;1,2;4,6\n8;2;10\n";

pub(super) const MAPLE: &str = include_str!("../../sample/maple-district.pb");
pub(super) const RIVER: &str = include_str!("../../sample/river-city.pb");

/// The small election with a change.
pub(super) fn changed(from: &str, to: &str) -> String {
    assert_eq!(SMALL.matches(from).count(), 1, "{from:?} is there once");
    SMALL.replace(from, to)
}

#[track_caller]
pub(super) fn read(text: &str) -> Election {
    parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
pub(super) fn refused_bytes(bytes: &[u8], line: usize, column: usize, words: &str) {
    let error = parse(bytes).expect_err("the file is malformed");
    assert_eq!((error.line, error.column), (line, column), "{error}");
    assert!(error.message.contains(words), "{words:?} in {error}");
}

/// The small election with a change is refused at a place, in these words among others.
#[track_caller]
pub(super) fn refused(from: &str, to: &str, line: usize, column: usize, words: &str) {
    refused_bytes(changed(from, to).as_bytes(), line, column, words);
}

pub(super) fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

/// The small election with other rules.
pub(super) fn with_rules(vote_type: &str, rules: &str) -> String {
    changed("max_sum_points;10", rules).replace("vote_type;cumulative", &format!("vote_type;{vote_type}"))
}
