//! A receipt that its scope signs although the chain would give another one.

use icn_core::block::{
    Anchor, Entry, Invocation, Node, NodeTag, Operation, Outcome, Receipt, Trap, TrapKind,
};
use icn_core::encode::{Block, Domain, Envelope};
use icn_core::name::{Bytes, Owner, Unit, hold_id, random_seed};

use super::constants::{FUEL, SCOPE, START_MS};
use crate::generate::{ByteSource, did, key, raw_id, token};

/// A receipt that its scope signs although it is not what the chain gives.
pub(super) fn lie(
    source: &mut ByteSource<'_>,
    entry: &mut Entry,
    past: &[(u64, Entry)],
) -> Option<&'static str> {
    let is_receipt = |block: &&Block| Receipt::from_bytes(block.bytes()).is_ok();
    let mut receipt =
        entry.blocks.iter().find(is_receipt).and_then(|b| Receipt::from_bytes(b.bytes()).ok())?;
    let transfer = Operation::transfer;
    let seed = random_seed(&receipt.invocation, &receipt.prev);
    let placed = receipt.journal.iter().filter(|op| matches!(op, Operation::Hold { .. })).count() as u64;
    let hold = |from, id, deadline, module| {
        let (to, unit) = (Owner::Name("payee".into()), token(0));
        Operation::Hold { id, from, to, unit, amount: 1, deadline, module }
    };
    let (next, nobody) = (hold_id(&seed, placed), Bytes([9; 16]));
    let (time, expiries) = (receipt.time, Operation::parts(&receipt.journal).0.len());
    let what = match source.below(29) {
        0 => {
            receipt.seq += 1;
            "a skipped sequence"
        }
        1 => {
            receipt.prev = raw_id(1);
            "another block before"
        }
        2 => {
            receipt.time = START_MS - 1;
            "an earlier time"
        }
        3 => {
            receipt.fuel = FUEL + 1;
            "more fuel than its limit"
        }
        4 => {
            receipt.root.0[source.below(32)] ^= 1;
            "another root"
        }
        5 => {
            receipt.usage.storage += 1;
            "storage that was not used"
        }
        6 => {
            receipt.journal.push(transfer(Owner::Treasury, Owner::Member(did(5)), token(0), 1_000_000));
            "money that is not there"
        }
        7 => {
            receipt.journal.push(transfer(Owner::Issuance, Owner::Consumed, token(0), 1));
            "money out of nothing, to nobody"
        }
        8 => {
            receipt.journal.push(transfer(Owner::Treasury, Owner::Member(did(5)), Unit::fuel(), 1));
            "a resource that moves"
        }
        9 => {
            receipt.nodes.push(raw_id(1));
            "a node that is not there"
        }
        10 => {
            receipt.anchors.push(Anchor(raw_id(1), String::new()));
            entry.leaves.push(raw_id(1));
            "an anchor of nothing"
        }
        11 => {
            receipt.usage.memory = 17;
            "more memory than its grant"
        }
        12 if !receipt.writes.is_empty() || !receipt.asked().is_empty() || !receipt.nodes.is_empty() => {
            receipt.outcome = Outcome::Failed(1);
            "a failure with effects"
        }
        13 => {
            // Its invocation is signed by another than its caller.
            let invocation = Envelope::from_bytes(entry.block(&receipt.invocation)?.bytes()).ok()?;
            let payload = entry.block(&invocation.payload())?.clone();
            let forged = key(5).seal(Domain::Invocation, &payload).to_block();
            receipt.invocation = forged.id();
            entry.blocks.push(forged);
            "an invocation that its caller did not sign"
        }
        14 if !past.is_empty() => {
            // An invocation that was applied before, which its caller did sign.
            let (_, before) = source.pick(past);
            let applied = before.blocks.iter().find(is_receipt)?;
            let invocation = Receipt::from_bytes(applied.bytes()).ok()?.invocation;
            receipt.invocation = invocation;
            entry.blocks.extend(before.blocks.iter().cloned());
            "an invocation for the second time"
        }
        15 if receipt.outcome.is_ok() => {
            let node = Node {
                typ: NodeTag,
                scope: did(SCOPE),
                module: raw_id(0),
                parents: vec![raw_id(1)],
                payload: Vec::new(),
            };
            let block = Block::encode(&node);
            receipt.nodes.push(block.id());
            entry.blocks.push(block);
            "a node without its parents"
        }
        17 if receipt.fuel < FUEL => {
            let trap = Trap { kind: TrapKind::Unreachable, detail: String::new() };
            receipt.outcome = Outcome::Trapped(trap);
            "a trap that did not cost its whole grant"
        }
        16 if receipt.outcome.is_ok() => {
            let mut node = Node {
                typ: NodeTag,
                scope: did(SCOPE),
                module: raw_id(0),
                parents: Vec::new(),
                payload: b"somebody's".to_vec(),
            };
            node.scope = did(0);
            let block = Block::encode(&node);
            receipt.nodes.push(block.id());
            entry.blocks.push(block);
            "another scope's node"
        }
        19 => {
            let payload = Envelope::from_bytes(entry.block(&receipt.invocation)?.bytes()).ok()?.payload();
            let caller = Invocation::from_bytes(entry.block(&payload)?.bytes()).ok()?.caller;
            let (other, unit) = if caller == did(1) { (did(0), token(0)) } else { (did(1), token(1)) };
            receipt.journal.push(transfer(Owner::Member(other), Owner::Treasury, unit, 1));
            "another member's money"
        }
        20 => {
            receipt.journal.push(hold(Owner::Issuance, next, time + 1, raw_id(0)));
            "a hold of what nobody had"
        }
        21 => {
            receipt.journal.push(hold(Owner::Treasury, next, time + 1, raw_id(1)));
            "a hold that another module may settle"
        }
        22 => {
            receipt.journal.push(hold(Owner::Treasury, next, time, raw_id(0)));
            "a hold that is over"
        }
        23 => {
            receipt.journal.push(hold(Owner::Treasury, nobody, time + 1, raw_id(0)));
            "a hold with a name of its own choice"
        }
        24 => {
            receipt.journal.push(Operation::Settle { id: nobody, amount: 1 });
            "a payment out of no hold"
        }
        25 if expiries > 0 => {
            receipt.journal.remove(0);
            "an expiry that was left out"
        }
        26 if expiries > 1 => {
            receipt.journal.swap(0, 1);
            "expiries in another order"
        }
        27 => {
            receipt.journal.insert(expiries, Operation::Expire { id: nobody });
            "an expiry of no hold"
        }
        28 if expiries > 0 && receipt.outcome.is_ok() => {
            let first = receipt.journal.remove(0);
            receipt.journal.push(first);
            "an expiry behind something else"
        }
        _ if receipt.writes.len() > 1 => {
            receipt.writes.reverse();
            "writes in another order"
        }
        _ => return None,
    };
    let payload = Block::encode(&receipt);
    let signed = key(SCOPE).seal(Domain::Receipt, &payload).to_block();
    // The scope is dishonest and signs well.
    let old = entry.leaves[0];
    for leaf in &mut entry.leaves {
        if *leaf == old {
            *leaf = signed.id();
        }
    }
    entry.blocks.retain(|block| block.id() != old);
    entry.blocks.extend([payload, signed]);
    Some(what)
}
