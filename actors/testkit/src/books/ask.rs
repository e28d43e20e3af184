//! Random questions to a ledger: few names, so that they meet; edges of amounts, times and windows.

use icn_core::block::{CapKey, Command, Level, Limits};
use icn_core::ledger::{AccountNo, Actor, Context, Group, Ledger, Leg, Right};
use icn_core::name::{AccountId, Bytes, Did, HoldId, Owner, Unit};

use crate::generate::{ByteSource, did, raw_id, token};

const MOST: u64 = i64::MAX.cast_unsigned();
const SMALL: [u64; 8] = [1, 2, 3, 5, 7, 10, 20, 50];
const EDGES: [u64; 6] = [0, 1, MOST - 1, MOST, MOST + 1, u64::MAX];
const WINDOW: u64 = 100;

/// One question.
#[derive(Debug)]
pub(super) enum Ask {
    Group(Box<(Group, Context)>),
    Legs(Did, Vec<Leg>, u64),
    Reload,
}

fn scope(source: &mut ByteSource<'_>) -> Did {
    did(source.pick(&[0, 0, 0, 0, 1, 1, 2]))
}
fn unit(source: &mut ByteSource<'_>) -> Unit {
    match source.below(32) {
        0 => Unit::fuel(),
        1 | 2 => token(1),
        _ => token(0),
    }
}
fn owner(source: &mut ByteSource<'_>) -> Owner {
    match source.below(40) {
        0..16 => Owner::Member(did(0)),
        16..24 => Owner::Member(did(1)),
        24..30 => Owner::Treasury,
        30..33 => Owner::Module(raw_id(0)),
        33..36 => Owner::Name("till".into()),
        36 => Owner::Owed(did(source.below(3))),
        37 => Owner::Claim(did(source.below(3))),
        38 => Owner::Issuance,
        _ => Owner::Consumed,
    }
}
fn account(source: &mut ByteSource<'_>) -> AccountId {
    AccountId { scope: scope(source), owner: owner(source), unit: unit(source) }
}
fn amount(source: &mut ByteSource<'_>) -> u64 {
    if source.once_in(16) { source.pick(&EDGES) } else { source.pick(&SMALL) }
}
fn hold_id(source: &mut ByteSource<'_>) -> HoldId {
    Bytes([source.pick(&[0, 1, 2, 3]); 16])
}
fn by(source: &mut ByteSource<'_>) -> Owner {
    if source.once_in(4) { Owner::Module(raw_id(0)) } else { Owner::Member(did(0)) }
}
/// Another account, mostly of the same scope and unit.
fn beside(source: &mut ByteSource<'_>, first: &AccountId) -> AccountId {
    let mut other = AccountId { owner: owner(source), ..first.clone() };
    if other == *first && !source.once_in(6) {
        other.owner = Owner::Member(did(if first.owner == Owner::Member(did(1)) { 0 } else { 1 }));
    }
    if source.once_in(8) {
        other.scope = scope(source);
    }
    if source.once_in(32) {
        other.unit = unit(source);
    }
    other
}
fn bound(source: &mut ByteSource<'_>) -> Option<u64> {
    (!source.once_in(4)).then(|| {
        source.pick(&[0, 5, 10, 50, 100, 200, 200, 300, 500, 1000, MOST - 1, MOST, MOST, 50, 100, MOST + 1])
    })
}
fn cap(source: &mut ByteSource<'_>) -> CapKey {
    let level = match source.below(4) {
        0 => Level::Member(did(0)),
        1 => Level::Module(raw_id(0)),
        2 => Level::Role("clerk".into()),
        _ => Level::Scope,
    };
    let window_ms = source.pick(&[
        None,
        None,
        Some(WINDOW),
        Some(WINDOW),
        Some(WINDOW),
        Some(2 * WINDOW),
        Some(1),
        Some(0),
    ]);
    CapKey { scope: scope(source), unit: unit(source), level, window_ms }
}

/// A hold that is open, mostly, and whose it is.
fn open_hold(source: &mut ByteSource<'_>, ledger: &Ledger) -> (Did, HoldId, Owner) {
    let open = ledger.books().holds;
    if open.is_empty() || source.once_in(6) {
        return (scope(source), hold_id(source), by(source));
    }
    let (scope, id, hold) = source.pick(&open);
    (scope, id, if source.once_in(6) { by(source) } else { hold.by })
}

fn command(source: &mut ByteSource<'_>, time: u64, ledger: &Ledger) -> Command {
    match source.below(32) {
        0 => Command::OpenUnit {
            scope: scope(source),
            unit: unit(source),
            scale: source.pick(&[0, 0, 2, 18, 19]),
        },
        1 => Command::Open { account: account(source) },
        2 if source.flag() => Command::Close { account: account(source) },
        3 if source.flag() => Command::Freeze { account: account(source) },
        2 | 3 => Command::Unfreeze { account: account(source) },
        4 | 5 => {
            let limits = Limits { credit: bound(source).unwrap_or(0), balance_max: bound(source) };
            Command::SetLimits { account: account(source), limits }
        }
        6 => Command::Issue { to: account(source), amount: amount(source) },
        7 | 8 => Command::Mint { to: account(source), amount: amount(source) },
        9 => Command::Burn { from: account(source), amount: amount(source) },
        10..16 => {
            let from = account(source);
            let to = beside(source, &from);
            Command::Transfer { from, to, amount: amount(source) }
        }
        16..21 => {
            let from = account(source);
            let to = beside(source, &from);
            let ahead = source.pick(&[1, WINDOW, 3 * WINDOW, 3 * WINDOW, 10 * WINDOW, 10 * WINDOW]);
            let ahead = if source.once_in(24) { source.pick(&[0, u64::MAX / 2]) } else { ahead };
            let (amount, deadline, by) = (amount(source), time.saturating_add(ahead), by(source));
            Command::Hold { id: hold_id(source), from, to, amount, deadline, by }
        }
        21..24 => {
            let amount = (!source.once_in(3)).then(|| amount(source));
            let (scope, id, by) = open_hold(source, ledger);
            Command::Settle { scope, id, amount, by }
        }
        24 | 25 => {
            let (scope, id, by) = open_hold(source, ledger);
            Command::Void { scope, id, by }
        }
        26 => {
            let (scope, id, _) = open_hold(source, ledger);
            Command::Expire { scope, id }
        }
        27 => Command::Mint { to: account(source), amount: amount(source) },
        28 | 29 => {
            let soft = source.once_in(3).then(|| source.pick(&[0, 5, 10, 60]));
            Command::SetCap { cap: cap(source), max: bound(source), soft }
        }
        30 => Command::Net { a: scope(source), b: scope(source), unit: unit(source) },
        _ => {
            let unit = if source.once_in(8) { token(0) } else { Unit::fuel() };
            let (amount, refund) = (amount(source), source.once_in(4));
            Command::Charge { scope: scope(source), unit, amount, refund }
        }
    }
}

fn context(source: &mut ByteSource<'_>, time: u64) -> Context {
    let mut context = Context { time, ..Context::default() };
    let all = [Right::Transfer, Right::Treasury, Right::Mint, Right::Admin];
    for of in 0..3 {
        for right in all {
            if !source.once_in(96) {
                context.rights.push((did(of), right));
            }
        }
        for other in 0..3 {
            if !source.once_in(48) {
                context.consents.push((did(of), did(other)));
            }
        }
    }
    context.runtime = source.once_in(3);
    if source.once_in(4) {
        context.part = Some(did(source.below(3)));
    }
    let roles = if source.flag() { vec!["clerk".to_owned()] } else { Vec::new() };
    let member = source.pick(&[
        Some(did(0)),
        Some(did(0)),
        Some(did(0)),
        Some(did(0)),
        Some(did(0)),
        Some(did(1)),
        None,
    ]);
    context.actor = Actor { member, module: source.flag().then(|| raw_id(0)), roles };
    context
}

/// The next question. Time goes on, to the edges of windows and one beside them, and now and then tries to go back.
pub(super) fn ask(source: &mut ByteSource<'_>, time: &mut u64, ledger: &Ledger) -> Ask {
    *time = match source.below(8) {
        0 => *time + 1,
        1 => (*time / WINDOW + 1) * WINDOW,
        2 => (*time / WINDOW + 1) * WINDOW - 1,
        3 => *time + WINDOW / 2,
        _ => *time,
    };
    match source.below(16) {
        0 => return Ask::Reload,
        1 | 2 if ledger.books().caps.is_empty() => {
            let books = ledger.books().accounts;
            let of = scope(source);
            let open: Vec<AccountNo> = books
                .iter()
                .filter(|(id, _)| id.scope == of)
                .filter_map(|(id, _)| ledger.account_no(id))
                .collect();
            if !open.is_empty() {
                let mut leg =
                    |_| Leg { from: source.pick(&open), to: source.pick(&open), amount: amount(source) };
                return Ask::Legs(of, (0..4).map(&mut leg).collect(), *time);
            }
        }
        _ => {}
    }
    let now = if source.once_in(24) { *time - 1 } else { *time };
    let size = if source.once_in(48) { 0 } else { source.pick(&[1, 1, 1, 1, 1, 2, 3, 4]) };
    let mut commands = Vec::new();
    let of = scope(source);
    if !source.once_in(5) {
        // As whoever asks the machine does it: what is due comes first.
        for touched in [did(0), did(1), did(2)] {
            let due = ledger.due(&touched, now).into_iter();
            commands.extend(due.map(|id| Command::Expire { scope: touched, id }));
        }
    }
    commands.extend((0..size).map(|_| command(source, now, ledger)));
    let id = source.once_in(3).then(|| Bytes([source.byte() % 64; 16]));
    Ask::Group(Box::new((Group { id, scope: of, commands }, context(source, now))))
}

/// Books to begin with: units, accounts and something in them.
pub(super) fn opening() -> (Group, Context) {
    let mut commands = Vec::new();
    for scope in [did(0), did(1), did(2)] {
        for owner in [Owner::Treasury, Owner::Member(did(0)), Owner::Member(did(1))] {
            commands.push(Command::Mint { to: AccountId { scope, owner, unit: token(0) }, amount: 100 });
        }
        let to = AccountId { scope, owner: Owner::Treasury, unit: Unit::fuel() };
        commands.push(Command::Issue { to, amount: 1000 });
        let other = if scope == did(0) { did(1) } else { did(0) };
        let account = AccountId { scope, owner: Owner::Claim(other), unit: token(0) };
        commands.push(Command::SetLimits { account, limits: Limits { credit: 30, balance_max: None } });
    }
    (Group { id: None, scope: did(0), commands }, Context::runtime(1))
}
