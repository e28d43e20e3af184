//! What an auditor says of an entry whose two sides do not fit.

use std::path::Path;

use icn_core::block::{Entry, Leg};
use icn_core::encode::{Block, Domain};
use icn_runtime::{Operation, Outcome, SecretKey};

use crate::common::forge::{entries, signed, write_anew};
use crate::common::{audit_of, key, open, sound};
use crate::helpers::{NAMES, union};

/// A log with one crossing, its last entry.
fn crossed(data: &Path) -> Vec<Entry> {
    let host = open(data);
    let towns = union(&host, 100);
    let [east, north, west] = &towns;
    assert_eq!(east.pay(&host, &[north.scope, west.scope], 5).unwrap().outcome, Outcome::Ok);
    host.close().unwrap();
    let entries = entries(data);
    assert_eq!(entries.last().unwrap().leaves.len(), 3);
    entries
}

/// Changes the first leg of the last entry, signed by whom.
fn change_leg(entry: &mut Entry, by: &SecretKey, change: impl FnOnce(&mut Leg)) {
    let leaf = entry.leaves[1];
    let (envelope, payload) = signed(entry, leaf);
    let mut leg = Leg::from_bytes(entry.blocks[payload].bytes()).unwrap();
    change(&mut leg);
    let block = Block::encode(&leg);
    let sealed = by.seal(Domain::Leg, &block).to_block();
    entry.leaves[1] = sealed.id();
    entry.blocks[payload] = block;
    entry.blocks[envelope] = sealed;
}

#[test]
fn an_entry_whose_two_sides_do_not_fit_is_refused_with_what_does_not() {
    type Change = Box<dyn Fn(&mut Entry)>;
    let dir = crate::common::scratch();
    let history = crossed(dir.path());
    sound(dir.path(), true);
    let first = |entry: &Entry| {
        let (_, payload) = signed(entry, entry.leaves[1]);
        Leg::from_bytes(entry.blocks[payload].bytes()).unwrap().scope
    };
    let of = first(history.last().unwrap());
    let name = NAMES.into_iter().find(|name| key(name).did() == of).unwrap();
    let other = NAMES.into_iter().find(|other| *other != name && *other != "east").unwrap();
    let leg = |what: &'static str, by: &'static str, change: fn(&mut Leg)| {
        let change: Change = Box::new(move |entry| change_leg(entry, &key(by), change));
        (what, change)
    };
    let amount = |leg: &mut Leg| {
        let Operation::Receive { amount, .. } = &mut leg.journal[0] else { panic!("{leg:?}") };
        *amount += 1;
    };
    let forgeries: Vec<(&str, Change)> = vec![
        leg("leg's journal", name, amount),
        leg("leg's journal", name, |leg| leg.journal.clear()),
        leg("leg's time", name, |leg| leg.time += 1),
        leg("leg's receipt", name, |leg| leg.receipt = leg.prev),
        leg("leg's receipt", name, |leg| leg.of = leg.scope),
        leg("leg's log", name, |leg| leg.log = icn_runtime::Origin::parse("icn.example/other").unwrap()),
        leg("legs", name, |leg| leg.seq += 1),
        leg("legs", name, |leg| leg.prev = leg.receipt),
        leg("state root", name, |leg| leg.root = icn_core::name::Bytes([7; 32])),
        leg("signer", other, |_| {}),
        ("legs", Box::new(|entry| entry.leaves.truncate(2))),
        ("legs", Box::new(|entry| entry.leaves.swap(1, 2))),
        ("leaves", Box::new(|entry| entry.leaves.insert(1, entry.leaves[0]))),
    ];
    for (at, (what, change)) in forgeries.into_iter().enumerate() {
        let copy = crate::common::scratch();
        crate::common::copy(dir.path(), copy.path());
        let mut forged = history.clone();
        change(forged.last_mut().unwrap());
        write_anew(copy.path(), &forged);
        let (report, _) = audit_of(copy.path(), false);
        let divergence = report.divergence.unwrap_or_else(|| panic!("forgery {at} ({what}) passed"));
        assert_eq!(divergence.what, what, "forgery {at}: {divergence}");
    }
}
