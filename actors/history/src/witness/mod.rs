//! A witness: its memory on disk and its answers, without sockets (`docs/witness.md`; C2SP tlog-witness).
//!
//! ```text
//! DIR/LOCK                       held by the process that has the directory open
//!     witness.key                the secret key, mode 0600
//!     witness.vkey               the key that verifies cosignatures
//!     cosigned                   the logs of which a checkpoint was cosigned: the SHA-256 of each origin, one a line
//!     logs/<hash>/checkpoint     the last cosigned checkpoint of a log, as a signed note
//!     forks/<hash>-<hash>.fork   evidence against a log: the SHA-256 of its origin, and the begin of that of the file
//! ```
//!
//! The order of an answer: judge the request; make the cosigned note durable; name the log in `cosigned`,
//! durably; then give the cosignature away. A witness that lost its memory could cosign a fork, so it never
//! begins with a key and without a memory unless it is told to; `cosigned` shows when the note of a log is
//! lost. Requests of one log are answered one after the other.
//!
//! - `steps.rs`: who hears of each step of a write, for tests
//! - `options.rs`, `error.rs`, `answer.rs`: what a witness is given, why it does not begin, what it answers
//! - `memory.rs`: the notes, and the list of logs
//! - `forks.rs`: evidence
//! - `dir.rs`: the open directory and its answers
//! - `open.rs`: opens it

mod answer;
mod dir;
mod error;
mod forks;
mod memory;
mod open;
mod options;
mod steps;

pub use crate::disk::ReplaceStep;
pub use answer::Answer;
pub use dir::WitnessDir;
pub use error::WitnessError;
pub use memory::origin_hash;
pub use options::{NewPassphrase, WitnessOptions};
pub use steps::StepListener;
