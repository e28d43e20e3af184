//! Payments between scopes: consent, trust, price, setting off, bounds.

use std::sync::Arc;

use icn_core::costs::{CALL_FUEL, CROSSING_FUEL, LEDGER_FUEL};
use icn_core::encode::Block;
use icn_runtime::ruling::{Command, Limits};
use icn_runtime::{AccountId, Did, Host, LedgerCode, Operation, Outcome, Owner, RefusalCode};

use crate::common::union::{Town, books_agree};
use crate::common::{chip, key, open, snapshots, sound};
use crate::helpers::{DENIED, EXHAUSTED, union};

#[test]
fn a_transfer_between_scopes_needs_both_policies_and_the_payees_trust_and_stands_in_both_books() {
    let dir = crate::common::scratch();
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
        crate::common::run(["ledger".as_ref(), "verify".as_ref(), "--data".as_ref(), dir.path().as_os_str()]);
    assert!(verified.status.success(), "{}", crate::common::stderr(&verified));
}

#[test]
fn a_guest_pays_for_each_other_scope_once_and_for_what_is_run_again_until_it_holds_still() {
    let dir = crate::common::scratch();
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
    let dir = crate::common::scratch();
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
fn a_scratch_crosses_as_a_host_does() {
    use icn_sandbox::scratch::{Scratch, ScratchCall};
    let engine = icn_sandbox::Engine::new(&icn_runtime::EngineOptions::default()).unwrap();
    let block = Block::new(icn_core::name::Codec::Raw, crate::common::union::guest());
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
    let dir = crate::common::scratch();
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
