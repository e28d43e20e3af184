//! Properties of the ledger that random bytes reach too rarely.

use icn_core::block::{
    GrantLimits, Invocation, Issue, Operation, Outcome, Policy, PolicyTag, Receipt, Usage,
};
use icn_core::fold::bookkeeping::{Bookkeeper, LineKind, LineSource};
use icn_core::ledger::{Asker, Booking, Ledger, LedgerCode};
use icn_core::limits;
use icn_core::name::{Bytes, Owner, Unit};
use icn_core::rules::gate::Request;
use icn_core::rules::{PolicyInForce, RefusalCode, gate};
use icn_testkit::generate;
use icn_testkit::generate::{did, key, origin, raw_id, receipt_for, token};

fn transfer(from: Owner, to: Owner, unit: Unit, amount: u64) -> Operation {
    Operation::transfer(from, to, unit, amount)
}

/// What the ledger grants while a guest runs, it books when the run has ended: a receipt that it cannot book
/// is in the log by then.
#[test]
fn what_is_held_can_be_posted() {
    let scope = did(0);
    let (member, module) = (Owner::Member(did(1)), Owner::Module(raw_id(0)));
    let all = i64::MAX.cast_unsigned();
    let mut ledger = Ledger::default();
    ledger.issue(scope, &[Issue { unit: token(0), to: member.clone(), amount: all }]).unwrap();
    for round in 0..8 {
        let there = transfer(member.clone(), module.clone(), token(0), all);
        let back = transfer(module.clone(), member.clone(), token(0), all);
        let journal: Vec<Operation> = [there, back]
            .into_iter()
            .filter(|op| ledger.stage(scope, 0, &Asker::default(), op.clone()).is_ok())
            .collect();
        let receipt = receipt_for(scope, Outcome::Ok, 0, Usage::default(), journal);
        let posted = ledger.post(&Booking::of_receipt(&receipt, &Asker::default()), true);
        assert!(posted.is_ok(), "in round {round}: {posted:?}");
    }
}

/// A policy may not issue to the account that issues: it would be debited and credited at once.
#[test]
fn an_issue_to_the_issuance_is_refused_or_balances() {
    let issue = vec![Issue { unit: token(0), to: Owner::Issuance, amount: 5 }];
    let policy = policy(issue.clone());
    let mut ledger = Ledger::default();
    let accepted = PolicyInForce::new(raw_id(9), policy, Default::default()).is_ok()
        && ledger.issue(did(0), &issue).is_ok();
    assert_eq!(ledger.imbalances(), [], "debits equal credits; the policy was accepted: {accepted}");
}

fn policy(issue: Vec<Issue>) -> Policy {
    Policy {
        typ: PolicyTag,
        delegations: Vec::new(),
        log: origin(),
        scope: did(0),
        seq: 0,
        prev: None,
        time: 0,
        name: "a union".to_owned(),
        admins: vec![did(1)],
        roles: Default::default(),
        modules: Vec::new(),
        token: None,
        grant: GrantLimits { fuel: 1000, memory: 1, network: 0 },
        issue,
        counterparts: Vec::new(),
    }
}

/// A draw of nothing from an account that never was leaves no account behind: a fold has none.
#[test]
fn a_draw_of_nothing_makes_no_account() {
    let mut ledger = Ledger::default();
    assert_eq!(ledger.draw(did(0), &Unit::network(), 0, 0), Ok(0));
    assert_eq!(ledger.books(), Ledger::default().books());
}

/// What is set aside of a token is not there to be transferred.
#[test]
fn what_is_drawn_is_not_held_too() {
    let scope = did(0);
    let mut ledger = Ledger::default();
    ledger.issue(scope, &[Issue { unit: token(0), to: Owner::Treasury, amount: 10 }]).unwrap();
    let drawn = ledger.draw(scope, &token(0), 8, 8);
    let payment = transfer(Owner::Treasury, Owner::Member(did(1)), token(0), 5);
    let held = ledger.stage(scope, 0, &Asker::default(), payment).map_err(|refusal| refusal.code);
    assert!(
        drawn.is_err() || held == Err(LedgerCode::Insufficient),
        "10 cover a draw of 8 ({drawn:?}) and a transfer of 5 ({held:?})"
    );
}

/// The refusals' own rule: of several codes that the gate can tell, the lowest is given; what cannot be read is
/// not looked into.
#[test]
fn of_two_refusals_the_lower_is_given() {
    let code = |request: Request| gate::admit(request, &origin(), 1000, |_| None).unwrap_err().code;
    let input = vec![0; limits::INPUT_BYTES_MAX + 1];
    let invocation = |entry, input: &[u8]| {
        Invocation::new(&origin(), did(0), raw_id(0), entry, input, Bytes([0; 16]), did(1), 1)
    };
    let sign = |invocation: &Invocation| Request::sign(invocation, key(1));
    assert_eq!(code(sign(&invocation("run", &input).with_fuel(0))), RefusalCode::TooLarge);
    assert_eq!(code(sign(&invocation("", &[]))), RefusalCode::Malformed, "and of no scope, and expired");
    assert_eq!(code(sign(&invocation("run", &[]))), RefusalCode::UnknownScope, "and expired");
    let mut unreadable = sign(&invocation("run", &input));
    unreadable.envelope.push(0);
    assert_eq!(code(unreadable), RefusalCode::Malformed, "and an input that is too large");
}

/// What the gate admits and the scope gives a time is what the auditor admits at that time.
#[test]
fn what_is_admitted_and_timed_is_judged_the_same() {
    let now = 1_700_000_000_000;
    let mut policy = policy(Vec::new());
    policy.modules = vec![icn_core::block::Install {
        module: raw_id(0),
        capabilities: Default::default(),
        entries: [("run".to_owned(), "anyone".to_owned())].into(),
    }];
    let in_force = std::sync::Arc::new(PolicyInForce::new(raw_id(9), policy, Default::default()).unwrap());
    let chain = icn_core::fold::Chain::open(in_force.clone()).unwrap();
    for ahead in [1, limits::EXPIRY_AHEAD_MS_MAX] {
        let invocation =
            Invocation::new(&origin(), did(0), raw_id(0), "run", [], Bytes([0; 16]), did(1), now + ahead)
                .with_fuel(10);
        let request = Request::sign(&invocation, key(1));
        gate::admit(request, &origin(), now, |_| Some(in_force.clone())).unwrap();
        // The wall clock may be set back while the invocation waits.
        for clock in [now - 5000, now - 1, now, now + 1] {
            if let Ok(time) = chain.next_time(&invocation, clock) {
                let judged = gate::judge(&invocation, &origin(), time, &in_force);
                assert!(judged.is_ok(), "admitted at {now}, told {time} by a clock at {clock}: {judged:?}");
            }
        }
    }
}

#[test]
fn an_auditors_books_name_what_a_ledger_has_beside_the_log() {
    let scope = did(0);
    let issue = |unit, amount| Issue { unit, to: Owner::Treasury, amount };
    let issues = [issue(token(1), 50), issue(Unit::fuel(), 50)];
    let source = LineSource { position: 1, block: raw_id(0), scope, seq: 0, time: 0 };
    let (mut ledger, mut books) = (Ledger::default(), Bookkeeper::default());
    ledger.issue(scope, &issues).unwrap();
    assert_eq!(books.issues(source, &issues).len(), 2);
    assert_eq!(books.differences(&ledger), []);

    let id = generate::hold_name(1);
    let (from, to, unit, module) = (Owner::Treasury, Owner::Member(did(1)), token(1), raw_id(0));
    let placed = Operation::Hold { id, from, to, unit, amount: 7, deadline: 9, module };
    let usage = Usage { memory: 0, network: 0, storage: 0 };
    let receipt = receipt_for(scope, Outcome::Ok, 3, usage, vec![placed]);
    ledger.book(&Booking::of_receipt(&receipt, &Asker::default())).unwrap();
    let named: Vec<String> = books.differences(&ledger).iter().map(ToString::to_string).collect();
    let wanted = [
        "account treasury in fuel",
        "account consumed in fuel",
        "what is held on treasury in PLN",
        "what is held on did:key:",
        "hold 01",
    ];
    for wanted in wanted {
        assert!(named.iter().any(|said| said.starts_with(wanted)), "{wanted}: {named:#?}");
    }
    let kinds: Vec<LineKind> = books.receipt(2, raw_id(0), &receipt).iter().map(|line| line.kind).collect();
    assert_eq!(kinds, [LineKind::Charge, LineKind::Hold]);
    assert_eq!(books.differences(&ledger), []);

    // At its deadline the hold returns, before anything else of that receipt; until then it does not.
    for (time, wanted) in [(8, &[][..]), (9, &[LineKind::Expire])] {
        let due = ledger.due(&scope, time).into_iter().map(|id| Operation::Expire { id }).collect();
        let later = Receipt { time, ..receipt_for(scope, Outcome::Ok, 0, usage, due) };
        ledger.book(&Booking::of_receipt(&later, &Asker::default())).unwrap();
        let kinds: Vec<LineKind> = books.receipt(3, raw_id(0), &later).iter().map(|line| line.kind).collect();
        assert_eq!(kinds, wanted, "at {time}");
        assert_eq!(books.differences(&ledger), [], "at {time}");
    }
    // What was consumed is compared with the receipts' own words, and not through the accounts.
    let more = receipt_for(scope, Outcome::Ok, 2, usage, Vec::new());
    ledger.book(&Booking::of_receipt(&Receipt { time: 10, ..more }, &Asker::default())).unwrap();
    let named: Vec<String> = books.differences(&ledger).iter().map(ToString::to_string).collect();
    assert!(named.iter().any(|said| said.ends_with("consumed: the log says 3, found 5")), "{named:#?}");
}
