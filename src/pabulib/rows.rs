//! The text of a `.pb` file as sections, rows and fields, each with its place: what a field means is for the
//! reader above.

use std::borrow::Cow;

use super::{MAX_FIELD_BYTES, PbError, shown};

/// The three tables of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Meta,
    Projects,
    Votes,
}

impl Section {
    pub(super) const ALL: [Section; 3] = [Section::Meta, Section::Projects, Section::Votes];

    /// The line that opens the section.
    pub(super) fn title(self) -> &'static str {
        match self {
            Section::Meta => "META",
            Section::Projects => "PROJECTS",
            Section::Votes => "VOTES",
        }
    }

    /// The shortest header that serves.
    pub(super) fn header(self) -> &'static str {
        match self {
            Section::Meta => "key;value",
            Section::Projects => "project_id;cost",
            Section::Votes => "voter_id;vote",
        }
    }
}

/// The text, for telling where in it something is.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
}

impl<'a> Source<'a> {
    /// The line of a byte offset, from 1.
    pub(super) fn line(self, at: usize) -> usize {
        self.before(at).matches('\n').count() + 1
    }

    /// An error at a byte offset.
    pub(super) fn error(self, at: usize, message: String) -> PbError {
        let before = self.before(at);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(start..).unwrap_or_default().chars().count() + 1;
        PbError { line: self.line(at), column, message }
    }

    pub(super) fn before(self, at: usize) -> &'a str {
        self.text.get(..at).unwrap_or(self.text)
    }

    /// The error of a row that should have been the title of a section.
    pub(super) fn no_title(self, row: &Row<'_>) -> PbError {
        let found = row.fields.first().map_or("", Field::value);
        let message = format!(
            "{} is not the title of a section: a line here says META, PROJECTS or VOTES, exactly so and alone",
            shown(found)
        );
        self.error(row.at, message)
    }

    /// Refuses a row that has not as many fields as its section's header.
    pub(super) fn check_width(self, section: Section, row: &Row<'_>, count: usize) -> Result<(), PbError> {
        let found = row.fields.len() + row.extra;
        if found == count {
            return Ok(());
        }
        let like = |name: &str| Section::ALL.iter().any(|other| other.title().eq_ignore_ascii_case(name));
        if found == 1 && row.fields.first().is_some_and(|field| like(field.value())) {
            return Err(self.no_title(row));
        }
        let at = row.extra_at.unwrap_or(row.end);
        let advice =
            if found > count { "a field with a ';' in it stands in quotes" } else { "each has its ';'" };
        let message = format!(
            "the row has {found} {}, but the header of {} has {count}: a row has a field for each column, and {advice}",
            if found == 1 { "field" } else { "fields" },
            section.title(),
        );
        Err(self.error(at, message))
    }
}

/// A field of a row.
pub(super) struct Field<'a> {
    /// Its text, without quotes.
    pub(super) text: Cow<'a, str>,
    /// Where it begins (its quote, if it has one), as a byte offset.
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
    /// The fields, as many as were asked for.
    pub(super) fields: Vec<Field<'a>>,
    /// How many fields there are beyond those.
    pub(super) extra: usize,
    /// Where the first of them begins, as a byte offset.
    pub(super) extra_at: Option<usize>,
    /// Where the row begins and ends, as byte offsets.
    pub(super) at: usize,
    pub(super) end: usize,
    /// The line where it begins.
    pub(super) line: usize,
}

impl<'a> Row<'a> {
    /// The section that this row opens. No table has a single column, so no row of data looks like a title.
    pub(super) fn title(&self) -> Option<Section> {
        let [field] = self.fields.as_slice() else { return None };
        let named = |section: &Section| self.extra == 0 && field.value() == section.title();
        Section::ALL.into_iter().find(named)
    }

    /// The field of a column. The width of the row has been checked, and so it is there.
    pub(super) fn field(&self, column: usize) -> &Field<'a> {
        &self.fields[column]
    }
}

/// Parts the text into rows of fields.
pub(super) struct Reader<'a> {
    pub(super) source: Source<'a>,
    pub(super) at: usize,
    pub(super) line: usize,
}

impl<'a> Reader<'a> {
    /// Reads the next row that is not blank, keeping the first `keep` fields. False at the end of the file.
    pub(super) fn next_row(&mut self, row: &mut Row<'a>, keep: usize) -> Result<bool, PbError> {
        row.fields.clear();
        row.extra = 0;
        row.extra_at = None;
        self.skip_blank_lines();
        row.line = self.line;
        row.at = self.at;
        if self.rest().is_empty() {
            return Ok(false);
        }
        row.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
        loop {
            let field = self.next_field()?;
            if row.fields.len() < keep {
                row.fields.push(field);
            } else {
                row.extra += 1;
                row.extra_at.get_or_insert(field.at);
            }
            row.end = self.at;
            match self.peek() {
                Some(b';') => self.at += 1,
                Some(_) => {
                    // A carriage return, if any, and the line feed.
                    self.at += self.rest().find('\n').map_or(self.rest().len(), |newline| newline + 1);
                    self.line += 1;
                    return Ok(true);
                }
                None => return Ok(true),
            }
        }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.source.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.source.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn skip_blank_lines(&mut self) {
        loop {
            let line = self.rest().split_inclusive('\n').next().unwrap_or_default();
            if line.is_empty() || !line.trim().is_empty() {
                return;
            }
            self.at += line.len();
            self.line += usize::from(line.ends_with('\n'));
        }
    }

    pub(super) fn skip_spaces(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// Whether the text goes on with the end of a field: a `;`, the end of the line or of the file.
    pub(super) fn at_field_end(&self) -> bool {
        let rest = self.rest();
        rest.is_empty() || rest == "\r" || rest.starts_with([';', '\n']) || rest.starts_with("\r\n")
    }

    /// Reads a field and stops at what ends it.
    pub(super) fn next_field(&mut self) -> Result<Field<'a>, PbError> {
        self.skip_spaces();
        let at = self.at;
        let (text, length) = if self.peek() == Some(b'"') { self.quoted()? } else { self.unquoted()? };
        if length > MAX_FIELD_BYTES {
            let message = format!("the field has {length} bytes: a field has at most {MAX_FIELD_BYTES}");
            return Err(self.source.error(at, message));
        }
        Ok(Field { text, at })
    }

    pub(super) fn quoted(&mut self) -> Result<(Cow<'a, str>, usize), PbError> {
        let open = self.at;
        let inside = self.source.text.get(open + 1..).unwrap_or_default();
        let mut end = 0;
        let mut doubled = false;
        loop {
            let tail = inside.get(end..).unwrap_or_default();
            let Some(quote) = tail.find('"') else {
                let message = "the quote that opens here is never closed: a quoted field ends with a quote, and a \
                               quote inside it is written twice";
                return Err(self.source.error(open, message.to_owned()));
            };
            end += quote;
            if inside.as_bytes().get(end + 1) != Some(&b'"') {
                break;
            }
            doubled = true;
            end += 2;
        }
        let text = inside.get(..end).unwrap_or_default();
        self.line += text.matches('\n').count();
        self.at = open + 1 + end + 1;
        self.skip_spaces();
        if !self.at_field_end() {
            let message = "there is text after the closing quote of a field: a quote inside a quoted field is \
                           written twice, and after the field comes ';' or the end of the line";
            return Err(self.source.error(self.at, message.to_owned()));
        }
        let length = text.len();
        Ok((if doubled { Cow::Owned(text.replace("\"\"", "\"")) } else { Cow::Borrowed(text) }, length))
    }

    pub(super) fn unquoted(&mut self) -> Result<(Cow<'a, str>, usize), PbError> {
        let rest = self.rest();
        let text = rest.split([';', '\n', '\r', '"']).next().unwrap_or_default();
        self.at += text.len();
        if !self.at_field_end() {
            let message = if self.peek() == Some(b'"') {
                "there is a quote inside a field that does not begin with one: put the whole field in quotes and \
                 write the quote inside it twice"
            } else {
                "there is a carriage return without a line feed: lines end with LF or CRLF"
            };
            return Err(self.source.error(self.at, message.to_owned()));
        }
        Ok((Cow::Borrowed(text), text.len()))
    }
}
