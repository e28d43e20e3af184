//! The ledger as a pure machine: accounts with four counters, commands in groups that apply whole or not at all,
//! refusals in one fixed order, and what happened as data.
//!
//! [`Ledger::apply`] is the way in. A group's commands are looked at one after the other, each against the books as
//! the ones before it left them; for each, everything that could refuse it is asked in the order of [`LedgerCode`]
//! before anything is written (`check.rs`, then `step.rs`). What was written is noted, and taken back when a later
//! command is refused. [`Ledger::transfers`] is the same for transfers within one scope whose accounts are known by
//! number, without the detour by their names.
//!
//! A client's id is asked first: what it was answered before is answered again (`ids.rs`). An id that was refused is
//! remembered too, and that is the one thing that a refusal leaves behind; the books ([`Ledger::books`]) stay as
//! they were to the byte.
//!
//! Two ways lead a run of a guest through it (`run.rs`). Each operation that a guest asks for is tried at once, in books
//! of the run's own that begin as its scope's: nobody else sees it. When its receipt is there, [`Ledger::post`] books
//! the journal as one group, as every fold of the log does with [`Ledger::book`]. What is drawn and what is running is
//! in memory alone.
//!
//! Nothing here reads a clock: the time is the recorded one, and never before the scope's last.

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
mod moving;
mod opening;
mod run;
mod step;
mod table;
mod transfers;
mod undo;

pub use account::{Account, AccountNo, Leg};
pub use actor::Actor;
pub use audit::{AuditEvent, Subject};
pub use booking::Booking;
pub use books::{AccountState, Books, HoldState};
pub use cap::{Cap, Warning};
pub use code::{LedgerCode, LedgerRefusal};
pub use event::{Applied, Event};
pub use group::{CommandId, Context, Group, Right};
pub use ids::{Answer, Remembered};
pub use machine::{Clock, Ledger};
