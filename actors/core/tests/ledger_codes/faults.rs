//! Single faults, each alone and each pair, and the code that must be given.

use std::collections::BTreeSet;

use icn_core::block::{Command, Level, Limits};
use icn_core::ledger::LedgerCode as Code;
use icn_core::name::{Bytes, Owner, Unit};

use crate::world::{NOW, World, cap, from, other_hold, time_backwards, to, token};

/// One thing that is wrong, what it is said to be, and which parts of the command or the books it takes.
pub(crate) struct Fault {
    pub(crate) code: Code,
    pub(crate) parts: &'static [&'static str],
    pub(crate) spoil: fn(&mut World),
}

pub(crate) fn fault(code: Code, parts: &'static [&'static str], spoil: fn(&mut World)) -> Fault {
    Fault { code, parts, spoil }
}

/// Each fault alone, and each pair; gives the pairs.
pub(crate) fn family(start: fn() -> World, faults: &[Fault]) -> BTreeSet<(Code, Code)> {
    assert_eq!(start().code(), None, "it succeeds when nothing is wrong");
    let mut pairs = BTreeSet::new();
    for (at, one) in faults.iter().enumerate() {
        let mut world = start();
        (one.spoil)(&mut world);
        assert_eq!(world.code(), Some(one.code), "alone");
        for other in &faults[at + 1..] {
            if one.parts.iter().any(|part| other.parts.contains(part)) {
                continue;
            }
            for pair in [[one, other], [other, one]] {
                let mut world = start();
                pair.iter().for_each(|fault| (fault.spoil)(&mut world));
                let first = one.code.min(other.code);
                assert_eq!(world.code(), Some(first), "{:?} and {:?}", one.code, other.code);
            }
            pairs.insert((one.code.min(other.code), one.code.max(other.code)));
        }
    }
    pairs
}

macro_rules! change {
    ($world:ident, $kind:ident { $($field:ident),+ } => $change:expr) => {
        if let Command::$kind { $($field),+, .. } = $world.command() { $change } else { panic!("another command") }
    };
}
pub(crate) use change;

pub(crate) fn hold_faults() -> Vec<Fault> {
    vec![
        fault(Code::GroupSize, &["group", "amount", "unit", "from", "to", "deadline", "time"], |w| {
            w.group.commands.clear();
        }),
        fault(Code::TimeBackwards, &["time", "due", "many"], time_backwards),
        fault(Code::Amount, &["amount"], |w| change!(w, Hold { amount } => *amount = 0)),
        fault(Code::SameAccount, &["to", "both", "unit"], |w| change!(w, Hold { to } => *to = from())),
        fault(Code::Reserved, &["to"], |w| change!(w, Hold { to } => to.owner = Owner::Issuance)),
        fault(Code::Resource, &["unit"], |w| {
            change!(w, Hold { from, to } => { from.unit = Unit::fuel(); to.unit = Unit::fuel() });
        }),
        fault(Code::Mismatch, &["to", "unit"], |w| change!(w, Hold { to } => to.unit = token(1))),
        fault(Code::Deadline, &["deadline", "time"], |w| change!(w, Hold { deadline } => *deadline = NOW)),
        fault(Code::Unauthorised, &["rights"], |w| w.context.rights.clear()),
        fault(Code::ExpiryMissing, &["due", "time"], |w| w.does(other_hold(9, NOW))),
        fault(Code::UnknownUnit, &["unit"], |w| {
            change!(w, Hold { from, to } => { from.unit = token(2); to.unit = token(2) });
        }),
        fault(Code::UnknownAccount, &["to"], |w| {
            change!(w, Hold { to } => to.owner = Owner::Name("nobody".into()));
        }),
        fault(Code::HoldExists, &["id", "unit"], |w| {
            change!(w, Hold { id } => *id = Bytes(7u128.to_be_bytes()));
            w.does(other_hold(7, NOW + 9));
        }),
        fault(Code::Closed, &["payee", "to", "unit", "many"], |w| w.does(Command::Close { account: to() })),
        fault(Code::Frozen, &["unit"], |w| w.does(Command::Freeze { account: from() })),
        fault(Code::TooManyHolds, &["many", "unit"], |w| {
            w.fill = true;
        }),
        fault(Code::CapPassed, &["cap", "unit"], |w| w.does(cap(Level::Scope, 9, None))),
        fault(Code::Insufficient, &["limit", "unit"], |w| {
            w.does(Command::Burn { from: from(), amount: 95 });
        }),
        fault(Code::BalanceMax, &["max", "to", "unit", "payee"], |w| {
            w.does(Command::SetLimits {
                account: to(),
                limits: Limits { credit: 0, balance_max: Some(109) },
            });
        }),
    ]
}
