//! Receipts by hand that pass what no run of a guest can, told by their own form alone: whoever signed them has every key.

use std::path::Path;

use icn_core::block::{Anchor, Operation, Outcome, ruling};
use icn_core::encode::{Block, Domain};
use icn_core::limits;
use icn_core::name::{BlockId, Codec, Owner};
use icn_runtime::export::ExportLayout;
use icn_runtime::ruling::Command;
use icn_runtime::{AccountId, Receipt, Write};

use super::forge::{car_parts, write_car};
use super::hand::{Begun, Hand, Kind, member, owner};
use super::ledger_forgeries::base;
use super::{chip, key};

/// What is forged, the code by which it is refused at every level, and the receipt.
pub(crate) struct FormForgery {
    pub(crate) name: &'static str,
    pub(crate) code: &'static str,
    make: fn(&Hand, &mut Receipt),
}

impl FormForgery {
    /// Makes it in a directory that is not there yet; gives the position of what does not hold.
    pub(crate) fn make(&self, begun: &Begun, out: &Path) -> u64 {
        let mut hand = base(begun);
        let mut draft = hand.draft("alice", Kind::Shop, Vec::new());
        let mut receipt = draft.receipt.clone();
        (self.make)(&hand, &mut receipt);
        if self.code != "encoding" {
            draft.receipt = receipt;
            hand.export_with(draft, out);
            return hand.position();
        }
        // What is not read as a receipt is not exported as one: it is put into the CAR by hand.
        hand.export_with(draft, out);
        let car = ExportLayout::new(out).car();
        let mut parts = car_parts(&car);
        let payload = Block::encode(&receipt);
        let sealed = key("hand scope").seal(Domain::Receipt, &payload).to_block();
        parts.1.truncate(parts.1.len() - 2);
        for block in [payload, sealed] {
            parts.1.push((block.id().as_bytes().to_vec(), block.bytes().to_vec()));
        }
        write_car(&car, &parts);
        hand.position()
    }
}

fn write(key: usize, value: usize) -> Write {
    Write(vec![b'k'; key], Some(vec![0; value].into()))
}

fn names(count: usize) -> Vec<BlockId> {
    (0..count).map(|n| BlockId::of(Codec::DagCbor, &n.to_be_bytes())).collect()
}

fn pay(memo: usize) -> Operation {
    let (from, to, memo) = (member("alice"), owner("other"), "m".repeat(memo));
    Operation::Transfer { from, to, unit: chip(), amount: 1, memo }
}

/// A command that the ledger knows, in the place of a ruling.
fn no_ruling(hand: &Hand) -> Operation {
    let to = AccountId { scope: hand.scope(), owner: Owner::Treasury, unit: chip() };
    Operation::Rule(Box::new(Command::Mint { to, amount: 1 }))
}

/// Every forgery of a receipt's form.
pub(crate) fn form_forgeries() -> Vec<FormForgery> {
    let bounds = |name, make| FormForgery { name, code: "bounds", make };
    let of = |name, code, make| FormForgery { name, code, make };
    vec![
        of("run that failed with 0", "outcome", |_, receipt| receipt.outcome = Outcome::Failed(0)),
        bounds("output that is too large", |_, receipt| {
            receipt.output = vec![0; limits::OUTPUT_BYTES_MAX + 1];
        }),
        bounds("too many writes", |_, receipt| {
            let keys = 0..u32::try_from(limits::WRITES_MAX).unwrap() + 1;
            receipt.writes = keys.map(|key| Write(key.to_be_bytes().to_vec(), None)).collect();
        }),
        bounds("empty key", |_, receipt| receipt.writes = vec![write(0, 1)]),
        bounds("key that is too long", |_, receipt| {
            receipt.writes = vec![write(limits::KEY_BYTES_MAX + 1, 0)];
        }),
        bounds("value that is too long", |_, receipt| {
            receipt.writes = vec![write(1, limits::VALUE_BYTES_MAX + 1)];
        }),
        bounds("values that are too long together", |_, receipt| {
            receipt.writes = (1..4).map(|key| write(key, limits::VALUE_BYTES_MAX)).collect();
        }),
        bounds("too many nodes", |_, receipt| receipt.nodes = names(limits::NODES_MAX + 1)),
        bounds("too many anchors", |_, receipt| {
            let names = names(limits::ANCHORS_MAX + 1).into_iter();
            receipt.anchors = names.map(|name| Anchor(name, String::new())).collect();
        }),
        bounds("topic that is too long", |_, receipt| {
            receipt.anchors = vec![Anchor(names(1)[0], "t".repeat(limits::TOPIC_BYTES_MAX + 1))];
        }),
        bounds("too many operations", |_, receipt| {
            receipt.journal = vec![pay(0); limits::TRANSFERS_MAX + 1];
        }),
        bounds("memo that is too long", |_, receipt| {
            receipt.journal = vec![pay(limits::MEMO_BYTES_MAX + 1)];
        }),
        of("command of the ledger that is no ruling", "encoding", |hand, receipt| {
            receipt.journal = vec![no_ruling(hand)];
        }),
    ]
}

/// A receipt at each bound, which passes none: what is refused of it is not its form.
pub(crate) fn at_the_bounds(receipt: &mut Receipt) {
    receipt.output = vec![0; limits::OUTPUT_BYTES_MAX];
    receipt.writes = vec![
        write(limits::KEY_BYTES_MAX, limits::VALUE_BYTES_MAX),
        write(limits::KEY_BYTES_MAX, limits::VALUE_BYTES_MAX - 2 * limits::KEY_BYTES_MAX),
    ];
    receipt.nodes = names(limits::NODES_MAX);
    receipt.anchors = vec![Anchor(names(1)[0], "t".repeat(limits::TOPIC_BYTES_MAX)); limits::ANCHORS_MAX];
    receipt.journal = vec![pay(limits::MEMO_BYTES_MAX); limits::TRANSFERS_MAX];
}

/// A long memo of the treasurer's, which is bounded by the input alone: it holds.
pub(crate) fn long_ruling(begun: &Begun, out: &Path) {
    let mut hand = base(begun);
    let memo = "m".repeat(limits::MEMO_BYTES_MAX + 1);
    let operation =
        Operation::Transfer { from: Owner::Treasury, to: owner("other"), unit: chip(), amount: 1, memo };
    assert!(ruling::input(std::slice::from_ref(&operation)).len() > limits::MEMO_BYTES_MAX);
    let (draft, code) = hand.rule("chair", &[operation]);
    assert_eq!(code, None);
    hand.write(draft);
    hand.export(out);
}

/// The same as each forgery, at the bounds.
pub(crate) fn bounded(begun: &Begun, out: &Path) {
    let mut hand = base(begun);
    let mut draft = hand.draft("alice", Kind::Shop, Vec::new());
    at_the_bounds(&mut draft.receipt);
    hand.export_with(draft, out);
}
