//! The meaning of the rows of a `.pb` file, gathered and checked: first each row by itself, then the whole.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::opening::{self, PAIRS, RULE_KEYS, VOTE_TYPES};
use super::rows::{Field, Row, Section, Source};
use super::{
    Ballot, Election, MAX_BALLOT_ITEMS, MAX_COLUMNS, MAX_META_KEYS, MAX_PROJECTS, MAX_VOTES, PbError,
    Project, amount, digits, items, name, one_line, positive, shown,
};

/// The rule keys whose values may be below zero.
const SIGNED_RULE_KEYS: [&str; 3] = ["min_points", "max_points", "default_score"];

/// The vote types whose ballots carry points.
const POINT_TYPES: [&str; 2] = ["cumulative", "scoring"];

/// Where in a row the columns are that matter.
pub(super) enum Columns {
    Meta { key: usize, value: usize },
    Projects { id: usize, cost: usize, name: Option<usize>, selected: Option<usize> },
    Votes { voter: usize, vote: usize, points: Option<usize> },
}

impl Columns {
    pub(super) fn of(source: Source<'_>, section: Section, header: &Row<'_>) -> Result<Columns, PbError> {
        if let Some(at) = header.extra_at {
            let message =
                format!("the header has more than {MAX_COLUMNS} columns, which is the most that is read");
            return Err(source.error(at, message));
        }
        let find = |name: &str| {
            let mut found = header.fields.iter().enumerate().filter(|(_, field)| field.value() == name);
            let first = found.next().map(|(column, _)| column);
            if let Some((_, again)) = found.next() {
                let message = format!("column {name:?} is there twice: a header names each column once");
                return Err(source.error(again.at, message));
            }
            Ok(first)
        };
        let need = |name: &str| {
            find(name)?.ok_or_else(|| {
                let title = section.title();
                let example = section.header();
                let message = format!("{title} has no column {name:?}: its header is at least {example:?}");
                source.error(header.at, message)
            })
        };
        Ok(match section {
            Section::Meta => Columns::Meta { key: need("key")?, value: need("value")? },
            Section::Projects => Columns::Projects {
                id: need("project_id")?,
                cost: need("cost")?,
                name: find("name")?,
                selected: find("selected")?,
            },
            Section::Votes => {
                Columns::Votes { voter: need("voter_id")?, vote: need("vote")?, points: find("points")? }
            }
        })
    }
}

/// What has been read so far.
pub(super) struct Draft<'a> {
    source: Source<'a>,
    /// Where each section's title is, in the order of [`Section::ALL`].
    titles: [Option<usize>; 3],
    /// The values of META and where they are.
    meta: HashMap<String, (String, usize)>,
    /// The keys of META in file order.
    keys: Vec<String>,
    projects: Vec<Project>,
    /// The line of each project.
    project_lines: HashMap<Cow<'a, str>, usize>,
    ballots: Vec<Ballot>,
    /// The line of each voter.
    voter_lines: HashMap<Cow<'a, str>, usize>,
    /// Where the header of VOTES is, as a byte offset, and whether it has points.
    pub(super) votes_header: usize,
    pub(super) has_points: bool,
    /// Project ids and points in all ballots.
    items: usize,
}

impl<'a> Draft<'a> {
    pub(super) fn new(source: Source<'a>) -> Draft<'a> {
        Draft {
            source,
            titles: [None; 3],
            meta: HashMap::new(),
            keys: Vec::new(),
            projects: Vec::new(),
            project_lines: HashMap::new(),
            ballots: Vec::new(),
            voter_lines: HashMap::new(),
            votes_header: 0,
            has_points: false,
            items: 0,
        }
    }

    /// Notes the title of a section.
    pub(super) fn open(&mut self, section: Section, row: &Row<'a>) -> Result<(), PbError> {
        for (known, title) in Section::ALL.iter().zip(&mut self.titles) {
            if *known == section {
                if let Some(first) = *title {
                    let message = format!(
                        "section {} is already at line {}: a file has each section once",
                        section.title(),
                        self.source.line(first)
                    );
                    return Err(self.source.error(row.at, message));
                }
                *title = Some(row.at);
            }
        }
        Ok(())
    }

    /// Adds a row.
    pub(super) fn add(&mut self, columns: &Columns, row: &Row<'a>) -> Result<(), PbError> {
        match *columns {
            Columns::Meta { key, value } => self.add_meta(row, row.field(key), row.field(value)),
            Columns::Projects { id, cost, name, selected } => {
                self.add_project(row, row.field(id), row.field(cost), name, selected)
            }
            Columns::Votes { voter, vote, points } => {
                let points = points.map(|column| row.field(column));
                self.add_ballot(row, row.field(voter), row.field(vote), points)
            }
        }
    }

    fn add_meta(&mut self, row: &Row<'a>, key: &Field<'a>, value: &Field<'a>) -> Result<(), PbError> {
        let name = key.value();
        if name.is_empty() {
            return self.refuse(key, "the key is empty: a row of META has a key and a value".to_owned());
        }
        if let Some((_, first)) = self.meta.get(name) {
            let line = self.source.line(*first);
            let message = format!("key {} is already at line {line}: META has each key once", shown(name));
            return self.refuse(key, message);
        }
        if self.keys.len() == MAX_META_KEYS {
            let message = format!("META has more than {MAX_META_KEYS} keys, which is the most that is read");
            return Err(self.source.error(row.at, message));
        }
        self.keys.push(name.to_owned());
        self.meta.insert(name.to_owned(), (value.value().to_owned(), value.at));
        Ok(())
    }

    fn add_project(
        &mut self,
        row: &Row<'a>,
        id: &Field<'a>,
        cost: &Field<'a>,
        name: Option<usize>,
        selected: Option<usize>,
    ) -> Result<(), PbError> {
        if self.projects.len() == MAX_PROJECTS {
            let message =
                format!("there are more than {MAX_PROJECTS} projects, which is the most that is read");
            return Err(self.source.error(row.at, message));
        }
        let key = id.key();
        if key.is_empty() {
            return self.refuse(id, "the project id is empty: each project has an id of its own".to_owned());
        }
        if !opening::is_id(&key) {
            let message = format!(
                "project id {} is not 1 to {} of the characters A-Z a-z 0-9 . _ / -: name it so, here and in the ballots",
                shown(&key),
                opening::MAX_ID_BYTES
            );
            return self.refuse(id, message);
        }
        if let Some(line) = self.project_lines.get(&key) {
            let message = format!(
                "project id {} is already at line {line}: each project has an id of its own",
                shown(&key)
            );
            return self.refuse(id, message);
        }
        let amount = positive(cost.value())
            .map_err(|why| self.source.error(cost.at, format!("cost {} {why}", shown(cost.value()))))?;
        let selected = match selected.map(|column| row.field(column)) {
            None => None,
            Some(field) => match field.value() {
                "" => None,
                "0" => Some(false),
                "1" => Some(true),
                other if digits(other) => None,
                other => {
                    let message = format!(
                        "selected is {}, which is not a number: write 1 for funded, 0 for not, or nothing",
                        shown(other)
                    );
                    return self.refuse(field, message);
                }
            },
        };
        let name = name.map_or_else(String::new, |column| one_line(row.field(column).value()));
        self.projects.push(Project { id: key.clone().into_owned(), cost: amount, name, selected });
        self.project_lines.insert(key, row.line);
        Ok(())
    }

    fn add_ballot(
        &mut self,
        row: &Row<'a>,
        voter: &Field<'a>,
        vote: &Field<'a>,
        points: Option<&Field<'a>>,
    ) -> Result<(), PbError> {
        if self.ballots.len() == MAX_VOTES {
            let message = format!("there are more than {MAX_VOTES} votes, which is the most that is read");
            return Err(self.source.error(row.at, message));
        }
        let key = voter.key();
        if key.is_empty() {
            return self.refuse(voter, "the voter id is empty: each ballot names its voter".to_owned());
        }
        if let Some(line) = self.voter_lines.get(&key) {
            let message =
                format!("voter id {} is already at line {line}: each voter has one ballot", shown(&key));
            return self.refuse(voter, message);
        }
        let vote = items(vote.value());
        let points = points.map(|field| items(field.value()));
        self.items += vote.len() + points.as_ref().map_or(0, Vec::len);
        if self.items > MAX_BALLOT_ITEMS {
            let message = format!(
                "the ballots so far hold more than {MAX_BALLOT_ITEMS} project ids and points, which is the most \
                 that is read"
            );
            return Err(self.source.error(row.at, message));
        }
        self.ballots.push(Ballot { voter_id: key.clone().into_owned(), vote, points, line: row.line });
        self.voter_lines.insert(key, row.line);
        Ok(())
    }

    fn refuse(&self, field: &Field<'a>, message: String) -> Result<(), PbError> {
        Err(self.source.error(field.at, message))
    }

    /// Checks what can be checked only with the whole file read.
    pub(super) fn finish(self) -> Result<Election, PbError> {
        let source = self.source;
        for (section, title) in Section::ALL.iter().zip(self.titles) {
            if title.is_none() {
                let message = format!(
                    "the file ends without a section {}: it has META, PROJECTS and VOTES, each once",
                    section.title()
                );
                return Err(source.error(source.text.len(), message));
            }
        }
        let [meta_at, projects_at, _] = self.titles.map(Option::unwrap_or_default);
        let need = |key: &str| {
            self.meta.get(key).ok_or_else(|| {
                let message = format!(
                    "META has no key {key:?}: it has at least num_projects, num_votes, budget and vote_type"
                );
                source.error(meta_at, message)
            })
        };
        for (key, what, count) in
            [("num_projects", "PROJECTS", self.projects.len()), ("num_votes", "VOTES", self.ballots.len())]
        {
            let (value, at) = need(key)?;
            if !digits(value) {
                let message = format!(
                    "{key} is {}, which is not a number: write it in digits, here {count}",
                    shown(value)
                );
                return Err(source.error(*at, message));
            }
            if value.parse() != Ok(count) {
                let rows = if count == 1 { "row" } else { "rows" };
                let message =
                    format!("{key} is {}, but {what} has {count} {rows}: write {count}", shown(value));
                return Err(source.error(*at, message));
            }
        }
        let (value, at) = need("budget")?;
        let budget =
            positive(value).map_err(|why| source.error(*at, format!("budget {} {why}", shown(value))))?;
        let (vote_type, at) = need("vote_type")?;
        if !VOTE_TYPES.contains(&vote_type.as_str()) {
            let known = VOTE_TYPES.join(", ");
            let message =
                format!("vote_type is {}, which is not counted here: it is one of {known}", shown(vote_type));
            return Err(source.error(*at, message));
        }
        if POINT_TYPES.contains(&vote_type.as_str()) && !self.has_points {
            let message = format!(
                "VOTES has no column \"points\", which {vote_type} ballots have: its header is at least \
                 \"voter_id;vote;points\""
            );
            return Err(source.error(self.votes_header, message));
        }
        if self.projects.is_empty() {
            let message = "PROJECTS lists no project: an election has at least one".to_owned();
            return Err(source.error(projects_at, message));
        }
        let rules = self.rules(vote_type)?;
        let vote_type = vote_type.clone();
        let meta: BTreeMap<String, String> =
            self.meta.into_iter().map(|(key, (value, _))| (key, value)).collect();
        Ok(Election {
            name: name(&meta),
            vote_type,
            budget,
            rules,
            projects: self.projects,
            ballots: self.ballots,
            meta,
        })
    }

    /// The rules of a ballot, each one that the guest takes.
    fn rules(&self, vote_type: &str) -> Result<Vec<(String, String)>, PbError> {
        let mut rules: Vec<(String, i64, usize)> = Vec::new();
        for key in self.keys.iter().filter(|key| RULE_KEYS.contains(&key.as_str())) {
            let Some((value, at)) = self.meta.get(key).filter(|(value, _)| !value.is_empty()) else {
                continue;
            };
            let refuse = |why: String| Err(self.source.error(*at, format!("{key} {} {why}", shown(value))));
            let plain = match value.strip_prefix('-') {
                Some(positive) if SIGNED_RULE_KEYS.contains(&key.as_str()) => amount(positive).map(|n| -n),
                _ => amount(value),
            };
            let plain = match plain {
                Ok(plain) => plain,
                Err(why) => return refuse(why),
            };
            let Some((lowest, highest)) = opening::range(key, vote_type) else {
                return refuse(format!("does not belong to the vote type {vote_type}: leave the key out"));
            };
            if plain < lowest {
                return refuse(format!("is too small: the smallest that counts is {lowest}"));
            }
            if plain > highest {
                return refuse(format!("is too large: the largest that counts is {highest}"));
            }
            rules.push((key.clone(), plain, *at));
        }
        let find =
            |key: &str| rules.iter().find(|(rule, ..)| rule == key).map(|(_, value, at)| (*value, *at));
        for (least, most) in PAIRS {
            // Every ballot names a project, unless the file says that none need be named.
            let low = find(least).or((least == "min_length").then_some((1, 0)));
            if let (Some((low, low_at)), Some((high, high_at))) = (low, find(most))
                && low > high
            {
                let message = format!(
                    "{least} {low} is more than {most} {high}: there is no ballot that keeps to both"
                );
                return Err(self.source.error(low_at.max(high_at), message));
            }
        }
        let listed = self.projects.len();
        if let Some((least, at)) = find("min_length")
            && usize::try_from(least).is_ok_and(|least| least > listed)
        {
            let message = format!("min_length {least} is more than the number of projects, {listed}");
            return Err(self.source.error(at, message));
        }
        Ok(rules.into_iter().map(|(key, value, _)| (key, value.to_string())).collect())
    }
}
