//! The fold: what a log says, checked entry by entry from the first, and what it adds up to.
//!
//! Recovery and audit are the same code. [`Prepared::read`] looks at one entry alone (names, encodings,
//! signatures), so it can run on many entries at once; [`Fold::apply`] takes them in order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::authority;
use crate::block::{Counterpart, Entry, HostBlock, Invocation, KeysBlock, Payload, Policy, Receipt};
use crate::chain::{Chain, ChainError, random_seed};
use crate::crossing::{self, Leg};
use crate::difference::difference;
use crate::effect::{Outcome, Staged, TrapKind};
use crate::encode::Block;
use crate::form;
use crate::gate;
use crate::id::{BlockId, Did, Origin, Unit};
use crate::keys::{Brought, Flaw, Registry};
use crate::ledger::{Actor, Ledger, Operation};
use crate::log::{Link, Log, LogError};
use crate::policy::{PolicyInForce, Roll};
use crate::ruling;
use crate::sign::{Domain, Envelope, SignatureFlaw};

/// The first thing in a log that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[error("position {position}, block {block}: {what}: expected {expected}, found {found}")]
pub struct Divergence {
    /// The position of the entry's first leaf.
    pub position: u64,
    /// The block that says it, or that is missing.
    #[serde(serialize_with = "as_text")]
    pub block: BlockId,
    /// Which rule.
    pub what: String,
    /// What would be right.
    pub expected: String,
    /// What is there.
    pub found: String,
}

fn as_text<S: serde::Serializer>(id: &BlockId, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// An entry that is right in itself.
#[derive(Debug)]
pub struct Prepared {
    position: u64,
    entry: Entry,
    payload: Block,
    body: Body,
    /// Delegations and revocations that it brings.
    brought: Brought,
}

#[derive(Debug)]
enum Body {
    Host(HostBlock),
    Policy(Box<Policy>),
    Receipt { receipt: Box<Receipt>, invocation: Box<Invocation>, legs: Vec<Leg> },
    Keys(Box<KeysBlock>),
}

/// How much of an entry's own is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Nothing is taken on trust: every name and signature is checked. For auditors.
    Nobody,
    /// Signatures are those that this host checked when it wrote them. For recovery.
    OwnDisk,
}

impl Prepared {
    /// Looks at one entry alone.
    pub fn read(position: u64, entry: Entry, trust: Trust) -> Result<Self, Divergence> {
        Self::read_or_return(position, entry, trust).map_err(|refused| refused.0)
    }

    /// The same; an entry that diverges is given back, for whoever looks closer.
    pub fn read_or_return(
        position: u64,
        entry: Entry,
        trust: Trust,
    ) -> Result<Self, Box<(Divergence, Entry)>> {
        match look(position, &entry, trust) {
            Ok((payload, body, brought)) => Ok(Self { position, entry, payload, body, brought }),
            Err(divergence) => Err(Box::new((divergence, entry))),
        }
    }

    /// The entry.
    #[must_use]
    pub const fn entry(&self) -> &Entry {
        &self.entry
    }
    /// The position of its first leaf in the log.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }
    /// The policy, if it is one.
    #[must_use]
    pub const fn policy(&self) -> Option<&Policy> {
        match &self.body {
            Body::Policy(policy) => Some(policy),
            _ => None,
        }
    }
    /// The invocation and its receipt, if it is one.
    #[must_use]
    pub fn run(&self) -> Option<(&Invocation, &Receipt)> {
        match &self.body {
            Body::Receipt { receipt, invocation, .. } => Some((invocation, receipt)),
            _ => None,
        }
    }
    /// The legs of its receipt, each with its envelope.
    pub fn legs(&self) -> impl Iterator<Item = (BlockId, &Leg)> {
        let legs = match &self.body {
            Body::Receipt { legs, .. } => &legs[..],
            _ => &[],
        };
        self.entry.leg_leaves(legs.len()).iter().copied().zip(legs)
    }
    /// The block of keys, if it is one.
    #[must_use]
    pub const fn keys(&self) -> Option<&KeysBlock> {
        match &self.body {
            Body::Keys(keys) => Some(keys),
            _ => None,
        }
    }
    /// The scope that it belongs to, if any.
    #[must_use]
    pub fn scope(&self) -> Option<Did> {
        match &self.body {
            Body::Host(_) => None,
            Body::Policy(policy) => Some(policy.scope),
            Body::Receipt { receipt, .. } => Some(receipt.scope),
            Body::Keys(keys) => Some(keys.scope),
        }
    }
}

/// Looks at one entry alone: its payload, what it says, and what it brings.
fn look(position: u64, entry: &Entry, trust: Trust) -> Result<(Block, Body, Brought), Divergence> {
    let nil = BlockId::from_digest(crate::id::Codec::Raw, &[0; 32]);
    let first = *entry.leaves.first().ok_or_else(|| fail(position, nil, "entry", "leaves", "none"))?;
    for block in &entry.blocks {
        // A block is named by hashing it; the disk's own words were compared when it was read.
        debug_assert!(block.id().names(block.bytes()));
    }
    let (envelope, payload) = signed(position, entry, first)?;
    let bad = |block: BlockId, e: &dyn std::fmt::Display| {
        fail(position, block, "encoding", "a canonical payload", e)
    };
    let by = |id: BlockId, envelope: &Envelope, author: &Did, domain: Domain, payload: &Block| {
        if trust == Trust::OwnDisk || envelope.is_by(author, domain, payload) {
            return Ok(());
        }
        let flaw = envelope.flaw(author, domain, payload);
        let what = match flaw {
            SignatureFlaw::Wrong => "signature",
            SignatureFlaw::Domain(_) => "signature's domain",
            SignatureFlaw::SmallOrderKey => "signature's key",
        };
        Err(fail(position, id, what, author, flaw))
    };
    let read = Payload::from_bytes(payload.bytes()).map_err(|e| bad(payload.id(), &e))?;
    let (author, domain, body) = match read {
        Payload::Host(host) => (host.host, Domain::Host, Body::Host(host)),
        Payload::Policy(policy) => (policy.scope, Domain::Policy, Body::Policy(policy)),
        Payload::Leg(_) => {
            return Err(fail(position, first, "entry", "a receipt before its legs", "a leg"));
        }
        Payload::Receipt(receipt) => {
            let (inner, block) = signed(position, entry, receipt.invocation)?;
            let invocation = Invocation::from_bytes(block.bytes()).map_err(|e| bad(block.id(), &e))?;
            by(receipt.invocation, &inner, &invocation.caller, Domain::Invocation, &block)?;
            let mut legs = Vec::with_capacity(receipt.with.len());
            for id in entry.leg_leaves(receipt.with.len()) {
                let (envelope, block) = signed(position, entry, *id)?;
                let leg = Leg::from_bytes(block.bytes()).map_err(|e| bad(block.id(), &e))?;
                let author = leg.signer.map_or(leg.scope, |signer| signer.key);
                by(*id, &envelope, &author, Domain::Leg, &block)?;
                legs.push(leg);
            }
            crossing::check_legs(&receipt, first, &legs)
                .map_err(|e| fail(position, first, e.what, e.expected, e.found))?;
            let author = receipt.signer.map_or(receipt.scope, |signer| signer.key);
            let invocation = Box::new(invocation);
            (author, Domain::Receipt, Body::Receipt { receipt, invocation, legs })
        }
        Payload::Keys(keys) => {
            (keys.signer.map_or(keys.scope, |signer| signer.key), Domain::Keys, Body::Keys(keys))
        }
    };
    by(first, &envelope, &author, domain, &payload)?;
    check_form(first, &body, entry).map_err(|flaw| flawed(position, flaw))?;
    let brings = |scope, delegations, revocations| {
        Brought::read(scope, delegations, revocations, trust == Trust::OwnDisk, |id| entry.block(id))
            .map_err(|flaw| flawed(position, flaw))
    };
    let brought = match &body {
        Body::Policy(policy) => brings(&policy.scope, &policy.delegations, &[])?,
        Body::Keys(keys) => brings(&keys.scope, &keys.delegations, &keys.revocations)?,
        Body::Host(_) | Body::Receipt { .. } => Brought::default(),
    };
    Ok((payload, body, brought))
}

/// What the entry's blocks say by their own form.
fn check_form(first: BlockId, body: &Body, entry: &Entry) -> Result<(), Flaw> {
    match body {
        Body::Receipt { receipt, invocation, .. } => form::check(first, invocation, receipt, entry),
        Body::Policy(policy) => {
            let mut modules = policy.modules.iter().filter_map(|install| entry.block(&install.module));
            modules.try_for_each(|module| form::check_module(module).map_err(|error| (module.id(), error)))
        }
        Body::Host(_) | Body::Keys(_) => Ok(()),
    }
}

/// Which of these identities signed the block that is an envelope of this entry, under whatever domain: for words on a
/// signature that does not hold.
pub fn signer_among<'a>(
    entry: &Entry,
    envelope: &BlockId,
    authors: impl Iterator<Item = &'a Did>,
) -> Option<&'a Did> {
    let (envelope, payload) = signed(0, entry, *envelope).ok()?;
    let mut authors = authors;
    authors.find(|author| Domain::ALL.iter().any(|domain| envelope.is_by(author, *domain, &payload)))
}

fn fail(
    position: u64,
    block: BlockId,
    what: &str,
    expected: impl std::fmt::Display,
    found: impl std::fmt::Display,
) -> Divergence {
    Divergence {
        position,
        block,
        what: what.to_owned(),
        expected: expected.to_string(),
        found: found.to_string(),
    }
}

/// A signer, a delegation or a revocation that does not hold.
fn flawed(position: u64, (block, error): Flaw) -> Divergence {
    fail(position, block, error.what, error.expected, error.found)
}

/// An entry that does not come next.
fn out_of_order(position: u64, block: BlockId, error: &LogError) -> Divergence {
    let what = match error {
        LogError::Empty => "entry",
        LogError::MissingBlock(_) => "block",
        LogError::Twice(_) => "author",
        LogError::Sequence { found_seq, expected_seq, .. } if found_seq != expected_seq => "sequence",
        LogError::Sequence { .. } => "block before",
    };
    fail(position, block, what, "the next entry", error)
}

fn signed(position: u64, entry: &Entry, id: BlockId) -> Result<(Envelope, Block), Divergence> {
    form::is_dag_cbor(&id).map_err(|error| flawed(position, (id, error)))?;
    let missing = |id| fail(position, id, "block", "in its entry", "missing");
    let block = entry.block(&id).ok_or_else(|| missing(id))?;
    let envelope =
        Envelope::from_bytes(block.bytes()).map_err(|e| fail(position, id, "envelope", "an envelope", e))?;
    let payload = entry.block(&envelope.payload()).ok_or_else(|| missing(envelope.payload()))?;
    Ok((envelope, payload.clone()))
}

/// What a re-run is given: everything that decided the recorded run.
#[derive(Debug)]
pub struct Rerun<'a> {
    /// The invocation.
    pub invocation: &'a Invocation,
    /// The policy in force.
    pub policy: &'a Arc<PolicyInForce>,
    /// The module's bytes.
    pub module: &'a Block,
    /// The engine that the receipt names.
    pub engine: BlockId,
    /// The state before.
    pub state: Arc<crate::state::State>,
    /// Storage left before.
    pub storage_left: i64,
    /// The time that was recorded.
    pub time: u64,
    /// The seed of random bytes.
    pub seed: [u8; 32],
    /// Who it is to the ledger.
    pub actor: &'a Actor,
    /// The policies of the scopes that the policy names and that are open.
    pub counterparts: Vec<Arc<PolicyInForce>>,
}

/// Something that runs guests again.
pub trait Rerunner {
    /// Runs it again; an error says why it could not.
    fn rerun(&mut self, rerun: Rerun<'_>, ledger: &mut Ledger) -> Result<Staged, String>;
}

/// The fold.
#[derive(Debug, Default)]
pub struct Fold {
    host: Option<HostBlock>,
    log: Log,
    ledger: Ledger,
    chains: BTreeMap<Did, Chain>,
    modules: BTreeMap<BlockId, Block>,
    engines: BTreeSet<BlockId>,
    keys: Registry,
    invocations: u64,
    extent: Extent,
}

/// How much of a log a fold folds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Extent {
    #[default]
    Whole,
    /// One scope's part: the others' entries only advance the log.
    Scope(Did),
    /// No scope's part: names, signatures, order and tree, without state and ledger.
    Structure,
}

/// The parts of a fold, for those who own them while the host runs.
#[derive(Debug)]
pub struct FoldParts {
    /// The host's own block.
    pub host: Option<HostBlock>,
    /// The log's machine.
    pub log: Log,
    /// The ledger.
    pub ledger: Ledger,
    /// The scopes.
    pub chains: BTreeMap<Did, Chain>,
    /// Modules' bytes by name.
    pub modules: BTreeMap<BlockId, Block>,
    /// Engines that were described.
    pub engines: BTreeSet<BlockId>,
    /// The scopes' keys.
    pub keys: Registry,
}

impl Fold {
    /// A fold of one scope's part of a log: the other scopes' entries only advance the log.
    #[must_use]
    pub fn of_scope(scope: Did) -> Self {
        Self { extent: Extent::Scope(scope), ..Self::default() }
    }

    /// A fold of a log's structure alone: names, signatures, order and tree. What the entries do to states and
    /// balances is not looked at, and no scope is kept.
    #[must_use]
    pub fn of_structure() -> Self {
        Self { extent: Extent::Structure, ..Self::default() }
    }

    /// A fold that goes on from parts, as a snapshot gives them.
    #[must_use]
    pub fn from_parts(parts: FoldParts) -> Self {
        let invocations = parts.chains.values().map(|chain| chain.invocations() as u64).sum();
        Self {
            host: parts.host,
            log: parts.log,
            ledger: parts.ledger,
            chains: parts.chains,
            modules: parts.modules,
            engines: parts.engines,
            keys: parts.keys,
            invocations,
            extent: Extent::Whole,
        }
    }
    /// Gives the fold up for its parts.
    #[must_use]
    pub fn into_parts(self) -> FoldParts {
        FoldParts {
            host: self.host,
            log: self.log,
            ledger: self.ledger,
            chains: self.chains,
            modules: self.modules,
            engines: self.engines,
            keys: self.keys,
        }
    }
    /// The log so far.
    #[must_use]
    pub const fn log(&self) -> &Log {
        &self.log
    }
    /// The ledger so far.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }
    /// The host's block, once it was seen.
    #[must_use]
    pub const fn host(&self) -> Option<&HostBlock> {
        self.host.as_ref()
    }
    /// The scopes so far.
    #[must_use]
    pub const fn chains(&self) -> &BTreeMap<Did, Chain> {
        &self.chains
    }
    /// Modules' bytes so far.
    #[must_use]
    pub const fn modules(&self) -> &BTreeMap<BlockId, Block> {
        &self.modules
    }
    /// Engines described so far.
    #[must_use]
    pub const fn engines(&self) -> &BTreeSet<BlockId> {
        &self.engines
    }
    /// The scopes' keys so far.
    #[must_use]
    pub const fn keys(&self) -> &Registry {
        &self.keys
    }
    /// Everybody who may have signed an entry so far, in his own name or in a scope's.
    pub fn signers(&self) -> impl Iterator<Item = &Did> {
        self.log.heads().keys().chain(self.keys.operating_keys())
    }
    /// Receipts so far.
    #[must_use]
    pub const fn invocations(&self) -> u64 {
        self.invocations
    }

    /// Applies the next entry and gives it back; with a re-runner, runs its invocation again and compares the
    /// receipts.
    pub fn apply(
        &mut self,
        prepared: Prepared,
        rerunner: Option<&mut dyn Rerunner>,
    ) -> Result<Prepared, Divergence> {
        let position = self.log.size();
        let first = prepared.entry.leaves[0];
        if prepared.position != position {
            return Err(fail(position, first, "position", position, prepared.position));
        }
        let (links, leaves) = match &prepared.body {
            Body::Host(host) => (vec![Link::of(&Payload::Host(host.clone()))], vec![first]),
            Body::Policy(policy) => {
                (vec![Link { author: policy.scope, seq: policy.seq, prev: policy.prev }], vec![first])
            }
            Body::Receipt { receipt, legs, .. } => {
                let anchors = receipt.anchors.iter().map(|anchor| anchor.0);
                let of_legs = prepared.entry.leg_leaves(legs.len()).iter().copied();
                let link = Link { author: receipt.scope, seq: receipt.seq, prev: Some(receipt.prev) };
                (
                    std::iter::once(link).chain(receipt.with.iter().map(|place| (*place).into())).collect(),
                    std::iter::once(first).chain(anchors).chain(of_legs).collect::<Vec<_>>(),
                )
            }
            Body::Keys(keys) => (vec![Link::of(&Payload::Keys(keys.clone()))], vec![first]),
        };
        if leaves != prepared.entry.leaves {
            return Err(fail(
                position,
                first,
                "leaves",
                format!("{leaves:?}"),
                format!("{:?}", prepared.entry.leaves),
            ));
        }
        self.log.check(&prepared.entry, &links).map_err(|e| out_of_order(position, first, &e))?;
        let elsewhere = match (self.extent, prepared.scope()) {
            (Extent::Whole, _) | (_, None) => false,
            (Extent::Scope(only), Some(scope)) => scope != only,
            (Extent::Structure, Some(_)) => {
                self.apply_structure(position, first, &prepared)?;
                true
            }
        };
        if self.extent == Extent::Structure || !elsewhere {
            self.judge_keys(&prepared)?;
        }
        match &prepared.body {
            _ if elsewhere => {}
            Body::Host(host) => self.apply_host(position, first, host)?,
            Body::Policy(policy) => self.apply_policy(position, first, policy, &prepared.entry)?,
            Body::Receipt { receipt, invocation, .. } => {
                self.apply_receipt(position, first, receipt, invocation, &prepared, rerunner)?;
                self.invocations += 1;
            }
            Body::Keys(keys) => self.apply_keys(position, first, keys)?,
        }
        for (envelope, leg) in prepared.legs() {
            if matches!(self.extent, Extent::Scope(only) if only != leg.scope) {
                continue;
            }
            let signed = self.keys.follow(&leg.scope, leg.signer.as_ref(), leg.time);
            signed.map_err(|error| flawed(position, (envelope, error)))?;
            match self.extent {
                Extent::Structure => drop(self.origin(position, envelope, &leg.log)?),
                Extent::Whole | Extent::Scope(_) => self.apply_leg(position, envelope, leg)?,
            }
        }
        self.log.append(&prepared.entry, &links).map_err(|e| out_of_order(position, first, &e))?;
        Ok(prepared)
    }

    /// Judges who signed an entry, and takes what it says of keys. Also of an entry whose place in the log is not looked
    /// at, as when a snapshot stands for most of those before it.
    ///
    /// # Errors
    /// Who may not sign, or what is not right with a delegation or a revocation.
    pub fn judge_keys(&mut self, prepared: &Prepared) -> Result<(), Divergence> {
        let (position, first) = (prepared.position, prepared.entry.leaves[0]);
        let judged = match &prepared.body {
            Body::Host(_) => Ok(()),
            Body::Policy(policy) => self.keys.open(policy.scope, policy.time, &prepared.brought),
            Body::Receipt { receipt, .. } => self
                .keys
                .follow(&receipt.scope, receipt.signer.as_ref(), receipt.time)
                .map_err(|error| (first, error)),
            Body::Keys(keys) => self.keys.take(first, keys, &prepared.brought),
        };
        judged.map_err(|flaw| flawed(position, flaw))
    }

    fn apply_keys(&mut self, position: u64, block: BlockId, keys: &KeysBlock) -> Result<(), Divergence> {
        self.origin(position, block, &keys.log)?;
        let chain = self
            .chains
            .get_mut(&keys.scope)
            .ok_or_else(|| fail(position, block, "scope", "an open scope", keys.scope))?;
        chain.apply_keys(keys, block).map_err(|e| fail(position, block, e.what, e.expected, e.found))
    }

    fn origin(&self, position: u64, block: BlockId, found: &Origin) -> Result<&Origin, Divergence> {
        let host = self
            .host
            .as_ref()
            .ok_or_else(|| fail(position, block, "first entry", "the host's block", "another"))?;
        if host.log == *found { Ok(&host.log) } else { Err(fail(position, block, "log", &host.log, found)) }
    }

    /// Of an entry that is not folded: that it is of this log, that a policy is its scope's first, and that an invocation is
    /// of its receipt's scope.
    fn apply_structure(
        &mut self,
        position: u64,
        block: BlockId,
        prepared: &Prepared,
    ) -> Result<(), Divergence> {
        match &prepared.body {
            Body::Host(_) => {}
            Body::Policy(policy) => {
                self.origin(position, block, &policy.log)?;
                if policy.seq != 0 {
                    return Err(fail(
                        position,
                        block,
                        "policy",
                        "a scope's first",
                        format!("{}", policy.seq),
                    ));
                }
            }
            Body::Keys(keys) => drop(self.origin(position, block, &keys.log)?),
            Body::Receipt { receipt, invocation, .. } => {
                self.origin(position, block, &receipt.log)?;
                self.origin(position, receipt.invocation, &invocation.log)?;
                if invocation.scope != receipt.scope {
                    return Err(fail(position, block, "scope", receipt.scope, invocation.scope));
                }
                self.invocations += 1;
            }
        }
        Ok(())
    }

    fn apply_host(&mut self, position: u64, block: BlockId, host: &HostBlock) -> Result<(), Divergence> {
        if position != 0 {
            return Err(fail(position, block, "entry", "a policy or a receipt", "a host's first block"));
        }
        self.host = Some(host.clone());
        Ok(())
    }

    fn apply_policy(
        &mut self,
        position: u64,
        block: BlockId,
        policy: &Policy,
        entry: &Entry,
    ) -> Result<(), Divergence> {
        self.origin(position, block, &policy.log)?;
        let wrong = |e: &dyn std::fmt::Display| fail(position, block, "policy", "a sound one", e);
        let mut rolls = BTreeMap::new();
        for id in policy.roles.values().flat_map(|role| &role.rolls) {
            let roll = entry
                .block(id)
                .ok_or_else(|| fail(position, *id, "roll", "in the policy's entry", "missing"))?;
            rolls.insert(*id, Arc::new(Roll::from_block(roll.clone()).map_err(|e| wrong(&e))?));
        }
        for install in &policy.modules {
            if self.modules.contains_key(&install.module) {
                continue;
            }
            let module = entry
                .block(&install.module)
                .ok_or_else(|| fail(position, install.module, "module", "in the log", "missing"))?;
            self.modules.insert(install.module, module.clone());
        }
        let in_force = PolicyInForce::new(block, policy.clone(), rolls).map_err(|e| wrong(&e))?;
        let chain = Chain::open(Arc::new(in_force)).map_err(|e| wrong(&e))?;
        self.ledger.issue(policy.scope, &policy.issue).map_err(|e| wrong(&e))?;
        self.chains.insert(policy.scope, chain);
        Ok(())
    }

    /// Of the scopes that a scope's policy names, those that are open: their policies, and where a leg would stand.
    fn counterparts(&self, scope: &Did) -> Vec<(Arc<PolicyInForce>, Counterpart)> {
        let named = self.chains.get(scope).map(|chain| &chain.policy().policy().counterparts[..]);
        let open = named.unwrap_or_default().iter().filter_map(|other| self.chains.get(other));
        open.map(|chain| (chain.policy().clone(), chain.next_place())).collect()
    }

    /// Books a counterpart's side of a receipt, in the counterpart's chain and books.
    fn apply_leg(&mut self, position: u64, block: BlockId, leg: &Leg) -> Result<(), Divergence> {
        self.origin(position, block, &leg.log)?;
        let chain = self
            .chains
            .get_mut(&leg.scope)
            .ok_or_else(|| fail(position, block, "scope", "an open scope", leg.scope))?;
        crossing::names(chain.policy(), leg.of)
            .map_err(|e| fail(position, block, "counterpart", "a scope that the policy deals with", e))?;
        for operation in &leg.journal {
            let Operation::Receive { unit, .. } = operation else { continue };
            let (here, there) = (self.ledger.scale(leg.scope, unit), self.ledger.scale(leg.of, unit));
            // A fold of one scope has not the other's units.
            if here.is_none() || (self.extent == Extent::Whole && here != there) {
                let found = format!("{here:?}, and {there:?} in {}", leg.of);
                return Err(fail(position, block, "leg's unit", format!("the same {unit} in both"), found));
            }
        }
        chain.apply_leg(leg, block).map_err(|e| fail(position, block, e.what, e.expected, e.found))?;
        self.ledger
            .book(&leg.booking(&Actor::default()))
            .map(|_| ())
            .map_err(|e| fail(position, block, "ledger", "postings that the balances cover", e))
    }

    fn apply_receipt(
        &mut self,
        position: u64,
        block: BlockId,
        receipt: &Receipt,
        invocation: &Invocation,
        prepared: &Prepared,
        rerunner: Option<&mut dyn Rerunner>,
    ) -> Result<(), Divergence> {
        let origin = self.origin(position, block, &receipt.log)?.clone();
        let beside = if rerunner.is_some() { self.counterparts(&receipt.scope) } else { Vec::new() };
        let chain = self
            .chains
            .get_mut(&receipt.scope)
            .ok_or_else(|| fail(position, block, "scope", "an open scope", receipt.scope))?;
        gate::judge(invocation, &origin, receipt.time, chain.policy()).map_err(|refusal| {
            fail(position, receipt.invocation, "authority", "an admissible invocation", refusal)
        })?;
        if !self.engines.contains(&receipt.engine) {
            let engine = prepared.entry.block(&receipt.engine);
            engine
                .ok_or_else(|| fail(position, receipt.engine, "engine", "described in the log", "missing"))?;
            self.engines.insert(receipt.engine);
        }
        let actor = chain.policy().actor(invocation.caller, invocation.module);
        let diverged = |e: ChainError| fail(position, block, e.what, e.expected, e.found);
        let interrupted =
            matches!(&receipt.outcome, Outcome::Trapped(trap) if trap.kind == TrapKind::Interrupted);
        if let (Some(rerunner), false) = (rerunner, interrupted) {
            let of_ledger = ruling::is_of_ledger(&invocation.module).then(ruling::module);
            let module = of_ledger
                .or_else(|| self.modules.get(&invocation.module))
                .ok_or_else(|| fail(position, invocation.module, "module", "in the log", "missing"))?;
            let rerun = Rerun {
                invocation,
                policy: chain.policy(),
                module,
                engine: receipt.engine,
                state: chain.state().clone(),
                storage_left: cap_storage(&self.ledger, chain, &actor, receipt.time),
                actor: &actor,
                counterparts: beside.iter().map(|(policy, _)| policy.clone()).collect(),
                time: receipt.time,
                seed: random_seed(&receipt.invocation, &chain.head()),
            };
            let staged = rerunner
                .rerun(rerun, &mut self.ledger)
                .map_err(|why| fail(position, block, "replay", "a run of the recorded input", why))?;
            self.ledger.void(&receipt.scope);
            chain.sign_as(receipt.signer);
            let with = crossing::places(&staged.journal, beside.iter().map(|(_, place)| *place));
            let draft =
                chain.draft(invocation, receipt.invocation, receipt.engine, receipt.time, staged, with);
            if draft.payload().bytes() != prepared.payload.bytes() {
                let (what, expected, found) = difference(draft.receipt(), receipt);
                return Err(fail(position, block, &format!("replay, {what}"), expected, found));
            }
            chain.abort(invocation.module, draft);
        }
        let mut nodes = Vec::with_capacity(receipt.nodes.len());
        for id in &receipt.nodes {
            let node = prepared
                .entry
                .block(id)
                .ok_or_else(|| fail(position, *id, "node", "in its receipt's entry", "missing"))?;
            nodes.push(Arc::new(node.clone()));
        }
        let seed = random_seed(&receipt.invocation, &chain.head());
        authority::check_journal(invocation, receipt, chain.policy(), &seed, &self.ledger)
            .map_err(diverged)?;
        chain.apply(invocation, receipt, block, nodes).map_err(diverged)?;
        self.ledger
            .book(&receipt.booking(&actor))
            .map(|_| ())
            .map_err(|e| fail(position, block, "ledger", "postings that the balances cover", e))
    }
}

/// Bytes of storage that a run may take: what is left to the scope, and what the caps leave the actor.
#[must_use]
pub fn cap_storage(ledger: &Ledger, chain: &Chain, actor: &Actor, time: u64) -> i64 {
    let capped = ledger.cap_left(chain.scope(), &Unit::storage(), actor, time);
    least_storage(chain.storage_left(), capped)
}

/// The less of what is left to the scope and what the caps leave, in bytes.
#[must_use]
pub fn least_storage(left: i64, capped: Option<u64>) -> i64 {
    capped.map_or(left, |capped| left.min(i64::try_from(capped).unwrap_or(i64::MAX)))
}
