//! Journals that a scope signs although no run of its module could write them: the fold refuses each, without
//! running anything.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;

use icn_core::block::{
    Capability, ChainError, Command, GrantLimits, Install, Invocation, Issue, Limits, Operation, Outcome,
    Policy, PolicyTag, Receipt, Usage, Write, ruling,
};
use icn_core::ledger::{Actor, Booking, Ledger, LedgerCode};
use icn_core::limits;
use icn_core::name::{AccountId, BlockId, Bytes, HoldId, Owner, Unit, hold_id};
use icn_core::rules::{PolicyInForce, check_journal};
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
fn pay(from: Owner, to: Owner, amount: u64) -> Operation {
    Operation::transfer(from, to, token(0), amount)
}
fn said(from: Owner, to: Owner, unit: Unit, memo: &str) -> Operation {
    Operation::Transfer { from, to, unit, amount: 1, memo: memo.to_owned() }
}
fn id(index: u64) -> HoldId {
    hold_id(&SEED, index)
}
fn placing_for(module: BlockId, from: Owner, id: HoldId, amount: u64, deadline: u64) -> Operation {
    Operation::Hold { id, from, to: shop(), unit: token(0), amount, deadline, module }
}
fn placing(from: Owner, id: HoldId, amount: u64, deadline: u64) -> Operation {
    placing_for(raw_id(0), from, id, amount, deadline)
}
fn settle(id: HoldId, amount: u64) -> Operation {
    Operation::Settle { id, amount }
}

fn policy(capabilities: &[Capability]) -> PolicyInForce {
    let policy = Policy {
        typ: PolicyTag,
        delegations: Vec::new(),
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
        counterparts: Vec::new(),
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

fn receipt(time: u64, journal: Vec<Operation>) -> Receipt {
    Receipt { time, ..receipt_for(did(0), Outcome::Ok, 0, Usage::default(), journal) }
}

fn check(capabilities: &[Capability], journal: Vec<Operation>, ledger: &Ledger) -> Result<(), ChainError> {
    let invocation =
        Invocation::new(&origin(), did(0), raw_id(0), "run", [], Bytes([0; 16]), did(1), NOW_MS + 1);
    check_journal(&invocation, &receipt(NOW_MS, journal), &policy(capabilities), &SEED, ledger)
}

#[test]
fn a_journal_needs_the_capabilities_of_its_calls() {
    use Capability as C;
    let usage = || said(me(), Owner::Treasury, token(0), "usage");
    let cases: [(Vec<Operation>, &[Capability]); 11] = [
        (vec![pay(me(), shop(), 1)], &[C::Transfer]),
        (vec![pay(module(), shop(), 1)], &[C::Transfer]),
        (vec![pay(Owner::Treasury, shop(), 1)], &[C::Transfer, C::Treasury]),
        (vec![pay(Owner::Issuance, shop(), 1)], &[C::Mint]),
        (vec![pay(me(), Owner::Issuance, 1)], &[C::Mint]),
        (vec![pay(Owner::Treasury, Owner::Issuance, 1)], &[C::Mint, C::Treasury]),
        (vec![usage()], &[C::Usage]),
        (vec![placing(me(), id(0), 1, NOW_MS + 1)], &[C::Transfer]),
        (vec![placing(Owner::Treasury, id(0), 1, NOW_MS + 1)], &[C::Transfer, C::Treasury]),
        (vec![placing(me(), id(0), 2, NOW_MS + 1), settle(id(0), 1)], &[C::Transfer]),
        (vec![placing(me(), id(0), 2, NOW_MS + 1), Operation::Void { id: id(0) }], &[C::Transfer]),
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
        said(module(), Owner::Treasury, token(0), "usage"),
        said(me(), shop(), token(0), "usage"),
        said(me(), Owner::Treasury, token(0), ""),
        said(me(), Owner::Treasury, token(1), "usage"),
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
    let other = placing_for(raw_id(1), me(), theirs, 10, deadline);
    let mut ledger = ledger();
    ledger
        .book(&Booking::of_receipt(
            &receipt(NOW_MS - 10, vec![placing(me(), ours, 10, deadline), other]),
            &Actor::default(),
        ))
        .unwrap();
    (ledger, ours, theirs)
}

fn book(ledger: &Ledger, journal: Vec<Operation>) -> Result<Ledger, LedgerCode> {
    let mut after = ledger.clone();
    after
        .book(&Booking::of_receipt(&receipt(NOW_MS, journal), &Actor::default()))
        .map(|_| after)
        .map_err(|refusal| refusal.code)
}

fn has(ledger: &Ledger, owner: Owner) -> (i128, i128) {
    let account = ledger.account(&AccountId { scope: did(0), owner, unit: token(0) }).unwrap();
    (account.balance(), account.available())
}

#[test]
fn a_hold_is_ended_by_the_module_that_placed_it_and_before_its_deadline() {
    let all = &Capability::ALL;
    let (ledger, ours, theirs) = with_holds(NOW_MS + 1);
    for (end, paid) in [(settle(ours, 10), 10), (settle(ours, 4), 4), (Operation::Void { id: ours }, 0)] {
        assert_eq!(check(all, vec![end.clone()], &ledger), Ok(()), "{end:?}");
        let after = book(&ledger, vec![end.clone()]).unwrap();
        assert_eq!(has(&after, shop()), (100 + paid, 100 + paid), "{end:?}");
        // The other module's hold is open still.
        assert_eq!(has(&after, me()), (100 - paid, 90 - paid), "{end:?}");
    }
    for (id, what, why) in [
        (theirs, "hold's module", "another module's hold"),
        (Bytes([3; 16]), "end of a hold", "a hold that is not there"),
    ] {
        for end in [settle(id, 10), Operation::Void { id }] {
            assert_eq!(check(all, vec![end], &ledger).unwrap_err().what, what, "{why}");
        }
    }
    assert_eq!(book(&ledger, vec![settle(ours, 11)]).unwrap_err(), LedgerCode::OverSettled);
    let twice = vec![settle(ours, 10), Operation::Void { id: ours }];
    assert_eq!(book(&ledger, twice).unwrap_err(), LedgerCode::UnknownHold, "after it was ended");
    // Past its deadline it is not there; its payer has it back once the journal says so.
    let (ledger, ours, theirs) = with_holds(NOW_MS);
    assert!(check(all, vec![settle(ours, 10)], &ledger).is_err());
    let pays = pay(me(), shop(), 100);
    assert_eq!(book(&ledger, vec![pays.clone()]).unwrap_err(), LedgerCode::ExpiryMissing);
    let [first, second] = [ours, theirs].map(|id| Operation::Expire { id });
    let after = book(&ledger, vec![first, second, pays]).unwrap();
    assert!(after.books().holds.is_empty());
    assert_eq!((has(&after, me()), has(&after, shop())), ((0, 0), (200, 200)));
}

#[test]
fn a_hold_is_placed_on_the_terms_of_its_run() {
    let all = &Capability::ALL;
    let foreign = placing_for(raw_id(1), me(), id(0), 1, NOW_MS + 1);
    assert_eq!(check(all, vec![foreign], &ledger()).unwrap_err().what, "hold's module");
    for name in [id(1), Bytes([0; 16])] {
        let found = check(all, vec![placing(me(), name, 1, NOW_MS + 1)], &ledger());
        assert_eq!(found.unwrap_err().what, "hold's name", "a name of its own choice");
    }
    let again = vec![placing(me(), id(0), 1, NOW_MS + 1), placing(me(), id(0), 1, NOW_MS + 1)];
    assert_eq!(check(all, again, &ledger()).unwrap_err().what, "hold's name");
    // What the ledger itself refuses, whoever asks.
    for deadline in [0, NOW_MS, NOW_MS + limits::HOLD_AHEAD_MS_MAX + 1, u64::MAX] {
        let refused = book(&ledger(), vec![placing(me(), id(0), 1, deadline)]).unwrap_err();
        assert_eq!(refused, LedgerCode::Deadline, "{deadline}");
    }
    let to_a_hold = pay(me(), Owner::Hold(id(0)), 1);
    assert_eq!(book(&ledger(), vec![to_a_hold]).unwrap_err(), LedgerCode::Reserved);
    let of_nobody = placing(Owner::Issuance, id(0), 1, NOW_MS + 1);
    assert_eq!(book(&ledger(), vec![of_nobody]).unwrap_err(), LedgerCode::Reserved);
    let for_itself = placing(shop(), id(0), 1, NOW_MS + 1);
    assert_eq!(book(&ledger(), vec![for_itself]).unwrap_err(), LedgerCode::SameAccount);
}

/// Holds of one deadline, and of several, end in one order; and each scope's time is its own.
#[test]
fn time_returns_what_is_held_and_only_then() {
    let mut ledger = ledger();
    let journal = (0..3).map(|n| placing(me(), id(n), 10, NOW_MS + 1 + n)).collect();
    ledger.book(&Booking::of_receipt(&receipt(NOW_MS, journal), &Actor::default())).unwrap();
    let of_me = |ledger: &Ledger, time| ledger.balance_staged(did(0), time, &me(), &token(0));
    for (ahead, left) in [(0, 70), (1, 80), (2, 90), (3, 100), (1000, 100)] {
        let time = NOW_MS + ahead;
        assert_eq!(of_me(&ledger, time), left, "{ahead} ms later, to a run");
        assert_eq!(has(&ledger, me()), (100, 70), "and nothing is recorded");
        let due: Vec<Operation> =
            ledger.due(&did(0), time).into_iter().map(|id| Operation::Expire { id }).collect();
        assert_eq!(due.len() as u64, ahead.min(3));
        let mut after = ledger.clone();
        after.book(&Booking::of_receipt(&receipt(time, due.clone()), &Actor::default())).unwrap();
        assert_eq!(has(&after, me()), (100, left), "{ahead} ms later, by a receipt");
        // Only those, all of them, in their order.
        let mut more = due.clone();
        more.push(Operation::Expire { id: id(2) });
        let mut turned = due.clone();
        turned.reverse();
        let mut wrong = vec![more];
        wrong.extend((due.len() > 1).then_some(turned));
        wrong.extend((!due.is_empty()).then(|| due[1..].to_vec()));
        for journal in wrong {
            let refused =
                ledger.clone().book(&Booking::of_receipt(&receipt(time, journal.clone()), &Actor::default()));
            assert!(refused.is_err(), "{ahead} ms later, {journal:?}");
        }
        let mut elsewhere = ledger.clone();
        elsewhere
            .book(&Booking::of_receipt(
                &Receipt { scope: did(7), ..receipt(time, Vec::new()) },
                &Actor::default(),
            ))
            .unwrap();
        assert_eq!(has(&elsewhere, me()), (100, 70), "another scope's time");
    }
}

/// A ruling's receipt: what its input asks for, and nothing else.
#[test]
fn a_rulings_journal_is_what_its_input_asks_for() {
    let rule = |command| Operation::Rule(Box::new(command));
    let account = AccountId { scope: did(0), owner: me(), unit: token(0) };
    let limits = Limits { credit: 7, balance_max: None };
    let credit = rule(Command::SetLimits { account: account.clone(), limits });
    let freeze = rule(Command::Freeze { account: account.clone() });
    let check = |asked: &[Operation], receipt: &Receipt| {
        let (module, input) = (ruling::module().id(), ruling::input(asked));
        let invocation = Invocation::new(
            &origin(),
            did(0),
            module,
            ruling::ENTRY,
            input,
            Bytes([0; 16]),
            did(1),
            NOW_MS + 1,
        );
        check_journal(&invocation, receipt, &policy(&[]), &SEED, &ledger()).map_err(|error| error.what)
    };
    let done = |journal: &[Operation]| receipt(NOW_MS, journal.to_vec());
    let failed = |journal: &[Operation]| Receipt { outcome: Outcome::Failed(1), ..done(journal) };
    let both = [credit.clone(), freeze.clone()];
    assert_eq!(check(&both, &done(&both)), Ok(()));
    assert_eq!(check(&both, &failed(&[])), Ok(()));
    let expiry = Operation::Expire { id: id(3) };
    assert_eq!(check(&both, &done(&[&[expiry][..], &both].concat())), Ok(()));
    for journal in [&both[..1], &[], &[freeze.clone(), credit.clone()], &[credit.clone(), credit.clone()]] {
        assert_eq!(check(&both, &done(journal)), Err("ruling"), "{journal:?}");
    }
    let written = Write(b"k".to_vec(), None);
    assert_eq!(check(&both, &Receipt { writes: vec![written], ..done(&both) }), Err("ruling"));
    // What no administrator may ask for, though the input does.
    let elsewhere = AccountId { scope: did(7), ..account };
    for operation in [
        rule(Command::Freeze { account: elsewhere }),
        rule(Command::Mint { to: AccountId { scope: did(0), owner: me(), unit: token(0) }, amount: 1 }),
        pay(Owner::Member(did(2)), shop(), 1),
        pay(module(), shop(), 1),
        Operation::Void { id: id(0) },
    ] {
        let asked = [operation];
        assert_eq!(check(&asked, &done(&asked)), Err("ruling"), "{asked:?}");
    }
    // A guest rules over nothing.
    assert_eq!(of_a_guest(&[freeze]), Err("ruling"));
}

fn of_a_guest(journal: &[Operation]) -> Result<(), &'static str> {
    check(&Capability::ALL, journal.to_vec(), &ledger()).map_err(|error| error.what)
}
