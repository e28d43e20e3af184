//! Every code of the ledger is reached, alone, and of every two that can apply at once the first is given.
//!
//! A family of tests begins with a command that succeeds. A fault spoils it in one way, for which there is one code;
//! faults that spoil different parts are put together in pairs.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::collections::BTreeSet;

use icn_core::block::{CapKey, Command, Level, Limits, Operation, Usage};
use icn_core::ledger::{Actor, Booking, Context, Group, Ledger, LedgerCode as Code, Right};
use icn_core::limits;
use icn_core::name::{AccountId, Bytes, Did, HoldId, Owner, Unit};
use icn_testkit::generate::{did, raw_id};

const NOW: u64 = 1_000_000;
const ID: HoldId = Bytes([1; 16]);

fn token(n: usize) -> Unit {
    Unit::parse(["HOUR", "BREAD", "SEED"][n]).unwrap()
}
fn home() -> Did {
    did(0)
}
fn away() -> Did {
    did(1)
}
fn payer() -> Owner {
    Owner::Member(did(2))
}
fn payee() -> Owner {
    Owner::Member(did(3))
}
fn account(scope: Did, owner: Owner, unit: Unit) -> AccountId {
    AccountId { scope, owner, unit }
}
fn from() -> AccountId {
    account(home(), payer(), token(0))
}
fn to() -> AccountId {
    account(home(), payee(), token(0))
}

/// The books before, and what is asked of them.
#[derive(Clone)]
struct World {
    ledger: Ledger,
    context: Context,
    group: Group,
    /// What is done last to the books, when all accounts that are needed are there.
    late: Vec<Command>,
    /// Whether the scope has as many holds as it may have.
    fill: bool,
}

impl World {
    /// A member with 100 of a token in each of two scopes, everything opened, everything allowed.
    fn new(command: Command) -> Self {
        let mut ledger = Ledger::default();
        let mut commands = Vec::new();
        for scope in [home(), away()] {
            for owner in [payer(), payee(), Owner::Treasury] {
                commands.push(Command::Mint { to: account(scope, owner, token(0)), amount: 100 });
            }
            commands.push(Command::Open { account: account(scope, payee(), token(1)) });
        }
        let credit = Limits { credit: 50, balance_max: None };
        let claim = account(away(), Owner::Claim(home()), token(0));
        commands.push(Command::Open { account: claim.clone() });
        commands.push(Command::SetLimits { account: claim, limits: credit });
        ledger.apply(&Group { id: None, scope: home(), commands }, &Context::runtime(1)).unwrap();
        let rights = [Right::Transfer, Right::Treasury, Right::Mint, Right::Admin];
        let context = Context {
            time: NOW,
            actor: Actor { member: Some(did(2)), module: Some(raw_id(0)), roles: vec!["clerk".into()] },
            rights: [home(), away()].iter().flat_map(|scope| rights.map(|right| (*scope, right))).collect(),
            consents: vec![(home(), away()), (away(), home())],
            ..Context::default()
        };
        let group = Group { id: None, scope: home(), commands: vec![command] };
        Self { ledger, context, group, late: Vec::new(), fill: false }
    }

    fn does(&mut self, command: Command) {
        self.late.push(command);
    }

    fn command(&mut self) -> &mut Command {
        &mut self.group.commands[0]
    }

    /// The code that is given; and nothing is changed.
    fn code(mut self) -> Option<Code> {
        self.late.sort_by_key(|command| matches!(command, Command::Close { .. } | Command::Freeze { .. }));
        for command in std::mem::take(&mut self.late) {
            let group = Group { id: None, scope: home(), commands: vec![command] };
            self.ledger.apply(&group, &Context::runtime(2)).unwrap();
        }
        if self.fill {
            let treasury = account(home(), Owner::Treasury, token(0));
            let mut commands = vec![Command::Mint { to: treasury, amount: 5000 }];
            let open = self.ledger.books().holds.len();
            commands.extend((open..limits::HOLDS_OPEN_MAX).map(|n| other_hold(n as u128 + 1000, NOW + 9)));
            self.ledger.apply(&Group { id: None, scope: home(), commands }, &Context::runtime(2)).unwrap();
        }
        let before = icn_core::encode::to_bytes(&self.ledger.books());
        let code = self.ledger.apply(&self.group, &self.context).err().map(|refusal| refusal.code);
        assert!(code.is_none() || icn_core::encode::to_bytes(&self.ledger.books()) == before);
        assert_eq!(self.ledger.imbalances(), []);
        code
    }
}

/// One thing that is wrong, what it is said to be, and which parts of the command or the books it takes.
struct Fault {
    code: Code,
    parts: &'static [&'static str],
    spoil: fn(&mut World),
}

fn fault(code: Code, parts: &'static [&'static str], spoil: fn(&mut World)) -> Fault {
    Fault { code, parts, spoil }
}

/// Each fault alone, and each pair; gives the pairs.
fn family(start: fn() -> World, faults: &[Fault]) -> BTreeSet<(Code, Code)> {
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

fn hold() -> World {
    World::new(Command::Hold {
        id: ID,
        from: from(),
        to: to(),
        amount: 10,
        deadline: NOW + 1,
        by: Owner::Module(raw_id(0)),
    })
}

fn other_hold(n: u128, deadline: u64) -> Command {
    let treasury = account(home(), Owner::Treasury, token(0));
    let by = Owner::Module(raw_id(0));
    Command::Hold { id: Bytes(n.to_be_bytes()), from: treasury, to: to(), amount: 1, deadline, by }
}

fn time_backwards(world: &mut World) {
    world.context.time = 1;
    if let Command::Hold { deadline, .. } = world.command() {
        *deadline = if *deadline == NOW { 1 } else { 2 };
    }
    // What is done to the books last is done at 2.
    world.does(Command::Mint { to: account(home(), Owner::Treasury, token(0)), amount: 1 });
}

fn hold_faults() -> Vec<Fault> {
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

fn cap(level: Level, max: u64, window_ms: Option<u64>) -> Command {
    let cap = CapKey { scope: home(), unit: token(0), level, window_ms };
    Command::SetCap { cap, max: Some(max), soft: None }
}
fn pay_away() -> World {
    World::new(Command::Transfer { from: from(), to: account(away(), payee(), token(0)), amount: 10 })
}
fn held() -> World {
    let by = Owner::Module(raw_id(0));
    let mut world = World::new(Command::Settle { scope: home(), id: ID, amount: Some(10), by });
    let by = Owner::Module(raw_id(0));
    world.does(Command::Hold { id: ID, from: from(), to: to(), amount: 10, deadline: NOW + 1, by });
    world
}
fn limits_set() -> World {
    World::new(Command::SetLimits { account: to(), limits: Limits { credit: 5, balance_max: Some(200) } })
}
fn cap_set() -> World {
    World::new(Command::SetCap {
        cap: CapKey { scope: home(), unit: token(0), level: Level::Scope, window_ms: Some(10) },
        max: Some(5),
        soft: Some(4),
    })
}
fn netting() -> World {
    let mut world = World::new(Command::Net { a: home(), b: away(), unit: token(0) });
    let limits = Limits { credit: 50, balance_max: None };
    let claim = account(home(), Owner::Claim(away()), token(0));
    let open = vec![
        Command::Open { account: claim.clone() },
        Command::SetLimits { account: claim, limits },
        Command::Transfer { from: from(), to: account(away(), payee(), token(0)), amount: 10 },
        Command::Transfer { from: account(away(), payer(), token(0)), to: to(), amount: 4 },
    ];
    let mut context = Context::runtime(1);
    context.consents = world.context.consents.clone();
    world.ledger.apply(&Group { id: None, scope: home(), commands: open }, &context).unwrap();
    world
}

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
        Booking { scope: home(), time: NOW, fuel: 1, usage, journal: &[], actor: &Actor::default() };
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
