//! Defects that such ledgers had elsewhere, one test each, as far as the machine could have them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use icn_core::block::{CapKey, Command, Level, Limits, Operation};
use icn_core::encode;
use icn_core::ledger::{
    Account, Actor, Context, Event, Group, Ledger, LedgerCode as Code, LedgerRefusal, Leg, Right,
};
use icn_core::name::{AccountId, Bytes, Did, HoldId, Owner, Unit};
use icn_testkit::generate::{did, raw_id};

const DAY: u64 = 24 * 60 * 60 * 1000;
const ID: HoldId = Bytes([1; 16]);

fn unit() -> Unit {
    Unit::parse("HOUR").unwrap()
}
fn scope() -> Did {
    did(0)
}
fn of(owner: Owner) -> AccountId {
    AccountId { scope: scope(), owner, unit: unit() }
}
fn me() -> AccountId {
    of(Owner::Member(did(2)))
}
fn you() -> AccountId {
    of(Owner::Member(did(3)))
}
fn context(time: u64) -> Context {
    let rights = [Right::Transfer, Right::Admin].map(|right| (scope(), right)).to_vec();
    let actor = Actor { member: Some(did(2)), module: Some(raw_id(0)), roles: vec!["clerk".into()] };
    Context { time, actor, rights, reason: "a test".into(), ..Context::default() }
}
fn group(commands: Vec<Command>) -> Group {
    Group { id: None, scope: scope(), commands }
}
/// Everything is open; I have 100 and you have 100.
fn books() -> Ledger {
    let mut ledger = Ledger::default();
    let mint = |to| Command::Mint { to, amount: 100 };
    ledger.apply(&group(vec![mint(me()), mint(you())]), &Context::runtime(1)).unwrap();
    ledger
}
fn pay(amount: u64) -> Command {
    Command::Transfer { from: me(), to: you(), amount }
}
fn hold(id: HoldId, amount: u64, deadline: u64) -> Command {
    Command::Hold { id, from: me(), to: you(), amount, deadline, by: Owner::Member(did(2)) }
}
fn cap(level: Level, window_ms: Option<u64>, max: u64) -> Command {
    let cap = CapKey { scope: scope(), unit: unit(), level, window_ms };
    Command::SetCap { cap, max: Some(max), soft: Some(max - 1) }
}
fn code(ledger: &mut Ledger, command: Command, time: u64) -> Option<Code> {
    ledger.apply(&group(vec![command]), &context(time)).err().map(|refusal| refusal.code)
}
fn bytes(ledger: &Ledger) -> Vec<u8> {
    encode::to_bytes(&ledger.books())
}

#[test]
fn an_authorization_counts_what_was_consumed_and_is_held() {
    let mut ledger = books();
    assert_eq!(code(&mut ledger, cap(Level::Member(did(2)), None, 50), 2), None);
    assert_eq!(code(&mut ledger, pay(20), 2), None);
    assert_eq!(code(&mut ledger, hold(ID, 20, DAY), 2), None);
    let actor = context(2).actor;
    assert_eq!(ledger.authorize(&me(), 10, &actor, 2), Ok(()));
    let refusal = ledger.authorize(&me(), 11, &actor, 2).unwrap_err();
    assert_eq!(refusal.code, Code::CapPassed);
    assert_eq!(refusal.cap.unwrap().level, Level::Member(did(2)), "it says by which level");
    assert_eq!(
        code(&mut ledger, pay(11), 2),
        Some(Code::CapPassed),
        "the command is decided as the question was"
    );
    // Without a cap: what is held is not there to be spent.
    let mut ledger = books();
    assert_eq!(code(&mut ledger, hold(ID, 60, DAY), 2), None);
    assert_eq!(ledger.authorize(&me(), 41, &actor, 2).unwrap_err().code, Code::Insufficient);
    assert_eq!(code(&mut ledger, pay(41), 2), Some(Code::Insufficient));
    assert_eq!(code(&mut ledger, pay(40), 2), None);
}

#[test]
fn a_run_is_told_it_may_use_what_it_then_may_pay_to_the_treasury_too() {
    let (actor, treasury) = (context(2).actor, of(Owner::Treasury));
    let room = |max| Command::SetLimits {
        account: of(Owner::Treasury),
        limits: Limits { credit: 0, balance_max: Some(max) },
    };
    for (ruling, expected) in [
        (None, None),
        (Some(Command::Freeze { account: treasury.clone() }), Some(Code::Frozen)),
        (Some(room(4)), Some(Code::BalanceMax)),
        (Some(room(5)), None),
    ] {
        let mut ledger = books();
        ledger
            .apply(&group(vec![Command::Open { account: treasury.clone() }]), &Context::runtime(1))
            .unwrap();
        ruling.map(|ruling| ledger.apply(&group(vec![ruling]), &context(2)).unwrap());
        let asked = ledger.authorize_staged(scope(), 2, &actor, (me().owner, unit()), 5);
        let used = Operation::transfer(me().owner, Owner::Treasury, unit(), 5);
        let used = ledger.stage(scope(), 2, &actor, used);
        let code = |answer: Result<(), LedgerRefusal>| answer.err().map(|refusal| refusal.code);
        assert_eq!((code(asked), code(used)), (expected, expected));
    }
}

#[test]
fn nothing_is_written_before_the_last_leg_is_known_to_fit() {
    let mut ledger = books();
    assert_eq!(code(&mut ledger, cap(Level::Scope, Some(DAY), 1000), 2), None);
    let before = bytes(&ledger);
    let name = of(Owner::Name("new".into()));
    let legs = vec![
        Command::Open { account: name.clone() },
        pay(30),
        hold(ID, 30, DAY),
        Command::SetLimits { account: you(), limits: Limits { credit: 7, balance_max: None } },
        Command::Freeze { account: name },
        pay(41),
    ];
    let refusal = ledger.apply(&group(legs), &context(2)).unwrap_err();
    assert_eq!((refusal.code, refusal.at), (Code::Insufficient, 5));
    assert_eq!(bytes(&ledger), before);
}

#[test]
fn a_command_that_is_sent_again_is_not_applied_again() {
    let mut ledger = books();
    let mut asked = group(vec![pay(30)]);
    asked.id = Some(Bytes([9; 16]));
    let first = ledger.apply(&asked, &context(2)).unwrap();
    let before = bytes(&ledger);
    // From a snapshot as well, and whatever the time.
    let mut ledger = Ledger::from_books(ledger.books(), ledger.remembered());
    let again = ledger.apply(&asked, &context(DAY)).unwrap();
    assert!(again.repeated && again.events.is_empty());
    assert_eq!((again.seq, again.time, again.moved), (first.seq, first.time, first.moved));
    assert_eq!(bytes(&ledger), before);
    asked.commands = vec![pay(31)];
    let refusal = ledger.apply(&asked, &context(DAY)).unwrap_err();
    assert_eq!(refusal.code, Code::IdTaken);
    assert!(refusal.what.contains("`commands.0.transfer.amount`"), "{refusal}");
    // One that failed stays failed, also when it would be covered by now.
    let mut asked = group(vec![pay(71)]);
    asked.id = Some(Bytes([8; 16]));
    assert_eq!(ledger.apply(&asked, &context(DAY)).unwrap_err().code, Code::Insufficient);
    ledger.apply(&group(vec![Command::Mint { to: me(), amount: 100 }]), &Context::runtime(DAY)).unwrap();
    assert_eq!(ledger.apply(&asked, &context(DAY)).unwrap_err().code, Code::Insufficient);
}

#[test]
fn an_amount_is_never_negative_however_it_is_written() {
    let mut ledger = books();
    for amount in [0, u64::MAX, i64::MIN.cast_unsigned(), (-5i64).cast_unsigned()] {
        let before = bytes(&ledger);
        assert_eq!(code(&mut ledger, pay(amount), 2), Some(Code::Amount), "{amount}");
        assert_eq!(code(&mut ledger, hold(ID, amount, DAY), 2), Some(Code::Amount), "{amount}");
        let (from, to) = (ledger.account_no(&me()).unwrap(), ledger.account_no(&you()).unwrap());
        let legs = [Leg { from, to, amount }];
        assert_eq!(ledger.transfers(&legs, 2).unwrap_err().code, Code::Amount, "{amount}");
        assert_eq!(bytes(&ledger), before);
    }
}

#[test]
fn nobody_pays_themselves() {
    let mut ledger = books();
    let to_me = Command::Transfer { from: me(), to: me(), amount: 5 };
    assert_eq!(code(&mut ledger, to_me, 2), Some(Code::SameAccount));
    let by = Owner::Member(did(2));
    let held = Command::Hold { id: ID, from: me(), to: me(), amount: 5, deadline: DAY, by };
    assert_eq!(code(&mut ledger, held, 2), Some(Code::SameAccount));
    let no = ledger.account_no(&me()).unwrap();
    let legs = [Leg { from: no, to: no, amount: 5 }];
    assert_eq!(ledger.transfers(&legs, 2).unwrap_err().code, Code::SameAccount);
}

#[test]
fn who_is_debited_follows_from_who_asks() {
    let mut ledger = books();
    let mut open = vec![Command::Mint { to: of(Owner::Treasury), amount: 10 }];
    open.push(Command::Mint { to: of(Owner::Module(raw_id(1))), amount: 10 });
    ledger.apply(&group(open), &Context::runtime(1)).unwrap();
    for from in [you(), of(Owner::Treasury), of(Owner::Module(raw_id(1)))] {
        let take = Command::Transfer { from, to: me(), amount: 5 };
        assert_eq!(code(&mut ledger, take, 2), Some(Code::Unauthorised));
    }
    // Nor does a hold end by another's word.
    assert_eq!(code(&mut ledger, hold(ID, 5, DAY), 2), None);
    let mut other = context(2);
    other.actor = Actor { member: Some(did(3)), module: None, roles: Vec::new() };
    let settle = |by| group(vec![Command::Settle { scope: scope(), id: ID, amount: None, by }]);
    let code = |ledger: &mut Ledger, by| ledger.apply(&settle(by), &other).unwrap_err().code;
    assert_eq!(code(&mut ledger, Owner::Member(did(3))), Code::NotPlacer);
    assert_eq!(code(&mut ledger, Owner::Member(did(2))), Code::Unauthorised);
}

#[test]
fn what_is_spent_around_a_windows_edge_counts_in_one_window() {
    let mut ledger = books();
    assert_eq!(code(&mut ledger, cap(Level::Role("clerk".into()), Some(DAY), 10), 2), None);
    assert_eq!(code(&mut ledger, pay(6), DAY - 1), None);
    assert_eq!(code(&mut ledger, hold(ID, 4, DAY + 5), DAY - 1), None);
    assert_eq!(code(&mut ledger, pay(1), DAY - 1), Some(Code::CapPassed));
    // The next window begins with nothing, and with all of it.
    assert_eq!(code(&mut ledger, pay(11), DAY), Some(Code::CapPassed));
    assert_eq!(code(&mut ledger, pay(8), DAY), None);
    // What was held in the window before neither counts here when it is settled, nor is it given back here.
    let (by, id) = (Owner::Member(did(2)), ID);
    let settle = Command::Settle { scope: scope(), id, amount: Some(1), by };
    assert_eq!(code(&mut ledger, settle, DAY + 1), None);
    assert_eq!(code(&mut ledger, pay(3), DAY + 1), Some(Code::CapPassed));
    // Time that goes back opens no window again.
    assert_eq!(code(&mut ledger, pay(1), DAY - 1), Some(Code::TimeBackwards));
    // The threshold was passed by the payment that passed it, once.
    let warned = |ledger: &mut Ledger, amount| {
        let applied = ledger.apply(&group(vec![pay(amount)]), &context(DAY + 2)).unwrap();
        applied.events.iter().filter(|event| matches!(event, Event::Warned(_))).count()
    };
    assert_eq!((warned(&mut ledger, 1), warned(&mut ledger, 1)), (0, 1));
    assert_eq!(code(&mut ledger, pay(1), DAY + 2), Some(Code::CapPassed));
}

#[test]
fn a_hold_does_not_outlive_its_deadline_or_its_scope() {
    let mut ledger = books();
    let fold = ledger.clone();
    assert_eq!(code(&mut ledger, hold(ID, 40, DAY), 2), None);
    // Past its deadline it neither pays nor stands in the way, and the journal says so first.
    let by = Owner::Member(did(2));
    let settle = Command::Settle { scope: scope(), id: ID, amount: None, by };
    assert_eq!(code(&mut ledger, settle.clone(), DAY), Some(Code::ExpiryMissing));
    assert_eq!(ledger.due(&scope(), DAY), [ID]);
    let expire = Command::Expire { scope: scope(), id: ID };
    let applied = ledger.apply(&group(vec![expire, pay(100)]), &context(DAY)).unwrap();
    assert!(applied.events.iter().any(|event| matches!(event, Event::Expired(_, _, 40))));
    assert_eq!(code(&mut ledger, settle, DAY), Some(Code::UnknownHold));
    // A scope that is taken from a fold which has no hold has none, and nothing is set aside for one.
    let mut ledger = fold.clone();
    assert_eq!(code(&mut ledger, hold(ID, 40, DAY), 2), None);
    ledger.adopt(scope(), &fold);
    assert_eq!(ledger.books(), fold.books());
    let Account { debits_held, .. } = ledger.account(&me()).unwrap();
    assert_eq!(debits_held, 0);
    assert_eq!(code(&mut ledger, pay(100), 2), None);
    // An account that is closed lets the holds end that it has.
    let mut ledger = fold;
    assert_eq!(code(&mut ledger, hold(ID, 40, DAY), 2), None);
    for account in [me(), you()] {
        assert_eq!(code(&mut ledger, Command::Close { account }, 2), None);
    }
    assert_eq!(code(&mut ledger, pay(1), 2), Some(Code::Closed));
    let by = Owner::Member(did(2));
    assert_eq!(code(&mut ledger, Command::Settle { scope: scope(), id: ID, amount: Some(30), by }, 2), None);
    let balance = |ledger: &Ledger, id| ledger.account(id).unwrap().balance();
    assert_eq!((balance(&ledger, &me()), balance(&ledger, &you())), (70, 130));
}

#[test]
fn what_returns_is_not_taken_off_a_cap_that_was_set_after_it_was_held() {
    let mut ledger = books();
    let set = || cap(Level::Scope, None, 50);
    let Command::SetCap { cap: key, .. } = set() else { panic!("a cap") };
    assert_eq!(code(&mut ledger, set(), 2), None);
    assert_eq!(code(&mut ledger, hold(ID, 40, DAY), 2), None);
    assert_eq!(code(&mut ledger, Command::SetCap { cap: key, max: None, soft: None }, 2), None);
    assert_eq!(code(&mut ledger, set(), 2), None);
    assert_eq!(code(&mut ledger, pay(45), 2), None);
    let by = Owner::Member(did(2));
    assert_eq!(code(&mut ledger, Command::Void { scope: scope(), id: ID, by }, 2), None);
    assert_eq!(code(&mut ledger, pay(6), 2), Some(Code::CapPassed), "45 of 50 are spent");
    assert_eq!(code(&mut ledger, pay(5), 2), None);
}

#[test]
fn by_number_too_no_transfer_moves_what_the_runtime_alone_moves() {
    let mut ledger = books();
    let issue =
        |owner| Command::Issue { to: AccountId { scope: scope(), owner, unit: Unit::fuel() }, amount: 10 };
    let charge = Command::Charge { scope: scope(), unit: Unit::fuel(), amount: 5, refund: false };
    let all = vec![issue(Owner::Treasury), issue(Owner::Member(did(2))), charge];
    ledger.apply(&group(all), &Context::runtime(1)).unwrap();
    let no =
        |ledger: &Ledger, owner, unit| ledger.account_no(&AccountId { scope: scope(), owner, unit }).unwrap();
    let fuel = |ledger: &Ledger, owner| no(ledger, owner, Unit::fuel());
    let treasury = fuel(&ledger, Owner::Treasury);
    let cases = [
        (Code::Resource, treasury, fuel(&ledger, Owner::Member(did(2)))),
        (Code::Reserved, fuel(&ledger, Owner::Consumed), treasury),
        (Code::Reserved, no(&ledger, Owner::Issuance, unit()), no(&ledger, Owner::Member(did(2)), unit())),
    ];
    for (code, from, to) in cases {
        // As the first of a batch, and behind one of the same unit that is made plainly.
        let before = bytes(&ledger);
        assert_eq!(ledger.transfers(&[Leg { from, to, amount: 1 }], 2).unwrap_err().code, code);
        let (me, you) = (ledger.account_no(&me()).unwrap(), ledger.account_no(&you()).unwrap());
        let legs = [Leg { from: me, to: you, amount: 1 }, Leg { from, to, amount: 1 }];
        let refusal = ledger.transfers(&legs, 2).unwrap_err();
        assert_eq!((refusal.code, refusal.at), (code, 1));
        assert_eq!(bytes(&ledger), before);
    }
}

#[test]
fn what_two_scopes_owe_each_other_is_bounded_by_the_payees_credit_and_can_be_set_off() {
    let mut ledger = books();
    let other = did(1);
    let there = AccountId { scope: other, owner: Owner::Member(did(3)), unit: unit() };
    let give = vec![Command::Mint { to: there.clone(), amount: 100 }];
    ledger.apply(&group(give), &Context::runtime(1)).unwrap();
    let mut context = Context::runtime(2);
    let over = Command::Transfer { from: me(), to: there.clone(), amount: 10 };
    let refusal = ledger.apply(&group(vec![over.clone()]), &context).unwrap_err();
    assert_eq!(refusal.code, Code::NoConsent);
    context.consents = vec![(scope(), other), (other, scope())];
    let refusal = ledger.apply(&group(vec![over.clone()]), &context).unwrap_err();
    assert_eq!(refusal.code, Code::Insufficient, "{refusal}");
    for (of, whom) in [(scope(), other), (other, scope())] {
        let account = AccountId { scope: of, owner: Owner::Claim(whom), unit: unit() };
        let limits = Limits { credit: 12, balance_max: None };
        ledger.apply(&group(vec![Command::SetLimits { account, limits }]), &context).unwrap();
    }
    let back = Command::Transfer { from: there, to: me(), amount: 4 };
    ledger.apply(&group(vec![over, back]), &context).unwrap();
    let balance = |ledger: &Ledger, scope, owner| {
        ledger.account(&AccountId { scope, owner, unit: unit() }).unwrap().balance()
    };
    assert_eq!(balance(&ledger, scope(), Owner::Owed(other)), 10);
    assert_eq!(balance(&ledger, other, Owner::Claim(scope())), -10);
    let net = Command::Net { a: scope(), b: other, unit: unit() };
    assert_eq!(ledger.apply(&group(vec![net]), &context).unwrap().moved, [4]);
    assert_eq!(balance(&ledger, scope(), Owner::Owed(other)), 6);
    assert_eq!(balance(&ledger, scope(), Owner::Claim(other)), 0);
    assert_eq!(balance(&ledger, other, Owner::Claim(scope())), -6);
    assert_eq!(ledger.imbalances(), []);
}

#[test]
fn each_refusal_and_each_change_is_told() {
    let mut ledger = books();
    let asked = group(vec![pay(30)]);
    let outcome = ledger.apply(&asked, &context(2));
    let told = ledger.audit(&asked, &context(2), &outcome);
    let [line] = &told[..] else { panic!("{told:?}") };
    assert_eq!((line.what, line.amount, line.time), ("posted", Some(30), 2));
    assert_eq!((line.account.clone(), line.to.clone()), (Some(me()), Some(you())));
    assert_eq!((line.who.member, line.why.as_str(), line.refused), (Some(did(2)), "a test", None));
    let asked = group(vec![pay(300)]);
    let outcome = ledger.apply(&asked, &context(2));
    let told = ledger.audit(&asked, &context(2), &outcome);
    assert_eq!((told[0].what, told[0].refused), ("transfer", Some(Code::Insufficient)));
    let (account, to, amount) = (told[0].account.clone(), told[0].to.clone(), told[0].amount);
    assert_eq!((account, to, amount), (Some(me()), Some(you()), Some(300)), "who, for whom, how much");
    assert!(told[0].why.contains("70 available"), "{told:?}");
}
