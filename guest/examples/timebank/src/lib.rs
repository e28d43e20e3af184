//! The guest `timebank`: mutual credit. Members pay each other in minutes of work; whoever is paid has earned what
//! the payer owes, so that all balances together are zero at all times, and nobody owes more than a limit.
//!
//! | entry | input | who | what it does |
//! | --- | --- | --- | --- |
//! | `open` | `unit;limit` | anyone, once | opens the bank; the caller is its administrator |
//! | `join` | nothing | anyone | the caller becomes a member with the bank's limit |
//! | `set_limit` | `did;limit` | administrator | how far below zero a member may go |
//! | `pay` | `did;minutes;memo` | member | pays a member |
//! | `offer` | `did;minutes;deadline;memo` | member | sets minutes aside for a member's job; answers its number |
//! | `accept` | `number` | who offered | the job is done: what was set aside is paid |
//! | `cancel` | `number` | see below | what was set aside returns to who offered it |
//! | `statement` | nothing | member | answers the caller's balance, limit and last entries |
//! | `audit` | nothing | anyone | proves that all of it is zero, or fails |
//!
//! Whoever is to do an offered job may cancel it at any time, and who offered it from its deadline on
//! (milliseconds since the Unix epoch): so nobody is left unpaid who began in time.
//!
//! Text is strict: one line (its `\n` may lack), fields separated by `;`, numbers written plainly. A unit is
//! spelt as the ledger's are, `[A-Z][A-Z0-9]*` of at most 12. A memo has at most 128 bytes, no `;` and no control
//! characters, and may be empty. Every refusal has a number ([`refusal`]).
//!
//! `pay`, `accept` and `cancel` answer nothing. `statement` answers, newest entry first and the last ten at most:
//!
//! ```text
//! unit;MIN
//! balance;-30
//! limit;600
//! entry;1600000000000;-30;pay;did:key:z…;lessons
//! ```
//!
//! (time, change, kind, the other member, memo) and `audit`:
//!
//! ```text
//! unit;MIN
//! members;3
//! offers;1
//! held;60
//! sum;0
//! ```
//!
//! where `held` is what offers have set aside, and `sum` that and all balances together.
//!
//! **Why the guest keeps the balances itself.** The scope's ledger has accounts that never go below zero, and
//! mutual credit is nothing but accounts that do. So a member's balance and limit are values of this module, with
//! the ledger's rules written once more in [`member`]: nothing passes a limit or 64 bits, and what one side loses
//! the other gains. When the ledger has credit limits, balances and limits become its accounts, `pay` becomes
//! `host_transfer`, an offer becomes `host_hold`, and what stays here is who may do what.
//!
//! State, all of it binary, little endian, each value with a version in its first byte: `bank` ([`bank`]); `m/` and
//! a DID: a member ([`member`]); `e/`, a DID, `/` and a digit: one of its last ten entries ([`mod@statement`]); `o/` and
//! a number of 8 bytes, big endian: an offer ([`mod@offer`]). A payment touches two members and no total.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod audit;
pub mod bank;
pub mod input;
pub mod member;
pub mod offer;
pub mod refusal;
pub mod statement;

use icn_guest::Failure;

icn_guest::guest! {
    entries: [open, join, set_limit, pay, offer, accept, cancel, statement, audit],
    capabilities: ["state"],
}

/// Entry: opens the bank.
pub fn open() -> Result<(), Failure> {
    bank::open()
}

/// Entry: the caller joins.
pub fn join() -> Result<(), Failure> {
    member::join()
}

/// Entry: sets a member's credit limit.
pub fn set_limit() -> Result<(), Failure> {
    member::set_limit()
}

/// Entry: pays a member.
pub fn pay() -> Result<(), Failure> {
    member::pay()
}

/// Entry: sets minutes aside for a job.
pub fn offer() -> Result<(), Failure> {
    offer::offer()
}

/// Entry: pays what was set aside.
pub fn accept() -> Result<(), Failure> {
    offer::accept()
}

/// Entry: gives back what was set aside.
pub fn cancel() -> Result<(), Failure> {
    offer::cancel()
}

/// Entry: answers the caller's balance, limit and last entries.
pub fn statement() -> Result<(), Failure> {
    statement::statement()
}

/// Entry: proves that the bank's sum is zero and no limit is broken.
pub fn audit() -> Result<(), Failure> {
    audit::audit()
}
