//! Reader of elections in the Pabulib `.pb` format (<https://pabulib.org/format>).
//!
//! A `.pb` file has three tables, `META`, `PROJECTS` and `VOTES`. Each has a title line, a header line and
//! rows of fields, which are separated by `;`. The reader accepts differences that change no meaning: a
//! byte-order mark, CRLF, blank lines, spaces around fields, quoted fields, unknown columns and META keys,
//! sections and columns in any order. It refuses everything else, and names the line, the column and what
//! would be right.
//!
//! It also refuses what the guest would not open (`opening.rs`), because only here the place in the file is
//! known. It does not judge ballots: an unknown project, a project named twice or points out of bounds are
//! for the guest that counts, which answers each with a receipt. The reader passes on the words of the file.
//!
//! In the order of dependence:
//!
//! - `bounds.rs`, `error.rs`, `election.rs`: sizes, the error, and what is read
//! - `source.rs`, `value.rs`: places in the text, and values of fields
//! - `row.rs`, `reader.rs`: sections, rows and fields
//! - `columns.rs`, `meta.rs`, `opening.rs`, `rules.rs`, `name.rs`: what the fields mean
//! - `draft.rs`, `finish.rs`: an election while it is read, and the checks at its end
//! - `parse.rs`: reads a file

mod bounds;
mod columns;
mod draft;
mod election;
mod error;
mod finish;
mod meta;
mod name;
mod opening;
mod parse;
mod reader;
mod row;
mod rules;
mod source;
mod value;

#[cfg(test)]
mod tests;

pub(crate) use bounds::MAX_FILE_BYTES;
pub(crate) use election::{Ballot, Election};
pub(crate) use parse::parse;
