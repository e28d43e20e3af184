//! An election while it is read. Each row is checked and added here; `finish.rs` checks the file as a whole.

use std::borrow::Cow;
use std::collections::HashMap;

use super::bounds::{MAX_BALLOT_ITEMS, MAX_PROJECTS, MAX_VOTES};
use super::columns::Columns;
use super::election::{Ballot, Project};
use super::error::PbError;
use super::meta::Meta;
use super::opening;
use super::row::{Field, Row, Section};
use super::source::Source;
use super::value::{digits, items, one_line, positive, shown};

/// The part of an election that was read so far.
pub(super) struct Draft<'a> {
    pub(super) source: Source<'a>,
    /// The byte offset of each section's title, in the order of [`Section::ALL`].
    pub(super) titles: [Option<usize>; 3],
    pub(super) meta: Meta,
    pub(super) projects: Vec<Project>,
    /// The line of each project.
    project_lines: HashMap<Cow<'a, str>, usize>,
    pub(super) ballots: Vec<Ballot>,
    /// The line of each voter.
    voter_lines: HashMap<Cow<'a, str>, usize>,
    /// The byte offset of the header of VOTES.
    pub(super) votes_header: usize,
    /// Whether VOTES has the column of points.
    pub(super) has_points: bool,
    /// How many project ids and points all ballots have.
    items: usize,
}

impl<'a> Draft<'a> {
    pub(super) fn new(source: Source<'a>) -> Draft<'a> {
        Draft {
            source,
            titles: [None; 3],
            meta: Meta::default(),
            projects: Vec::new(),
            project_lines: HashMap::new(),
            ballots: Vec::new(),
            voter_lines: HashMap::new(),
            votes_header: 0,
            has_points: false,
            items: 0,
        }
    }

    /// Begins a section, which the file must not have had before.
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

    /// Takes note of the columns of a section, which its header names.
    pub(super) const fn note_header(&mut self, header: &Row<'a>, columns: &Columns) {
        if let Columns::Votes { points, .. } = columns {
            self.votes_header = header.at;
            self.has_points = points.is_some();
        }
    }

    /// Adds a row of data.
    pub(super) fn add(&mut self, columns: &Columns, row: &Row<'a>) -> Result<(), PbError> {
        match *columns {
            Columns::Meta { key, value } => self.meta.add(self.source, row, row.field(key), row.field(value)),
            Columns::Projects { id, cost, name, selected } => {
                self.add_project(row, (row.field(id), row.field(cost)), name, selected)
            }
            Columns::Votes { voter, vote, points } => {
                let points = points.map(|column| row.field(column));
                self.add_ballot(row, row.field(voter), row.field(vote), points)
            }
        }
    }

    fn add_project(
        &mut self,
        row: &Row<'a>,
        (id, cost): (&Field<'a>, &Field<'a>),
        name: Option<usize>,
        selected: Option<usize>,
    ) -> Result<(), PbError> {
        if self.projects.len() == MAX_PROJECTS {
            let message =
                format!("there are more than {MAX_PROJECTS} projects, which is the most that is read");
            return Err(self.source.error(row.at, message));
        }
        let key = self.project_id(id)?;
        let amount = positive(cost.value())
            .map_err(|why| self.source.error(cost.at, format!("cost {} {why}", shown(cost.value()))))?;
        let selected = selected.map_or(Ok(None), |column| self.selected(row.field(column)))?;
        let name = name.map_or_else(String::new, |column| one_line(row.field(column).value()));
        self.projects.push(Project { id: key.clone().into_owned(), cost: amount, name, selected });
        self.project_lines.insert(key, row.line);
        Ok(())
    }

    /// The id of a project: not empty, of the allowed characters, and unique in the file.
    fn project_id(&self, id: &Field<'a>) -> Result<Cow<'a, str>, PbError> {
        let key = id.key();
        if key.is_empty() {
            let message = "the project id is empty: each project has an id of its own".to_owned();
            return Err(self.source.error(id.at, message));
        }
        if !opening::is_id(&key) {
            let message = format!(
                "project id {} is not 1 to {} of the characters A-Z a-z 0-9 . _ / -: use such an id here and in \
                 the ballots",
                shown(&key),
                opening::MAX_ID_BYTES
            );
            return Err(self.source.error(id.at, message));
        }
        if let Some(line) = self.project_lines.get(&key) {
            let message = format!(
                "project id {} is already at line {line}: each project has an id of its own",
                shown(&key)
            );
            return Err(self.source.error(id.at, message));
        }
        Ok(key)
    }

    /// Whether a project was funded: `Some` for 0 and 1, `None` for nothing and for any other number.
    fn selected(&self, field: &Field<'_>) -> Result<Option<bool>, PbError> {
        match field.value() {
            "0" => Ok(Some(false)),
            "1" => Ok(Some(true)),
            other if other.is_empty() || digits(other) => Ok(None),
            other => {
                let message = format!(
                    "selected is {}, which is not a number: write 1 for funded, 0 for not, or nothing",
                    shown(other)
                );
                Err(self.source.error(field.at, message))
            }
        }
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
            let message = "the voter id is empty: each ballot names its voter".to_owned();
            return Err(self.source.error(voter.at, message));
        }
        if let Some(line) = self.voter_lines.get(&key) {
            let message =
                format!("voter id {} is already at line {line}: each voter has one ballot", shown(&key));
            return Err(self.source.error(voter.at, message));
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
}
