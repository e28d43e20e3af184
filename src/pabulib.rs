//! Reader of elections in the Pabulib `.pb` format (<https://pabulib.org/format>).
//!
//! A `.pb` file holds three tables, `META`, `PROJECTS` and `VOTES`, each a title line, a header line and rows of
//! fields parted by `;`. The reader is tolerant of what changes no meaning (a byte-order mark, CRLF, blank
//! lines, spaces around fields, quoted fields, columns and META keys that it does not know, sections and columns
//! in any order) and refuses the rest, naming the line, the column and what would be right.
//!
//! What would keep the election from being opened is refused here too ([`opening`]), with its place in the file.
//! What a ballot says is not judged: an unknown project, a project named twice or points out of bounds are for
//! the program that counts, which answers each with a receipt. The reader hands on the words of the file.

use std::collections::BTreeMap;

mod draft;
pub(crate) mod opening;
mod rows;
#[cfg(test)]
mod tests;

use self::draft::{Columns, Draft};
use self::rows::{Reader, Row, Source};

/// Longest file that is read, in bytes.
pub(crate) const MAX_FILE_BYTES: usize = 256 * 1024 * 1024;
/// Longest field, in bytes of the file between its quotes or separators.
pub(crate) const MAX_FIELD_BYTES: usize = 64 * 1024;
/// Most columns of a table.
pub(crate) const MAX_COLUMNS: usize = 256;
/// Most rows of META.
pub(crate) const MAX_META_KEYS: usize = 1024;
/// Most projects of an election.
pub(crate) const MAX_PROJECTS: usize = 4096;
/// Most ballots of an election.
pub(crate) const MAX_VOTES: usize = 5_000_000;
/// Most items (project ids and points) in the ballots of an election together: a bound on memory.
pub(crate) const MAX_BALLOT_ITEMS: usize = 40_000_000;
/// Largest budget or cost, in whole units of the currency: `MAX_PROJECTS` of them add up within an `i64`.
pub(crate) const MAX_AMOUNT: i64 = 1_000_000_000_000_000;

/// How many characters of the file a message quotes.
const SHOWN_CHARS: usize = 40;

/// An election as its file tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Election {
    /// A short name for people, on one line: unit, subunit and instance, or else the description.
    pub name: String,
    /// One of [`opening::VOTE_TYPES`].
    pub vote_type: String,
    /// What there is to spend, in whole units of the currency: above zero.
    pub budget: i64,
    /// The META keys of [`opening::RULE_KEYS`] that have a value, in file order: each belongs to the vote type, and none
    /// is against another. The values are whole numbers in plain digits, however the file writes them (`10.0` is
    /// `10`).
    pub rules: Vec<(String, String)>,
    /// The projects in the order listed, which is the order that decides ties: at least one.
    pub projects: Vec<Project>,
    /// The ballots in the order listed.
    pub ballots: Vec<Ballot>,
    /// All of META, as written but for spaces around the values.
    pub meta: BTreeMap<String, String>,
}

/// A project that asks for money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Project {
    /// Its id: of the letters that [`opening::is_id`] allows, and no other project's.
    pub id: String,
    /// What it costs, in whole units of the currency: above zero.
    pub cost: i64,
    /// Its name on one line, line breaks and control characters turned into spaces; empty if the file has none.
    pub name: String,
    /// Whether it was funded, if the file says so with `1` or `0`; other numbers are the publisher's special
    /// cases and count as not said.
    pub selected: Option<bool>,
}

/// One voter's ballot, not yet judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ballot {
    /// Whose it is: never empty, and once in a file.
    pub voter_id: String,
    /// The project ids as written, parted at commas; none for an empty field.
    pub vote: Vec<String>,
    /// The points as written, parted at commas, if the file has such a column.
    pub points: Option<Vec<String>>,
    /// The line of the file where the ballot begins, from 1.
    pub line: usize,
}

/// Why a file is not a well-formed election, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub(crate) struct PbError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1; a byte-order mark is not counted.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// Reads an election.
///
/// # Errors
///
/// The first thing that is malformed: see the module's documentation.
pub(crate) fn parse(bytes: &[u8]) -> Result<Election, PbError> {
    if bytes.len() > MAX_FILE_BYTES {
        let message = format!("the file has {} bytes: an election has at most {MAX_FILE_BYTES}", bytes.len());
        return Err(PbError { line: 1, column: 1, message });
    }
    let source = Source { text: decode(bytes)? };
    let mut reader = Reader { source, at: 0, line: 1 };
    let mut draft = Draft::new(source);
    let mut row = Row::default();
    let mut more = reader.next_row(&mut row, MAX_COLUMNS)?;
    while more {
        let section = row.title().ok_or_else(|| source.no_title(&row))?;
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
        if let Columns::Votes { points, .. } = columns {
            draft.votes_header = row.at;
            draft.has_points = points.is_some();
        }
        let count = row.fields.len();
        loop {
            more = reader.next_row(&mut row, count)?;
            if !more || row.title().is_some() {
                break;
            }
            source.check_width(section, &row, count)?;
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

/// A short name for people.
fn name(meta: &BTreeMap<String, String>) -> String {
    let get = |key: &str| meta.get(key).map(|value| one_line(value)).unwrap_or_default();
    let place: Vec<String> =
        [get("unit"), get("subunit")].into_iter().filter(|part| !part.is_empty()).collect();
    if place.is_empty() {
        let description = get("description");
        return if description.is_empty() { "unnamed election".to_owned() } else { description };
    }
    format!("{} {}", place.join(", "), get("instance")).trim_end().to_owned()
}

/// The items of a list parted by commas.
fn items(text: &str) -> Vec<String> {
    if text.is_empty() { Vec::new() } else { text.split(',').map(|item| item.trim().to_owned()).collect() }
}

/// Text on one line, without control characters.
fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Text of the file for a message: quoted, escaped and not long.
fn shown(text: &str) -> String {
    let mut start: String = text.chars().take(SHOWN_CHARS).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    format!("{start:?}")
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A whole number of units above zero, or how it fails to be one.
fn positive(text: &str) -> Result<i64, String> {
    match amount(text)? {
        0 => Err("is not above zero: write one or more".to_owned()),
        amount => Ok(amount),
    }
}

/// A whole number of units, or how it fails to be one. A fraction of one or two zeros is allowed, after a point
/// or a comma; three zeros could be thousands and are refused rather than guessed.
fn amount(text: &str) -> Result<i64, String> {
    let (whole, fraction) = match text.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    if text.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        return Err("is below zero: write zero or more".to_owned());
    }
    let parts_are_digits = |rest: &str| rest.split(['.', ',']).all(digits);
    if !digits(whole) || !fraction.is_none_or(parts_are_digits) {
        return Err("is not a number: write whole units in digits, as in 2367122".to_owned());
    }
    if !fraction.is_none_or(|fraction| matches!(fraction, "0" | "00")) {
        return Err(
            "is not in whole units: amounts are whole units, without a fraction and without separators \
                    between thousands, as in 2367122"
                .to_owned(),
        );
    }
    match whole.parse() {
        Ok(amount) if amount <= MAX_AMOUNT => Ok(amount),
        _ => Err(format!("is too large: the largest amount is {MAX_AMOUNT}")),
    }
}
