//! The ledger as a pure machine: accounts with four counters, commands in groups that apply whole or not at all,
//! refusals in one fixed order, and what happened as data.
//!
//! **Groups.** [`Ledger::apply`] takes the commands of a group one after the other, each against the books as
//! the ones before left them. For each command everything that can refuse it is asked, in the order of
//! [`LedgerCode`], before anything is written (`check.rs`, then `step.rs`). Every change is noted, and taken
//! back if a later command is refused (`undo.rs`). [`Ledger::transfers`] does the same for transfers whose
//! accounts are known by number.
//!
//! **Ids.** A client's id is asked first: a group that was answered gets the same answer again (`ids.rs`). A
//! refused id is remembered too. A refusal leaves nothing else: the books ([`Ledger::books`])
//! stay the same to the byte.
//!
//! **Runs.** While a guest runs, each of its operations is tried at once, in books of the run's own, which
//! nobody else sees (`staging.rs`, `trying.rs`, `taking.rs`). When the receipt is made, [`Ledger::post`]
//! books its journal as one group, as every fold of the log does with [`Ledger::book`]. Runs and drawn
//! resources are in memory only.
//!
//! Nothing here reads a clock: the time is the recorded one, and is never before the scope's last. Debits
//! equal credits in each scope and unit after every group.

mod account;
mod actor;
mod audit;
mod booking;
mod books;
mod cap;
mod check;
mod code;
mod draw;
mod event;
mod group;
mod hold;
mod holding;
mod ids;
mod machine;
mod mark;
mod moving;
mod opening;
mod posting;
mod refusal;
mod room;
mod spending;
mod staging;
mod step;
mod table;
mod taking;
mod transfers;
mod trying;
mod undo;

pub use account::{Account, AccountNo, Leg};
pub use actor::Actor;
pub use audit::{AuditEvent, Subject};
pub use booking::Booking;
pub use books::{AccountState, Books, HoldState};
pub use cap::{Cap, Warning};
pub use code::LedgerCode;
pub use event::{Applied, Event};
pub use group::{CommandId, Context, Group, Right};
pub use ids::{Answer, Remembered};
pub use machine::{Clock, Ledger};
pub use refusal::LedgerRefusal;
