//! One scope's chain: what it has in memory, and how a block moves it on.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::block::{BrokenRule, CapKey, Command, Counterpart, Operation, Receipt, Signer, Write};
use crate::encode::Block;
use crate::fold::crossing::LegBasis;
use crate::fold::deadlines::Deadlines;
use crate::name::{BlockId, Did, Hash, InvocationId, Origin, Owner, Unit};
use crate::rules::PolicyInForce;
use crate::state::{State, StateTree};

/// The machine.
#[derive(Debug)]
pub struct Chain {
    pub(super) origin: Origin,
    pub(super) scope: Did,
    pub(super) policy: Arc<PolicyInForce>,
    pub(super) seq: u64,
    pub(super) head: BlockId,
    pub(super) time: u64,
    pub(super) state: Arc<State>,
    pub(super) tree: StateTree,
    pub(super) applied: BTreeMap<InvocationId, BlockId>,
    pub(super) storage_left: i64,
    /// Of the scope's open holds, which also the ledger has.
    pub(super) deadlines: Deadlines,
    /// The scope's caps on resources, of which the ledger has what counts against them.
    pub(super) resource_caps: BTreeSet<CapKey>,
    /// Who signs the receipts that are drafted.
    pub(super) signer: Option<Signer>,
}

impl Chain {
    /// Opens a scope with its first policy.
    pub fn open(policy: Arc<PolicyInForce>) -> Result<Self, BrokenRule> {
        let block = policy.policy();
        if block.seq != 0 || block.prev.is_some() {
            return Err(BrokenRule::new(
                "a scope's first policy",
                "sequence 0 and no block before",
                block.seq,
            ));
        }
        let storage: u64 = block
            .issue
            .iter()
            .filter(|issue| issue.unit == Unit::storage() && issue.to == Owner::Treasury)
            .map(|issue| issue.amount)
            .fold(0, u64::saturating_add);
        Ok(Self {
            origin: block.log.clone(),
            scope: block.scope,
            seq: 0,
            head: policy.id(),
            time: block.time,
            state: Arc::default(),
            tree: StateTree::default(),
            applied: BTreeMap::new(),
            storage_left: i64::try_from(storage).unwrap_or(i64::MAX),
            deadlines: Deadlines::default(),
            resource_caps: BTreeSet::new(),
            signer: None,
            policy,
        })
    }

    /// The scope.
    #[must_use]
    pub const fn scope(&self) -> Did {
        self.scope
    }

    /// The policy in force.
    #[must_use]
    pub const fn policy(&self) -> &Arc<PolicyInForce> {
        &self.policy
    }

    /// The last block's time, in milliseconds since the Unix epoch.
    #[must_use]
    pub const fn time(&self) -> u64 {
        self.time
    }

    /// The last block.
    #[must_use]
    pub const fn head(&self) -> BlockId {
        self.head
    }

    /// The last sequence number.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// What guests read.
    #[must_use]
    pub const fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// The state's root.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// Bytes of storage that are left.
    #[must_use]
    pub const fn storage_left(&self) -> i64 {
        self.storage_left
    }

    /// The receipt that an id got, if it was applied.
    #[must_use]
    pub fn receipt_of(&self, id: &InvocationId) -> Option<BlockId> {
        self.applied.get(id).copied()
    }

    /// How many invocations were applied.
    #[must_use]
    pub fn invocations(&self) -> usize {
        self.applied.len()
    }

    /// The place that comes next, where a leg of this scope would stand.
    #[must_use]
    pub const fn next_place(&self) -> Counterpart {
        Counterpart { scope: self.scope, seq: self.seq + 1, prev: self.head }
    }

    /// What a leg of this scope is drafted from, while the scope stays paused.
    #[must_use]
    pub fn leg_basis(&self) -> LegBasis {
        LegBasis {
            policy: self.policy.clone(),
            place: self.next_place(),
            time: self.time,
            root: self.root(),
            deadlines: self.deadlines.clone(),
        }
    }

    /// Whether a run's resources are capped, so that the ledger has to be asked before it.
    #[must_use]
    pub fn has_resource_caps(&self) -> bool {
        !self.resource_caps.is_empty()
    }

    /// Says who signs the receipts that are drafted from here on: an operating key, or the scope's own.
    pub fn sign_as(&mut self, signer: Option<Signer>) {
        self.signer = signer;
    }

    pub(super) fn advance(
        &mut self,
        module: BlockId,
        receipt: &Receipt,
        envelope: BlockId,
        invocation: InvocationId,
        nodes: impl IntoIterator<Item = Arc<Block>>,
    ) {
        self.seq = receipt.seq;
        self.head = envelope;
        self.time = receipt.time;
        self.storage_left -= receipt.usage.storage;
        self.applied.insert(invocation, envelope);
        self.deadlines.follow(&receipt.journal);
        self.follow_caps(&receipt.journal);
        // The run's view of the state is gone by now, so this is not a copy.
        let state = Arc::make_mut(&mut self.state);
        for Write(key, value) in &receipt.writes {
            state.set(module, key.clone(), value.as_ref().map(|v| v.to_vec()));
        }
        for node in nodes {
            state.keep_node(node);
        }
    }

    pub(super) fn follow_caps(&mut self, journal: &[Operation]) {
        for operation in journal {
            let Operation::Rule(command) = operation else { continue };
            if let Command::SetCap { cap, max, .. } = &**command
                && cap.unit.is_resource()
            {
                match max {
                    Some(_) => self.resource_caps.insert(cap.clone()),
                    None => self.resource_caps.remove(cap),
                };
            }
        }
    }
}
