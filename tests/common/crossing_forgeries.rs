//! A log of scopes that cross each other, and what somebody who has every key makes of its last entry, a receipt with two legs.

use std::path::Path;

use icn_core::block::{Entry, Leg};
use icn_core::encode::{Block, Domain};
use icn_runtime::ruling::Command;
use icn_runtime::{Did, Host, HostOptions, Operation, Origin, Outcome, Receipt, SecretKey};

use super::forge::{History, entries, receipt_of, signed};
use super::union::Town;
use super::{chip, key};

const NAMES: [&str; 3] = ["east", "north", "west"];
/// What each scope lets each other one owe it.
const CREDIT: u64 = 100;

fn net(a: &Town, b: &Town) -> Operation {
    Operation::Rule(Box::new(Command::Net { a: a.scope, b: b.scope, unit: chip() }))
}

/// Transfers between three scopes, each to one or to both others; a debt that is set off; at last the east pays 5 to each.
pub(crate) fn crossed(data: &Path) -> History {
    let host_key = key("host of crossings");
    std::fs::create_dir_all(data).unwrap();
    let secret = data_encoding::HEXLOWER.encode(&host_key.to_bytes());
    super::write_secret(&data.join("host.key"), format!("{secret}\n"));
    let host = Host::open(HostOptions::new(data)).unwrap();
    let towns = NAMES.map(|name| {
        let others: Vec<&str> = NAMES.into_iter().filter(|other| *other != name).collect();
        Town::open(&host, name, &others)
    });
    for a in &towns {
        towns.iter().filter(|b| b.scope != a.scope).for_each(|b| a.trust(&host, b.scope, CREDIT));
    }
    let [east, north, west] = &towns;
    let pay = |from: &Town, to: &[&Town], amount| {
        let to: Vec<Did> = to.iter().map(|town| town.scope).collect();
        from.pay(&host, &to, amount).unwrap().outcome
    };
    assert_eq!(pay(east, &[north, west], 30), Outcome::Ok);
    assert_eq!(pay(north, &[east], 40), Outcome::Ok);
    assert!(!pay(east, &[west], 71).is_ok(), "more than the west lets it owe");
    assert_eq!(east.rule(&host, &[net(east, north)]).outcome, Outcome::Ok);
    assert_eq!(pay(west, &[north, east], 1), Outcome::Ok);
    assert_eq!(pay(east, &[north, west], 5), Outcome::Ok);
    let origin = host.origin().clone();
    host.close().unwrap();
    History { data: data.to_owned(), entries: entries(data), host: host_key, origin }
}

/// A forgery of the last entry: what was done, and the code by which it is refused, with the ledger's own.
pub(crate) struct CrossingForgery {
    pub(crate) name: &'static str,
    pub(crate) code: &'static str,
    pub(crate) ledger: Option<&'static str>,
    change: fn(&mut Entry),
}

impl CrossingForgery {
    /// Exports the log with it.
    pub(crate) fn make(&self, history: &History, out: &Path) {
        let mut forged = history.entries.clone();
        (self.change)(forged.last_mut().unwrap());
        history.export(&forged, out);
    }
}

/// The key of a scope.
fn key_of(scope: &Did) -> SecretKey {
    key(NAMES.into_iter().find(|name| key(name).did() == *scope).unwrap())
}

/// Changes a leg, and signs it: by whom, or as its scope.
fn change_leg(entry: &mut Entry, at: usize, by: Option<&str>, change: impl FnOnce(&mut Leg)) {
    let (envelope, payload) = signed(entry, entry.leaves[at]);
    let mut leg = Leg::from_bytes(entry.blocks[payload].bytes()).unwrap();
    let own = key_of(&leg.scope);
    change(&mut leg);
    let block = Block::encode(&leg);
    let sealed = by.map_or(own, key).seal(Domain::Leg, &block).to_block();
    entry.leaves[at] = sealed.id();
    entry.blocks[payload] = block;
    entry.blocks[envelope] = sealed;
}

/// Changes the receipt, and each leg in the same sense; all signed anew.
fn change_all(entry: &mut Entry, receipt: impl FnOnce(&mut Receipt), leg: fn(&mut Leg)) {
    let (envelope, payload, mut said) = receipt_of(entry);
    receipt(&mut said);
    let block = Block::encode(&said);
    let sealed = key_of(&said.scope).seal(Domain::Receipt, &block).to_block();
    let id = sealed.id();
    entry.leaves[0] = id;
    entry.blocks[payload] = block;
    entry.blocks[envelope] = sealed;
    for at in 1..entry.leaves.len() {
        change_leg(entry, at, None, |said| {
            said.receipt = id;
            leg(said);
        });
    }
}

/// Moves so much instead, on both sides.
fn pay(entry: &mut Entry, instead: u64) {
    change_all(
        entry,
        |receipt| {
            for operation in &mut receipt.journal {
                if let Operation::Send { amount, .. } = operation {
                    *amount = instead;
                }
            }
        },
        |_| {},
    );
    for at in 1..entry.leaves.len() {
        change_leg(entry, at, None, |leg| {
            for operation in &mut leg.journal {
                if let Operation::Receive { amount, .. } = operation {
                    *amount = instead;
                }
            }
        });
    }
}

/// Every forgery of a crossing.
pub(crate) fn crossing_forgeries() -> Vec<CrossingForgery> {
    let all = |name, code, change| CrossingForgery { name, code, ledger: None, change };
    let books = |name, ledger, change| CrossingForgery { name, code: "ledger", ledger: Some(ledger), change };
    vec![
        all("leg that receives more", "legs-journal", |entry| {
            change_leg(entry, 1, None, |leg| {
                let Operation::Receive { amount, .. } = &mut leg.journal[0] else { panic!("{leg:?}") };
                *amount += 1;
            });
        }),
        all("leg that receives nothing", "legs-journal", |entry| {
            change_leg(entry, 2, None, |leg| leg.journal.clear())
        }),
        all("leg of another time", "legs-time", |entry| change_leg(entry, 1, None, |leg| leg.time += 1)),
        all("leg of another receipt", "legs-receipt", |entry| {
            change_leg(entry, 1, None, |leg| leg.receipt = leg.prev)
        }),
        all("leg of another log", "legs-log", |entry| {
            change_leg(entry, 1, None, |leg| leg.log = Origin::parse("icn.example/other").unwrap());
        }),
        all("leg at another place", "legs", |entry| change_leg(entry, 2, None, |leg| leg.seq += 1)),
        all("leg of another state", "state-root", |entry| {
            change_leg(entry, 2, None, |leg| leg.root = icn_core::name::Bytes([7; 32]));
        }),
        all("leg signed by the payer", "signer", |entry| change_leg(entry, 1, Some("east"), |_| {})),
        all("leg signed by somebody", "signature", |entry| change_leg(entry, 1, Some("mallory"), |_| {})),
        all("leg with an expiry", "expiries", |entry| {
            change_leg(entry, 1, None, |leg| {
                leg.journal.insert(0, Operation::Expire { id: icn_core::name::Bytes([1; 16]) });
            });
        }),
        all("receipt that receives", "receipts-journal", |entry| {
            let to = key("west").did();
            change_all(
                entry,
                |receipt| {
                    let (shop, member) = (super::hand::owner("shop"), super::hand::member("east member"));
                    let (unit, amount, memo) = (chip(), 5, String::new());
                    receipt.journal.push(Operation::Receive {
                        from: shop,
                        scope: to,
                        to: member,
                        unit,
                        amount,
                        memo,
                    });
                },
                |_| {},
            );
        }),
        all("receipt that hides a leg", "counterparts", |entry| {
            change_all(
                entry,
                |receipt| {
                    receipt.with.pop();
                },
                |_| {},
            );
            entry.leaves.pop();
        }),
        all("receipt that pays itself", "counterparts", |entry| {
            change_all(
                entry,
                |receipt| {
                    let own = receipt.scope;
                    let Operation::Send { scope, .. } = &mut receipt.journal[0] else {
                        panic!("{receipt:?}")
                    };
                    *scope = own;
                },
                |_| {},
            );
        }),
        books("more than the member has", "insufficient", |entry| pay(entry, 1_000)),
        books("more than the others let it owe", "insufficient", |entry| pay(entry, 96)),
        books("nothing", "amount", |entry| pay(entry, 0)),
    ]
}
