//! How many transfers a second does the ledger's machine make in memory, beside the least that a transfer is: two
//! counters, found by number and added to?
//!
//! Batched: groups of 1024 transfers by the accounts' numbers (`Ledger::transfers`); one by one: the same with one;
//! by name: a group of one command (`Ledger::apply`), names and all. Uniform: payer and payee at random; hot: one
//! account pays everybody. The machine checks amounts, accounts, limits and counters, and takes a group back that
//! does not fit; the floor does nothing but add. A part of a line's name as an argument measures that alone.
//!
//! The whole machine is in `icn-core`, so this builds without the engine: `cargo bench -p icn-core --bench ledger`.
#![allow(clippy::expect_used, clippy::cast_precision_loss, reason = "a bench that cannot go on stops")]

use std::hint::black_box;
use std::time::Instant;

use icn_core::block::Command;
use icn_core::ledger::{AccountNo, Context, Group, Ledger, Leg};
use icn_core::name::{AccountId, Did, Owner, Unit};

const TRANSFERS: usize = 2_000_000;
const NAMED: usize = 200_000;
const BATCH: usize = 1024;
const ROUNDS: usize = 7;
/// What each account has at first: enough for all that a round takes from it.
const EACH: u64 = 1 << 50;

#[derive(Clone, Copy, Default)]
struct Counters {
    debits: u128,
    credits: u128,
}

/// One transfer's numbers.
#[derive(Clone, Copy)]
struct Pair {
    from: u32,
    to: u32,
    amount: u64,
}

fn pairs(accounts: u32, hot: bool) -> Vec<Pair> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        u32::try_from((state >> 32) % u64::from(accounts)).expect("below a u32")
    };
    let mut pair = |_| {
        let from = if hot { 0 } else { next() };
        let to = next();
        let to = if to == from { (to + 1) % accounts } else { to };
        Pair { from, to, amount: u64::from(to % 100) + 1 }
    };
    (0..TRANSFERS).map(&mut pair).collect()
}

fn account(n: u32) -> AccountId {
    let unit = Unit::parse("HOUR").expect("a unit");
    AccountId { scope: Did::from_key([1; 32]), owner: Owner::Name(n.to_string().into()), unit }
}

fn ledger(accounts: u32) -> (Ledger, Vec<AccountNo>) {
    let mut ledger = Ledger::default();
    let scope = Did::from_key([1; 32]);
    let all: Vec<u32> = (0..accounts).collect();
    for some in all.chunks(1000) {
        let commands = some.iter().map(|n| Command::Mint { to: account(*n), amount: EACH }).collect();
        ledger.apply(&Group { id: None, scope, commands }, &Context::runtime(1)).expect("minted");
    }
    let numbers = all.iter().map(|n| ledger.account_no(&account(*n)).expect("open")).collect();
    (ledger, numbers)
}

fn rate(count: usize, run: impl FnOnce()) -> f64 {
    let started = Instant::now();
    run();
    count as f64 / started.elapsed().as_secs_f64()
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    println!("transfers a second in memory; medians of {ROUNDS} rounds, ours and the floor in turn");
    for accounts in [1_000u32, 1_000_000] {
        let (mut ledger, numbers) = ledger(accounts);
        for (pattern, hot) in [("uniform", false), ("hot", true)] {
            let name = |way: &str| format!("ledger_{way}_{pattern}_{accounts}");
            let is_wanted =
                |way: &str| wanted.is_empty() || wanted.iter().any(|part| name(way).contains(part));
            let pairs = pairs(accounts, hot);
            let leg = |pair: &Pair| Leg {
                from: numbers[pair.from as usize],
                to: numbers[pair.to as usize],
                amount: pair.amount,
            };
            let legs: Vec<Leg> = pairs.iter().map(leg).collect();
            for (way, size) in [("batched", BATCH), ("single", 1)] {
                if !is_wanted(way) {
                    continue;
                }
                let (mut ours, mut floors) = (Vec::new(), Vec::new());
                for _ in 0..ROUNDS {
                    ours.push(rate(TRANSFERS, || {
                        for group in legs.chunks(size) {
                            ledger.transfers(black_box(group), 2).expect("covered");
                        }
                    }));
                    floors.push(floor(&pairs, accounts));
                }
                tell(&name(way), ours, floors);
            }
            if is_wanted("named") {
                named(&name("named"), &mut ledger, &pairs, accounts);
            }
            assert_eq!(ledger.imbalances(), [], "what was measured is sound");
        }
    }
}

fn named(name: &str, ledger: &mut Ledger, pairs: &[Pair], accounts: u32) {
    let pairs = &pairs[..NAMED];
    let command = |pair: &Pair| Group {
        id: None,
        scope: Did::from_key([1; 32]),
        commands: vec![Command::Transfer {
            from: account(pair.from),
            to: account(pair.to),
            amount: pair.amount,
        }],
    };
    let groups: Vec<Group> = pairs.iter().map(command).collect();
    let (context, mut ours, mut floors) = (Context::runtime(2), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(rate(NAMED, || {
            for group in &groups {
                let _ = black_box(ledger.apply(black_box(group), &context).expect("covered"));
            }
        }));
        floors.push(floor(pairs, accounts));
    }
    tell(name, ours, floors);
}

/// Two counters a transfer.
fn floor(pairs: &[Pair], accounts: u32) -> f64 {
    let mut counters = vec![Counters::default(); accounts as usize];
    // Every page is there before it is measured, as the machine's are.
    counters.iter_mut().for_each(|counter| counter.credits = u128::from(EACH));
    let rate = rate(pairs.len(), || {
        for pair in pairs {
            let pair = black_box(pair);
            counters[pair.from as usize].debits += u128::from(pair.amount);
            counters[pair.to as usize].credits += u128::from(pair.amount);
        }
    });
    black_box(counters);
    rate
}

fn tell(name: &str, ours: Vec<f64>, floors: Vec<f64>) {
    println!("{name}: ours {ours:.0?} floor {floors:.0?}");
    let (ours, floor) = (median(ours), median(floors));
    let ratio = ours / floor;
    println!("RATIO name={name} ours={ours:.0} floor={floor:.0} unit=transfers_per_second ratio={ratio:.3}");
}
