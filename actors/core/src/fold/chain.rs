//! One scope's chain: its policy and receipts in their sequence, and the state that they fold into.
//!
//! The host's way: [`Chain::next_time`] (may this run?), then the sandbox, then [`Chain::draft`], then either
//! [`Chain::commit`] or [`Chain::abort`]. The fold's way: [`Chain::apply`] of what the log says. Both end with
//! the same state, and the auditor uses both and compares.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::crossing::Still;
use super::deadlines::Deadlines;
use crate::block::{
    CapKey, ChainError, Command, Counterpart, Invocation, KeysBlock, KeysTag, Leg, Node, Operation, Outcome,
    Receipt, ReceiptTag, Signer, Staged, Write,
};
use crate::encode::Block;
use crate::ledger::Ledger;
use crate::name::{BlockId, Did, Hash, InvocationId, Origin, Owner, Unit};
use crate::rules::{PolicyInForce, Refusal, RefusalCode};
use crate::state::{State, StateTree, storage_bytes};

/// A receipt that is ready to be signed. The chain's tree already has its writes: commit it or abort it.
#[derive(Debug)]
#[must_use = "the chain's tree already has its writes: commit it or abort it"]
pub struct Draft {
    receipt: Receipt,
    payload: Block,
    invocation: InvocationId,
    nodes: Vec<Block>,
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

/// The machine.
#[derive(Debug)]
pub struct Chain {
    origin: Origin,
    scope: Did,
    policy: Arc<PolicyInForce>,
    seq: u64,
    head: BlockId,
    time: u64,
    state: Arc<State>,
    tree: StateTree,
    applied: BTreeMap<InvocationId, BlockId>,
    storage_left: i64,
    /// Of the scope's open holds, which also the ledger has.
    deadlines: Deadlines,
    /// The scope's caps on resources, of which the ledger has what counts against them.
    resource_caps: BTreeSet<CapKey>,
    /// Who signs the receipts that are drafted.
    signer: Option<Signer>,
}

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
    /// Opens a scope with its first policy.
    pub fn open(policy: Arc<PolicyInForce>) -> Result<Self, ChainError> {
        let block = policy.policy();
        if block.seq != 0 || block.prev.is_some() {
            return Err(ChainError::new(
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

    /// Applies a receipt of the log, checking everything that the chain determines.
    ///
    /// Format: docs/formats.md, "Receipt"; docs/formats.md, "State"; docs/formats.md, "What a verifier checks".
    pub fn apply(
        &mut self,
        invocation: &Invocation,
        receipt: &Receipt,
        envelope: BlockId,
        nodes: Vec<Arc<Block>>,
    ) -> Result<(), ChainError> {
        self.check_order(invocation, receipt)?;
        self.check_nodes(invocation.module, receipt, &nodes)?;
        self.check_expiries(receipt.time, &receipt.journal)?;
        let module = invocation.module;
        let effects =
            [receipt.writes.len(), receipt.asked().len(), receipt.nodes.len(), receipt.anchors.len()];
        if !receipt.outcome.is_ok() && effects != [0; 4] {
            return Err(ChainError::new("a run that failed", "no effects", "effects"));
        }
        if !receipt.writes.is_sorted_by(|a, b| a.0 < b.0) {
            return Err(ChainError::new("writes", "ascending keys", "another order"));
        }
        let mut storage = 0i64;
        for Write(key, value) in &receipt.writes {
            let before = self.state.get(&module, key).map(|v| &**v);
            storage += storage_bytes(key, value.as_ref().map(|v| v.as_slice())) - storage_bytes(key, before);
        }
        if storage != receipt.usage.storage {
            return Err(ChainError::new("storage charged", storage, receipt.usage.storage));
        }
        if storage > self.storage_left {
            return Err(ChainError::new(
                "storage charged",
                format!("at most {}", self.storage_left),
                storage,
            ));
        }
        for Write(key, value) in &receipt.writes {
            self.tree.set(&module, key, value.as_ref().map(|v| v.as_slice()));
        }
        let root = self.tree.root();
        if root != receipt.root {
            return Err(ChainError::new("state root", root, receipt.root));
        }
        self.advance(module, receipt, envelope, invocation.id, nodes);
        Ok(())
    }

    /// The place that comes next, where a leg of this scope would stand.
    #[must_use]
    pub const fn next_place(&self) -> Counterpart {
        Counterpart { scope: self.scope, seq: self.seq + 1, prev: self.head }
    }

    /// What decides a leg of this scope, while it holds still.
    #[must_use]
    pub fn still(&self) -> Still {
        Still {
            policy: self.policy.clone(),
            place: self.next_place(),
            time: self.time,
            root: self.root(),
            deadlines: self.deadlines.clone(),
        }
    }

    /// Applies a leg of this scope: its own draft, which was handed over, or one of the log. Its journal but for the
    /// expiries was compared with its receipt ([`crossing::check_legs`](crate::fold::crossing::check_legs)).
    ///
    /// Format: docs/formats.md, "Between scopes".
    ///
    /// # Errors
    /// What in it does not come next.
    pub fn apply_leg(&mut self, leg: &Leg, envelope: BlockId) -> Result<(), ChainError> {
        self.check_place(leg.seq, leg.prev, leg.time)?;
        self.check_expiries(leg.time, &leg.journal)?;
        let root = self.tree.root();
        if root != leg.root {
            return Err(ChainError::new("state root", root, leg.root));
        }
        self.seq = leg.seq;
        self.head = envelope;
        self.time = leg.time;
        self.deadlines.follow(&leg.journal);
        Ok(())
    }

    fn check_place(&self, seq: u64, prev: BlockId, time: u64) -> Result<(), ChainError> {
        if seq != self.seq + 1 {
            return Err(ChainError::new("sequence", self.seq + 1, seq));
        }
        if prev != self.head {
            return Err(ChainError::new("block before", self.head, prev));
        }
        if time < self.time {
            return Err(ChainError::new("time", format!("at least {}", self.time), time));
        }
        Ok(())
    }

    fn check_order(&self, invocation: &Invocation, receipt: &Receipt) -> Result<(), ChainError> {
        self.check_place(receipt.seq, receipt.prev, receipt.time)?;
        if invocation.scope != self.scope || receipt.scope != self.scope {
            return Err(ChainError::new("scope", self.scope, invocation.scope));
        }
        if let Some(before) = self.applied.get(&invocation.id) {
            return Err(ChainError::new(
                "invocation id",
                "one not applied before",
                format!("{}, applied by {before}", invocation.id),
            ));
        }
        if receipt.fuel > invocation.fuel {
            return Err(ChainError::new("fuel", format!("at most {}", invocation.fuel), receipt.fuel));
        }
        if matches!(receipt.outcome, Outcome::Trapped(_))
            && (receipt.fuel, receipt.output.len()) != (invocation.fuel, 0)
        {
            return Err(ChainError::new(
                "a run that trapped",
                format!("the whole grant of {} fuel and no output", invocation.fuel),
                format!("{} fuel and {} bytes", receipt.fuel, receipt.output.len()),
            ));
        }
        let grant = self.policy.policy().grant;
        if receipt.usage.memory > grant.memory || receipt.usage.network > grant.network {
            return Err(ChainError::new(
                "usage",
                format!("at most {grant:?}"),
                format!("{:?}", receipt.usage),
            ));
        }
        Ok(())
    }

    /// That each hold which the block's time ends is recorded as expired, first and in order, and no other.
    fn check_expiries(&self, time: u64, journal: &[Operation]) -> Result<(), ChainError> {
        let due = self.expiries(time);
        let (recorded, asked) = Operation::parts(journal);
        if recorded != due || asked.iter().any(Operation::is_expiry) {
            let found: Vec<_> = journal.iter().filter(|operation| operation.is_expiry()).collect();
            return Err(ChainError::new(
                "expiries",
                format!("a journal that begins with {due:?} and has no others"),
                format!("{found:?}"),
            ));
        }
        Ok(())
    }

    fn check_nodes(
        &self,
        module: BlockId,
        receipt: &Receipt,
        nodes: &[Arc<Block>],
    ) -> Result<(), ChainError> {
        let named: Vec<BlockId> = nodes.iter().map(|block| block.id()).collect();
        if named != receipt.nodes {
            return Err(ChainError::new("nodes", format!("{:?}", receipt.nodes), format!("{named:?}")));
        }
        for (at, block) in nodes.iter().enumerate() {
            let node =
                Node::from_bytes(block.bytes()).map_err(|e| ChainError::new("node", "a node's block", e))?;
            if node.scope != self.scope {
                return Err(ChainError::new("node's scope", self.scope, node.scope));
            }
            if node.module != module {
                return Err(ChainError::new("node's module", module, node.module));
            }
            let known = |id: &BlockId| named[..at].contains(id) || self.state.node(id).is_some();
            if let Some(missing) = node.parents.iter().find(|id| !known(id)) {
                return Err(ChainError::new("node's parents", "nodes that came before", missing));
            }
        }
        let known = |id: &BlockId| named.contains(id) || self.state.node(id).is_some();
        if let Some(anchor) = receipt.anchors.iter().find(|anchor| !known(&anchor.0)) {
            return Err(ChainError::new("anchor", "a stored node", anchor.0));
        }
        Ok(())
    }

    fn advance(
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

    fn follow_caps(&mut self, journal: &[Operation]) {
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

    /// Whether a run's resources are capped, so that the ledger has to be asked before it.
    #[must_use]
    pub fn has_resource_caps(&self) -> bool {
        !self.resource_caps.is_empty()
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

    /// Says who signs the receipts that are drafted from here on: an operating key, or the scope's own.
    pub fn sign_as(&mut self, signer: Option<Signer>) {
        self.signer = signer;
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

    /// Applies a block of keys, checking everything that the chain determines. Who signed it is judged by
    /// [`crate::rules::keys::Registry`].
    pub fn apply_keys(&mut self, keys: &KeysBlock, envelope: BlockId) -> Result<(), ChainError> {
        if keys.seq != self.seq + 1 {
            return Err(ChainError::new("sequence", self.seq + 1, keys.seq));
        }
        if keys.prev != self.head {
            return Err(ChainError::new("block before", self.head, keys.prev));
        }
        if keys.time < self.time {
            return Err(ChainError::new("time", format!("at least {}", self.time), keys.time));
        }
        let root = self.tree.root();
        if keys.root != root {
            return Err(ChainError::new("state root", root, keys.root));
        }
        (self.seq, self.head, self.time) = (keys.seq, envelope, keys.time);
        Ok(())
    }
}
