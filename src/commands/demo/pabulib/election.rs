//! An election, as its file describes it. The ballots are not judged: the guest does that.

use std::collections::BTreeMap;

/// An election.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Election {
    /// A short name for people, on one line: unit, subunit and instance, or else the description.
    pub name: String,
    /// One of [`super::opening::VOTE_TYPES`].
    pub vote_type: String,
    /// The money to spend, in whole units of the currency; above zero.
    pub budget: i64,
    /// The META keys of [`super::opening::RULE_KEYS`] that have a value, in file order. Each belongs to the
    /// vote type, and none contradicts another. The values are whole numbers in plain digits, also where the
    /// file writes `10.0` for `10`.
    pub rules: Vec<(String, String)>,
    /// The projects, at least one, in the order of the file. This order decides ties.
    pub projects: Vec<Project>,
    /// The ballots, in the order of the file.
    pub ballots: Vec<Ballot>,
    /// All of META as written, without spaces around the values.
    pub meta: BTreeMap<String, String>,
}

/// A project that asks for money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Project {
    /// Its id, unique in the file. It has only characters that [`super::opening::is_id`] allows.
    pub id: String,
    /// Its cost, in whole units of the currency; above zero.
    pub cost: i64,
    /// Its name on one line, with spaces for line breaks and control characters; empty if the file has none.
    pub name: String,
    /// Whether it was funded, if the file says `1` or `0`. Other numbers are special cases of the publisher,
    /// and count as unknown.
    pub selected: Option<bool>,
}

/// One voter's ballot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ballot {
    /// The voter's id: not empty, and unique in the file.
    pub voter_id: String,
    /// The project ids as written, split at commas; none for an empty field.
    pub vote: Vec<String>,
    /// The points as written, split at commas, if the file has such a column.
    pub points: Option<Vec<String>>,
    /// The line of the file where the ballot begins, from 1.
    pub line: usize,
}
