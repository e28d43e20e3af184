//! The stored election: one value, binary, of fixed width, little endian, read without decoding it first.
//!
//! | offset | bytes | meaning |
//! | --- | --- | --- |
//! | 0 | 1 | version of this form, 1 |
//! | 1 | 1 | 1 open, 2 closed |
//! | 2 | 1 | vote type: 0 approval, 1 cumulative, 2 scoring |
//! | 3 | 1 | `w`, the length of the longest project id |
//! | 4 | 2 | number of projects |
//! | 6 | 1 | length of the unit |
//! | 7 | 1 | 0 |
//! | 8 | 8 | budget |
//! | 16 | 72 | the nine rules, in the order of [`Rule`]; 0 where the vote type has no such rule |
//! | 88 | 32 | the unit, padded with zeros |
//! | 120 | (w + 10) each | the projects, in the order of their ids' bytes: id, padded with zeros to `w`; 2 bytes: its place in the list, from 0; 8 bytes: its cost |
//!
//! A vote reads it with one call and finds each project by binary search. Only the needed parts are decoded.

use alloc::vec::Vec;
use icn_guest::Failure;

use crate::refusal::unreadable;

/// The key of the election.
pub const KEY: &[u8] = b"election";
/// The longest that the name of a project or a unit may be.
pub const NAME_BYTES_MAX: usize = 32;
/// How many projects an election may have.
pub const PROJECTS_MAX: usize = 4096;

const VERSION: u8 = 1;
const OPEN: u8 = 1;
const CLOSED: u8 = 2;
const STATUS_AT: usize = 1;
const BUDGET_AT: usize = 8;
const RULES_AT: usize = 16;
const UNIT_AT: usize = RULES_AT + 8 * Rule::ALL.len();
const PROJECTS_AT: usize = UNIT_AT + NAME_BYTES_MAX;
const PLACE_BYTES: usize = 2;
const COST_BYTES: usize = 8;

// The offsets of the table above.
const _: () = assert!(PROJECTS_AT == 120 && PROJECTS_MAX <= u16::MAX as usize);

/// How members vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum VoteType {
    /// A ballot names projects; a project's score is how many ballots name it.
    Approval = 0,
    /// A ballot distributes points, none below zero; a project's score is the sum of its points.
    Cumulative = 1,
    /// A ballot gives points, also below zero; a project that it does not name gets `default_score`.
    Scoring = 2,
}

impl VoteType {
    const ALL: [VoteType; 3] = [VoteType::Approval, VoteType::Cumulative, VoteType::Scoring];

    /// Its name in Pabulib's files.
    pub const fn name(self) -> &'static str {
        match self {
            VoteType::Approval => "approval",
            VoteType::Cumulative => "cumulative",
            VoteType::Scoring => "scoring",
        }
    }

    /// The vote type of a name, unless this guest cannot count it.
    pub fn from_name(name: &str) -> Option<VoteType> {
        VoteType::ALL.into_iter().find(|vote_type| vote_type.name() == name)
    }

    /// Whether its ballots have points.
    pub const fn has_points(self) -> bool {
        !matches!(self, VoteType::Approval)
    }
}

/// A rule of the ballot, with Pabulib's name and meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Rule {
    /// How many projects a ballot must name; 1 unless given.
    MinLength = 0,
    /// How many projects a ballot may name; all unless given.
    MaxLength = 1,
    /// Approval: what the named projects must cost together; 0 unless given.
    MinSumCost = 2,
    /// Approval: what the named projects may cost together; no bound unless given.
    MaxSumCost = 3,
    /// Points that a named project must get; cumulative: 0 unless given; scoring: no bound unless given.
    MinPoints = 4,
    /// Points that a project may get; no bound unless given.
    MaxPoints = 5,
    /// Cumulative: points that a ballot must give; 0 unless given.
    MinSumPoints = 6,
    /// Cumulative: points that a ballot may give; no bound unless given.
    MaxSumPoints = 7,
    /// Scoring: what a ballot gives to a project that it does not name; 0 unless given.
    DefaultScore = 8,
}

/// What a rule may be in elections of one vote type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The lowest that may be given.
    pub lowest: i64,
    /// The highest that may be given.
    pub highest: i64,
    /// The value when none is given.
    pub default: i64,
}

impl Rule {
    /// All of them, as they are stored.
    pub const ALL: [Rule; 9] = [
        Rule::MinLength,
        Rule::MaxLength,
        Rule::MinSumCost,
        Rule::MaxSumCost,
        Rule::MinPoints,
        Rule::MaxPoints,
        Rule::MinSumPoints,
        Rule::MaxSumPoints,
        Rule::DefaultScore,
    ];

    /// The pairs that bound the same thing from below and above.
    pub const PAIRS: [(Rule, Rule); 4] = [
        (Rule::MinLength, Rule::MaxLength),
        (Rule::MinSumCost, Rule::MaxSumCost),
        (Rule::MinPoints, Rule::MaxPoints),
        (Rule::MinSumPoints, Rule::MaxSumPoints),
    ];

    /// Its key in Pabulib's files.
    pub const fn name(self) -> &'static str {
        match self {
            Rule::MinLength => "min_length",
            Rule::MaxLength => "max_length",
            Rule::MinSumCost => "min_sum_cost",
            Rule::MaxSumCost => "max_sum_cost",
            Rule::MinPoints => "min_points",
            Rule::MaxPoints => "max_points",
            Rule::MinSumPoints => "min_sum_points",
            Rule::MaxSumPoints => "max_sum_points",
            Rule::DefaultScore => "default_score",
        }
    }

    /// The values that it may have under a vote type; `None` when it does not belong to it.
    ///
    /// Points of one project fit into 32 bits, so that no number of ballots makes a sum of 64 bits overflow.
    /// Otherwise one member could make an election impossible to count.
    pub const fn range(self, vote_type: VoteType) -> Option<Range> {
        use VoteType::{Approval, Cumulative, Scoring};
        const POINTS_MIN: i64 = i32::MIN as i64;
        const POINTS_MAX: i64 = i32::MAX as i64;
        let (lowest, highest, default) = match (self, vote_type) {
            (Rule::MinLength, _) => (0, i64::MAX, 1),
            (Rule::MaxLength, _) => (0, i64::MAX, i64::MAX),
            (Rule::MinSumCost, Approval) | (Rule::MinSumPoints, Cumulative) => (0, i64::MAX, 0),
            (Rule::MaxSumCost, Approval) | (Rule::MaxSumPoints, Cumulative) => (0, i64::MAX, i64::MAX),
            (Rule::MinPoints, Cumulative) => (0, POINTS_MAX, 0),
            (Rule::MaxPoints, Cumulative) => (0, POINTS_MAX, POINTS_MAX),
            (Rule::MinPoints, Scoring) => (POINTS_MIN, POINTS_MAX, POINTS_MIN),
            (Rule::MaxPoints, Scoring) => (POINTS_MIN, POINTS_MAX, POINTS_MAX),
            (Rule::DefaultScore, Scoring) => (POINTS_MIN, POINTS_MAX, 0),
            _ => return None,
        };
        Some(Range { lowest, highest, default })
    }
}

/// A project as it was listed. The order of projects is that of their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Project<'t> {
    /// Its id.
    pub id: &'t str,
    /// Its place in the list, from 0.
    pub place: u16,
    /// What it costs.
    pub cost: i64,
}

/// The election that `open` stores, before it is encoded.
#[derive(Debug)]
pub struct Draft<'t> {
    /// How members vote.
    pub vote_type: VoteType,
    /// What may be spent.
    pub budget: i64,
    /// In which unit.
    pub unit: &'t str,
    /// The rules, in the order of [`Rule`].
    pub rules: [i64; 9],
    /// The projects, in the order of their ids.
    pub projects: Vec<Project<'t>>,
}

impl Draft<'_> {
    /// The stored bytes.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "names have at most 32 bytes, projects are at most 4096"
    )]
    pub fn encode(&self) -> Vec<u8> {
        let width = self.projects.iter().map(|project| project.id.len()).max().unwrap_or(0);
        debug_assert!(width <= NAME_BYTES_MAX && self.projects.len() <= PROJECTS_MAX);
        let record = width + PLACE_BYTES + COST_BYTES;
        let mut bytes = Vec::with_capacity(PROJECTS_AT + record * self.projects.len());
        bytes.extend([VERSION, OPEN, self.vote_type as u8, width as u8]);
        bytes.extend((self.projects.len() as u16).to_le_bytes());
        bytes.extend([self.unit.len() as u8, 0]);
        bytes.extend(self.budget.to_le_bytes());
        for rule in self.rules {
            bytes.extend(rule.to_le_bytes());
        }
        bytes.extend(self.unit.as_bytes());
        bytes.resize(PROJECTS_AT, 0);
        for project in &self.projects {
            let start = bytes.len();
            bytes.extend(project.id.as_bytes());
            bytes.resize(start + width, 0);
            bytes.extend(project.place.to_le_bytes());
            bytes.extend(project.cost.to_le_bytes());
        }
        bytes
    }
}

/// A stored election, read from its bytes without a copy.
#[derive(Clone, Copy, Debug)]
pub struct Election<'b> {
    bytes: &'b [u8],
    vote_type: VoteType,
    width: usize,
}

impl<'b> Election<'b> {
    /// Checks stored bytes; refuses bytes that this guest did not write.
    pub fn read(bytes: &'b [u8]) -> Result<Election<'b>, Failure> {
        let bad = || unreadable("election");
        let [VERSION, OPEN | CLOSED, vote_type, width, count_low, count_high, unit, 0, ..] = *bytes else {
            return Err(bad());
        };
        let vote_type = VoteType::ALL.into_iter().find(|known| *known as u8 == vote_type).ok_or_else(bad)?;
        let width = usize::from(width);
        let count = usize::from(u16::from_le_bytes([count_low, count_high]));
        let expected = PROJECTS_AT + count * (width + PLACE_BYTES + COST_BYTES);
        if bytes.len() != expected || usize::from(unit) > NAME_BYTES_MAX {
            return Err(bad());
        }
        Ok(Election { bytes, vote_type, width })
    }

    /// Marks stored bytes as tallied.
    pub fn close(bytes: &mut [u8]) {
        bytes[STATUS_AT] = CLOSED;
    }

    /// Whether it was tallied.
    pub fn is_closed(&self) -> bool {
        self.bytes[STATUS_AT] == CLOSED
    }

    /// How members vote.
    pub fn vote_type(&self) -> VoteType {
        self.vote_type
    }

    /// What may be spent.
    pub fn budget(&self) -> i64 {
        self.integer(BUDGET_AT)
    }

    /// The unit of budget and costs.
    pub fn unit(&self) -> Result<&'b str, Failure> {
        text(&self.bytes[UNIT_AT..UNIT_AT + usize::from(self.bytes[6])])
    }

    /// A rule; 0 when the vote type has no such rule.
    pub fn rule(&self, rule: Rule) -> i64 {
        self.integer(RULES_AT + 8 * rule as usize)
    }

    /// How many projects it has.
    pub fn project_count(&self) -> usize {
        usize::from(u16::from_le_bytes([self.bytes[4], self.bytes[5]]))
    }

    /// The projects in the order of their ids.
    pub fn projects(&self) -> impl Iterator<Item = Result<Project<'b>, Failure>> {
        let election = *self;
        (0..self.project_count()).map(move |index| {
            let (padded, place, cost) = election.record(index);
            let length = padded.iter().position(|byte| *byte == 0).unwrap_or(padded.len());
            Ok(Project { id: text(&padded[..length])?, place, cost })
        })
    }

    /// The place in the list and the cost of the project with this id.
    pub fn find(&self, id: &str) -> Option<(u16, i64)> {
        let id = id.as_bytes();
        // An id has no zero byte, so padded ids have the order of the ids.
        if id.len() > self.width || id.contains(&0) {
            return None;
        }
        let (mut low, mut high) = (0, self.project_count());
        while low < high {
            let middle = low.midpoint(high);
            let (padded, place, cost) = self.record(middle);
            let (head, padding) = padded.split_at(id.len());
            match head.cmp(id) {
                core::cmp::Ordering::Less => low = middle + 1,
                core::cmp::Ordering::Equal if padding.first().is_none_or(|byte| *byte == 0) => {
                    return Some((place, cost));
                }
                _ => high = middle,
            }
        }
        None
    }

    /// A project's padded id, its place and its cost.
    fn record(&self, index: usize) -> (&'b [u8], u16, i64) {
        let start = PROJECTS_AT + index * (self.width + PLACE_BYTES + COST_BYTES);
        let place = start + self.width;
        let bytes = [self.bytes[place], self.bytes[place + 1]];
        (&self.bytes[start..place], u16::from_le_bytes(bytes), self.integer(place + PLACE_BYTES))
    }

    fn integer(&self, at: usize) -> i64 {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.bytes[at..at + 8]);
        i64::from_le_bytes(bytes)
    }
}

fn text(bytes: &[u8]) -> Result<&str, Failure> {
    core::str::from_utf8(bytes).map_err(|_| unreadable("election"))
}
