//! One entry alone, whatever stands before it in the log: its names, encodings, signatures, and the bounds that its
//! blocks keep by their own form.

use std::fmt::Display;

use super::body::Body;
use super::crossing;
use super::divergence::{Divergence, Place};
use crate::block::{Entry, Flaw, Invocation, Leg, Payload, Receipt, form};
use crate::encode::{Block, Domain, Envelope, SignatureFlaw};
use crate::name::{BlockId, Codec, Did};
use crate::rules::keys::Brought;

/// How much of an entry's own is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Nothing is taken on trust: every name and signature is checked. For auditors.
    Nobody,
    /// Signatures are those that this host checked when it wrote them. For recovery.
    OwnDisk,
}

/// Looks at one entry alone: its payload, what it says, and what it brings.
///
/// Format: docs/formats.md, "The log"; docs/formats.md, "What a verifier checks".
pub(super) fn look(position: u64, entry: &Entry, trust: Trust) -> Result<(Block, Body, Brought), Divergence> {
    let nowhere = Place { position, block: BlockId::from_digest(Codec::Raw, &[0; 32]) };
    let first = *entry.leaves.first().ok_or_else(|| nowhere.expects("entry", "leaves", "none"))?;
    for block in &entry.blocks {
        // A block is named by hashing it; the disk's own words were compared when it was read.
        debug_assert!(block.id().names(block.bytes()));
    }
    let look = Look { place: nowhere.at(first), entry, trust };
    let (envelope, payload) = look.signed(first)?;
    let read = Payload::from_bytes(payload.bytes()).map_err(|e| look.misencoded(payload.id(), &e))?;
    let (author, domain, body) = match read {
        Payload::Host(host) => (host.host, Domain::Host, Body::Host(host)),
        Payload::Policy(policy) => (policy.scope, Domain::Policy, Body::Policy(policy)),
        Payload::Leg(_) => return Err(look.place.expects("entry", "a receipt before its legs", "a leg")),
        Payload::Receipt(receipt) => {
            let author = receipt.signer.map_or(receipt.scope, |signer| signer.key);
            (author, Domain::Receipt, look.receipt(receipt)?)
        }
        Payload::Keys(keys) => {
            (keys.signer.map_or(keys.scope, |signer| signer.key), Domain::Keys, Body::Keys(keys))
        }
    };
    look.is_by(first, &envelope, &author, domain, &payload)?;
    look.form(&body).map_err(|flaw| look.place.flawed(flaw))?;
    let brought = look.brought(&body).map_err(|flaw| look.place.flawed(flaw))?;
    Ok((payload, body, brought))
}

/// Which of these identities signed the block that is an envelope of this entry, under whatever domain: for words on a
/// signature that does not hold.
pub fn signer_among<'a>(
    entry: &Entry,
    envelope: &BlockId,
    authors: impl Iterator<Item = &'a Did>,
) -> Option<&'a Did> {
    let look = Look { place: Place { position: 0, block: *envelope }, entry, trust: Trust::Nobody };
    let (envelope, payload) = look.signed(*envelope).ok()?;
    let mut authors = authors;
    authors.find(|author| Domain::ALL.iter().any(|domain| envelope.is_by(author, *domain, &payload)))
}

/// An entry that is looked at, by its first leaf's place.
#[derive(Clone, Copy)]
struct Look<'a> {
    place: Place,
    entry: &'a Entry,
    trust: Trust,
}

impl Look<'_> {
    /// The envelope of this name, and the payload that it names.
    fn signed(self, id: BlockId) -> Result<(Envelope, Block), Divergence> {
        form::is_dag_cbor(&id).map_err(|broken| self.place.at(id).broken(broken))?;
        let missing = |id| self.place.at(id).expects("block", "in its entry", "missing");
        let block = self.entry.block(&id).ok_or_else(|| missing(id))?;
        let envelope = Envelope::from_bytes(block.bytes())
            .map_err(|e| self.place.at(id).expects("envelope", "an envelope", e))?;
        let payload = self.entry.block(&envelope.payload()).ok_or_else(|| missing(envelope.payload()))?;
        Ok((envelope, payload.clone()))
    }

    fn misencoded(self, block: BlockId, error: &dyn Display) -> Divergence {
        self.place.at(block).expects("encoding", "a canonical payload", error)
    }

    /// That an envelope is its author's signature, unless that is taken on trust.
    fn is_by(
        self,
        id: BlockId,
        envelope: &Envelope,
        author: &Did,
        domain: Domain,
        payload: &Block,
    ) -> Result<(), Divergence> {
        if self.trust == Trust::OwnDisk || envelope.is_by(author, domain, payload) {
            return Ok(());
        }
        let flaw = envelope.flaw(author, domain, payload);
        let what = match flaw {
            SignatureFlaw::Wrong => "signature",
            SignatureFlaw::Domain(_) => "signature's domain",
            SignatureFlaw::SmallOrderKey => "signature's key",
        };
        Err(self.place.at(id).expects(what, author, flaw))
    }

    /// A receipt's invocation and its legs, and what ties them.
    fn receipt(self, receipt: Box<Receipt>) -> Result<Body, Divergence> {
        let (inner, block) = self.signed(receipt.invocation)?;
        let invocation =
            Invocation::from_bytes(block.bytes()).map_err(|e| self.misencoded(block.id(), &e))?;
        self.is_by(receipt.invocation, &inner, &invocation.caller, Domain::Invocation, &block)?;
        let mut legs = Vec::with_capacity(receipt.with.len());
        for id in self.entry.leg_leaves(receipt.with.len()) {
            let (envelope, block) = self.signed(*id)?;
            let leg = Leg::from_bytes(block.bytes()).map_err(|e| self.misencoded(block.id(), &e))?;
            let author = leg.signer.map_or(leg.scope, |signer| signer.key);
            self.is_by(*id, &envelope, &author, Domain::Leg, &block)?;
            legs.push(leg);
        }
        crossing::check_legs(&receipt, self.place.block, &legs)
            .map_err(|broken| self.place.broken(broken))?;
        Ok(Body::Receipt { receipt, invocation: Box::new(invocation), legs })
    }

    /// What the entry's blocks say by their own form.
    fn form(self, body: &Body) -> Result<(), Flaw> {
        match body {
            Body::Receipt { receipt, invocation, .. } => {
                form::check(self.place.block, invocation, receipt, self.entry)
            }
            Body::Policy(policy) => {
                let mut modules =
                    policy.modules.iter().filter_map(|install| self.entry.block(&install.module));
                modules.try_for_each(|module| {
                    form::check_module(module).map_err(|broken| broken.of(module.id()))
                })
            }
            Body::Host(_) | Body::Keys(_) => Ok(()),
        }
    }

    /// The delegations and revocations that the entry brings.
    fn brought(self, body: &Body) -> Result<Brought, Flaw> {
        let read = |scope, delegations, revocations| {
            let trusted = self.trust == Trust::OwnDisk;
            Brought::read(scope, delegations, revocations, trusted, |id| self.entry.block(id))
        };
        match body {
            Body::Policy(policy) => read(&policy.scope, &policy.delegations, &[]),
            Body::Keys(keys) => read(&keys.scope, &keys.delegations, &keys.revocations),
            Body::Host(_) | Body::Receipt { .. } => Ok(Brought::default()),
        }
    }
}
