//! The columns of a table that are read. Columns may stand in any order, and unknown ones are ignored.

use super::bounds::MAX_COLUMNS;
use super::error::PbError;
use super::row::{Row, Section};
use super::source::Source;

/// The columns of a table that are read, by their place in a row.
pub(super) enum Columns {
    Meta { key: usize, value: usize },
    Projects { id: usize, cost: usize, name: Option<usize>, selected: Option<usize> },
    Votes { voter: usize, vote: usize, points: Option<usize> },
}

impl Columns {
    /// Finds the columns in the header of a section.
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
