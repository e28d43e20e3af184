//! A chain as a snapshot keeps it.

use std::sync::Arc;

use super::machine::Chain;
use crate::encode::Block;
use crate::ledger::Ledger;
use crate::name::{BlockId, InvocationId};
use crate::rules::PolicyInForce;
use crate::state::{State, StateTree};

/// What a snapshot keeps of a chain beside its policy.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ChainParts {
    /// The last sequence number.
    pub seq: u64,
    /// The last block.
    pub head: BlockId,
    /// The last time.
    pub time: u64,
    /// Storage left.
    pub storage_left: i64,
    /// Values by module and key.
    pub values: Vec<(BlockId, serde_bytes::ByteBuf, serde_bytes::ByteBuf)>,
    /// Nodes' bytes.
    pub nodes: Vec<serde_bytes::ByteBuf>,
    /// Ids applied, with their receipts.
    pub applied: Vec<(InvocationId, BlockId)>,
}

impl Chain {
    /// For a snapshot.
    #[must_use]
    pub fn parts(&self) -> ChainParts {
        let bytes = |b: &[u8]| serde_bytes::ByteBuf::from(b.to_vec());
        ChainParts {
            seq: self.seq,
            head: self.head,
            time: self.time,
            storage_left: self.storage_left,
            values: self.state.iter().map(|(module, k, v)| (*module, bytes(k), bytes(v))).collect(),
            nodes: self.state.nodes().map(|block| bytes(block.bytes())).collect(),
            applied: self.applied.iter().map(|(id, receipt)| (*id, *receipt)).collect(),
        }
    }

    /// From a snapshot. `ledger` is the one of that position: the chain takes up the scope's open holds and caps.
    #[must_use]
    pub fn from_parts(policy: Arc<PolicyInForce>, parts: ChainParts, ledger: &Ledger) -> Self {
        let scope = policy.policy().scope;
        let mut state = State::default();
        for (module, key, value) in parts.values {
            state.set(module, key.into_vec(), Some(value.into_vec()));
        }
        for node in parts.nodes {
            state.keep_node(Arc::new(Block::new(crate::name::Codec::DagCbor, node.into_vec())));
        }
        Self {
            origin: policy.policy().log.clone(),
            scope,
            policy,
            seq: parts.seq,
            head: parts.head,
            time: parts.time,
            tree: StateTree::of(&state),
            state: Arc::new(state),
            applied: parts.applied.into_iter().collect(),
            storage_left: parts.storage_left,
            deadlines: ledger.deadlines(&scope).collect(),
            resource_caps: ledger.resource_caps(&scope).collect(),
            signer: None,
        }
    }
}
