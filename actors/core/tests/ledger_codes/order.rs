//! Of all codes that apply the first is given; every code is reached; the numbers have no gap.

use std::collections::BTreeSet;

use icn_core::block::{Command, Level, Limits, Operation, Usage};
use icn_core::ledger::{Asker, Booking, Context, Group, Ledger, LedgerCode as Code};
use icn_core::limits;
use icn_core::name::{Bytes, Owner, Unit};

use crate::faults::{change, family, fault, hold_faults};
use crate::world::{
    ID, NOW, World, account, away, cap, cap_set, from, held, hold, home, limits_set, netting, other_hold,
    pay_away, payee, payer, time_backwards, to, token,
};

#[test]
fn of_all_codes_that_apply_the_first_is_given() {
    let mut pairs = family(hold, &hold_faults());
    pairs.extend(family(
        pay_away,
        &[
            fault(Code::TimeBackwards, &["time", "due", "many"], time_backwards),
            fault(Code::Amount, &["amount"], |w| change!(w, Transfer { amount } => *amount = u64::MAX)),
            fault(Code::Reserved, &["to"], |w| change!(w, Transfer { to } => to.owner = Owner::Consumed)),
            fault(Code::Resource, &["unit"], |w| change!(w, Transfer { from } => from.unit = Unit::fuel())),
            fault(Code::Mismatch, &["unit"], |w| change!(w, Transfer { to } => to.unit = token(1))),
            fault(Code::Unauthorised, &["from"], |w| change!(w, Transfer { from } => from.owner = payee())),
            fault(Code::NoConsent, &["consent"], |w| w.context.consents.truncate(1)),
            fault(Code::ExpiryMissing, &["due", "time"], |w| w.does(other_hold(9, NOW))),
            fault(Code::ScaleDiffers, &["unit", "from", "to", "claim"], |w| {
                let (a, b) = ((home(), 2), (away(), 3));
                w.late.extend([a, b].map(|(scope, scale)| Command::OpenUnit {
                    scope,
                    unit: token(2),
                    scale,
                }));
                change!(w, Transfer { from, to } => { from.unit = token(2); to.unit = token(2) });
            }),
            fault(Code::UnknownAccount, &["to"], |w| {
                change!(w, Transfer { to } => to.owner = Owner::Name("nobody".into()));
            }),
            fault(Code::Closed, &["claim"], |w| {
                w.does(Command::Close { account: account(away(), Owner::Claim(home()), token(0)) });
            }),
            fault(Code::Frozen, &["payer", "from", "unit"], |w| w.does(Command::Freeze { account: from() })),
            fault(Code::CapPassed, &["cap", "unit"], |w| {
                w.does(cap(Level::Role("clerk".into()), 9, Some(7)))
            }),
            fault(Code::Insufficient, &["unit", "claim"], |w| {
                let account = account(away(), Owner::Claim(home()), token(0));
                w.does(Command::SetLimits { account, limits: Limits::default() });
            }),
            fault(Code::BalanceMax, &["max", "to", "unit"], |w| {
                let account = account(away(), payee(), token(0));
                w.does(Command::SetLimits { account, limits: Limits { credit: 0, balance_max: Some(100) } });
            }),
        ],
    ));
    pairs.extend(family(
        held,
        &[
            fault(Code::Amount, &["amount"], |w| change!(w, Settle { amount } => *amount = Some(0))),
            fault(Code::Unauthorised, &["rights"], |w| w.context.rights.clear()),
            fault(Code::ExpiryMissing, &["due"], |w| w.does(other_hold(9, NOW))),
            fault(Code::UnknownHold, &["id"], |w| change!(w, Settle { id } => *id = Bytes([5; 16]))),
            fault(Code::NotPlacer, &["by"], |w| change!(w, Settle { by } => *by = payer())),
            fault(Code::OverSettled, &["amount"], |w| change!(w, Settle { amount } => *amount = Some(11))),
            fault(Code::Frozen, &["payee"], |w| w.does(Command::Freeze { account: to() })),
        ],
    ));
    pairs.extend(family(
        limits_set,
        &[
            fault(Code::Amount, &["amount"], |w| {
                change!(w, SetLimits { limits } => limits.credit = u64::MAX);
            }),
            fault(Code::Reserved, &["account"], |w| {
                change!(w, SetLimits { account } => account.owner = Owner::Issuance);
            }),
            fault(Code::Unauthorised, &["rights"], |w| w.context.rights.clear()),
            fault(
                Code::UnknownUnit,
                &["account"],
                |w| change!(w, SetLimits { account } => account.unit = token(2)),
            ),
            fault(Code::UnknownAccount, &["account"], |w| {
                change!(w, SetLimits { account } => account.owner = Owner::Name("nobody".into()));
            }),
            fault(Code::Closed, &["closed"], |w| w.does(Command::Close { account: to() })),
            fault(Code::LimitBroken, &["amount"], |w| {
                change!(w, SetLimits { limits } => limits.balance_max = Some(99));
            }),
        ],
    ));
    pairs.extend(family(
        cap_set,
        &[
            fault(Code::Amount, &["amount"], |w| change!(w, SetCap { max } => *max = Some(u64::MAX))),
            fault(Code::CapTerms, &["soft"], |w| change!(w, SetCap { cap } => cap.window_ms = Some(0))),
            fault(Code::Unauthorised, &["rights"], |w| w.context.rights.clear()),
            fault(Code::ExpiryMissing, &["due"], |w| w.does(other_hold(9, NOW))),
            fault(Code::UnknownUnit, &["unit"], |w| change!(w, SetCap { cap } => cap.unit = token(2))),
            fault(Code::TooManyCaps, &["many"], |w| {
                let all = 1..=limits::CAPS_MAX as u64;
                w.late.extend(all.map(|n| cap(Level::Scope, 100, Some(1000 + n))));
            }),
        ],
    ));
    pairs.extend(family(
        netting,
        &[
            fault(Code::SameAccount, &["b"], |w| change!(w, Net { b } => *b = home())),
            fault(Code::Resource, &["unit"], |w| change!(w, Net { unit } => *unit = Unit::fuel())),
            fault(Code::Unauthorised, &["rights"], |w| w.context.rights.clear()),
            fault(Code::NoConsent, &["consent", "b"], |w| w.context.consents.clear()),
            fault(Code::UnknownUnit, &["unit"], |w| change!(w, Net { unit } => *unit = token(2))),
            fault(Code::Closed, &["books", "b", "unit"], |w| {
                w.does(Command::Close { account: account(home(), Owner::Owed(away()), token(0)) });
            }),
            fault(Code::Frozen, &["claim", "b", "unit"], |w| {
                w.does(Command::Freeze { account: account(home(), Owner::Claim(away()), token(0)) });
            }),
            fault(Code::NothingToNet, &["unit", "books", "claim", "consent"], |w| {
                let net = Command::Net { a: home(), b: away(), unit: token(0) };
                let mut context = Context::runtime(1);
                context.consents = w.context.consents.clone();
                w.ledger.apply(&Group { id: None, scope: home(), commands: vec![net] }, &context).unwrap();
            }),
        ],
    ));
    pairs.extend(family(
        || World::new(Command::OpenUnit { scope: home(), unit: token(2), scale: 2 }),
        &[
            fault(Code::Scale, &["scale"], |w| change!(w, OpenUnit { scale } => *scale = 19)),
            fault(Code::Unauthorised, &["rights"], |w| w.context.rights.clear()),
            fault(Code::UnitExists, &["unit"], |w| change!(w, OpenUnit { unit } => *unit = Unit::fuel())),
        ],
    ));
    pairs.extend(family(
        || World::new(Command::Open { account: account(home(), Owner::Name("till".into()), token(0)) }),
        &[
            fault(
                Code::Reserved,
                &["owner"],
                |w| change!(w, Open { account } => account.owner = Owner::Consumed),
            ),
            fault(Code::Unauthorised, &["rights"], |w| w.context.rights.clear()),
            fault(Code::UnknownUnit, &["unit"], |w| change!(w, Open { account } => account.unit = token(2))),
            fault(
                Code::AccountExists,
                &["owner", "unit"],
                |w| change!(w, Open { account } => account.owner = payer()),
            ),
        ],
    ));
    assert_eq!(pairs.len(), 150, "as many pairs as were counted: {pairs:?}");
    let mut reached: BTreeSet<Code> = pairs.iter().flat_map(|(a, b)| [*a, *b]).collect();
    // The test below.
    reached.extend([Code::IdTaken, Code::NotDue, Code::Overflow, Code::NotSetAside]);
    assert_eq!(reached, Code::ALL.iter().copied().collect(), "every code is reached");
}

#[test]
fn the_rest_of_the_codes_are_reached() {
    // Before its deadline a hold does not expire.
    let mut world = held();
    *world.command() = Command::Expire { scope: home(), id: ID };
    assert_eq!(world.clone().code(), Some(Code::NotDue));
    // An unknown one is not due either, but that is not said.
    *world.command() = Command::Expire { scope: home(), id: Bytes([5; 16]) };
    assert_eq!(world.code(), Some(Code::UnknownHold));
    // An id is another's, whatever else is wrong.
    let mut world = hold();
    world.group.id = Some(Bytes([3; 16]));
    world.ledger.apply(&world.group, &world.context).unwrap();
    change!(world, Hold { amount } => *amount = 0);
    let refusal = world.ledger.apply(&world.group, &world.context).unwrap_err();
    assert_eq!(refusal.code, Code::IdTaken);
    assert!(refusal.what.contains("`commands.0.hold.amount`"), "{refusal}");
    // What was neither drawn nor staged is not posted.
    let mut ledger = hold().ledger;
    let usage = Usage::default();
    let mut booking =
        Booking { scope: home(), time: NOW, fuel: 1, usage, journal: &[], actor: &Asker::default() };
    assert_eq!(ledger.post(&booking, true).unwrap_err().code, Code::NotSetAside);
    let journal = [Operation::Void { id: ID }];
    (booking.fuel, booking.journal) = (0, &journal);
    assert_eq!(ledger.post(&booking, true).unwrap_err().code, Code::NotSetAside);
    // No test fills a counter: books do.
    let world = hold();
    let mut books = world.ledger.books();
    for (id, account) in &mut books.accounts {
        if *id == to() {
            (account.debits, account.credits) = (u128::MAX - 5, u128::MAX - 5);
        }
    }
    let mut full = Ledger::from_books(books, Vec::new());
    assert_eq!(full.apply(&world.group, &world.context).unwrap_err().code, Code::Overflow);
}

#[test]
fn the_numbers_of_the_codes_have_no_gap() {
    for (at, code) in Code::ALL.iter().enumerate() {
        assert_eq!(usize::from(code.number()), at + 1);
        assert!(!code.meaning().is_empty());
    }
}
