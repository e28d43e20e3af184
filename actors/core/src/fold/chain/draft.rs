//! The host's way: may this run, and the receipt or block of keys that would come next.

use std::sync::Arc;

use super::machine::Chain;
use crate::block::{
    Counterpart, Invocation, KeysBlock, KeysTag, Operation, Receipt, ReceiptTag, Signer, Staged, Write,
};
use crate::encode::Block;
use crate::name::{BlockId, InvocationId};
use crate::rules::{Refusal, RefusalCode};
use crate::state::storage_bytes;

/// A receipt that is ready to be signed. The chain's tree already has its writes: commit it or abort it.
#[derive(Debug)]
#[must_use = "the chain's tree already has its writes: commit it or abort it"]
pub struct Draft {
    pub(super) receipt: Receipt,
    pub(super) payload: Block,
    pub(super) invocation: InvocationId,
    pub(super) nodes: Vec<Block>,
}

impl Draft {
    /// The receipt.
    #[must_use]
    pub const fn receipt(&self) -> &Receipt {
        &self.receipt
    }
    /// Its block, to be signed.
    #[must_use]
    pub const fn payload(&self) -> &Block {
        &self.payload
    }
    /// Nodes that it stores.
    #[must_use]
    pub fn nodes(&self) -> &[Block] {
        &self.nodes
    }
}

impl Chain {
    /// Whether an admitted invocation may run now, and the time that its guest is told: the wall clock, never
    /// before the receipt before.
    pub fn next_time(&self, invocation: &Invocation, now_ms: u64) -> Result<u64, Refusal> {
        if let Some(receipt) = self.applied.get(&invocation.id) {
            let mut refusal = Refusal::new(
                RefusalCode::Replayed,
                format!("the id {} was applied before, by the receipt {receipt}", invocation.id),
            );
            refusal.receipt = Some(*receipt);
            return Err(refusal);
        }
        let time = now_ms.max(self.time);
        crate::rules::gate::check_expiry(invocation, time)?;
        Ok(time)
    }

    /// Turns a staged run into the receipt that would come next. `envelope` names the invocation's envelope, `with`
    /// where the counterparts of its journal have their legs ([`crossing::counterparts`](crate::fold::crossing::counterparts)).
    pub fn draft(
        &mut self,
        invocation: &Invocation,
        envelope: BlockId,
        engine: BlockId,
        time: u64,
        staged: Staged,
        with: Vec<Counterpart>,
    ) -> Draft {
        assert!(
            staged.outcome.is_ok()
                || (staged.writes.is_empty() && staged.journal.is_empty() && staged.nodes.is_empty()),
            "a run that failed has no effects"
        );
        let module = invocation.module;
        let mut journal = self.expiries(time);
        journal.extend(staged.journal);
        let mut storage = 0i64;
        for (key, value) in &staged.writes {
            let before = self.state.get(&module, key).map(|v| &**v);
            storage += storage_bytes(key, value.as_deref()) - storage_bytes(key, before);
            self.tree.set(&module, key, value.as_deref());
        }
        assert_eq!(storage, staged.usage.storage, "the sandbox charged the storage that the writes take");
        let receipt = Receipt {
            typ: ReceiptTag,
            log: self.origin.clone(),
            scope: self.scope,
            signer: self.signer,
            seq: self.seq + 1,
            prev: self.head,
            invocation: envelope,
            engine,
            time,
            outcome: staged.outcome,
            fuel: staged.fuel,
            usage: staged.usage,
            output: staged.output,
            logged: staged.logged,
            writes: staged.writes.into_iter().map(|(k, v)| Write(k, v.map(Into::into))).collect(),
            journal,
            with,
            nodes: staged.nodes.iter().map(Block::id).collect(),
            anchors: staged.anchors,
            root: self.tree.root(),
        };
        let payload = Block::encode(&receipt);
        Draft { receipt, payload, invocation: invocation.id, nodes: staged.nodes }
    }

    /// What a receipt of this time begins with: holds that are past their deadline, in the order of deadline and name.
    #[must_use]
    pub fn expiries(&self, time: u64) -> Vec<Operation> {
        self.deadlines.due(time).map(|id| Operation::Expire { id }).collect()
    }

    /// The draft's receipt was handed over under this envelope: it is the chain's last block now.
    pub fn commit(&mut self, module: BlockId, draft: Draft, envelope: BlockId) -> Receipt {
        let Draft { receipt, invocation, nodes, .. } = draft;
        self.advance(module, &receipt, envelope, invocation, nodes.into_iter().map(Arc::new));
        receipt
    }

    /// The draft's receipt was not handed over: the tree is as before.
    pub fn abort(&mut self, module: BlockId, draft: Draft) {
        for Write(key, _) in &draft.receipt.writes {
            let before = self.state.get(&module, key).map(|v| &**v);
            self.tree.set(&module, key, before);
        }
    }

    /// The block of keys that would come next, at this time or after the block before.
    #[must_use]
    pub fn draft_keys(
        &self,
        now_ms: u64,
        signer: Option<Signer>,
        delegations: Vec<BlockId>,
        revocations: Vec<BlockId>,
    ) -> KeysBlock {
        KeysBlock {
            typ: KeysTag,
            log: self.origin.clone(),
            scope: self.scope,
            seq: self.seq + 1,
            prev: self.head,
            time: now_ms.max(self.time),
            signer,
            delegations,
            revocations,
            root: self.tree.root(),
        }
    }
}
