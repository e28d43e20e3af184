//! What a scope is opened with, said in code: it becomes the scope's first policy.

use std::collections::{BTreeMap, BTreeSet};

use icn_core::block::{Capability, GrantLimits, Install, Issue, Policy, PolicyTag, Role, Roll};
use icn_core::encode::{Block, Domain, SecretKey};
use icn_core::limits;
use icn_core::name::{Amount, BlockId, Codec, Did, Origin, Owner, Unit};
use icn_core::rules::{GRANT_DEFAULT, resources_default};

use crate::host::ScopeError;

/// A scope to open.
#[derive(Debug, Clone)]
pub struct ScopeSpec {
    name: String,
    admins: Vec<Did>,
    roles: BTreeMap<String, (Vec<Did>, Vec<Roll>)>,
    modules: Vec<ModuleSpec>,
    token: Option<Unit>,
    grant: GrantLimits,
    resources: BTreeMap<Unit, u64>,
    issue: Vec<Issue>,
    counterparts: BTreeSet<Did>,
    delegations: Vec<Block>,
}

/// A module to install: its bytes, what it may do, and each open entry's role.
#[derive(Debug, Clone)]
pub struct ModuleSpec {
    wasm: Vec<u8>,
    capabilities: BTreeSet<Capability>,
    entries: BTreeMap<String, String>,
}

impl ModuleSpec {
    /// A module by its bytes, the capabilities that it is granted (at most what its manifest asks for), and its
    /// open entries, each with the role that it asks of its caller.
    pub fn of(wasm: Vec<u8>, capabilities: &[&str], entries: &[(&str, &str)]) -> Result<Self, ScopeError> {
        let parse =
            |name: &&str| Capability::parse(name).map_err(|error| ScopeError::Invalid(error.to_string()));
        Ok(Self {
            wasm,
            capabilities: capabilities.iter().map(parse).collect::<Result<_, _>>()?,
            entries: entries.iter().map(|(entry, role)| ((*entry).to_owned(), (*role).to_owned())).collect(),
        })
    }

    /// The name that the module will have.
    #[must_use]
    pub fn id(&self) -> BlockId {
        BlockId::of(Codec::Raw, &self.wasm)
    }
}

impl ScopeSpec {
    /// A scope with this name, nobody in it, and nothing installed.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            admins: Vec::new(),
            roles: BTreeMap::new(),
            modules: Vec::new(),
            token: None,
            grant: GRANT_DEFAULT,
            resources: resources_default().into_iter().collect(),
            issue: Vec::new(),
            counterparts: BTreeSet::new(),
            delegations: Vec::new(),
        }
    }

    /// One more administrator.
    #[must_use]
    pub fn admin(mut self, admin: Did) -> Self {
        self.admins.push(admin);
        self
    }

    /// A role, held by these members.
    #[must_use]
    pub fn role(mut self, name: &str, members: impl IntoIterator<Item = Did>) -> Self {
        let members: BTreeSet<Did> = members.into_iter().collect();
        let (_, rolls) = self.roles.entry(name.to_owned()).or_default();
        let members: Vec<Did> = members.into_iter().collect();
        rolls.extend(members.chunks(limits::ROLL_MEMBERS_MAX).map(|roll| Roll::of(roll.iter().copied())));
        self
    }

    /// One more module.
    #[must_use]
    pub fn module(mut self, module: ModuleSpec) -> Self {
        self.modules.push(module);
        self
    }

    /// The default token, and how much of it the treasury is given.
    #[must_use]
    pub fn token(mut self, unit: Unit, amount: Amount) -> Self {
        if amount.0 > 0 {
            self.issue.push(Issue { unit: unit.clone(), to: Owner::Treasury, amount: amount.0 });
        }
        self.token = Some(unit);
        self
    }

    /// Units that come into being on an account.
    #[must_use]
    pub fn issue(mut self, unit: Unit, to: Owner, amount: Amount) -> Self {
        self.issue.push(Issue { unit, to, amount: amount.0 });
        self
    }

    /// How much of a resource of the runtime the scope is given, instead of the default.
    #[must_use]
    pub fn resource(mut self, unit: Unit, amount: Amount) -> Self {
        self.resources.insert(unit, amount.0);
        self
    }

    /// One more scope that it deals with: units move between the two when that one's policy names this one too.
    #[must_use]
    pub fn counterpart(mut self, scope: Did) -> Self {
        self.counterparts.insert(scope);
        self
    }

    /// The most that one invocation gets.
    #[must_use]
    pub const fn grant(mut self, grant: GrantLimits) -> Self {
        self.grant = grant;
        self
    }

    /// A delegation of the scope's root to an operating key, as its bytes: from then on the key signs for the scope, and
    /// the root's own may stay offline.
    #[must_use]
    pub fn delegation(mut self, ucan: &[u8]) -> Self {
        self.delegations.push(Block::new(Codec::DagCbor, ucan.to_vec()));
        self
    }

    /// The first policy of this scope, for a log and a time (milliseconds since the Unix epoch), to be signed by its root.
    #[must_use]
    pub fn opening(self, origin: &Origin, scope: Did, time: u64) -> Opening {
        let mut rolls = Vec::new();
        let mut roles = BTreeMap::new();
        for (name, (named, linked)) in self.roles {
            let role = Role { named, rolls: linked.iter().map(|roll| roll.block().id()).collect() };
            rolls.extend(linked.into_iter().map(|roll| roll.block().clone()));
            roles.insert(name, role);
        }
        let mut modules = Vec::new();
        let mut installs = Vec::new();
        for module in self.modules {
            let block = Block::new(Codec::Raw, module.wasm);
            installs.push(Install {
                module: block.id(),
                capabilities: module.capabilities,
                entries: module.entries,
            });
            modules.push(block);
        }
        let given = self.resources.into_iter().filter(|(_, amount)| *amount > 0);
        let mut issue: Vec<Issue> =
            given.map(|(unit, amount)| Issue { unit, to: Owner::Treasury, amount }).collect();
        issue.extend(self.issue);
        let policy = Policy {
            typ: PolicyTag,
            delegations: self.delegations.iter().map(Block::id).collect(),
            log: origin.clone(),
            scope,
            seq: 0,
            prev: None,
            time,
            name: self.name,
            admins: self.admins,
            roles,
            modules: installs,
            token: self.token,
            grant: self.grant,
            issue,
            counterparts: self.counterparts.into_iter().collect(),
        };
        let payload = Block::encode(&policy);
        Opening { policy, payload, modules, rolls, delegations: self.delegations }
    }
}

/// A scope's first policy, and what its entry brings: what its root signs, wherever that is.
#[derive(Debug, Clone)]
pub struct Opening {
    pub(crate) policy: Policy,
    pub(crate) payload: Block,
    /// In the order of the policy.
    pub(crate) modules: Vec<Block>,
    pub(crate) rolls: Vec<Block>,
    pub(crate) delegations: Vec<Block>,
}

impl Opening {
    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What is signed: the policy's bytes.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.payload.bytes()
    }

    /// Signs it with the scope's root: the bytes of the envelope, for [`crate::Host::open_operated`].
    #[must_use]
    pub fn sign(&self, root: &SecretKey) -> Vec<u8> {
        root.seal(Domain::Policy, &self.payload).to_block().bytes().to_vec()
    }
}
