//! The fold's way: receipts, legs and blocks of keys of the log, checked and applied.

use std::sync::Arc;

use super::machine::Chain;
use crate::block::{BrokenRule, Invocation, KeysBlock, Leg, Receipt, Write};
use crate::encode::Block;
use crate::name::BlockId;
use crate::state::storage_bytes;

impl Chain {
    /// Applies a receipt of the log, checking everything that the chain determines.
    ///
    /// Format: docs/formats.md, "Receipt"; docs/formats.md, "State"; docs/formats.md, "What a verifier checks".
    pub fn apply(
        &mut self,
        invocation: &Invocation,
        receipt: &Receipt,
        envelope: BlockId,
        nodes: Vec<Arc<Block>>,
    ) -> Result<(), BrokenRule> {
        self.check_order(invocation, receipt)?;
        self.check_nodes(invocation.module, receipt, &nodes)?;
        self.check_expiries(receipt.time, &receipt.journal)?;
        let module = invocation.module;
        let effects =
            [receipt.writes.len(), receipt.asked().len(), receipt.nodes.len(), receipt.anchors.len()];
        if !receipt.outcome.is_ok() && effects != [0; 4] {
            return Err(BrokenRule::new("a run that failed", "no effects", "effects"));
        }
        if !receipt.writes.is_sorted_by(|a, b| a.0 < b.0) {
            return Err(BrokenRule::new("writes", "ascending keys", "another order"));
        }
        let mut storage = 0i64;
        for Write(key, value) in &receipt.writes {
            let before = self.state.get(&module, key).map(|v| &**v);
            storage += storage_bytes(key, value.as_ref().map(|v| v.as_slice())) - storage_bytes(key, before);
        }
        if storage != receipt.usage.storage {
            return Err(BrokenRule::new("storage charged", storage, receipt.usage.storage));
        }
        if storage > self.storage_left {
            return Err(BrokenRule::new(
                "storage charged",
                format!("at most {}", self.storage_left),
                storage,
            ));
        }
        for Write(key, value) in &receipt.writes {
            self.tree.set(&module, key, value.as_ref().map(|v| v.as_slice()));
        }
        self.check_root(receipt.root)?;
        self.advance(module, receipt, envelope, invocation.id, nodes);
        Ok(())
    }

    /// Applies a leg of this scope: its own draft, which was handed over, or one of the log. Its journal but for the
    /// expiries was compared with its receipt ([`crossing::check_legs`](crate::fold::crossing::check_legs)).
    ///
    /// Format: docs/formats.md, "Between scopes".
    ///
    /// # Errors
    /// What in it does not come next.
    pub fn apply_leg(&mut self, leg: &Leg, envelope: BlockId) -> Result<(), BrokenRule> {
        self.check_place(leg.seq, leg.prev, leg.time)?;
        self.check_expiries(leg.time, &leg.journal)?;
        self.check_root(leg.root)?;
        self.seq = leg.seq;
        self.head = envelope;
        self.time = leg.time;
        self.deadlines.follow(&leg.journal);
        Ok(())
    }

    /// Applies a block of keys, checking everything that the chain determines. Who signed it is judged by
    /// [`crate::rules::keys::Registry`].
    pub fn apply_keys(&mut self, keys: &KeysBlock, envelope: BlockId) -> Result<(), BrokenRule> {
        self.check_place(keys.seq, keys.prev, keys.time)?;
        self.check_root(keys.root)?;
        (self.seq, self.head, self.time) = (keys.seq, envelope, keys.time);
        Ok(())
    }
}
