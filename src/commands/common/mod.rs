//! Code that several commands share. A file here knows no command; it may use the files of this folder that
//! stand above it.
//!
//! - `output.rs`: standard output and standard error
//! - `exit.rs`: exit codes
//! - `text.rs`: text of guests on a terminal
//! - `report.rs`: a result as text or as JSON
//! - `absent.rs`: errors that say that there is nothing to read
//! - `files.rs`: files that the user names
//! - `trust.rs`: verifier keys and trust policies
//! - `from_to.rs`: the arguments `--data` and `--out`
//! - `passphrase.rs`: passphrases of key files
//! - `progress.rs`: progress bars
//! - `scratch.rs`: a directory that is removed at the end

pub(crate) mod absent;
pub(crate) mod exit;
pub(crate) mod files;
pub(crate) mod from_to;
pub(crate) mod output;
pub(crate) mod passphrase;
pub(crate) mod progress;
pub(crate) mod report;
pub(crate) mod scratch;
pub(crate) mod text;
pub(crate) mod trust;
