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

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

pub(crate) mod opening;
#[cfg(test)]
mod tests;

use self::opening::{PAIRS, RULE_KEYS, VOTE_TYPES};

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

/// The rule keys whose values may be below zero.
const SIGNED_RULE_KEYS: [&str; 3] = ["min_points", "max_points", "default_score"];

/// The vote types whose ballots carry points.
const POINT_TYPES: [&str; 2] = ["cumulative", "scoring"];

/// How many characters of the file a message quotes.
const SHOWN_CHARS: usize = 40;

/// An election as its file tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Election {
    /// A short name for people, on one line: unit, subunit and instance, or else the description.
    pub name: String,
    /// One of [`VOTE_TYPES`].
    pub vote_type: String,
    /// What there is to spend, in whole units of the currency: above zero.
    pub budget: i64,
    /// The META keys of [`RULE_KEYS`] that have a value, in file order: each belongs to the vote type, and none
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

/// The three tables of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Meta,
    Projects,
    Votes,
}

impl Section {
    const ALL: [Section; 3] = [Section::Meta, Section::Projects, Section::Votes];

    /// The line that opens the section.
    fn title(self) -> &'static str {
        match self {
            Section::Meta => "META",
            Section::Projects => "PROJECTS",
            Section::Votes => "VOTES",
        }
    }

    /// The shortest header that serves.
    fn header(self) -> &'static str {
        match self {
            Section::Meta => "key;value",
            Section::Projects => "project_id;cost",
            Section::Votes => "voter_id;vote",
        }
    }
}

/// The text, for telling where in it something is.
#[derive(Clone, Copy)]
struct Source<'a> {
    text: &'a str,
}

impl<'a> Source<'a> {
    /// The line of a byte offset, from 1.
    fn line(self, at: usize) -> usize {
        self.before(at).matches('\n').count() + 1
    }

    /// An error at a byte offset.
    fn error(self, at: usize, message: String) -> PbError {
        let before = self.before(at);
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(start..).unwrap_or_default().chars().count() + 1;
        PbError { line: self.line(at), column, message }
    }

    fn before(self, at: usize) -> &'a str {
        self.text.get(..at).unwrap_or(self.text)
    }

    /// The error of a row that should have been the title of a section.
    fn no_title(self, row: &Row<'_>) -> PbError {
        let found = row.fields.first().map_or("", Field::value);
        let message = format!(
            "{} is not the title of a section: a line here says META, PROJECTS or VOTES, exactly so and alone",
            shown(found)
        );
        self.error(row.at, message)
    }

    /// Refuses a row that has not as many fields as its section's header.
    fn check_width(self, section: Section, row: &Row<'_>, count: usize) -> Result<(), PbError> {
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
struct Field<'a> {
    /// Its text, without quotes.
    text: Cow<'a, str>,
    /// Where it begins (its quote, if it has one), as a byte offset.
    at: usize,
}

impl<'a> Field<'a> {
    /// Its text without the spaces around it.
    fn value(&self) -> &str {
        self.text.trim()
    }

    /// The same, borrowed from the file where that is possible.
    fn key(&self) -> Cow<'a, str> {
        match &self.text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        }
    }
}

/// A row of fields.
#[derive(Default)]
struct Row<'a> {
    /// The fields, as many as were asked for.
    fields: Vec<Field<'a>>,
    /// How many fields there are beyond those.
    extra: usize,
    /// Where the first of them begins, as a byte offset.
    extra_at: Option<usize>,
    /// Where the row begins and ends, as byte offsets.
    at: usize,
    end: usize,
    /// The line where it begins.
    line: usize,
}

impl<'a> Row<'a> {
    /// The section that this row opens. No table has a single column, so no row of data looks like a title.
    fn title(&self) -> Option<Section> {
        let [field] = self.fields.as_slice() else { return None };
        let named = |section: &Section| self.extra == 0 && field.value() == section.title();
        Section::ALL.into_iter().find(named)
    }

    /// The field of a column. The width of the row has been checked, and so it is there.
    fn field(&self, column: usize) -> &Field<'a> {
        &self.fields[column]
    }
}

/// Parts the text into rows of fields.
struct Reader<'a> {
    source: Source<'a>,
    at: usize,
    line: usize,
}

impl<'a> Reader<'a> {
    /// Reads the next row that is not blank, keeping the first `keep` fields. False at the end of the file.
    fn next_row(&mut self, row: &mut Row<'a>, keep: usize) -> Result<bool, PbError> {
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

    /// Whether the text goes on with the end of a field: a `;`, the end of the line or of the file.
    fn at_field_end(&self) -> bool {
        let rest = self.rest();
        rest.is_empty() || rest == "\r" || rest.starts_with([';', '\n']) || rest.starts_with("\r\n")
    }

    /// Reads a field and stops at what ends it.
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

/// Where in a row the columns are that matter.
enum Columns {
    Meta { key: usize, value: usize },
    Projects { id: usize, cost: usize, name: Option<usize>, selected: Option<usize> },
    Votes { voter: usize, vote: usize, points: Option<usize> },
}

impl Columns {
    fn of(source: Source<'_>, section: Section, header: &Row<'_>) -> Result<Columns, PbError> {
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
struct Draft<'a> {
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
    votes_header: usize,
    has_points: bool,
    /// Project ids and points in all ballots.
    items: usize,
}

impl<'a> Draft<'a> {
    fn new(source: Source<'a>) -> Draft<'a> {
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
    fn open(&mut self, section: Section, row: &Row<'a>) -> Result<(), PbError> {
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
    fn add(&mut self, columns: &Columns, row: &Row<'a>) -> Result<(), PbError> {
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
    fn finish(self) -> Result<Election, PbError> {
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
