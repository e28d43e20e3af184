//! Reads a file: sections, each with a title, a header and rows.

use super::bounds::{MAX_COLUMNS, MAX_FILE_BYTES};
use super::columns::Columns;
use super::draft::Draft;
use super::election::Election;
use super::error::PbError;
use super::reader::Reader;
use super::row::Row;
use super::source::Source;

/// Reads an election.
///
/// # Errors
///
/// The first thing that is wrong.
pub(crate) fn parse(bytes: &[u8]) -> Result<Election, PbError> {
    if bytes.len() > MAX_FILE_BYTES {
        let message = format!("the file has {} bytes: an election has at most {MAX_FILE_BYTES}", bytes.len());
        return Err(PbError { line: 1, column: 1, message });
    }
    let source = Source { text: decode(bytes)? };
    let mut reader = Reader::new(source);
    let mut draft = Draft::new(source);
    let mut row = Row::default();
    let mut more = reader.next_row(&mut row, MAX_COLUMNS)?;
    while more {
        let section = row.title().ok_or_else(|| row.no_title(source))?;
        draft.open(section, &row)?;
        let at = row.at;
        if !reader.next_row(&mut row, MAX_COLUMNS)? || row.title().is_some() {
            let message = format!(
                "section {} has no header: the line after its title names its columns, as in {:?}",
                section.title(),
                section.header()
            );
            return Err(source.error(at, message));
        }
        let columns = Columns::of(source, section, &row)?;
        draft.note_header(&row, &columns);
        let count = row.fields.len();
        loop {
            more = reader.next_row(&mut row, count)?;
            if !more || row.title().is_some() {
                break;
            }
            row.check_width(source, section, count)?;
            draft.add(&columns, &row)?;
        }
    }
    draft.finish()
}

/// The text of a file, without its byte-order mark.
fn decode(bytes: &[u8]) -> Result<&str, PbError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let (good, bad) = bytes.split_at(error.valid_up_to());
        let byte = bad.first().copied().unwrap_or_default();
        let good = std::str::from_utf8(good).unwrap_or_default();
        let message = format!("byte 0x{byte:02x} is not UTF-8 text: save the file in the encoding UTF-8");
        Source { text: good }.error(good.len(), message)
    })
}
