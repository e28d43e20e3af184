//! The throwaway scope itself: what it holds, how it is opened, and what can be read of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use icn_core::block::{Issue, Node, Policy, PolicyTag, Receipt};
use icn_core::encode::{Block, Domain, SecretKey};
use icn_core::fold::Chain;
use icn_core::ledger::Ledger;
use icn_core::name::{AccountId, BlockId, Did, Hash, Origin, Owner, Unit};
use icn_core::rules::{GRANT_DEFAULT, PolicyInForce, resources_default};

use super::error::ScratchError;
use super::keys::scope_key;
use crate::engine::Engine;
use crate::run::Module;

/// The time of a scratch whose clock was not set: 2026-01-01T00:00:00Z, in milliseconds since the Unix epoch.
pub const TIME_DEFAULT_MS: u64 = 1_767_225_600_000;
const ORIGIN: &str = "icn.local/scratch";

/// Resources that were drawn from the ledger and not used yet.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Purse {
    pub(super) fuel: u64,
    pub(super) memory: u64,
    pub(super) network: u64,
}

impl Purse {
    /// Takes what a receipt used. It was drawn before its guest ran.
    pub(super) fn spend(&mut self, receipt: &Receipt) {
        assert!(receipt.fuel <= self.fuel, "the fuel of a receipt was drawn");
        assert!(receipt.usage.memory <= self.memory, "the memory of a receipt was drawn");
        assert!(receipt.usage.network <= self.network, "the network of a receipt was drawn");
        self.fuel -= receipt.fuel;
        self.memory -= receipt.usage.memory;
        self.network -= receipt.usage.network;
    }
}

/// A throwaway scope.
#[derive(Debug)]
pub struct Scratch {
    pub(super) engine: BlockId,
    pub(super) origin: Origin,
    pub(super) key: SecretKey,
    pub(super) members: BTreeMap<Did, SecretKey>,
    pub(super) modules: BTreeMap<BlockId, Arc<Module>>,
    pub(super) chain: Chain,
    /// Other scopes that deal with this one: their keys and chains.
    pub(super) counterparts: BTreeMap<Did, (SecretKey, Chain)>,
    pub(super) ledger: Arc<Mutex<Ledger>>,
    pub(super) purse: Purse,
    /// The wall clock of this scope, in milliseconds since the Unix epoch.
    pub(super) now_ms: u64,
    /// The time of the last receipt, in milliseconds since the Unix epoch.
    pub(super) time: u64,
    /// Invocations made so far. The id of an invocation is derived from their number.
    pub(super) made: u64,
}

impl Scratch {
    /// A scope without members and modules. Its resources and grants are those that a host gives by default. The
    /// bound on wall-clock time works while the engine's ticker runs.
    pub fn open(engine: &Engine) -> Result<Self, ScratchError> {
        let key = scope_key();
        let origin = Origin::parse(ORIGIN)?;
        let given = resources_default().into_iter();
        let policy = Policy {
            typ: PolicyTag,
            delegations: Vec::new(),
            log: origin.clone(),
            scope: key.did(),
            seq: 0,
            prev: None,
            time: 0,
            name: "scratch".to_owned(),
            admins: Vec::new(),
            roles: BTreeMap::new(),
            modules: Vec::new(),
            token: None,
            grant: GRANT_DEFAULT,
            issue: given.map(|(unit, amount)| Issue { unit, to: Owner::Treasury, amount }).collect(),
            counterparts: Vec::new(),
        };
        let mut ledger = Ledger::default();
        ledger.issue(key.did(), &policy.issue).map_err(|e| ScratchError::Invalid(e.to_string()))?;
        let chain = Chain::open(in_force(&key, policy)?).map_err(|e| ScratchError::Invalid(e.to_string()))?;
        Ok(Self {
            engine: engine.description().id(),
            origin,
            key,
            members: BTreeMap::new(),
            modules: BTreeMap::new(),
            chain,
            counterparts: BTreeMap::new(),
            ledger: Arc::new(Mutex::new(ledger)),
            purse: Purse::default(),
            now_ms: TIME_DEFAULT_MS,
            time: 0,
            made: 0,
        })
    }

    /// The DID of the scope.
    #[must_use]
    pub const fn scope(&self) -> Did {
        self.chain.scope()
    }
    /// A value in the state of a module.
    #[must_use]
    pub fn value(&self, module: &BlockId, key: &[u8]) -> Option<&[u8]> {
        self.chain.state().get(module, key).map(|value| &**value)
    }
    /// The payload of a node that a guest stored.
    #[must_use]
    pub fn node(&self, id: &BlockId) -> Option<Vec<u8>> {
        let block = self.chain.state().node(id)?;
        Node::from_bytes(block.bytes()).ok().map(|node| node.payload)
    }
    /// The balance of an account, as guests are told it: posted credits less posted debits, and for a token less
    /// what open holds will debit.
    #[must_use]
    pub fn balance(&self, owner: Owner, unit: Unit) -> i128 {
        let id = AccountId { scope: self.scope(), owner, unit };
        let account = self.ledger().account(&id).unwrap_or_default();
        // Resources are drawn ahead, for runs to come. That does not show.
        if id.unit.is_resource() { account.balance() } else { account.available() }
    }
    /// The root hash of the scope's state.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.chain.root()
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the policy between two invocations. State and balances stay.
    pub(super) fn amend(&mut self, change: impl FnOnce(&mut Policy)) -> Result<(), ScratchError> {
        let mut policy = self.chain.policy().policy().clone();
        change(&mut policy);
        let policy = in_force(&self.key, policy)?;
        self.chain = if self.chain.seq() == 0 {
            Chain::open(policy).map_err(|e| ScratchError::Invalid(e.to_string()))?
        } else {
            let parts = self.chain.parts();
            Chain::from_parts(policy, parts, &self.ledger())
        };
        Ok(())
    }
}

/// Signs and checks a policy, as a host does when it opens a scope.
pub(super) fn in_force(key: &SecretKey, policy: Policy) -> Result<Arc<PolicyInForce>, ScratchError> {
    let envelope = key.seal(Domain::Policy, &Block::encode(&policy)).to_block();
    PolicyInForce::new(envelope.id(), policy, BTreeMap::new())
        .map(Arc::new)
        .map_err(|e| ScratchError::Invalid(e.to_string()))
}
