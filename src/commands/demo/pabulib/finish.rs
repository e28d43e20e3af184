//! Checks what only the whole file can show: that all sections are there, that the counts in META are right,
//! and that budget, vote type and rules fit each other. The result is a complete election.

use super::draft::Draft;
use super::election::Election;
use super::error::PbError;
use super::name::name;
use super::opening::VOTE_TYPES;
use super::row::Section;
use super::rules::rules;
use super::value::{digits, positive, shown};

/// The vote types whose ballots carry points.
const POINT_TYPES: [&str; 2] = ["cumulative", "scoring"];

impl Draft<'_> {
    /// Checks the file as a whole.
    pub(super) fn finish(self) -> Result<Election, PbError> {
        self.check_sections()?;
        let [meta_at, projects_at, _] = self.titles.map(Option::unwrap_or_default);
        self.check_counts(meta_at)?;
        let (value, at) = self.meta.need(self.source, meta_at, "budget")?;
        let budget =
            positive(value).map_err(|why| self.source.error(at, format!("budget {} {why}", shown(value))))?;
        let vote_type = self.vote_type(meta_at)?;
        if self.projects.is_empty() {
            let message = "PROJECTS lists no project: an election has at least one".to_owned();
            return Err(self.source.error(projects_at, message));
        }
        let rules = rules(self.source, &self.meta, &vote_type, self.projects.len())?;
        let meta = self.meta.into_values();
        let (projects, ballots) = (self.projects, self.ballots);
        Ok(Election { name: name(&meta), vote_type, budget, rules, projects, ballots, meta })
    }

    fn check_sections(&self) -> Result<(), PbError> {
        for (section, title) in Section::ALL.iter().zip(self.titles) {
            if title.is_none() {
                let message = format!(
                    "the file ends without a section {}: it has META, PROJECTS and VOTES, each once",
                    section.title()
                );
                return Err(self.source.error(self.source.text.len(), message));
            }
        }
        Ok(())
    }

    /// Checks that META states the right numbers of projects and of votes.
    fn check_counts(&self, meta_at: usize) -> Result<(), PbError> {
        for (key, what, count) in
            [("num_projects", "PROJECTS", self.projects.len()), ("num_votes", "VOTES", self.ballots.len())]
        {
            let (value, at) = self.meta.need(self.source, meta_at, key)?;
            if !digits(value) {
                let message = format!(
                    "{key} is {}, which is not a number: write it in digits, here {count}",
                    shown(value)
                );
                return Err(self.source.error(at, message));
            }
            if value.parse() != Ok(count) {
                let rows = if count == 1 { "row" } else { "rows" };
                let message =
                    format!("{key} is {}, but {what} has {count} {rows}: write {count}", shown(value));
                return Err(self.source.error(at, message));
            }
        }
        Ok(())
    }

    /// The vote type: one that the guest counts, and whose ballots have the columns that they need.
    fn vote_type(&self, meta_at: usize) -> Result<String, PbError> {
        let (vote_type, at) = self.meta.need(self.source, meta_at, "vote_type")?;
        if !VOTE_TYPES.contains(&vote_type) {
            let known = VOTE_TYPES.join(", ");
            let message =
                format!("vote_type is {}, which is not counted here: it is one of {known}", shown(vote_type));
            return Err(self.source.error(at, message));
        }
        if POINT_TYPES.contains(&vote_type) && !self.has_points {
            let message = format!(
                "VOTES has no column \"points\", which {vote_type} ballots have: its header is at least \
                 \"voter_id;vote;points\""
            );
            return Err(self.source.error(self.votes_header, message));
        }
        Ok(vote_type.to_owned())
    }
}
