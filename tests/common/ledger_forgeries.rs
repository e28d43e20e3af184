//! Histories by hand in which everything holds but one thing that the ledger says: whoever signed it has every key.

use std::path::Path;

use icn_core::block::{Anchor, Operation, Outcome, Trap, TrapKind};
use icn_core::name::{Bytes, HoldId, Owner, Unit};
use icn_runtime::AccountId;
use icn_runtime::ruling::{CapKey, Command, Level, Limits};

use super::hand::{Begun, Draft, Hand, Kind, member, owner};
use super::{chip, key};

/// A forgery of a journal: what was done, the code by which it is refused, and the ledger's own code where that is `ledger`.
pub(crate) struct LedgerForgery {
    pub(crate) name: &'static str,
    pub(crate) code: &'static str,
    pub(crate) ledger: Option<&'static str>,
    make: fn(&mut Hand) -> Draft,
}

impl LedgerForgery {
    /// Makes it in a directory that is not there yet; gives the position of what does not hold.
    pub(crate) fn make(&self, begun: &Begun, out: &Path) -> u64 {
        let mut hand = base(begun);
        let draft = (self.make)(&mut hand);
        hand.export_with(draft, out);
        hand.position()
    }
}

/// The hold that the base leaves open, until 10 s after its last receipt: the shop's, of 40 CHIP of alice for the till.
fn open_hold(hand: &Hand) -> HoldId {
    hand.books().holds[0].1
}

fn transfer(from: Owner, to: Owner, amount: u64) -> Operation {
    Operation::transfer(from, to, chip(), amount)
}

/// A transfer with a memo.
fn noted(from: Owner, to: Owner, amount: u64, memo: &str) -> Operation {
    Operation::Transfer { from, to, unit: chip(), amount, memo: memo.to_owned() }
}

/// A hold of the shop's, for the till.
fn hold(hand: &Hand, draft: &Draft, amount: u64, ahead_ms: u64) -> Operation {
    Operation::Hold {
        id: hand.hold_id(draft, 0),
        from: member("alice"),
        to: owner("till"),
        unit: chip(),
        amount,
        deadline: hand.time + ahead_ms,
        module: Kind::Shop.id(),
    }
}

fn account(hand: &Hand, owner: Owner) -> AccountId {
    AccountId { scope: hand.scope(), owner, unit: chip() }
}

fn rule(command: Command) -> Operation {
    Operation::Rule(Box::new(command))
}

fn cap(hand: &Hand, level: Level, max: u64) -> Operation {
    let cap = CapKey { scope: hand.scope(), unit: chip(), level, window_ms: Some(1 << 50) };
    rule(Command::SetCap { cap, max: Some(max), soft: None })
}

fn limits(hand: &Hand, owner: Owner, credit: u64, balance_max: Option<u64>) -> Operation {
    rule(Command::SetLimits { account: account(hand, owner), limits: Limits { credit, balance_max } })
}

/// Writes what holds: a payment, a mint, a ruling with caps and limits, a value, a hold that is open.
pub(crate) fn base(begun: &Begun) -> Hand {
    let mut hand = begun.hand();
    let asked = |hand: &mut Hand, caller, kind, wishes: Vec<Operation>| {
        let mut draft = hand.draft(caller, kind, Vec::new());
        assert!(hand.ask(&mut draft, wishes).is_empty());
        hand.write(draft);
        hand.time += 1_000;
    };
    asked(&mut hand, "alice", Kind::Shop, vec![transfer(member("alice"), owner("till"), 10)]);
    let mint = transfer(Owner::Issuance, Owner::Treasury, 5);
    asked(&mut hand, "bob", Kind::Bank, vec![mint, transfer(Owner::Treasury, member("bob"), 30)]);
    asked(&mut hand, "bob", Kind::Meter, vec![noted(member("bob"), Owner::Treasury, 3, "usage")]);
    let rulings = [
        cap(&hand, Level::Member(key("bob").did()), 20),
        cap(&hand, Level::Role("clerk".to_owned()), 100),
        limits(&hand, owner("till"), 0, Some(60)),
        rule(Command::Freeze { account: account(&hand, owner("frozen")) }),
        rule(Command::Close { account: account(&hand, owner("closed")) }),
    ];
    let (draft, code) = hand.rule("chair", &rulings);
    assert_eq!(code, None);
    hand.write(draft);
    let mut draft = hand.draft("alice", Kind::Bare, Vec::new());
    hand.keep(&mut draft, b"key", Some(b"value".to_vec()));
    hand.write(draft);
    let mut draft = hand.draft("alice", Kind::Shop, Vec::new());
    let placed = hold(&hand, &draft, 40, 10_000);
    draft.receipt.journal.push(placed);
    hand.write(draft);
    hand.time += 1_000;
    hand
}

/// A member's call of a module, whose journal is this.
fn journal(hand: &mut Hand, caller: &str, kind: Kind, operations: Vec<Operation>) -> Draft {
    let mut draft = hand.draft(caller, kind, Vec::new());
    draft.receipt.journal.extend(operations);
    draft
}

/// A ruling that was asked for and that the journal has, whatever the ledger says.
fn ruled(hand: &mut Hand, caller: &str, operations: &[Operation]) -> Draft {
    let (mut draft, _) = hand.rule(caller, operations);
    draft.receipt.outcome = Outcome::Ok;
    draft.receipt.journal.clear();
    draft.receipt.journal.extend_from_slice(operations);
    draft
}

fn trapped(hand: &mut Hand) -> Draft {
    let mut draft = hand.draft("alice", Kind::Bare, Vec::new());
    let trap = Trap { kind: TrapKind::Unreachable, detail: String::new() };
    draft.receipt.outcome = Outcome::Trapped(trap);
    draft
}

/// Every forgery of a journal.
pub(crate) fn ledger_forgeries() -> Vec<LedgerForgery> {
    // Of balances, limits and caps the ledger's own code says which; of words the code itself does.
    let books = |name, ledger, make| LedgerForgery { name, code: "ledger", ledger: Some(ledger), make };
    let words = |name, code, make| LedgerForgery { name, code, ledger: None, make };
    vec![
        books("transfer beyond the balance", "insufficient", |hand| {
            journal(hand, "chair", Kind::Shop, vec![transfer(Kind::Shop.owner(), owner("other"), 51)])
        }),
        books("transfer of what is held", "insufficient", |hand| {
            // Alice had 200, paid 10, and 40 are held.
            let draft = ruled(hand, "chair", &[cap(hand, Level::Role("clerk".to_owned()), 1_000)]);
            hand.write(draft);
            journal(hand, "alice", Kind::Shop, vec![transfer(member("alice"), owner("other"), 151)])
        }),
        books("transfer of nothing", "amount", |hand| {
            journal(hand, "alice", Kind::Shop, vec![transfer(member("alice"), owner("other"), 0)])
        }),
        books("transfer to the account that it is from", "same_account", |hand| {
            journal(hand, "alice", Kind::Shop, vec![transfer(member("alice"), member("alice"), 1)])
        }),
        books("transfer that consumes", "reserved", |hand| {
            journal(hand, "alice", Kind::Shop, vec![transfer(member("alice"), Owner::Consumed, 1)])
        }),
        books("transfer of a resource", "resource", |hand| {
            let fuel = Operation::transfer(Owner::Treasury, member("bob"), Unit::fuel(), 1);
            journal(hand, "bob", Kind::Bank, vec![fuel])
        }),
        books("transfer to a frozen account", "frozen", |hand| {
            journal(hand, "alice", Kind::Shop, vec![transfer(member("alice"), owner("frozen"), 1)])
        }),
        books("transfer to a closed account", "closed", |hand| {
            journal(hand, "alice", Kind::Shop, vec![transfer(member("alice"), owner("closed"), 1)])
        }),
        books("a member's cap passed", "cap_passed", |hand| {
            journal(hand, "bob", Kind::Shop, vec![transfer(member("bob"), owner("other"), 21)])
        }),
        books("a role's cap passed, with what is held", "cap_passed", |hand| {
            journal(hand, "alice", Kind::Shop, vec![transfer(member("alice"), owner("other"), 61)])
        }),
        books("a limit passed", "balance_max", |hand| {
            journal(hand, "alice", Kind::Shop, vec![transfer(member("alice"), owner("till"), 11)])
        }),
        books("a limit that is passed already", "limit_broken", |hand| {
            ruled(hand, "chair", &[limits(hand, owner("till"), 0, Some(9))])
        }),
        books("hold beyond the balance", "insufficient", |hand| {
            let draft = ruled(hand, "chair", &[limits(hand, owner("till"), 0, None)]);
            hand.write(draft);
            let draft = ruled(hand, "chair", &[cap(hand, Level::Role("clerk".to_owned()), 1_000)]);
            hand.write(draft);
            let mut draft = hand.draft("alice", Kind::Shop, Vec::new());
            draft.receipt.journal.push(hold(hand, &draft, 151, 1_000));
            draft
        }),
        books("hold that is over as it begins", "deadline", |hand| {
            let mut draft = hand.draft("alice", Kind::Shop, Vec::new());
            draft.receipt.journal.push(hold(hand, &draft, 1, 0));
            draft
        }),
        books("hold for more than 400 days", "deadline", |hand| {
            let mut draft = hand.draft("alice", Kind::Shop, Vec::new());
            draft.receipt.journal.push(hold(hand, &draft, 1, 34_560_000_001));
            draft
        }),
        words("hold by another name", "holds-name", |hand| {
            let mut draft = hand.draft("alice", Kind::Shop, Vec::new());
            let mut placed = hold(hand, &draft, 1, 1_000);
            if let Operation::Hold { id, .. } = &mut placed {
                *id = hand.hold_id(&draft, 1);
            }
            draft.receipt.journal.push(placed);
            draft
        }),
        words("hold for another module", "holds-module", |hand| {
            let mut draft = hand.draft("alice", Kind::Shop, Vec::new());
            let mut placed = hold(hand, &draft, 1, 1_000);
            if let Operation::Hold { module, .. } = &mut placed {
                *module = Kind::Bank.id();
            }
            draft.receipt.journal.push(placed);
            draft
        }),
        books("hold settled beyond its amount", "over_settled", |hand| {
            let id = open_hold(hand);
            journal(hand, "bob", Kind::Shop, vec![Operation::Settle { id, amount: 41 }])
        }),
        books("hold settled twice in a run", "unknown_hold", |hand| {
            let id = open_hold(hand);
            let settle = Operation::Settle { id, amount: 20 };
            journal(hand, "bob", Kind::Shop, vec![settle.clone(), settle])
        }),
        words("hold settled again", "end-of-a-hold", |hand| {
            let id = open_hold(hand);
            let draft = journal(hand, "bob", Kind::Shop, vec![Operation::Settle { id, amount: 20 }]);
            hand.write(draft);
            journal(hand, "bob", Kind::Shop, vec![Operation::Settle { id, amount: 20 }])
        }),
        words("hold that never was", "end-of-a-hold", |hand| {
            journal(hand, "bob", Kind::Shop, vec![Operation::Void { id: Bytes([7; 16]) }])
        }),
        words("hold settled by another module", "holds-module", |hand| {
            let id = open_hold(hand);
            journal(hand, "bob", Kind::Bank, vec![Operation::Settle { id, amount: 1 }])
        }),
        words("hold settled without the capability", "transfers-authority", |hand| {
            let id = open_hold(hand);
            journal(hand, "bob", Kind::Bare, vec![Operation::Settle { id, amount: 1 }])
        }),
        books("hold settled to a frozen account", "frozen", |hand| {
            let draft =
                ruled(hand, "chair", &[rule(Command::Freeze { account: account(hand, owner("till")) })]);
            hand.write(draft);
            let id = open_hold(hand);
            journal(hand, "bob", Kind::Shop, vec![Operation::Settle { id, amount: 1 }])
        }),
        words("expiry that is missing", "expiries", |hand| {
            hand.time += 20_000;
            let mut draft = hand.draft("alice", Kind::Bare, Vec::new());
            draft.receipt.journal.clear();
            draft
        }),
        words("expiry that is early", "expiries", |hand| {
            let id = open_hold(hand);
            journal(hand, "alice", Kind::Bare, vec![Operation::Expire { id }])
        }),
        words("expiry that comes last", "expiries", |hand| {
            hand.time += 20_000;
            let mut draft =
                journal(hand, "alice", Kind::Shop, vec![transfer(member("alice"), owner("other"), 1)]);
            draft.receipt.journal.rotate_left(1);
            draft
        }),
        words("settlement of what is over", "end-of-a-hold", |hand| {
            let id = open_hold(hand);
            hand.time += 20_000;
            journal(hand, "alice", Kind::Shop, vec![Operation::Settle { id, amount: 1 }])
        }),
        words("value kept without the capability", "effects-authority", |hand| {
            let mut draft = hand.draft("bob", Kind::Meter, Vec::new());
            hand.keep(&mut draft, b"key", Some(b"value".to_vec()));
            draft
        }),
        words("anchor without the capability", "effects-authority", |hand| {
            let mut draft = hand.draft("bob", Kind::Bank, Vec::new());
            draft.receipt.anchors = vec![Anchor(draft.receipt.engine, "an anchor".into())];
            draft
        }),
        words("transfer without the capability", "transfers-authority", |hand| {
            journal(hand, "alice", Kind::Bare, vec![transfer(member("alice"), owner("till"), 1)])
        }),
        words("usage with other words", "transfers-authority", |hand| {
            journal(hand, "bob", Kind::Meter, vec![noted(member("bob"), Owner::Treasury, 1, "gift")])
        }),
        words("treasury without the capability", "transfers-authority", |hand| {
            journal(hand, "alice", Kind::Shop, vec![transfer(Owner::Treasury, member("alice"), 1)])
        }),
        words("mint without the capability", "transfers-authority", |hand| {
            journal(hand, "alice", Kind::Shop, vec![transfer(Owner::Issuance, member("alice"), 1)])
        }),
        words("burn without the capability", "transfers-authority", |hand| {
            journal(hand, "alice", Kind::Shop, vec![transfer(member("alice"), Owner::Issuance, 1)])
        }),
        words("another member's account debited", "transfers-debit", |hand| {
            journal(hand, "bob", Kind::Shop, vec![transfer(member("alice"), member("bob"), 1)])
        }),
        words("named account debited", "transfers-debit", |hand| {
            journal(hand, "bob", Kind::Bank, vec![transfer(owner("till"), member("bob"), 1)])
        }),
        words("ruling by somebody who is no admin", "authority", |hand| {
            ruled(hand, "alice", &[limits(hand, member("alice"), 1_000, None)])
        }),
        words("ruling of a guest", "ruling", |hand| {
            let credit = limits(hand, member("alice"), 1_000, None);
            journal(hand, "alice", Kind::Bank, vec![credit])
        }),
        words("ruling that nobody asked for", "ruling", |hand| {
            let mut draft = ruled(hand, "chair", &[limits(hand, member("alice"), 1, None)]);
            draft.receipt.journal = vec![limits(hand, member("alice"), 1_000, None)];
            draft
        }),
        words("ruling over another scope", "ruling", |hand| {
            let account = AccountId { scope: key("another scope").did(), ..account(hand, member("alice")) };
            ruled(hand, "chair", &[rule(Command::Freeze { account })])
        }),
        words("ruling over a resource", "ruling", |hand| {
            let account = AccountId { unit: Unit::fuel(), ..account(hand, Owner::Treasury) };
            ruled(hand, "chair", &[rule(Command::Freeze { account })])
        }),
        words("ruling that takes a member's", "ruling", |hand| {
            ruled(hand, "chair", &[transfer(member("alice"), Owner::Treasury, 1)])
        }),
        books("token that is in use opened anew", "unit_exists", |hand| {
            let (scope, unit) = (hand.scope(), chip());
            ruled(hand, "chair", &[rule(Command::OpenUnit { scope, unit, scale: 2 })])
        }),
        books("account that is open opened", "account_exists", |hand| {
            ruled(hand, "chair", &[rule(Command::Open { account: account(hand, owner("till")) })])
        }),
        books("ruling over the issuance", "reserved", |hand| {
            ruled(hand, "chair", &[rule(Command::Freeze { account: account(hand, Owner::Issuance) })])
        }),
        books("cap of a unit that nobody knows", "unknown_unit", |hand| {
            let unit = Unit::parse("NIL").unwrap();
            let cap = CapKey { scope: hand.scope(), unit, level: Level::Scope, window_ms: None };
            ruled(hand, "chair", &[rule(Command::SetCap { cap, max: Some(1), soft: None })])
        }),
        books("cap below its soft threshold", "cap_terms", |hand| {
            let cap = CapKey { scope: hand.scope(), unit: chip(), level: Level::Scope, window_ms: None };
            ruled(hand, "chair", &[rule(Command::SetCap { cap, max: Some(1), soft: Some(2) })])
        }),
        // What was consumed.
        words("more fuel than the invocation's", "fuel", |hand| {
            let mut draft = hand.draft("alice", Kind::Bare, Vec::new());
            draft.receipt.fuel = 1_000_001;
            draft
        }),
        words("more memory than the grant's", "usage", |hand| {
            let mut draft = hand.draft("alice", Kind::Bare, Vec::new());
            draft.receipt.usage.memory = 257;
            draft
        }),
        books("more fuel than the scope has", "insufficient", |hand| {
            for _ in 0..2 {
                let mut draft = hand.draft("alice", Kind::Bare, Vec::new());
                draft.receipt.fuel = 490_000;
                hand.write(draft);
            }
            let mut draft = hand.draft("alice", Kind::Bare, Vec::new());
            draft.receipt.fuel = 490_000;
            draft
        }),
        words("trap that is not charged whole", "a-run-that-trapped", trapped),
        words("failed run that pays", "a-run-that-failed", |hand| {
            let mut draft =
                journal(hand, "alice", Kind::Shop, vec![transfer(member("alice"), owner("other"), 1)]);
            draft.receipt.outcome = Outcome::Failed(1);
            draft
        }),
        words("wrong storage charge", "storage-charged", |hand| {
            let mut draft = hand.draft("alice", Kind::Bare, Vec::new());
            hand.keep(&mut draft, b"key", Some(b"another value".to_vec()));
            draft.receipt.usage.storage += 1;
            draft
        }),
        words("storage that is not charged", "storage-charged", |hand| {
            let mut draft = hand.draft("alice", Kind::Bare, Vec::new());
            hand.keep(&mut draft, b"new", Some(b"value".to_vec()));
            draft.receipt.usage.storage = 0;
            draft
        }),
        words("more storage than the scope has", "storage-charged", |hand| {
            let mut draft = hand.draft("alice", Kind::Bare, Vec::new());
            hand.keep(&mut draft, b"new", Some(vec![0; 190]));
            draft
        }),
        words("storage charged to a run that keeps nothing", "storage-charged", |hand| {
            let mut draft = hand.draft("alice", Kind::Bare, Vec::new());
            draft.receipt.usage.storage = 1;
            draft
        }),
    ]
}
