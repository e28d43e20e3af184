//! The throwaway scope itself: what it holds, how it is opened, and what can be read of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use icn_core::block::{Issue, Node, Policy, PolicyTag};
use icn_core::encode::{Block, Domain, SecretKey};
use icn_core::fold::Chain;
use icn_core::ledger::Ledger;
use icn_core::name::{AccountId, BlockId, Did, Hash, Origin, Owner, Unit};
use icn_core::rules::{GRANT_DEFAULT, PolicyInForce, resources_default};

use super::error::ScratchError;
use super::keys::scope_key;
use crate::engine::Engine;
use crate::run::Module;

/// The time of a scratch whose clock nobody sets: 2026-01-01T00:00:00Z, in milliseconds since the Unix epoch.
pub const TIME_DEFAULT_MS: u64 = 1_767_225_600_000;
const ORIGIN: &str = "icn.local/scratch";

/// Resources drawn from the ledger and not used yet.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Purse {
    pub(super) fuel: u64,
    pub(super) memory: u64,
    pub(super) network: u64,
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
    /// Other scopes, which deal with this one.
    pub(super) counterparts: BTreeMap<Did, (SecretKey, Chain)>,
    pub(super) ledger: Arc<Mutex<Ledger>>,
    pub(super) purse: Purse,
    /// The wall clock of this scope, in milliseconds since the Unix epoch.
    pub(super) now_ms: u64,
    /// The time of the last receipt.
    pub(super) time: u64,
    /// Invocations made so far: each gets an id of its own.
    pub(super) made: u64,
}

impl Scratch {
    /// A scope with nobody in it and nothing installed, with the resources and grants that a host gives a scope of
    /// which nobody says more. The wall-clock backstop works while the engine's ticker does.
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

    /// The scope.
    #[must_use]
    pub const fn scope(&self) -> Did {
        self.chain.scope()
    }
    /// A value that a module keeps.
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
    /// What an account has and has not set aside, as guests are told it: posted credits less posted debits; of a token,
    /// less what open holds will debit.
    #[must_use]
    pub fn balance(&self, owner: Owner, unit: Unit) -> i128 {
        let id = AccountId { scope: self.scope(), owner, unit };
        let account = self.ledger().account(&id).unwrap_or_default();
        // What is drawn of a resource for runs to come is nobody's business.
        if id.unit.is_resource() { account.balance() } else { account.available() }
    }
    /// The root of the scope's state.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.chain.root()
    }

    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the policy between two invocations; state and balances stay.
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
