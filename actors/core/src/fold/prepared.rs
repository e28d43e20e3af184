//! One entry of a log, looked at alone.

use super::crossing;
use super::divergence::{Divergence, fail, flawed};
use crate::block::{Entry, Flaw, HostBlock, Invocation, KeysBlock, Leg, Payload, Policy, Receipt, form};
use crate::encode::{Block, Domain, Envelope, SignatureFlaw};
use crate::name::{BlockId, Did};
use crate::rules::keys::Brought;

/// An entry that is right in itself.
#[derive(Debug)]
pub struct Prepared {
    pub(super) position: u64,
    pub(super) entry: Entry,
    pub(super) payload: Block,
    pub(super) body: Body,
    /// Delegations and revocations that it brings.
    pub(super) brought: Brought,
}

#[derive(Debug)]
pub(super) enum Body {
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
///
/// Format: docs/formats.md, "The log"; docs/formats.md, "What a verifier checks".
fn look(position: u64, entry: &Entry, trust: Trust) -> Result<(Block, Body, Brought), Divergence> {
    let nil = BlockId::from_digest(crate::name::Codec::Raw, &[0; 32]);
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

fn signed(position: u64, entry: &Entry, id: BlockId) -> Result<(Envelope, Block), Divergence> {
    form::is_dag_cbor(&id).map_err(|error| flawed(position, (id, error)))?;
    let missing = |id| fail(position, id, "block", "in its entry", "missing");
    let block = entry.block(&id).ok_or_else(|| missing(id))?;
    let envelope =
        Envelope::from_bytes(block.bytes()).map_err(|e| fail(position, id, "envelope", "an envelope", e))?;
    let payload = entry.block(&envelope.payload()).ok_or_else(|| missing(envelope.payload()))?;
    Ok((envelope, payload.clone()))
}
