//! A log with several keys, written by hand, and its members.

use std::collections::BTreeMap;
use std::sync::Arc;

use icn_core::block::{
    Entry, GrantLimits, HostBlock, HostTag, Install, Invocation, Issue, KeysBlock, Outcome, Policy,
    PolicyTag, Signer, Staged,
};
use icn_core::encode::{Block, Domain, SecretKey};
use icn_core::fold::{Chain, Divergence, Fold, Prepared, Trust};
use icn_core::name::{Bytes, Codec, Did, Owner, Unit};
use icn_core::rules::PolicyInForce;
use icn_core::rules::gate::Request;
use icn_core::rules::keys::delegate;
use icn_testkit::generate::{engine, origin};

/// When everything begins, in seconds.
pub(crate) const T: u64 = 1_800_000_000;

pub(crate) const fn ms(seconds_later: u64) -> u64 {
    (T + seconds_later) * 1000
}

pub(crate) fn key(n: u8) -> SecretKey {
    SecretKey::from_bytes(&[n; 32])
}

pub(crate) const HOST: u8 = 1;

pub(crate) const OURS: u8 = 2;

pub(crate) const THEIRS: u8 = 3;

pub(crate) const OPERATING: u8 = 4;

pub(crate) const NEXT: u8 = 5;

pub(crate) const MEMBER: u8 = 6;

/// A delegation of a root to a key, for so many seconds from and until.
pub(crate) fn delegation(root: u8, to: u8, from: u64, until: u64) -> Block {
    let s = |later: u64| i64::try_from(T + later).unwrap();
    delegate(&key(root), key(to).did(), Some(s(from)), s(until), b"once")
}

pub(crate) fn signer(to: u8, delegation: &Block) -> Option<Signer> {
    Some(Signer { key: key(to).did(), delegation: delegation.id() })
}

/// A log that somebody writes who checks nothing but the chains.
pub(crate) struct Writer {
    pub(crate) chains: BTreeMap<Did, Chain>,
    pub(crate) entries: Vec<(u64, Entry)>,
    pub(crate) size: u64,
}

impl Writer {
    /// A log with a host, and our scope, opened with these delegations.
    pub(crate) fn new(delegations: &[Block]) -> Self {
        let mut writer = Self { chains: BTreeMap::new(), entries: Vec::new(), size: 0 };
        let host = HostBlock { typ: HostTag, log: origin(), host: key(HOST).did(), time: ms(0) };
        let payload = Block::encode(&host);
        let signed = key(HOST).seal(Domain::Host, &payload).to_block();
        writer.append(vec![payload, signed]);
        writer.open(OURS, delegations);
        writer
    }

    pub(crate) fn append(&mut self, blocks: Vec<Block>) {
        let signed = blocks[1].id();
        self.entries.push((self.size, Entry { leaves: vec![signed], blocks }));
        self.size += 1;
    }

    pub(crate) fn open(&mut self, root: u8, delegations: &[Block]) {
        let module = Block::new(Codec::Raw, vec![0]);
        let policy = Policy {
            typ: PolicyTag,
            log: origin(),
            scope: key(root).did(),
            seq: 0,
            prev: None,
            time: ms(0),
            name: "a scope".into(),
            admins: Vec::new(),
            roles: BTreeMap::new(),
            modules: vec![Install {
                module: module.id(),
                capabilities: [].into(),
                entries: BTreeMap::from([("run".to_owned(), "anyone".to_owned())]),
            }],
            token: None,
            grant: GrantLimits { fuel: 1000, memory: 16, network: 0 },
            issue: vec![Issue { unit: Unit::fuel(), to: Owner::Treasury, amount: 1 << 40 }],
            delegations: delegations.iter().map(Block::id).collect(),
            counterparts: Vec::new(),
        };
        let payload = Block::encode(&policy);
        let signed = key(root).seal(Domain::Policy, &payload).to_block();
        let in_force = PolicyInForce::new(signed.id(), policy, BTreeMap::new()).unwrap();
        self.chains.insert(key(root).did(), Chain::open(Arc::new(in_force)).unwrap());
        self.append([vec![payload, signed, module], delegations.to_vec()].concat());
    }

    /// A receipt of this scope at this time, which says so of its signer, signed by that key.
    pub(crate) fn receipt(&mut self, root: u8, at: u64, said: Option<Signer>, by: u8) {
        let scope = key(root).did();
        let chain = self.chains.get_mut(&scope).unwrap();
        let module = Block::new(Codec::Raw, vec![0]).id();
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.size.to_be_bytes());
        let member = key(MEMBER);
        let (log, expires) = (origin(), at + 1000);
        let invocation =
            Invocation::new(&log, scope, module, "run", [], Bytes(id), member.did(), expires).with_fuel(10);
        let payload = Block::encode(&invocation);
        let envelope = member.seal(Domain::Invocation, &payload).to_block();
        drop(Request::sign(&invocation, &member));
        let engine = Block::encode(&engine());
        let staged = Staged::without_effects(Outcome::Failed(1), 1, 0, Vec::new(), None);
        chain.sign_as(said);
        let draft = chain.draft(&invocation, envelope.id(), engine.id(), at, staged, Vec::new());
        let receipt = draft.payload().clone();
        let signed = key(by).seal(Domain::Receipt, &receipt).to_block();
        chain.commit(module, draft, signed.id());
        self.append(vec![receipt, signed, payload, envelope, engine]);
    }

    /// A block of keys.
    pub(crate) fn keys(&mut self, root: u8, at: u64, said: Option<Signer>, by: u8, brought: [&[Block]; 2]) {
        let chain = self.chains.get_mut(&key(root).did()).unwrap();
        let [delegations, revocations] = brought.map(|blocks| blocks.iter().map(Block::id).collect());
        let block = KeysBlock { time: at, ..chain.draft_keys(at, said, delegations, revocations) };
        let payload = Block::encode(&block);
        let signed = key(by).seal(Domain::Keys, &payload).to_block();
        // Whatever it says, what comes next is made to stand behind it.
        let block = KeysBlock { time: at.max(block.time), ..block };
        let _ = chain.apply_keys(&block, signed.id());
        self.append([vec![payload, signed], brought[0].to_vec(), brought[1].to_vec()].concat());
    }

    /// What an auditor says who folds all of it, and one who looks at the structure alone.
    pub(crate) fn audited(&self) -> Result<(Fold, Fold), Divergence> {
        let read = |mut fold: Fold| {
            for (position, entry) in &self.entries {
                fold.apply(Prepared::read(*position, entry.clone(), Trust::Nobody)?, None)?;
            }
            Ok(fold)
        };
        let (whole, structure) = (read(Fold::default()), read(Fold::of_structure()));
        let said = |fold: &Result<Fold, Divergence>| {
            fold.as_ref().err().map(|error| (error.position, error.what.clone()))
        };
        assert_eq!(said(&whole), said(&structure), "structure shows what the ledger shows");
        Ok((whole?, structure?))
    }

    /// That the last entry does not hold, by this rule, and that all before it does.
    pub(crate) fn last_is_refused(&self, what: &str) {
        let error = self.audited().map(drop).expect_err(what);
        assert_eq!((error.what.as_str(), error.position), (what, self.size - 1), "{error}");
        let before = Self { chains: BTreeMap::new(), entries: self.entries.clone(), size: self.size };
        let mut before = before;
        before.entries.pop();
        before.audited().expect("what stands before it is valid");
    }
}

/// A delegation whose subject is our scope, issued by another key: as no writer of this project makes it.
pub(crate) fn of_this_scope_by(root: u8, to: u8) -> Block {
    let theirs = delegation(root, to, 0, 100);
    let text = |n: u8| key(n).did().to_string().into_bytes();
    let mut signed = theirs.bytes()[67..].to_vec();
    let at = signed.windows(3).position(|part| part == b"sub").unwrap() + 5;
    signed[at..at + 56].copy_from_slice(&text(OURS));
    let signature = key(root).sign_raw(&signed);
    Block::new(Codec::DagCbor, [&[0x82, 0x58, 0x40][..], &signature, &signed].concat())
}
