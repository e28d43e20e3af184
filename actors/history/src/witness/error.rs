//! `WitnessError`: why a witness does not begin.

use std::path::PathBuf;

use icn_core::log::witness::WatchError;

use crate::directory::LockError;
use crate::error::StoreError;
use crate::key_file::KeyFileError;

/// Why a witness does not begin.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// Another process has the directory open.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key cannot be read or made.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// There is no name, or a note cannot carry it.
    #[error("{0}")]
    Name(String),
    /// There is a key and no memory.
    #[error(
        "{key} is there and {vkey} is not: a witness that has lost its memory could cosign a fork. Restore the whole directory; or begin with a new key in a new directory; or, if this key never cosigned anything, say --begin",
        key = .key.display(), vkey = .vkey.display()
    )]
    NoMemory {
        /// The file of the key.
        key: PathBuf,
        /// The file that a witness writes the first time.
        vkey: PathBuf,
    },
    /// The memory is another witness's.
    #[error("{path} says {found}, and this key and name are {expected}: name the directory of this witness", path = .path.display())]
    OtherWitness {
        /// The file with the verifier key.
        path: PathBuf,
        /// The verifier key of this witness.
        expected: String,
        /// The verifier key in the file.
        found: String,
    },
    /// A log was cosigned, and the cosigned note is lost.
    #[error(
        "{} is missing, and something was cosigned of {origin}: without it the log could be rolled back. Restore the file, or begin with a new key in a new directory", path.display()
    )]
    Lost {
        /// The file of the note.
        path: PathBuf,
        /// The name of the log.
        origin: String,
    },
    /// A cosigned note does not hold, or the key of a log cannot be used.
    #[error("{place}: {why}")]
    Watch {
        /// The file, or the key.
        place: String,
        /// The flaw, for a person.
        why: WatchError,
    },
    /// No log is watched.
    #[error("no log to watch: name the verifier key of one")]
    NoLog,
}
