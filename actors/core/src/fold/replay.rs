//! The fold: what a log says, checked entry by entry from the first, and what it adds up to.
//!
//! Recovery and audit are the same code. [`Prepared::read`] looks at one entry alone (names, encodings,
//! signatures), so it can run on many entries at once; [`Fold::apply`] takes them in order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::chain::Chain;
use super::crossing;
use super::difference::difference;
use super::divergence::{Divergence, fail, flawed, out_of_order};
use super::prepared::{Body, Prepared};
use super::rerun::{Rerun, Rerunner, cap_storage};
use crate::block::{
    ChainError, Counterpart, Entry, HostBlock, Invocation, KeysBlock, Leg, Operation, Outcome, Payload,
    Policy, Receipt, Roll, TrapKind, ruling,
};
use crate::encode::Block;
use crate::ledger::{Actor, Booking, Ledger};
use crate::log::{Link, Log};
use crate::name::{BlockId, Did, Origin, random_seed};
use crate::rules::keys::Registry;
use crate::rules::{PolicyInForce, check_journal, gate, names_counterpart};

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
    ///
    /// Format: docs/formats.md, "What a verifier checks".
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
        names_counterpart(chain.policy(), leg.of)
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
            .book(&Booking::of_leg(leg, &Actor::default()))
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
        check_journal(invocation, receipt, chain.policy(), &seed, &self.ledger).map_err(diverged)?;
        chain.apply(invocation, receipt, block, nodes).map_err(diverged)?;
        self.ledger
            .book(&Booking::of_receipt(receipt, &actor))
            .map(|_| ())
            .map_err(|e| fail(position, block, "ledger", "postings that the balances cover", e))
    }
}
