//! A witness: it cosigns checkpoints of logs, each only if it follows from the one before (C2SP tlog-witness,
//! "add-checkpoint").
//!
//! Pure machines, without clock and disk. The order of a request: [`Request::parse`], [`Watched::judge`], the
//! caller makes the note durable, [`Watched::advance`] gives the answer.
//!
//! - `request`: reads what is asked
//! - `cosigner`: the name and the key of a witness
//! - `watched`: what was cosigned last of a log, and what may be cosigned next
//! - `error`: why a log is not watched, or a checkpoint not cosigned

mod cosigner;
mod error;
mod request;
mod watched;

pub use cosigner::Cosigner;
pub use error::{Refused, WatchError};
pub use request::{Request, RequestError};
pub use watched::{Pending, Watched};
