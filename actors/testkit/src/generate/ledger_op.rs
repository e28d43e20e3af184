//! Operations of a host on its ledger, for the comparison in [`crate::runs`].

use icn_core::block::{Issue, Outcome, Usage};
use icn_core::name::{Did, HoldId, Unit};

use super::names::did;
use super::source::ByteSource;
use crate::plain::Transfer;

impl ByteSource<'_> {
    /// The next operation on a ledger.
    pub fn ledger_op(&mut self) -> LedgerOp {
        let scope = did(self.below(2));
        match self.below(26) {
            0 | 1 => LedgerOp::Issue { scope, issues: self.list(3, Self::issue) },
            2 | 3 => {
                LedgerOp::Draw { scope, unit: self.resource(), needed: self.amount(), amount: self.amount() }
            }
            4..=8 => LedgerOp::Hold { scope, transfer: Box::new(self.transfer()) },
            9 => LedgerOp::Void { scope },
            10..=12 => {
                let outcome = self.outcome();
                let usage = self.usage();
                LedgerOp::Post { scope, outcome, fuel: self.charge(), usage, spoil: self.once_in(8) }
            }
            13 | 14 => LedgerOp::Restart { scope },
            15 | 16 => {
                let (hold, amount) = (self.hold_id(), self.amount());
                LedgerOp::Close { scope, hold, amount }
            }
            19..=24 => LedgerOp::Place {
                scope,
                treasury: self.flag(),
                hold: self.hold_id(),
                amount: 1 + self.below(8) as u64,
                ahead: 1 + self.below(64) as u64,
            },
            17 | 18 => LedgerOp::Wait { scope, ms: u64::from(self.byte()) * self.pick(&[1, 16]) },
            _ => LedgerOp::Reload,
        }
    }
}

/// What can be asked of a ledger.
#[derive(Debug, Clone)]
pub enum LedgerOp {
    /// A policy's issue.
    Issue {
        /// The scope.
        scope: Did,
        /// What it issues.
        issues: Vec<Issue>,
    },
    /// Sets a resource aside.
    Draw {
        /// The scope.
        scope: Did,
        /// The resource.
        unit: Unit,
        /// At least so much.
        needed: u64,
        /// So much, if it is there.
        amount: u64,
    },
    /// Sets a transfer of the running invocation aside.
    Hold {
        /// The scope.
        scope: Did,
        /// The transfer.
        transfer: Box<Transfer>,
    },
    /// Drops what the running invocation set aside.
    Void {
        /// The scope.
        scope: Did,
    },
    /// Ends the running invocation: its journal is what was held, unless it is spoiled.
    Post {
        /// The scope.
        scope: Did,
        /// How it ended.
        outcome: Outcome,
        /// Fuel charged.
        fuel: u64,
        /// What else is charged.
        usage: Usage,
        /// Whether the journal is not the one that was held.
        spoil: bool,
    },
    /// The scope's actor is replaced: its accounts come from the fold.
    Restart {
        /// The scope.
        scope: Did,
    },
    /// Settles a hold, or voids it with an amount of 0.
    Close {
        /// The scope.
        scope: Did,
        /// The hold.
        hold: HoldId,
        /// What its payee gets, at most.
        amount: u64,
    },
    /// Places a hold that is sound if it is covered and its name is free: for the second member, of the first
    /// token, from the first member or the treasury.
    Place {
        /// The scope.
        scope: Did,
        /// Whether the treasury pays.
        treasury: bool,
        /// The hold.
        hold: HoldId,
        /// How much.
        amount: u64,
        /// So many milliseconds after the scope's time.
        ahead: u64,
    },
    /// Time passes for a scope that runs nothing.
    Wait {
        /// The scope.
        scope: Did,
        /// So many milliseconds.
        ms: u64,
    },
    /// The host comes back from a snapshot.
    Reload,
}
