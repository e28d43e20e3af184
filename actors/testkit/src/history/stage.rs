//! The sandbox's part in a history: what is staged of a wish, as far as ledger and limits allow it.

use std::collections::BTreeMap;

use icn_core::block::{Anchor, Invocation, Node, NodeTag, Operation, Outcome, Staged, Usage};
use icn_core::encode::Block;
use icn_core::ledger::Actor;
use icn_core::name::{BlockId, Did, Hash, HoldId, Owner, Unit, hold_id};
use icn_core::state::storage_bytes;

use super::constants::SCOPE;
use super::wish::Wish;
use super::writer::Writer;
use crate::generate::{did, raw_id};
use crate::plain::Transfer;

impl Writer {
    /// What the sandbox would make of a payment that a guest thinks of: the debit is the caller's, the module's, the
    /// treasury's or the issuance's; a hold has this name, and one that is open is ended.
    fn asked(&self, thought: &Transfer, caller: Did, time: u64, next: HoldId) -> Option<Operation> {
        let (scope, module) = (did(SCOPE), raw_id(0));
        let Transfer { from, to, unit, amount, terms } = thought.clone();
        let from = match from {
            Owner::Hold(_) => {
                let open = self.ledger.books().holds;
                let at = usize::try_from(amount % 251).unwrap_or(0) % open.len().max(1);
                let (_, id, _) = open.get(at)?;
                let paid = amount.min(self.ledger.open_hold(scope, time, id)?.amount);
                return Some(match paid {
                    0 => Operation::Void { id: *id },
                    paid => Operation::Settle { id: *id, amount: paid },
                });
            }
            Owner::Member(_) => Owner::Member(caller),
            Owner::Module(_) => Owner::Module(module),
            Owner::Treasury | Owner::Issuance => from,
            Owner::Name(_) | Owner::Consumed | Owner::Owed(_) | Owner::Claim(_) => return None,
        };
        Some(match terms {
            None => Operation::transfer(from, to, unit, amount),
            Some(terms) => {
                let deadline = time + 1 + terms.deadline % 512;
                Operation::Hold { id: next, from, to: terms.to, unit, amount, deadline, module }
            }
        })
    }

    /// What is staged of a wish: what ledger and limits allow. None when its grant is not covered.
    pub(super) fn stage(
        &mut self,
        wish: &Wish,
        invocation: &Invocation,
        time: u64,
        seed: &[u8; 32],
    ) -> Option<Staged> {
        let scope = did(SCOPE);
        let charges = [
            (Unit::fuel(), wish.fuel),
            (Unit::memory(), wish.usage.memory),
            (Unit::network(), wish.usage.network),
        ];
        for (unit, amount) in charges {
            self.ledger.draw(scope, &unit, amount, amount).ok()?;
        }
        let mut journal: Vec<Operation> = Vec::new();
        let mut placed = 0;
        for thought in &wish.thoughts {
            let Some(operation) = self.asked(thought, invocation.caller, time, hold_id(seed, placed)) else {
                continue;
            };
            if self.ledger.stage(scope, time, &Actor::default(), operation.clone()).is_ok() {
                placed += u64::from(matches!(operation, Operation::Hold { .. }));
                journal.push(operation);
            }
        }
        if !wish.outcome.is_ok() {
            let output =
                if matches!(wish.outcome, Outcome::Failed(_)) { b"why".to_vec() } else { Vec::new() };
            let pages = wish.usage.memory;
            let staged = Staged::without_effects(wish.outcome.clone(), wish.fuel, pages, output, None);
            return Some(staged);
        }
        let (state, module) = (self.chain.state().clone(), raw_id(0));
        let before = |key: &[u8]| state.get(&module, key).map(|v| v.to_vec());
        let cost = |(key, value): (&Vec<u8>, &Option<Vec<u8>>)| {
            storage_bytes(key, value.as_deref()) - storage_bytes(key, before(key).as_deref())
        };
        let storage: i64 = wish.writes.iter().map(cost).sum();
        let covered = storage <= self.chain.storage_left();
        let mut nodes: Vec<Block> = Vec::new();
        for (payload, parents) in &wish.payloads {
            let known: Vec<BlockId> = self.nodes.iter().copied().chain(nodes.iter().map(Block::id)).collect();
            let parents = parents.iter().filter_map(|at| known.get(*at).copied()).collect();
            let node = Node { typ: NodeTag, scope, module, parents, payload: payload.clone() };
            let block = Block::encode(&node);
            if !known.contains(&block.id()) {
                nodes.push(block);
            }
        }
        let known: Vec<BlockId> = nodes.iter().map(Block::id).chain(self.nodes.iter().copied()).collect();
        let anchor = |(at, topic): &(usize, String)| known.get(*at).map(|id| Anchor(*id, topic.clone()));
        Some(Staged {
            outcome: Outcome::Ok,
            fuel: wish.fuel,
            usage: Usage { storage: if covered { storage } else { 0 }, ..wish.usage },
            output: Vec::new(),
            logged: Some(Hash::digest(b"log")),
            writes: if covered { wish.writes.clone() } else { BTreeMap::new() },
            journal,
            anchors: wish.topics.iter().filter_map(anchor).collect(),
            nodes,
        })
    }
}
