//! Random histories by hand: whatever can be asked of a ledger, by whomever, at a clock that goes on. What is allowed is
//! written; of what is not, some is exported as if it had been.

use std::path::{Path, PathBuf};

use icn_core::block::Operation;
use icn_core::name::{Bytes, Owner, Unit};
use icn_runtime::ruling::{CapKey, Command, Level, Limits};
use icn_runtime::{AccountId, Outcome};

use super::hand::{Draft, Hand, Kind, member, owner};
use super::{Rng, chip, key};

/// Random choices of what is asked of a ledger.
struct Wishes<'a> {
    rng: &'a mut Rng,
    hand: &'a Hand,
}

impl Wishes<'_> {
    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        let at = self.rng.below(all.len() as u64);
        all[usize::try_from(at).unwrap()].clone()
    }
    fn owner(&mut self) -> Owner {
        let named = [owner("till"), owner("shop"), Owner::Treasury, Owner::Treasury, Owner::Issuance];
        let members = ["alice", "alice", "bob", "chair"].map(member);
        let rare = [Owner::Consumed, Owner::Owed(key("else").did()), Owner::Hold(Bytes([1; 16]))];
        let modules = Kind::ALL.map(Kind::owner);
        let all = [
            &named[..],
            &members,
            &named,
            &members,
            &modules[..3],
            &rare[..usize::from(self.rng.below(4) == 0)],
        ];
        self.one_of(&all.concat())
    }
    fn unit(&mut self) -> Unit {
        let other = ["DALE", "ELM", "fuel", "storage"].map(|name| Unit::parse(name).unwrap());
        self.one_of(&[&[chip(), chip(), chip(), chip()][..], &other].concat())
    }
    fn amount(&mut self) -> u64 {
        match self.rng.below(30) {
            0 => 0,
            1 => 1 << 63,
            2 => u64::MAX >> 1,
            _ => 1 + self.rng.below(60),
        }
    }
    fn operation(&mut self, module: Kind, caller: &str) -> Operation {
        let own = [member(caller), module.owner(), Owner::Treasury, Owner::Issuance];
        let from = if self.rng.below(8) == 0 { self.owner() } else { self.one_of(&own) };
        let holds = self.hand.books().holds;
        match self.rng.below(8) {
            0..=3 => {
                let memo = self.one_of(&["", "usage", "a memo"]).to_owned();
                let (to, unit, amount) = (self.owner(), self.unit(), self.amount());
                Operation::Transfer { from, to, unit, amount, memo }
            }
            4 | 5 => {
                let deadline = self.hand.time + self.rng.below(9_000);
                let (to, unit, amount) = (self.owner(), chip(), self.amount());
                let module = if self.rng.below(20) == 0 { Kind::Bank.id() } else { module.id() };
                Operation::Hold { id: Bytes([0; 16]), from, to, unit, amount, deadline, module }
            }
            _ if holds.is_empty() => Operation::Void { id: Bytes([9; 16]) },
            kind => {
                let (_, id, hold) = self.one_of(&holds);
                if kind == 6 {
                    Operation::Void { id }
                } else {
                    Operation::Settle { id, amount: self.rng.below(hold.amount + 2) }
                }
            }
        }
    }
    fn ruling(&mut self) -> Operation {
        let scope = if self.rng.below(30) == 0 { key("else").did() } else { self.hand.scope() };
        let (owner, unit) = (self.owner(), self.unit());
        let account = AccountId { scope, owner, unit: unit.clone() };
        let most = self.rng.below(400);
        let ruling = match self.rng.below(12) {
            0 => Command::OpenUnit { scope, unit, scale: u8::try_from(self.rng.below(20)).unwrap() },
            1 => Command::Open { account },
            2 => Command::Close { account },
            3 => Command::Freeze { account },
            4 | 5 => Command::Unfreeze { account },
            6 | 7 => {
                let balance_max = (self.rng.below(3) == 0).then_some(most * 3);
                Command::SetLimits { account, limits: Limits { credit: most / 4, balance_max } }
            }
            _ => {
                let role = self.one_of(&["clerk", "admin", "anyone", "nobody"]).to_owned();
                let alice = Level::Member(key("alice").did());
                let module = self.one_of(&Kind::ALL);
                let level =
                    self.one_of(&[alice, Level::Module(module.id()), Level::Role(role), Level::Scope]);
                let window_ms = self.one_of(&[None, Some(4_000), Some(10_000), Some(0)]);
                let max =
                    (self.rng.below(3) > 0).then_some(if unit.is_resource() { most * 100 } else { most });
                let soft = (self.rng.below(4) == 0).then_some(most / 2);
                Command::SetCap { cap: CapKey { scope, unit, level, window_ms }, max, soft }
            }
        };
        Operation::Rule(Box::new(ruling))
    }
}

/// Writes a random receipt. What of it the ledger refuses is exported as if it had not: some of it, each with a number.
pub(crate) fn write_at_random(hand: &mut Hand, rng: &mut Rng, forged: &mut Vec<PathBuf>, dir: &Path) {
    hand.time += rng.below(3_000);
    let caller = Wishes { rng, hand }.one_of(&["alice", "bob", "chair"]);
    let count = 1 + rng.below(6);
    let mut export = |hand: &Hand, draft: Draft, one_in: u64, rng: &mut Rng| {
        if rng.below(one_in) == 0 {
            let out = dir.join(format!("forged {}", forged.len()));
            hand.export_with(draft, &out);
            forged.push(out);
        }
    };
    if rng.below(4) == 0 {
        let mut operations = Vec::new();
        for _ in 0..count.saturating_sub(3).max(1) {
            let mut wishes = Wishes { rng, hand };
            let transfer = wishes.rng.below(4) == 0;
            operations.push(if transfer { wishes.operation(Kind::Ledger, "chair") } else { wishes.ruling() });
        }
        let (draft, code) = hand.rule("chair", &operations);
        if code.is_some() {
            let mut lie = draft.clone();
            lie.receipt.outcome = Outcome::Ok;
            lie.receipt.journal.extend(operations);
            export(hand, lie, 6, rng);
        }
        if hand.is_covered(&draft) {
            hand.write(draft);
        }
        return;
    }
    let module = Wishes { rng, hand }.one_of(&[
        Kind::Bank,
        Kind::Bank,
        Kind::Shop,
        Kind::Shop,
        Kind::Meter,
        Kind::Bare,
    ]);
    let wishes = (0..count).map(|_| Wishes { rng, hand }.operation(module, caller)).collect();
    let mut draft = hand.draft(caller, module, Vec::new());
    // Of most wishes the reason is that a module may not ask for them: they are all alike.
    for (journal, by_books) in hand.ask(&mut draft, wishes) {
        let mut lie = draft.clone();
        lie.receipt.journal = journal;
        export(hand, lie, if by_books { 6 } else { 40 }, rng);
    }
    // Whoever has not `state` keeps nothing.
    if rng.below(3) == 0 && module != Kind::Meter {
        let name = [b'a' + u8::try_from(rng.below(4)).unwrap()];
        let value = (rng.below(3) > 0).then(|| vec![0; usize::try_from(rng.below(30)).unwrap()]);
        hand.keep(&mut draft, &name, value);
    }
    if !hand.is_covered(&draft) {
        export(hand, draft, 1, rng);
    } else {
        hand.write(draft);
    }
}
