//! Splits the text of a file into rows of fields. It knows quotes, separators and ends of lines, and nothing
//! of sections.

use std::borrow::Cow;

use super::bounds::MAX_FIELD_BYTES;
use super::error::PbError;
use super::row::{Field, Row};
use super::source::Source;

/// Splits the text into rows of fields.
pub(super) struct Reader<'a> {
    source: Source<'a>,
    /// The byte offset of the next character.
    at: usize,
    /// Its line, from 1.
    line: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(source: Source<'a>) -> Self {
        Self { source, at: 0, line: 1 }
    }

    /// Reads the next row that is not blank, and keeps its first `keep` fields. False at the end of the file.
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
                    // The end of the line: a carriage return, if there is one, and the line feed.
                    self.at += self.rest().find('\n').map_or(self.rest().len(), |newline| newline + 1);
                    self.line += 1;
                    return Ok(true);
                }
                None => return Ok(true),
            }
        }
    }

    fn rest(&self) -> &'a str {
        self.source.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.source.text.as_bytes().get(self.at).copied()
    }

    fn skip_blank_lines(&mut self) {
        loop {
            let line = self.rest().split_inclusive('\n').next().unwrap_or_default();
            if line.is_empty() || !line.trim().is_empty() {
                return;
            }
            self.at += line.len();
            self.line += usize::from(line.ends_with('\n'));
        }
    }

    fn skip_spaces(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// Whether a field ends here: at a `;`, at the end of the line or at the end of the file.
    fn at_field_end(&self) -> bool {
        let rest = self.rest();
        rest.is_empty() || rest == "\r" || rest.starts_with([';', '\n']) || rest.starts_with("\r\n")
    }

    /// Reads a field, up to the character that ends it.
    fn next_field(&mut self) -> Result<Field<'a>, PbError> {
        self.skip_spaces();
        let at = self.at;
        let (text, length) = if self.peek() == Some(b'"') { self.quoted()? } else { self.unquoted()? };
        if length > MAX_FIELD_BYTES {
            let message = format!("the field has {length} bytes: a field has at most {MAX_FIELD_BYTES}");
            return Err(self.source.error(at, message));
        }
        Ok(Field { text, at })
    }

    /// A field in quotes, without them, and its length in the file.
    fn quoted(&mut self) -> Result<(Cow<'a, str>, usize), PbError> {
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

    /// A field without quotes, and its length in the file.
    fn unquoted(&mut self) -> Result<(Cow<'a, str>, usize), PbError> {
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
