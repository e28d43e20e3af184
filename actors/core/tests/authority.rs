//! Journals that a scope signs although no run of its module could write them: the fold refuses each, without
//! running anything.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;

use icn_core::authority::check_journal;
use icn_core::block::{
    Capability, GrantLimits, HoldTerms, Install, Invocation, Issue, Policy, PolicyTag, Receipt, Transfer,
    Usage,
};
use icn_core::chain::{ChainError, hold_id};
use icn_core::effect::Outcome;
use icn_core::id::{Bytes, HoldId, Owner};
use icn_core::ledger::{Ledger, LedgerError};
use icn_core::limits;
use icn_core::policy::PolicyInForce;
use icn_testkit::generate::{did, origin, raw_id, receipt_for, token};

const NOW_MS: u64 = 1_000_000;
const SEED: [u8; 32] = [5; 32];

fn me() -> Owner {
    Owner::Member(did(1))
}
fn shop() -> Owner {
    Owner::Name("shop".into())
}
fn module() -> Owner {
    Owner::Module(raw_id(0))
}
fn pay(from: Owner, to: Owner, amount: u64) -> Transfer {
    Transfer::new(from, to, token(0), amount)
}
fn id(index: u64) -> HoldId {
    hold_id(&SEED, index)
}
fn placing(from: Owner, id: HoldId, amount: u64, deadline: u64) -> Transfer {
    let terms = HoldTerms { to: shop(), deadline, module: raw_id(0) };
    pay(from, Owner::Hold(id), amount).with_terms(terms)
}
fn paying(id: HoldId, to: Owner, amount: u64) -> Transfer {
    pay(Owner::Hold(id), to, amount)
}

fn policy(capabilities: &[Capability]) -> PolicyInForce {
    let policy = Policy {
        typ: PolicyTag,
        log: origin(),
        scope: did(0),
        seq: 0,
        prev: None,
        time: 0,
        name: "a shop".to_owned(),
        admins: Vec::new(),
        roles: BTreeMap::new(),
        modules: vec![Install {
            module: raw_id(0),
            capabilities: capabilities.iter().copied().collect(),
            entries: BTreeMap::new(),
        }],
        token: Some(token(0)),
        grant: GrantLimits { fuel: 1, memory: 1, network: 0 },
        issue: Vec::new(),
    };
    PolicyInForce::new(raw_id(9), policy, BTreeMap::new()).unwrap()
}

fn ledger() -> Ledger {
    let mut ledger = Ledger::default();
    let owners = [me(), Owner::Member(did(2)), module(), Owner::Treasury, shop()];
    let issue = owners.map(|to| Issue { unit: token(0), to, amount: 100 });
    ledger.issue(did(0), &issue).unwrap();
    ledger
}

fn receipt(time: u64, journal: Vec<Transfer>) -> Receipt {
    Receipt { time, ..receipt_for(did(0), Outcome::Ok, 0, Usage::default(), journal) }
}

fn check(capabilities: &[Capability], journal: Vec<Transfer>, ledger: &Ledger) -> Result<(), ChainError> {
    let invocation =
        Invocation::new(&origin(), did(0), raw_id(0), "run", [], Bytes([0; 16]), did(1), NOW_MS + 1);
    check_journal(&invocation, &receipt(NOW_MS, journal), &policy(capabilities), &SEED, ledger)
}

#[test]
fn a_journal_needs_the_capabilities_of_its_calls() {
    use Capability as C;
    let usage = || pay(me(), Owner::Treasury, 1).with_memo("usage");
    let cases: [(Vec<Transfer>, &[Capability]); 10] = [
        (vec![pay(me(), shop(), 1)], &[C::Transfer]),
        (vec![pay(module(), shop(), 1)], &[C::Transfer]),
        (vec![pay(Owner::Treasury, shop(), 1)], &[C::Transfer, C::Treasury]),
        (vec![pay(Owner::Issuance, shop(), 1)], &[C::Mint]),
        (vec![pay(me(), Owner::Issuance, 1)], &[C::Mint]),
        (vec![pay(Owner::Treasury, Owner::Issuance, 1)], &[C::Mint, C::Treasury]),
        (vec![usage()], &[C::Usage]),
        (vec![placing(me(), id(0), 1, NOW_MS + 1)], &[C::Transfer]),
        (vec![placing(Owner::Treasury, id(0), 1, NOW_MS + 1)], &[C::Transfer, C::Treasury]),
        (
            vec![placing(me(), id(0), 2, NOW_MS + 1), paying(id(0), shop(), 1), paying(id(0), me(), 1)],
            &[C::Transfer],
        ),
    ];
    for (journal, needed) in cases {
        assert_eq!(check(needed, journal.clone(), &ledger()), Ok(()), "{journal:?}");
        for without in needed {
            let mut rest: Vec<Capability> =
                C::ALL.into_iter().filter(|capability| capability != without).collect();
            // What `usage` moves, `transfer` may move too.
            rest.retain(|capability| *without != C::Usage || *capability != C::Transfer);
            let found = check(&rest, journal.clone(), &ledger());
            assert_eq!(found.unwrap_err().what, "transfer's authority", "{journal:?} without {without}");
        }
    }
    // Usage is from the caller to the treasury, of the default token, with the host's word.
    for forged in [
        pay(module(), Owner::Treasury, 1).with_memo("usage"),
        pay(me(), shop(), 1).with_memo("usage"),
        pay(me(), Owner::Treasury, 1),
        Transfer::new(me(), Owner::Treasury, token(1), 1).with_memo("usage"),
    ] {
        assert!(check(&[C::Usage], vec![forged.clone()], &ledger()).is_err(), "{forged:?}");
    }
}

#[test]
fn nobody_elses_account_is_debited() {
    for from in [Owner::Member(did(2)), Owner::Module(raw_id(1)), shop(), Owner::Consumed] {
        for to in [me(), Owner::Issuance] {
            let found = check(&Capability::ALL, vec![pay(from.clone(), to, 1)], &ledger());
            assert_eq!(found.unwrap_err().what, "transfer's debit", "{from}");
        }
        let found = check(&Capability::ALL, vec![placing(from.clone(), id(0), 1, NOW_MS + 1)], &ledger());
        assert_eq!(found.unwrap_err().what, "transfer's debit", "a hold of what {from} has");
    }
}

/// Two holds before the receipt: one of ours, one of another module; both open until the deadline.
fn with_holds(deadline: u64) -> (Ledger, HoldId, HoldId) {
    let (ours, theirs) = (Bytes([1; 16]), Bytes([2; 16]));
    let mut other = placing(me(), theirs, 10, deadline);
    other.terms.as_mut().unwrap().module = raw_id(1);
    let mut ledger = ledger();
    ledger.book(&receipt(NOW_MS - 10, vec![placing(me(), ours, 10, deadline), other])).unwrap();
    (ledger, ours, theirs)
}

#[test]
fn a_hold_pays_its_parties_and_for_the_module_that_placed_it() {
    let all = &Capability::ALL;
    let (ledger, ours, theirs) = with_holds(NOW_MS + 1);
    let book = |journal: Vec<Transfer>| ledger.clone().book(&receipt(NOW_MS, journal));
    for sound in [
        vec![paying(ours, shop(), 10)],
        vec![paying(ours, me(), 10)],
        vec![paying(ours, shop(), 4), paying(ours, me(), 6)],
    ] {
        assert_eq!(check(all, sound.clone(), &ledger), Ok(()), "{sound:?}");
        assert_eq!(book(sound.clone()), Ok(()), "{sound:?}");
    }
    let forged = check(all, vec![paying(theirs, shop(), 10)], &ledger).unwrap_err();
    assert_eq!(forged.what, "hold's module", "another module's hold");
    let forged = check(all, vec![paying(ours, Owner::Treasury, 10)], &ledger).unwrap_err();
    assert_eq!(forged.what, "transfer out of a hold", "to somebody else");
    let forged = check(all, vec![paying(Bytes([3; 16]), shop(), 10)], &ledger).unwrap_err();
    assert_eq!(forged.what, "transfer out of a hold", "a hold that is not there");
    assert_eq!(book(vec![paying(ours, Owner::Treasury, 10)]), Err(LedgerError::NotParty(Owner::Treasury)));
    assert_eq!(
        book(vec![paying(ours, shop(), 4)]),
        Err(LedgerError::HoldLeft(ours)),
        "neither open nor closed"
    );
    let twice = vec![paying(ours, shop(), 10), paying(ours, me(), 1)];
    assert_eq!(book(twice), Err(LedgerError::NoHold(ours)), "after it was closed");
    // Past its deadline it is not there, and its payer has it back.
    let (ledger, ours, _) = with_holds(NOW_MS);
    assert!(check(all, vec![paying(ours, shop(), 10)], &ledger).is_err());
    let mut after = ledger.clone();
    assert_eq!(after.book(&receipt(NOW_MS, vec![pay(me(), shop(), 100)])), Ok(()));
    assert!(after.posted().holds.is_empty());
    assert!(after.accounts().all(|(account, _)| !matches!(account.owner, Owner::Hold(_))));
}

#[test]
fn a_hold_is_placed_on_the_terms_of_its_run() {
    let all = &Capability::ALL;
    let mut foreign = placing(me(), id(0), 1, NOW_MS + 1);
    foreign.terms.as_mut().unwrap().module = raw_id(1);
    assert_eq!(check(all, vec![foreign], &ledger()).unwrap_err().what, "hold's module");
    for name in [id(1), Bytes([0; 16])] {
        let found = check(all, vec![placing(me(), name, 1, NOW_MS + 1)], &ledger());
        assert_eq!(found.unwrap_err().what, "hold's account", "a name of its own choice");
    }
    let again = vec![placing(me(), id(0), 1, NOW_MS + 1), placing(me(), id(0), 1, NOW_MS + 1)];
    assert_eq!(check(all, again, &ledger()).unwrap_err().what, "hold's account");
    // What the ledger itself refuses, whoever asks.
    let book = |journal: Vec<Transfer>| ledger().book(&receipt(NOW_MS, journal)).unwrap_err();
    for deadline in [0, NOW_MS, NOW_MS + limits::HOLD_AHEAD_MS_MAX + 1, u64::MAX] {
        let refused = book(vec![placing(me(), id(0), 1, deadline)]);
        assert_eq!(refused, LedgerError::Deadline { deadline, time: NOW_MS });
    }
    assert_eq!(
        book(vec![pay(me(), Owner::Hold(id(0)), 1)]),
        LedgerError::Terms(Owner::Hold(id(0))),
        "a hold without terms"
    );
    let mut plain = pay(me(), shop(), 1);
    plain.terms = placing(me(), id(0), 1, NOW_MS + 1).terms;
    assert_eq!(book(vec![plain]), LedgerError::Terms(shop()), "terms without a hold");
    assert_eq!(
        book(vec![placing(Owner::Issuance, id(0), 1, NOW_MS + 1)]),
        LedgerError::Reserved(Owner::Issuance)
    );
    assert_eq!(book(vec![placing(shop(), id(0), 1, NOW_MS + 1)]), LedgerError::SelfTransfer(shop()));
}

/// Holds of one deadline, and of several, return in one order; and each scope's time is its own.
#[test]
fn time_returns_what_is_held_and_only_then() {
    let mut ledger = ledger();
    let journal = (0..3).map(|n| placing(me(), id(n), 10, NOW_MS + 1 + n)).collect();
    ledger.book(&receipt(NOW_MS, journal)).unwrap();
    let of_me = |ledger: &Ledger, time| ledger.balance_staged(did(0), time, &me(), &token(0));
    for (ahead, has) in [(0, 70), (1, 80), (2, 90), (3, 100), (1000, 100)] {
        assert_eq!(of_me(&ledger, NOW_MS + ahead), has, "{ahead} ms later, to a run");
        assert_eq!(ledger.account(did(0), me(), token(0)).balance(), 70, "and nothing is posted");
        let mut after = ledger.clone();
        after.book(&receipt(NOW_MS + ahead, Vec::new())).unwrap();
        assert_eq!(after.account(did(0), me(), token(0)).balance(), has, "{ahead} ms later, by a receipt");
        let mut failed = ledger.clone();
        let outcome = Outcome::Failed(1);
        failed.book(&Receipt { outcome, ..receipt(NOW_MS + ahead, Vec::new()) }).unwrap();
        assert_eq!(failed.posted(), after.posted(), "time passes for a run that failed too");
        let mut elsewhere = ledger.clone();
        elsewhere.book(&Receipt { scope: did(7), ..receipt(NOW_MS + ahead, Vec::new()) }).unwrap();
        assert_eq!(elsewhere.posted(), ledger.posted(), "another scope's time");
    }
}
