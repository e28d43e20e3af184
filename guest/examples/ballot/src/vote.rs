//! `vote`: checks one ballot against the rules, and stores it under its member's DID.
//!
//! A ballot is stored under the key `b/` and the DID. For each project that it names, the value has its place in
//! the list (2 bytes) and, if the vote type has points, the points (4 bytes, signed), little endian. An empty
//! ballot, if the rules allow one, is an empty value.

use alloc::vec;
use alloc::vec::Vec;
use icn_guest::text::quote;
use icn_guest::{Failure, state};

use crate::election::{Election, KEY, PROJECTS_MAX, Rule};
use crate::refusal::{
    ALREADY_VOTED, CLOSED, COST_SUM_OUTSIDE_RULES, LENGTH_OUTSIDE_RULES, MALFORMED_LINE, NOT_OPEN,
    POINTS_NOT_AS_PROJECTS, POINTS_OUTSIDE_RULES, POINTS_SUM_OUTSIDE_RULES, PROJECT_NAMED_TWICE,
    UNKNOWN_PROJECT, at_line, unreadable,
};
use crate::text::{input, items, number, two_fields};

/// The beginning of the keys of ballots.
pub const BALLOT_PREFIX: &[u8] = b"b/";
/// The bytes of a project's place in a ballot.
pub const PLACE_BYTES: usize = 2;
/// The bytes of a project's points in a ballot.
pub const POINTS_BYTES: usize = 4;

/// The first read has room for an election of a hundred projects; a larger one needs a second call.
const ELECTION_BYTES_EXPECTED: usize = 8 * 1024;
/// A ballot is one line.
const LINE: usize = 1;

pub(crate) fn vote() -> Result<(), Failure> {
    let mut scratch = vec![0; ELECTION_BYTES_EXPECTED];
    let kept = state::get_in(KEY, &mut scratch)?
        .ok_or_else(|| Failure::new(NOT_OPEN, "no election was opened here"))?;
    let election = Election::read(kept)?;
    if election.is_closed() {
        return Err(Failure::new(CLOSED, "the election is closed"));
    }
    let key = [BALLOT_PREFIX, icn_guest::caller()?.as_bytes()].concat();
    if state::contains(&key)? {
        return Err(Failure::new(ALREADY_VOTED, "you have voted in this election"));
    }
    let input = input()?;
    state::set(&key, &parse(&election, &input)?)?;
    Ok(())
}

/// Reads a ballot and returns it as it is stored.
pub fn parse(election: &Election<'_>, input: &str) -> Result<Vec<u8>, Failure> {
    let line = input.strip_suffix('\n').unwrap_or(input);
    if line.contains('\n') {
        return Err(at_line(LINE + 1, MALFORMED_LINE, format_args!("a ballot is one line")));
    }
    if election.vote_type().has_points() {
        with_points(election, line)
    } else {
        without_points(election, line)
    }
}

fn without_points(election: &Election<'_>, line: &str) -> Result<Vec<u8>, Failure> {
    if line.contains(';') {
        let what = format_args!("{} is not of the form id,id", quote(line));
        return Err(at_line(LINE, MALFORMED_LINE, what));
    }
    let mut named = Named::default();
    let mut ballot = Vec::new();
    // Cannot overflow: no project counts twice, and all costs together were checked when it was opened.
    let mut cost_sum = 0;
    for id in items(line) {
        let (place, cost) = named.find(election, id)?;
        cost_sum += cost;
        ballot.extend(place.to_le_bytes());
    }
    within(
        election,
        (Rule::MinLength, Rule::MaxLength),
        named.length,
        LENGTH_OUTSIDE_RULES,
        "the number of projects",
    )?;
    within(
        election,
        (Rule::MinSumCost, Rule::MaxSumCost),
        cost_sum,
        COST_SUM_OUTSIDE_RULES,
        "the sum of costs",
    )?;
    Ok(ballot)
}

fn with_points(election: &Election<'_>, line: &str) -> Result<Vec<u8>, Failure> {
    let (ids, points) = two_fields(LINE, line, "id,id;points,points")?;
    let mut named = Named::default();
    let mut ballot = Vec::new();
    let mut all_points = items(points);
    // Cannot overflow: at most 4096 numbers of 32 bits.
    let mut points_sum = 0;
    for id in items(ids) {
        let (place, _) = named.find(election, id)?;
        let points = number(LINE, all_points.next().ok_or_else(|| not_as_many(ids, points))?)?;
        let rules = (Rule::MinPoints, Rule::MaxPoints);
        within(election, rules, points, POINTS_OUTSIDE_RULES, "the points of a project")?;
        // The rules have 32 bits, so points within them have too.
        let kept = i32::try_from(points).map_err(|_| unreadable("election"))?;
        points_sum += points;
        ballot.extend(place.to_le_bytes());
        ballot.extend(kept.to_le_bytes());
    }
    if all_points.next().is_some() {
        return Err(not_as_many(ids, points));
    }
    within(
        election,
        (Rule::MinLength, Rule::MaxLength),
        named.length,
        LENGTH_OUTSIDE_RULES,
        "the number of projects",
    )?;
    if Rule::MinSumPoints.range(election.vote_type()).is_some() {
        let rules = (Rule::MinSumPoints, Rule::MaxSumPoints);
        within(election, rules, points_sum, POINTS_SUM_OUTSIDE_RULES, "the sum of points")?;
    }
    Ok(ballot)
}

/// The projects that a ballot has named so far: a bit for each place.
struct Named {
    places: [u64; PROJECTS_MAX / 64],
    length: i64,
}

impl Default for Named {
    fn default() -> Named {
        Named { places: [0; PROJECTS_MAX / 64], length: 0 }
    }
}

impl Named {
    /// Finds a project that the ballot did not name before, and returns its place in the list and its cost.
    fn find(&mut self, election: &Election<'_>, id: &str) -> Result<(u16, i64), Failure> {
        let Some((place, cost)) = election.find(id) else {
            let what = format_args!("project {} is not listed", quote(id));
            return Err(at_line(LINE, UNKNOWN_PROJECT, what));
        };
        let (word, bit) = (usize::from(place / 64), 1 << (place % 64));
        if self.places[word] & bit != 0 {
            let what = format_args!("project {} is named twice", quote(id));
            return Err(at_line(LINE, PROJECT_NAMED_TWICE, what));
        }
        self.places[word] |= bit;
        self.length += 1;
        Ok((place, cost))
    }
}

/// Checks a number against the two rules that bound it.
fn within(
    election: &Election<'_>,
    (least, most): (Rule, Rule),
    value: i64,
    code: i32,
    what: &str,
) -> Result<(), Failure> {
    let (low, high) = (election.rule(least), election.rule(most));
    if value < low {
        return Err(at_line(LINE, code, format_args!("{what}, {value}, is below {} {low}", least.name())));
    }
    if value > high {
        return Err(at_line(LINE, code, format_args!("{what}, {value}, is above {} {high}", most.name())));
    }
    Ok(())
}

#[cold]
fn not_as_many(ids: &str, points: &str) -> Failure {
    let (ids, points) = (items(ids).count(), items(points).count());
    at_line(LINE, POINTS_NOT_AS_PROJECTS, format_args!("{ids} projects are named and {points} points given"))
}
