//! A throwaway scope on the production engine, for the authors of guests: `icn run` and `icn_testkit::TestHost`.
//!
//! What decides is the host's own code: the gate and the policy of core, the engine, the chain, the ledger. What
//! is left out is what a guest cannot notice: actors, mailboxes, the log, the disk. State, nodes and balances live
//! as long as the [`Scratch`], so that invocations can build on one another; nothing is written anywhere.
//!
//! An invocation goes the way of a host's, in its order: signed, admitted, ordered by the chain, its grant drawn
//! from the ledger, run, drafted, the receipt signed, committed, posted.
//!
//! ```
//! use icn_core::encode::Block;
//! use icn_core::name::Codec;
//! use icn_sandbox::scratch::{Scratch, ScratchCall};
//! use icn_sandbox::{Engine, EngineOptions, Module};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let text = r#"(module
//!     (import "icn" "host_set_output" (func $set_output (param i32 i32) (result i32)))
//!     (memory (export "memory") 1) (data (i32.const 0) "welcome")
//!     (func (export "greet") (result i32) (call $set_output (i32.const 0) (i32.const 7))))"#;
//! let engine = Engine::new(&EngineOptions::default())?;
//! let module = Module::compile(&engine, &Block::new(Codec::Raw, wat::parse_str(text)?))?;
//!
//! let mut scratch = Scratch::open(&engine)?;
//! let module = scratch.install(module.into(), &Default::default())?;
//! let ann = scratch.member("ann");
//! let run = scratch.invoke(&ScratchCall::new(module, "greet", ann))?;
//! assert_eq!(run.receipt.output, b"welcome");
//! assert_eq!(run.host_calls["host_set_output"], 1);
//! # Ok(()) }
//! ```

mod rehearsal;
mod run;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use icn_core::block::{
    Capability, Command, GrantLimits, INVOCATION_FUEL_DEFAULT, Install, Issue, Limits, Node, Policy,
    PolicyTag,
};
use icn_core::encode::{Block, Domain, SecretKey};
use icn_core::fold::Chain;
use icn_core::ledger::{Context, Group, Ledger};
use icn_core::name::{AccountId, BlockId, Did, Hash, IdError, Origin, Owner, Unit};
use icn_core::rules::{GRANT_DEFAULT, PolicyInForce, ROLE_ADMIN, ROLE_ANYONE, Refusal, resources_default};

use crate::engine::Engine;
use crate::install::{check_install, no_entry};
use crate::run::Module;

pub use rehearsal::Rehearsal;
pub use run::Run;

/// The time of a scratch whose clock nobody sets: 2026-01-01T00:00:00Z, in milliseconds since the Unix epoch.
pub const TIME_DEFAULT_MS: u64 = 1_767_225_600_000;
const ORIGIN: &str = "icn.local/scratch";

/// Why a scratch does not do what it is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScratchError {
    /// The invocation is refused before anything runs, as a host would refuse it: there is no receipt.
    #[error("{0}")]
    Refused(Refusal),
    /// What the scope was to be cannot be: which part, and what would be right.
    #[error("{0}")]
    Invalid(String),
    /// The engine's or our own mistake, and not the guest's.
    #[error("the host's own fault, not the guest's: {0}")]
    Fault(String),
}

impl From<IdError> for ScratchError {
    fn from(error: IdError) -> Self {
        Self::Invalid(error.to_string())
    }
}

/// What to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScratchCall {
    /// The installed module.
    pub module: BlockId,
    /// The entry point.
    pub entry: String,
    /// Who calls.
    pub caller: Did,
    /// What the guest reads as its input.
    pub input: Vec<u8>,
    /// Fuel that it may burn, at most.
    pub fuel: u64,
}

impl ScratchCall {
    /// A call without input, with the fuel limit that an invocation has when its caller names none.
    #[must_use]
    pub fn new(module: BlockId, entry: &str, caller: Did) -> Self {
        Self { module, entry: entry.to_owned(), caller, input: Vec::new(), fuel: INVOCATION_FUEL_DEFAULT }
    }
    /// The same, with that input.
    #[must_use]
    pub fn with_input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }
    /// The same, with that fuel limit.
    #[must_use]
    pub const fn with_fuel(mut self, fuel: u64) -> Self {
        self.fuel = fuel;
        self
    }
}

/// The key of a scratch's scope: the same in each.
#[must_use]
pub fn scope_key() -> SecretKey {
    SecretKey::from_bytes(&Hash::digest(b"icn-runtime/scratch/scope").0)
}

/// The key of the member of this name: the same in each scratch. Not a secret.
#[must_use]
pub fn member_key(name: &str) -> SecretKey {
    SecretKey::from_bytes(&Hash::digest(format!("icn-runtime/scratch/member/{name}").as_bytes()).0)
}

/// Resources drawn from the ledger and not used yet.
#[derive(Debug, Clone, Copy, Default)]
struct Purse {
    fuel: u64,
    memory: u64,
    network: u64,
}

/// A throwaway scope.
#[derive(Debug)]
pub struct Scratch {
    engine: BlockId,
    origin: Origin,
    key: SecretKey,
    members: BTreeMap<Did, SecretKey>,
    modules: BTreeMap<BlockId, Arc<Module>>,
    chain: Chain,
    /// Other scopes, which deal with this one.
    beside: BTreeMap<Did, (SecretKey, Chain)>,
    ledger: Arc<Mutex<Ledger>>,
    purse: Purse,
    /// The wall clock of this scope, in milliseconds since the Unix epoch.
    now_ms: u64,
    /// The time of the last receipt.
    time: u64,
    /// Invocations made so far: each gets an id of its own.
    made: u64,
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
            beside: BTreeMap::new(),
            ledger: Arc::new(Mutex::new(ledger)),
            purse: Purse::default(),
            now_ms: TIME_DEFAULT_MS,
            time: 0,
            made: 0,
        })
    }

    /// Installs a module, grants it these capabilities, and opens all its entries to anyone. Installing it again
    /// changes what it is granted.
    pub fn install(
        &mut self,
        module: Arc<Module>,
        capabilities: &BTreeSet<Capability>,
    ) -> Result<BlockId, ScratchError> {
        let id = module.id();
        let open = module.shape().entries.keys().filter(|entry| !entry.is_empty());
        let install = Install {
            module: id,
            capabilities: capabilities.clone(),
            entries: open.map(|entry| (entry.clone(), ROLE_ANYONE.to_owned())).collect(),
        };
        check_install(&install, &module).map_err(ScratchError::Invalid)?;
        self.amend(|policy| match policy.modules.iter_mut().find(|known| known.module == id) {
            // Who may call what stays as it was.
            Some(known) => known.capabilities = install.capabilities,
            None => policy.modules.push(install),
        })?;
        self.modules.insert(id, module);
        Ok(id)
    }

    /// Opens an entry only to those who hold a role: `admin`, or one that was [given](Self::give_role).
    pub fn require_role(&mut self, module: BlockId, entry: &str, role: &str) -> Result<(), ScratchError> {
        let installed = self.modules.get(&module).ok_or_else(|| unknown_module(module))?;
        if !installed.shape().entries.contains_key(entry) {
            return Err(ScratchError::Invalid(no_entry(installed, entry)));
        }
        self.amend(|policy| {
            if let Some(install) = policy.modules.iter_mut().find(|install| install.module == module) {
                install.entries.insert(entry.to_owned(), role.to_owned());
            }
        })
    }

    /// A role that nobody holds yet, if there is none of this name.
    pub fn define_role(&mut self, role: &str) -> Result<(), ScratchError> {
        if matches!(role, ROLE_ADMIN | ROLE_ANYONE) {
            return Ok(());
        }
        self.amend(|policy| {
            policy.roles.entry(role.to_owned()).or_default();
        })
    }

    /// Gives a member a role; `admin` makes an administrator.
    pub fn give_role(&mut self, role: &str, member: Did) -> Result<(), ScratchError> {
        self.amend(|policy| {
            let holders = match role {
                ROLE_ADMIN => &mut policy.admins,
                _ => &mut policy.roles.entry(role.to_owned()).or_default().named,
            };
            if !holders.contains(&member) {
                holders.push(member);
            }
        })
    }

    /// The scope's default token.
    pub fn set_token(&mut self, unit: Unit) -> Result<(), ScratchError> {
        self.amend(|policy| policy.token = Some(unit))
    }

    /// The most that one invocation gets.
    pub fn set_grant(&mut self, grant: GrantLimits) -> Result<(), ScratchError> {
        self.amend(|policy| policy.grant = grant)
    }

    /// Brings units of a token into being on an account.
    pub fn issue(&mut self, unit: Unit, to: Owner, amount: u64) -> Result<(), ScratchError> {
        if unit.is_resource() {
            return Err(ScratchError::Invalid(format!(
                "`{unit}` is a resource of the runtime, and none is issued: a scratch has plenty",
            )));
        }
        let scope = self.scope();
        let issued = self.ledger().issue(scope, &[Issue { unit, to, amount }]);
        issued.map_err(|e| ScratchError::Invalid(e.to_string()))
    }

    /// Sets the wall clock, in milliseconds since the Unix epoch. Guests are never told an earlier time than the
    /// guests before them, as on a host.
    pub const fn set_time(&mut self, now_ms: u64) {
        self.now_ms = now_ms;
    }

    /// The member of this name, with a key of their own: what they call is signed and verified.
    pub fn member(&mut self, name: &str) -> Did {
        let key = member_key(name);
        let did = key.did();
        self.members.insert(did, key);
        did
    }

    /// Another federation scope of this name, which deals with this one as this one does with it, and gives it a credit
    /// of `credit` of the unit. The same name is the same scope in each scratch.
    pub fn counterpart(&mut self, name: &str, unit: &Unit, credit: u64) -> Result<Did, ScratchError> {
        let invalid = |e: &dyn std::fmt::Display| ScratchError::Invalid(e.to_string());
        let key =
            SecretKey::from_bytes(&Hash::digest(format!("icn-runtime/scratch/scope/{name}").as_bytes()).0);
        let (scope, other) = (self.scope(), key.did());
        if !self.beside.contains_key(&other) {
            self.amend(|policy| {
                policy.counterparts.push(other);
                policy.counterparts.sort();
            })?;
            let ours = self.chain.policy().policy().clone();
            let theirs = Policy {
                scope: other,
                name: name.to_owned(),
                counterparts: vec![scope],
                admins: Vec::new(),
                roles: BTreeMap::new(),
                modules: Vec::new(),
                token: None,
                issue: Vec::new(),
                ..ours
            };
            let chain = Chain::open(in_force(&key, theirs)?).map_err(|e| invalid(&e))?;
            self.beside.insert(other, (key, chain));
        }
        let account = |scope, owner| AccountId { scope, owner, unit: unit.clone() };
        let claim = account(other, Owner::Claim(scope));
        let mut commands = Vec::new();
        for of in [scope, other] {
            if self.ledger().scale(of, unit).is_none() {
                commands.push(Command::OpenUnit { scope: of, unit: unit.clone(), scale: 0 });
            }
        }
        let limits = Limits { credit, balance_max: None };
        commands.push(Command::SetLimits { account: claim, limits });
        let group = Group { id: None, scope: other, commands };
        let context = Context::runtime(self.chain.time());
        self.ledger().apply(&group, &context).map_err(|e| invalid(&e))?;
        Ok(other)
    }
    /// What an account of another scope has and has not set aside.
    #[must_use]
    pub fn balance_beside(&self, scope: Did, owner: Owner, unit: Unit) -> i128 {
        self.ledger().account(&AccountId { scope, owner, unit }).unwrap_or_default().available()
    }

    fn policies_beside(&self) -> Vec<Arc<PolicyInForce>> {
        self.beside.values().map(|(_, chain)| chain.policy().clone()).collect()
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

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the policy between two invocations; state and balances stay.
    fn amend(&mut self, change: impl FnOnce(&mut Policy)) -> Result<(), ScratchError> {
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
fn in_force(key: &SecretKey, policy: Policy) -> Result<Arc<PolicyInForce>, ScratchError> {
    let envelope = key.seal(Domain::Policy, &Block::encode(&policy)).to_block();
    PolicyInForce::new(envelope.id(), policy, BTreeMap::new())
        .map(Arc::new)
        .map_err(|e| ScratchError::Invalid(e.to_string()))
}

fn unknown_module(module: BlockId) -> ScratchError {
    ScratchError::Invalid(format!("module {module} is not installed here: install it first"))
}
