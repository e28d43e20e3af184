//! A second set of books, for auditors: every posting that a log's words stand for, one line each, and what the
//! lines add up to.
//!
//! It shares nothing with the ledger (`ledger.rs`) but the words of policies and receipts: it moves no units, refuses
//! nothing, and adds up with plain sums. So when both say the same of a log, neither has lost or made anything
//! ([`Bookkeeper::differences`]). It is given entries that hold, in their order; what cannot be booked is a
//! difference, and never an error.
//!
//! A receipt's lines come in the order in which they happen: holds that its time has ended; what the run consumed; what
//! the guest asked for. What is held stands on an account of the hold's own, so that every line is a posting and nothing
//! is on an account that is not there to be spent. The ledger instead counts it, held, on both of the hold's accounts,
//! so what its posted counters have is added up beside.

mod differences;
mod keeper;
mod line;

pub use differences::Difference;
pub use keeper::Bookkeeper;
pub use line::{Line, LineKind, LineSource, Sums};
