//! What a journal or a policy says about units: transfers, holds, operations and issues.

use icn_core::block::{Issue, Operation};
use icn_core::name::Owner;

use super::names::raw_id;
use super::source::ByteSource;
use crate::plain::{HoldTerms, Transfer};

impl ByteSource<'_> {
    /// Terms of a hold, not always sound ones.
    pub fn terms(&mut self) -> HoldTerms {
        let near = u64::from(self.byte()) * self.pick(&[1, 16, 256]);
        HoldTerms {
            to: self.owner(),
            deadline: if self.once_in(8) { self.number() } else { near },
            module: raw_id(u8::from(self.once_in(4))),
        }
    }

    /// A transfer of the plain ledger, not always a sound one.
    pub fn transfer(&mut self) -> Transfer {
        let (from, to) = (self.owner(), self.owner());
        let (unit, amount) = (self.unit(), self.amount());
        // Terms belong to a transfer to a hold, mostly.
        let terms = matches!(to, Owner::Hold(_)) != self.once_in(16);
        Transfer { from, to, unit, amount, terms: terms.then(|| self.terms()) }
    }

    /// An operation of a journal with any fields.
    pub fn operation(&mut self) -> Operation {
        match self.below(10) {
            0..=3 => {
                let (from, to, unit, amount) = (self.owner(), self.owner(), self.unit(), self.amount());
                let memo = if self.once_in(8) { self.text(8) } else { String::new() };
                Operation::Transfer { from, to, unit, amount, memo }
            }
            4 => Operation::Hold {
                id: self.hold_id(),
                from: self.owner(),
                to: self.owner(),
                unit: self.unit(),
                amount: self.amount(),
                deadline: self.number(),
                module: self.id(),
            },
            5 => Operation::Settle { id: self.hold_id(), amount: self.amount() },
            6 => Operation::Void { id: self.hold_id() },
            7 | 8 => {
                let (from, to, unit, amount) = (self.owner(), self.owner(), self.unit(), self.amount());
                let (scope, memo) = (self.member(), self.text(8));
                if self.flag() {
                    Operation::Send { from, scope, to, unit, amount, memo }
                } else {
                    Operation::Receive { from, scope, to, unit, amount, memo }
                }
            }
            _ => Operation::Expire { id: self.hold_id() },
        }
    }

    /// An issue, not always to an account that a policy may give units to.
    pub fn issue(&mut self) -> Issue {
        let unit = self.unit();
        let to = if unit.is_resource() { Owner::Treasury } else { self.owner() };
        Issue { unit, to, amount: self.amount() }
    }
}
