//! Sections, rows and fields, each with its place in the file. What a field means is decided in `draft.rs`.

use std::borrow::Cow;

use super::error::PbError;
use super::source::Source;
use super::value::shown;

/// A table of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Meta,
    Projects,
    Votes,
}

impl Section {
    pub(super) const ALL: [Section; 3] = [Section::Meta, Section::Projects, Section::Votes];

    /// The line that begins the section.
    pub(super) fn title(self) -> &'static str {
        match self {
            Section::Meta => "META",
            Section::Projects => "PROJECTS",
            Section::Votes => "VOTES",
        }
    }

    /// The shortest header that is accepted.
    pub(super) fn header(self) -> &'static str {
        match self {
            Section::Meta => "key;value",
            Section::Projects => "project_id;cost",
            Section::Votes => "voter_id;vote",
        }
    }
}

/// A field of a row.
pub(super) struct Field<'a> {
    /// Its text, without quotes.
    pub(super) text: Cow<'a, str>,
    /// The byte offset where it begins: of its quote, if it has one.
    pub(super) at: usize,
}

impl<'a> Field<'a> {
    /// Its text without the spaces around it.
    pub(super) fn value(&self) -> &str {
        self.text.trim()
    }

    /// The same, borrowed from the file where that is possible.
    pub(super) fn key(&self) -> Cow<'a, str> {
        match &self.text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        }
    }
}

/// A row of fields.
#[derive(Default)]
pub(super) struct Row<'a> {
    /// The first fields, at most as many as were asked for.
    pub(super) fields: Vec<Field<'a>>,
    /// How many more fields there are.
    pub(super) extra: usize,
    /// The byte offset of the first of those.
    pub(super) extra_at: Option<usize>,
    /// The byte offset where the row begins.
    pub(super) at: usize,
    /// The byte offset where the row ends.
    pub(super) end: usize,
    /// The line where it begins.
    pub(super) line: usize,
}

impl<'a> Row<'a> {
    /// The section that this row begins. Every table has two columns at least, so no row of data looks like a
    /// title.
    pub(super) fn title(&self) -> Option<Section> {
        let [field] = self.fields.as_slice() else { return None };
        let named = |section: &Section| self.extra == 0 && field.value() == section.title();
        Section::ALL.into_iter().find(named)
    }

    /// The field of a column. It is there, because the width of the row was checked before.
    pub(super) fn field(&self, column: usize) -> &Field<'a> {
        &self.fields[column]
    }

    /// The error of a row that should have been the title of a section.
    pub(super) fn no_title(&self, source: Source<'_>) -> PbError {
        let found = self.fields.first().map_or("", Field::value);
        let message = format!(
            "{} is not the title of a section: expected a line that says only META, PROJECTS or VOTES",
            shown(found)
        );
        source.error(self.at, message)
    }

    /// Refuses a row that does not have `count` fields, as the header of its section has.
    pub(super) fn check_width(
        &self,
        source: Source<'_>,
        section: Section,
        count: usize,
    ) -> Result<(), PbError> {
        let found = self.fields.len() + self.extra;
        if found == count {
            return Ok(());
        }
        let like = |name: &str| Section::ALL.iter().any(|other| other.title().eq_ignore_ascii_case(name));
        if found == 1 && self.fields.first().is_some_and(|field| like(field.value())) {
            return Err(self.no_title(source));
        }
        let at = self.extra_at.unwrap_or(self.end);
        let advice = if found > count {
            "a field that contains a ';' is written in quotes"
        } else {
            "a ';' between two fields"
        };
        let message = format!(
            "the row has {found} {}, but the header of {} has {count}: a row has a field for each column, and \
             {advice}",
            if found == 1 { "field" } else { "fields" },
            section.title(),
        );
        Err(source.error(at, message))
    }
}
