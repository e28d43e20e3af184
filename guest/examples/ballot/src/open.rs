//! `open`: reads the description of an election, checks all of it, and stores it.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use icn_guest::text::quote;
use icn_guest::{Failure, state};

use crate::election::{Draft, KEY, PROJECTS_MAX, Project, Rule, VoteType};
use crate::refusal::{
    ALREADY_OPENED, BAD_PROJECT_ID, BAD_UNIT, CONTRADICTING_RULES, COSTS_OVERFLOW, FOREIGN_RULE, MISSING_KEY,
    NO_PROJECTS, OUT_OF_RANGE, REPEATED_KEY, REPEATED_PROJECT, TOO_MANY_PROJECTS, UNKNOWN_KEY,
    UNKNOWN_VOTE_TYPE, at_line,
};
use crate::text::{input, is_name, lines, number, two_fields};

pub(crate) fn open() -> Result<(), Failure> {
    if state::contains(KEY)? {
        return Err(Failure::new(ALREADY_OPENED, "an election was opened here before"));
    }
    let input = input()?;
    state::set(KEY, &parse(&input)?.encode())?;
    Ok(())
}

/// A value with the number of its line.
type Given<'t> = Option<(usize, &'t str)>;

/// The values before `PROJECTS`, as they were written.
#[derive(Default)]
struct Head<'t> {
    vote_type: Given<'t>,
    budget: Given<'t>,
    unit: Given<'t>,
    rules: [Given<'t>; 9],
}

impl<'t> Head<'t> {
    /// The place for the value of a key; `None` for an unknown key.
    fn slot(&mut self, key: &str) -> Option<&mut Given<'t>> {
        match key {
            "vote_type" => Some(&mut self.vote_type),
            "budget" => Some(&mut self.budget),
            "unit" => Some(&mut self.unit),
            _ => Rule::ALL
                .into_iter()
                .find(|rule| rule.name() == key)
                .map(|rule| &mut self.rules[rule as usize]),
        }
    }
}

/// Reads the description of an election.
pub fn parse(input: &str) -> Result<Draft<'_>, Failure> {
    let mut lines = lines(input);
    let (head, end) = read_head(&mut lines)?;
    let vote_type = vote_type(required(head.vote_type, "vote_type", end)?)?;
    let budget = positive(required(head.budget, "budget", end)?, "budget")?;
    let unit = unit(required(head.unit, "unit", end)?)?;
    let rules = rules(&head.rules, vote_type)?;
    let projects = read_projects(lines, end)?;
    if usize::try_from(rules[Rule::MinLength as usize]).is_ok_and(|least| least > projects.len()) {
        let line = head.rules[Rule::MinLength as usize].map_or(end, |(line, _)| line);
        let what = format_args!("min_length is more than the number of projects, {}", projects.len());
        return Err(at_line(line, CONTRADICTING_RULES, what));
    }
    Ok(Draft { vote_type, budget, unit, rules, projects })
}

/// Reads up to `PROJECTS`, and returns that line's number too.
fn read_head<'t>(lines: &mut impl Iterator<Item = (usize, &'t str)>) -> Result<(Head<'t>, usize), Failure> {
    let mut head = Head::default();
    let mut last = 0;
    for (line, text) in lines {
        if text == "PROJECTS" {
            return Ok((head, line));
        }
        let (key, value) = two_fields(line, text, "key;value")?;
        let slot = head
            .slot(key)
            .ok_or_else(|| at_line(line, UNKNOWN_KEY, format_args!("the key {} is not known", quote(key))))?;
        if let Some((before, _)) = slot {
            let what = format_args!("the key {} was given in line {before}", quote(key));
            return Err(at_line(line, REPEATED_KEY, what));
        }
        *slot = Some((line, value));
        last = line;
    }
    Err(at_line(last + 1, MISSING_KEY, format_args!("the section PROJECTS is missing")))
}

fn required<'t>(given: Given<'t>, key: &str, end: usize) -> Result<(usize, &'t str), Failure> {
    given.ok_or_else(|| {
        at_line(end, MISSING_KEY, format_args!("the key {} is missing before PROJECTS", quote(key)))
    })
}

fn vote_type((line, name): (usize, &str)) -> Result<VoteType, Failure> {
    VoteType::from_name(name).ok_or_else(|| {
        let known = "approval, cumulative or scoring";
        at_line(line, UNKNOWN_VOTE_TYPE, format_args!("the vote type {} is not {known}", quote(name)))
    })
}

fn unit((line, name): (usize, &str)) -> Result<&str, Failure> {
    if !is_name(name) {
        let what = format_args!("the unit {} is not 1 to 32 of A-Z a-z 0-9 . _ / -", quote(name));
        return Err(at_line(line, BAD_UNIT, what));
    }
    Ok(name)
}

fn positive((line, text): (usize, &str), what: &str) -> Result<i64, Failure> {
    let value = number(line, text)?;
    if value <= 0 {
        return Err(at_line(line, OUT_OF_RANGE, format_args!("{what} {value} is not above zero")));
    }
    Ok(value)
}

/// The rules with their defaults. Each is within its bounds, and no two contradict each other.
fn rules(given: &[Given<'_>; 9], vote_type: VoteType) -> Result<[i64; 9], Failure> {
    let mut values = [0; 9];
    for rule in Rule::ALL {
        values[rule as usize] = match (given[rule as usize], rule.range(vote_type)) {
            (None, range) => range.map_or(0, |range| range.default),
            (Some((line, _)), None) => {
                let (rule, vote_type) = (quote(rule.name()), quote(vote_type.name()));
                let what = format_args!("the rule {rule} does not belong to the vote type {vote_type}");
                return Err(at_line(line, FOREIGN_RULE, what));
            }
            (Some((line, text)), Some(range)) => {
                let value = number(line, text)?;
                if !(range.lowest..=range.highest).contains(&value) {
                    let (name, lowest, highest) = (rule.name(), range.lowest, range.highest);
                    let what = format_args!("{name} {value} is not within {lowest} and {highest}");
                    return Err(at_line(line, OUT_OF_RANGE, what));
                }
                value
            }
        };
    }
    for (least, most) in Rule::PAIRS {
        let (low, high) = (values[least as usize], values[most as usize]);
        if low > high {
            let line_of = |rule: Rule| given[rule as usize].map_or(0, |(line, _)| line);
            let (least_name, most_name) = (least.name(), most.name());
            let what = format_args!("{least_name} {low} is more than {most_name} {high}");
            return Err(at_line(line_of(least).max(line_of(most)), CONTRADICTING_RULES, what));
        }
    }
    Ok(values)
}

/// Reads the projects, and returns them in the order of their ids. `head` is the line of `PROJECTS`.
fn read_projects<'t>(
    lines: impl Iterator<Item = (usize, &'t str)>,
    head: usize,
) -> Result<Vec<Project<'t>>, Failure> {
    let mut projects = BinaryHeap::new();
    let mut total = 0_i64;
    for (line, text) in lines {
        let (id, cost) = two_fields(line, text, "id;cost")?;
        if !is_name(id) {
            let what = format_args!("the project id {} is not 1 to 32 of A-Z a-z 0-9 . _ / -", quote(id));
            return Err(at_line(line, BAD_PROJECT_ID, what));
        }
        let cost = positive((line, cost), "cost")?;
        total = total.checked_add(cost).ok_or_else(|| {
            at_line(line, COSTS_OVERFLOW, format_args!("the costs together are more than {}", i64::MAX))
        })?;
        let place = match u16::try_from(projects.len()) {
            Ok(place) if projects.len() < PROJECTS_MAX => place,
            _ => {
                let what = format_args!("there are more than {PROJECTS_MAX} projects");
                return Err(at_line(line, TOO_MANY_PROJECTS, what));
            }
        };
        projects.push(Project { id, place, cost });
    }
    if projects.is_empty() {
        return Err(at_line(head, NO_PROJECTS, format_args!("no project is listed")));
    }
    let projects = projects.into_sorted_vec();
    let repeated = projects.windows(2).filter(|pair| pair[0].id == pair[1].id).map(|pair| pair[1]);
    if let Some(again) = repeated.min_by_key(|project| project.place) {
        let line = head + 1 + usize::from(again.place);
        return Err(at_line(
            line,
            REPEATED_PROJECT,
            format_args!("project {} is listed twice", quote(again.id)),
        ));
    }
    Ok(projects)
}
