//! How many transfers a second does the ledger make through its actor, asked as scopes ask it, beside the least that a
//! transfer is: two counters, found by number and added to?
//!
//! A guest must know at once whether its transfer is covered, so every transfer is a message of its own to another
//! thread, whose answer is waited for; a receipt is told later, and books what was asked. *single*: one scope, one
//! transfer a receipt. *batched*: one scope, 1024 transfers a receipt, each of them still asked for. *crowd*: 64 scopes
//! beside each other, one transfer a receipt, the accounts divided among them. Uniform: payer and payee at random;
//! hot: one account (in a crowd, one a scope) pays everybody. What the machine itself does is `benches/ledger.rs`.
//!
//! Run: `cargo bench --workspace --bench ledger_actor`. A part of a line's name as an argument measures that alone.

#![allow(clippy::expect_used, clippy::cast_precision_loss, reason = "a bench that cannot go on stops")]

mod common;

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use common::{Numbers, median, tell, tell_load, testing};
use icn_core::block::{Command, Operation};
use icn_core::ledger::{Context, Group, Ledger};
use icn_core::name::{AccountId, BlockId, Codec, Did, Hash, Origin, Owner, Unit};
use icn_runtime::{Outcome, Receipt, Usage};
use icn_system::measure::{LedgerAlone, Run};

/// What each account has at first: enough for all that is taken from it.
const EACH: u64 = 1 << 40;
const ARBITERS: usize = 2;

struct Way {
    name: &'static str,
    scopes: u32,
    /// Transfers of a receipt.
    receipt: usize,
}

const WAYS: [Way; 3] = [
    Way { name: "single", scopes: 1, receipt: 1 },
    Way { name: "batched", scopes: 1, receipt: 1024 },
    Way { name: "crowd", scopes: 64, receipt: 1 },
];

fn scope(n: u32) -> Did {
    Did::from_key([u8::try_from(n).expect("few scopes"); 32])
}

fn unit() -> Unit {
    Unit::parse("HOUR").expect("a unit")
}

fn owner(n: u32) -> Owner {
    Owner::Name(n.to_string().into())
}

/// A ledger whose accounts are divided among so many scopes.
fn ledger(accounts: u32, scopes: u32) -> Ledger {
    let mut ledger = Ledger::default();
    let all: Vec<u32> = (0..accounts / scopes).collect();
    for scope in (0..scopes).map(scope) {
        for some in all.chunks(1000) {
            let to = |n: &u32| AccountId { scope, owner: owner(*n), unit: unit() };
            let commands = some.iter().map(|n| Command::Mint { to: to(n), amount: EACH }).collect();
            ledger.apply(&Group { id: None, scope, commands }, &Context::runtime(1)).expect("minted");
        }
    }
    ledger
}

/// A receipt with nothing but its journal.
fn receipt(scope: Did, seq: u64, journal: Vec<Operation>) -> Run {
    let nothing = BlockId::from_digest(Codec::Raw, &[0; 32]);
    Arc::new(Receipt {
        typ: Default::default(),
        log: Origin::parse("bench").expect("an origin"),
        scope,
        seq,
        prev: nothing,
        invocation: nothing,
        engine: nothing,
        time: 2,
        outcome: Outcome::Ok,
        fuel: 0,
        usage: Usage { memory: 0, network: 0, storage: 0 },
        output: Vec::new(),
        logged: None,
        writes: Vec::new(),
        journal,
        with: Vec::new(),
        nodes: Vec::new(),
        anchors: Vec::new(),
        signer: None,
        root: Hash::digest(&[]),
    })
}

/// Payer and payee, by their numbers in the scope, and how much.
type Pair = (u32, u32, u64);

fn pairs(accounts: u32, hot: bool, count: usize) -> Vec<Pair> {
    let mut numbers = Numbers::new();
    let mut pair = |_| {
        let from = if hot { 0 } else { numbers.below(accounts) };
        let to = numbers.below(accounts);
        let to = if to == from { (to + 1) % accounts } else { to };
        (from, to, u64::from(to % 100) + 1)
    };
    (0..count).map(&mut pair).collect()
}

fn lines(way: &Way, pairs: &[Pair]) -> Vec<Vec<Run>> {
    let share = pairs.len() / way.scopes as usize;
    let transfer = |(from, to, amount): &Pair| Operation::transfer(owner(*from), owner(*to), unit(), *amount);
    let line = |(at, pairs): (u32, &[Pair])| {
        let journals = pairs.chunks(way.receipt).map(|pairs| pairs.iter().map(transfer).collect());
        (1..).zip(journals).map(|(seq, journal)| receipt(scope(at), seq, journal)).collect()
    };
    (0..way.scopes).zip(pairs.chunks(share)).map(line).collect()
}

/// Two counters a transfer.
fn floor(pairs: &[Pair], accounts: u32) -> f64 {
    let mut counters = vec![[u128::from(EACH); 2]; accounts as usize];
    let started = Instant::now();
    for pair in pairs {
        let (from, to, amount) = black_box(pair);
        counters[*from as usize][0] += u128::from(*amount);
        counters[*to as usize][1] += u128::from(*amount);
    }
    let seconds = started.elapsed().as_secs_f64();
    black_box(counters);
    pairs.len() as f64 / seconds
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with("--")).collect();
    let (sizes, transfers, rounds) =
        if testing() { (&[640u32][..], 2_048, 1) } else { (&[1_000, 1_000_000][..], 32_768, 5) };
    println!("transfers a second through the ledger's actor; {transfers} of them, {rounds} rounds, medians");
    tell_load();
    for accounts in sizes {
        for way in &WAYS {
            let names = [("uniform", false), ("hot", true)]
                .map(|(pattern, hot)| (format!("ledger_actor_{}_{pattern}_{accounts}", way.name), hot));
            let is_wanted =
                |name: &String| wanted.is_empty() || wanted.iter().any(|part| name.contains(part));
            if !names.iter().any(|(name, _)| is_wanted(name)) {
                continue;
            }
            let alone = LedgerAlone::start(ledger(*accounts, way.scopes), ARBITERS).expect("threads");
            for (name, hot) in names.iter().filter(|(name, _)| is_wanted(name)) {
                let pairs = pairs(accounts / way.scopes, *hot, transfers);
                let (mut ours, mut floors) = (Vec::new(), Vec::new());
                let watched = AccountId { scope: scope(0), owner: owner(0), unit: unit() };
                let before = alone.balance(watched.clone()).expect("a balance");
                for _ in 0..rounds {
                    let lines = lines(way, &pairs);
                    let started = Instant::now();
                    alone.run(lines).expect("covered");
                    ours.push(transfers as f64 / started.elapsed().as_secs_f64());
                    floors.push(floor(&pairs, *accounts));
                }
                let after = alone.balance(watched).expect("a balance");
                assert_eq!(
                    after - before,
                    moved(&pairs[..pairs.len() / way.scopes as usize], rounds),
                    "{name}"
                );
                println!("{name}: ours {ours:.0?}");
                tell(name, "transfers_per_second", median(ours), median(floors));
            }
        }
    }
}

/// What the first account got and paid in all rounds.
fn moved(pairs: &[Pair], rounds: i128) -> i128 {
    let of = |(from, to, amount): &Pair| match (from, to) {
        (0, _) => -i128::from(*amount),
        (_, 0) => i128::from(*amount),
        _ => 0,
    };
    pairs.iter().map(of).sum::<i128>() * rounds
}
