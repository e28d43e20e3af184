//! Between scopes: a transfer that both policies consent to, in both scopes' books or in neither; setting off; scopes
//! that cross each other all at once; faults in the middle; and what an auditor says of a log whose two sides do not
//! fit.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use common::forge::{entries, signed, write_anew};
use common::union::{Town, books_agree};
use common::{Rng, audit_of, block_on, chip, key, open, open_on, open_with, seed, snapshots, sound};
use icn_core::block::{Entry, Leg};
use icn_core::costs::{CALL_FUEL, CROSSING_FUEL, LEDGER_FUEL};
use icn_core::encode::{Block, Domain};
use icn_runtime::ruling::{Command, Limits};
use icn_runtime::{
    AccountId, Did, FaultPoint, Faults, Host, LedgerCode, Operation, Outcome, Owner, RefusalCode, SecretKey,
};

const EXHAUSTED: Outcome = Outcome::Failed(-6);
const DENIED: Outcome = Outcome::Failed(-5);
const NAMES: [&str; 3] = ["east", "north", "west"];

/// Three scopes, each of which deals with the other two and trusts them with so much.
fn union(host: &Host, credit: u64) -> [Town; 3] {
    let towns = NAMES.map(|name| {
        let others: Vec<&str> = NAMES.into_iter().filter(|other| *other != name).collect();
        Town::open(host, name, &others)
    });
    for a in &towns {
        for b in towns.iter().filter(|b| b.scope != a.scope) {
            a.trust(host, b.scope, credit);
        }
    }
    towns
}

#[test]
fn a_transfer_between_scopes_needs_both_policies_and_the_payees_trust_and_stands_in_both_books() {
    let dir = common::scratch();
    let host = open(dir.path());
    // The west deals with nobody, and the east with both.
    let east = Town::open(&host, "east", &["north", "west", "nowhere"]);
    let north = Town::open(&host, "north", &["east"]);
    let west = Town::open(&host, "west", &[]);
    assert_eq!(east.pay(&host, &[west.scope], 5).unwrap().outcome, DENIED, "the west does not consent");
    assert_eq!(
        west.pay(&host, &[east.scope], 5).unwrap().outcome,
        DENIED,
        "nor does its policy name the east"
    );
    assert_eq!(east.pay(&host, &[east.scope], 5).unwrap().outcome, DENIED, "no scope is its own counterpart");
    let nobody = east.pay(&host, &[key("nowhere").did()], 5).unwrap_err();
    assert_eq!(nobody.code, RefusalCode::Unavailable, "{nobody}");
    assert!(nobody.message.contains("is not on this host"), "{nobody}");
    // The north trusts nobody yet.
    assert_eq!(east.pay(&host, &[north.scope], 5).unwrap().outcome, EXHAUSTED);
    north.trust(&host, east.scope, 12);
    let paid = east.pay(&host, &[north.scope], 5).unwrap();
    assert_eq!(paid.outcome, Outcome::Ok);
    assert_eq!(paid.with.iter().map(|place| place.scope).collect::<Vec<_>>(), [north.scope]);
    let numbers = |host: &Host| {
        [
            east.balance(host, &east.member()),
            east.balance(host, &Owner::Owed(north.scope)),
            north.balance(host, &Owner::Claim(east.scope)),
            north.shop(host),
        ]
    };
    assert_eq!(numbers(&host), [995, 5, -5, 5]);
    assert_eq!(east.pay(&host, &[north.scope], 8).unwrap().outcome, EXHAUSTED, "beyond the trust");
    assert_eq!(east.pay(&host, &[north.scope], 7).unwrap().outcome, Outcome::Ok);
    assert_eq!(numbers(&host), [988, 12, -12, 12]);
    // One side of several refuses: nothing of it is anywhere.
    let before = host.head().size;
    let both = east.pay(&host, &[north.scope, west.scope], 1).unwrap();
    assert_eq!((both.outcome, both.journal.len(), both.with.len()), (EXHAUSTED, 0, 0));
    assert_eq!((host.head().size, numbers(&host)), (before + 1, [988, 12, -12, 12]), "one leaf: no leg");
    let checkpoint = host.close().unwrap();

    // From the snapshot, from the log alone, and for an auditor.
    let host = open(dir.path());
    assert_eq!(numbers(&host), [988, 12, -12, 12]);
    assert_eq!(host.close().unwrap(), checkpoint);
    snapshots(dir.path()).into_iter().for_each(|snapshot| std::fs::remove_file(snapshot).unwrap());
    let host = open(dir.path());
    assert_eq!(numbers(&host), [988, 12, -12, 12]);
    assert_eq!(east.pay(&host, &[north.scope], 1).unwrap().outcome, EXHAUSTED);
    host.close().unwrap();
    sound(dir.path(), true);
    let verified =
        common::run(["ledger".as_ref(), "verify".as_ref(), "--data".as_ref(), dir.path().as_os_str()]);
    assert!(verified.status.success(), "{}", common::stderr(&verified));
}

#[test]
fn a_guest_pays_for_each_other_scope_once_and_for_what_is_run_again_until_it_holds_still() {
    let dir = common::scratch();
    let host = open(dir.path());
    let towns = union(&host, 100);
    let [east, north, west] = &towns;
    let fuel = |to: &[Did]| {
        let receipt = east.pay(&host, to, 1).unwrap();
        assert_eq!(receipt.outcome, Outcome::Ok);
        receipt.fuel
    };
    let (once, twice) = (fuel(&[north.scope]), fuel(&[north.scope, north.scope]));
    let both = fuel(&[north.scope, west.scope]);
    // A payment more to the same scope costs a call; one to another scope also a leg, and all that came before it.
    let call = twice - once;
    assert!(call < 2 * (CALL_FUEL + LEDGER_FUEL), "{call}");
    let before_the_first = both - twice - call - CROSSING_FUEL;
    // The first was charged alike: what remains is what the guest did after it.
    let after = once - 2 * before_the_first - CROSSING_FUEL;
    assert!((1..1_000).contains(&after), "{once} {twice} {both} {after}");
    host.close().unwrap();
    sound(dir.path(), true);
}

#[test]
fn what_two_scopes_owe_each_other_is_set_off_in_both_books() {
    let dir = common::scratch();
    let host = open(dir.path());
    let towns = union(&host, 100);
    let [east, north, _] = &towns;
    let net = |host: &Host| {
        let net = Command::Net { a: east.scope, b: north.scope, unit: chip() };
        east.rule(host, &[Operation::Rule(Box::new(net))])
    };
    assert_eq!(net(&host).outcome, Outcome::Failed(i32::from(LedgerCode::NothingToNet.number())));
    assert_eq!(east.pay(&host, &[north.scope], 30).unwrap().outcome, Outcome::Ok);
    assert_eq!(north.pay(&host, &[east.scope], 12).unwrap().outcome, Outcome::Ok);
    let netted = net(&host);
    assert_eq!((netted.outcome, netted.with.len()), (Outcome::Ok, 1));
    assert_eq!(east.balance(&host, &Owner::Owed(north.scope)), 18);
    assert_eq!(east.balance(&host, &Owner::Claim(north.scope)), 0);
    books_agree(&host, &towns);
    // A treasurer pays another scope's treasury without any guest.
    let pay = Operation::Send {
        from: Owner::Treasury,
        scope: north.scope,
        to: Owner::Treasury,
        unit: chip(),
        amount: 40,
        memo: "rent".into(),
    };
    assert_eq!(east.rule(&host, &[pay]).outcome, Outcome::Ok);
    assert_eq!(east.balance(&host, &Owner::Owed(north.scope)), 58);
    books_agree(&host, &towns);
    host.close().unwrap();
    sound(dir.path(), true);
}

#[test]
fn scopes_that_all_cross_each_other_at_once_end_with_books_that_agree() {
    const EACH: u64 = 40;
    for arbiters in [1, 3] {
        let dir = common::scratch();
        let host = open_on(dir.path(), arbiters);
        let towns = union(&host, 1_000_000);
        let paid: Vec<(u64, u64)> = std::thread::scope(|threads| {
            let pay = |at: usize| {
                let (host, towns) = (&host, &towns);
                move || {
                    let mut rng = Rng::new(seed() + at as u64);
                    let town = &towns[at % 3];
                    let others: Vec<Did> =
                        towns.iter().map(|other| other.scope).filter(|scope| *scope != town.scope).collect();
                    let (mut pending, mut sums) = (Vec::new(), (0, 0));
                    for _ in 0..EACH {
                        let to = match rng.below(3) {
                            0 => &others[..1],
                            1 => &others[1..],
                            _ => &others[..],
                        };
                        pending.push((to.len() as u64, town.submit(host, to, 1).unwrap()));
                    }
                    for (legs, pending) in pending {
                        let committed = block_on(pending)
                            .unwrap_or_else(|e| panic!("{e}: {:?}", block_on(host.alerts())));
                        assert_eq!(committed.receipt.outcome, Outcome::Ok);
                        assert_eq!(committed.receipt.with.len() as u64, legs);
                        sums = (sums.0 + 1, sums.1 + legs);
                    }
                    sums
                }
            };
            let running: Vec<_> = (0..6).map(|at| threads.spawn(pay(at))).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (receipts, legs) = paid.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        assert_eq!(receipts, 6 * EACH);
        let shops: i128 = towns.iter().map(|town| town.shop(&host)).sum();
        assert_eq!(shops, i128::from(legs));
        books_agree(&host, &towns);
        host.close().unwrap();
        sound(dir.path(), true);
    }
}

#[test]
fn invocations_behind_one_that_crosses_keep_their_turn() {
    let dir = common::scratch();
    let host = open_on(dir.path(), 2);
    let towns = union(&host, 1_000);
    let [east, north, west] = &towns;
    let asked: Vec<(&str, Vec<Did>)> = (0..30)
        .map(|at| match at % 3 {
            0 => ("north", vec![north.scope]),
            1 => ("nobody", vec![]),
            _ => ("west", vec![west.scope]),
        })
        .collect();
    let pending: Vec<_> = asked.iter().map(|(_, to)| east.submit(&host, to, 1).unwrap()).collect();
    let seqs: Vec<u64> = pending.into_iter().map(|pending| block_on(pending).unwrap().receipt.seq).collect();
    assert!(seqs.is_sorted_by(|a, b| a + 1 == *b), "{seqs:?}");
    host.close().unwrap();
    sound(dir.path(), true);
}

/// Panics once, at the so manieth time that a point is met after it was armed.
#[derive(Debug)]
struct Once {
    point: FaultPoint,
    after: AtomicU32,
}

impl Faults for Once {
    fn at(&self, point: FaultPoint) -> bool {
        point == self.point
            && self.after.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                == Ok(1)
    }
}

/// Asks until the scope is back.
fn back(host: &Host, town: &Town) {
    for _ in 0..2_000 {
        match town.pay(host, &[], 1) {
            Ok(_) => return,
            Err(refusal) => {
                assert!(matches!(refusal.code, RefusalCode::Unavailable | RefusalCode::Busy), "{refusal}")
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("{} does not come back", town.name);
}

#[test]
fn a_panic_at_any_step_of_a_crossing_leaves_both_sides_or_none() {
    for point in [FaultPoint::Run, FaultPoint::HandOver, FaultPoint::HandedOver] {
        // With the first run, which is dropped, and with the one that others hold still for.
        for after in [1, 2] {
            let dir = common::scratch();
            let once = Arc::new(Once { point, after: AtomicU32::new(0) });
            let host = open_with(dir.path(), once.clone());
            let towns = union(&host, 1_000);
            let [east, north, west] = &towns;
            once.after.store(after, Ordering::SeqCst);
            let id = east.next_id();
            let answers: Vec<_> = (0..2)
                .map(|_| {
                    let answer = east.submit_as(&host, &[north.scope, west.scope], 3, &id).map(block_on);
                    back(&host, east);
                    answer.and_then(|answer| answer)
                })
                .collect();
            towns.iter().for_each(|town| back(&host, town));
            // Whatever the first was answered, the second time it is in the log.
            let again = east.submit_as(&host, &[north.scope, west.scope], 3, &id).map(block_on);
            let again = again.and_then(|answer| answer).unwrap_err();
            assert_eq!(again.code, RefusalCode::Replayed, "{point:?} after {after}: {answers:?}");
            assert_eq!(east.balance(&host, &east.member()), 994, "{point:?} after {after}");
            assert_eq!([north.shop(&host), west.shop(&host)], [3, 3], "{point:?} after {after}");
            books_agree(&host, &towns);
            // They go on with each other.
            assert_eq!(north.pay(&host, &[east.scope, west.scope], 1).unwrap().outcome, Outcome::Ok);
            books_agree(&host, &towns);
            host.close().unwrap();
            sound(dir.path(), true);
        }
    }
}

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
    let dir = common::scratch();
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
        let copy = common::scratch();
        common::copy(dir.path(), copy.path());
        let mut forged = history.clone();
        change(forged.last_mut().unwrap());
        write_anew(copy.path(), &forged);
        let (report, _) = audit_of(copy.path(), false);
        let divergence = report.divergence.unwrap_or_else(|| panic!("forgery {at} ({what}) passed"));
        assert_eq!(divergence.what, what, "forgery {at}: {divergence}");
    }
}

#[test]
fn a_scratch_crosses_as_a_host_does() {
    use icn_sandbox::scratch::{Scratch, ScratchCall};
    let engine = icn_sandbox::Engine::new(&icn_runtime::EngineOptions::default()).unwrap();
    let block = Block::new(icn_core::name::Codec::Raw, common::union::guest());
    let module = Arc::new(icn_sandbox::Module::compile(&engine, &block).unwrap());
    let granted = icn_sandbox::capabilities(&module, ["all"]).unwrap();
    let mut scratch = Scratch::open(&engine).unwrap();
    let module = scratch.install(module, &granted).unwrap();
    let ann = scratch.member("ann");
    scratch.issue(chip(), Owner::Member(ann), 50).unwrap();
    let pay = |scratch: &mut Scratch, to: &[Did], amount: u64| {
        let mut input = amount.to_le_bytes().to_vec();
        to.iter().for_each(|scope| input.extend(scope.as_str().bytes()));
        scratch.invoke(&ScratchCall::new(module, "pay", ann).with_input(input)).unwrap().receipt
    };
    let nobody = key("nobody").did();
    assert_eq!(pay(&mut scratch, &[nobody], 1).outcome, DENIED);
    let north = scratch.counterpart("north", &chip(), 10).unwrap();
    let west = scratch.counterpart("west", &chip(), 3).unwrap();
    assert_eq!(pay(&mut scratch, &[north], 11).outcome, EXHAUSTED);
    assert_eq!(pay(&mut scratch, &[north, west], 4).outcome, EXHAUSTED);
    let paid = pay(&mut scratch, &[north, west], 3);
    assert_eq!((paid.outcome, paid.with.len()), (Outcome::Ok, 2));
    let shop = Owner::parse("shop").unwrap();
    assert_eq!(scratch.balance(Owner::Member(ann), chip()), 44);
    assert_eq!(scratch.balance(Owner::Owed(north), chip()), 3);
    assert_eq!(
        [north, west].map(|scope| scratch.balance_of_counterpart(scope, shop.clone(), chip())),
        [3, 3]
    );
    assert_eq!(pay(&mut scratch, &[west], 1).outcome, EXHAUSTED);
    let again = pay(&mut scratch, &[north], 7);
    assert_eq!((again.outcome, again.with[0].seq), (Outcome::Ok, 2));
}

#[test]
fn a_counterparts_frozen_claim_and_largest_balance_are_asked_before_anything_moves() {
    let dir = common::scratch();
    let host = open(dir.path());
    let towns = union(&host, 100);
    let [east, north, _] = &towns;
    let claim = AccountId { scope: north.scope, owner: Owner::Claim(east.scope), unit: chip() };
    let ruled = |commands: Vec<Command>| {
        let operations: Vec<_> = commands.into_iter().map(|c| Operation::Rule(Box::new(c))).collect();
        assert_eq!(north.rule(&host, &operations).outcome, Outcome::Ok);
    };
    ruled(vec![Command::Freeze { account: claim.clone() }]);
    assert_eq!(east.pay(&host, &[north.scope], 5).unwrap().outcome, DENIED);
    ruled(vec![Command::Unfreeze { account: claim }]);
    let shop = AccountId { scope: north.scope, owner: Owner::parse("shop").unwrap(), unit: chip() };
    let limits = Limits { credit: 0, balance_max: Some(6) };
    ruled(vec![Command::SetLimits { account: shop, limits }]);
    assert_eq!(east.pay(&host, &[north.scope], 7).unwrap().outcome, EXHAUSTED);
    assert_eq!(east.pay(&host, &[north.scope], 6).unwrap().outcome, Outcome::Ok);
    books_agree(&host, &towns);
    host.close().unwrap();
    sound(dir.path(), true);
}
