//! Who may sign in a scope's name: the root, and operating keys while a delegation says so. Each block that one may not sign
//! is refused at its own position, by its own rule, also by those who look at the structure alone; what was signed before
//! stays valid.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;
use std::sync::Arc;

use icn_core::block::ucan::{NewDelegation, Revocation};
use icn_core::block::{
    Entry, GrantLimits, HostBlock, HostTag, Install, Invocation, Issue, KeysBlock, OPERATE, Outcome, Policy,
    PolicyTag, Receipt, Signer, Staged,
};
use icn_core::encode::{Block, Domain, SecretKey};
use icn_core::fold::{Chain, Divergence, Fold, Prepared, Trust};
use icn_core::log::{RowReader, RowWriter};
use icn_core::name::{BlockId, Bytes, Codec, Did, Owner, Unit};
use icn_core::rules::PolicyInForce;
use icn_core::rules::gate::Request;
use icn_core::rules::keys::delegate;
use icn_testkit::generate::{engine, origin};

/// When everything begins, in seconds.
const T: u64 = 1_800_000_000;
const fn ms(seconds_later: u64) -> u64 {
    (T + seconds_later) * 1000
}
fn key(n: u8) -> SecretKey {
    SecretKey::from_bytes(&[n; 32])
}
const HOST: u8 = 1;
const OURS: u8 = 2;
const THEIRS: u8 = 3;
const OPERATING: u8 = 4;
const NEXT: u8 = 5;
const MEMBER: u8 = 6;

/// A delegation of a root to a key, for so many seconds from and until.
fn delegation(root: u8, to: u8, from: u64, until: u64) -> Block {
    let s = |later: u64| i64::try_from(T + later).unwrap();
    delegate(&key(root), key(to).did(), Some(s(from)), s(until), b"once")
}

fn signer(to: u8, delegation: &Block) -> Option<Signer> {
    Some(Signer { key: key(to).did(), delegation: delegation.id() })
}

/// A log that somebody writes who checks nothing but the chains.
struct Writer {
    chains: BTreeMap<Did, Chain>,
    entries: Vec<(u64, Entry)>,
    size: u64,
}

impl Writer {
    /// A log with a host, and our scope, opened with these delegations.
    fn new(delegations: &[Block]) -> Self {
        let mut writer = Self { chains: BTreeMap::new(), entries: Vec::new(), size: 0 };
        let host = HostBlock { typ: HostTag, log: origin(), host: key(HOST).did(), time: ms(0) };
        let payload = Block::encode(&host);
        let signed = key(HOST).seal(Domain::Host, &payload).to_block();
        writer.append(vec![payload, signed]);
        writer.open(OURS, delegations);
        writer
    }

    fn append(&mut self, blocks: Vec<Block>) {
        let signed = blocks[1].id();
        self.entries.push((self.size, Entry { leaves: vec![signed], blocks }));
        self.size += 1;
    }

    fn open(&mut self, root: u8, delegations: &[Block]) {
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
    fn receipt(&mut self, root: u8, at: u64, said: Option<Signer>, by: u8) {
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
    fn keys(&mut self, root: u8, at: u64, said: Option<Signer>, by: u8, brought: [&[Block]; 2]) {
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
    fn audited(&self) -> Result<(Fold, Fold), Divergence> {
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
    fn last_is_refused(&self, what: &str) {
        let error = self.audited().map(drop).expect_err(what);
        assert_eq!((error.what.as_str(), error.position), (what, self.size - 1), "{error}");
        let before = Self { chains: BTreeMap::new(), entries: self.entries.clone(), size: self.size };
        let mut before = before;
        before.entries.pop();
        before.audited().expect("what stands before it is valid");
    }
}

#[test]
fn a_key_signs_from_the_start_of_its_delegation_to_its_end() {
    let ours = delegation(OURS, OPERATING, 10, 20);
    let by = signer(OPERATING, &ours);
    for (at, refused) in [
        (ms(10) - 1, Some("start of the delegation")),
        (ms(10), None),
        (ms(20) - 1, None),
        (ms(20), Some("end of the delegation")),
    ] {
        let mut writer = Writer::new(std::slice::from_ref(&ours));
        writer.receipt(OURS, at, by, OPERATING);
        match refused {
            Some(what) => writer.last_is_refused(what),
            None => drop(writer.audited().unwrap()),
        }
    }
    // The root signs whenever it likes, and the key's receipts stay valid when its time is over.
    let mut writer = Writer::new(std::slice::from_ref(&ours));
    writer.receipt(OURS, ms(5), None, OURS);
    writer.receipt(OURS, ms(15), by, OPERATING);
    writer.receipt(OURS, ms(25), None, OURS);
    writer.audited().unwrap();
    writer.receipt(OURS, ms(26), by, OPERATING);
    writer.last_is_refused("end of the delegation");
}

#[test]
fn each_forged_authority_is_refused_by_its_own_rule() {
    let ours = delegation(OURS, OPERATING, 0, 100);
    let by = signer(OPERATING, &ours);
    let opened = || Writer::new(std::slice::from_ref(&ours));
    // The key does not sign for itself, nor somebody else with its word.
    let mut writer = opened();
    writer.receipt(OURS, ms(1), None, OPERATING);
    writer.last_is_refused("signature");
    let mut writer = opened();
    writer.receipt(OURS, ms(1), by, NEXT);
    writer.last_is_refused("signature");
    // Another key with a delegation that is not to it.
    let mut writer = opened();
    writer.receipt(OURS, ms(1), signer(NEXT, &ours), NEXT);
    writer.last_is_refused("audience of the delegation");
    // A delegation that nobody brought, and one that another scope brought.
    let mut writer = opened();
    writer.receipt(OURS, ms(1), signer(NEXT, &delegation(OURS, NEXT, 0, 100)), NEXT);
    writer.last_is_refused("unknown delegation");
    let mut writer = opened();
    writer.open(THEIRS, &[]);
    writer.receipt(THEIRS, ms(1), by, OPERATING);
    writer.last_is_refused("scope of the delegation");
    // The same, brought by the other scope itself.
    let mut writer = opened();
    writer.open(THEIRS, std::slice::from_ref(&ours));
    writer.last_is_refused("scope of the delegation");
    let mut writer = opened();
    writer.open(THEIRS, &[]);
    writer.keys(THEIRS, ms(1), None, THEIRS, [std::slice::from_ref(&ours), &[]]);
    writer.last_is_refused("scope of the delegation");
    // By somebody who is not the scope's root, though it says that it is about this scope.
    let mut writer = opened();
    let foreign = of_this_scope_by(THEIRS, NEXT);
    writer.keys(OURS, ms(1), signer(NEXT, &foreign), NEXT, [std::slice::from_ref(&foreign), &[]]);
    writer.last_is_refused("root of the delegation");
    // Not signed by the root that it names.
    let mut writer = opened();
    let mut bytes = delegation(OURS, NEXT, 0, 100).bytes().to_vec();
    bytes[10] ^= 1;
    let unsigned = Block::new(Codec::DagCbor, bytes);
    writer.keys(OURS, ms(1), None, OURS, [std::slice::from_ref(&unsigned), &[]]);
    writer.last_is_refused("signature of the delegation");
    // Another command, and one without an end.
    for (command, what) in [("/", "command of the delegation"), ("/icn", "command of the delegation")] {
        let new = NewDelegation {
            audience: key(NEXT).did(),
            command: command.into(),
            not_before_s: None,
            expires_s: i64::try_from(T + 100).unwrap(),
            nonce: Vec::new(),
        };
        let mut writer = opened();
        writer.keys(OURS, ms(1), None, OURS, [&[new.sign(&key(OURS))], &[]]);
        writer.last_is_refused(what);
    }
    // Something else in its place.
    let mut writer = opened();
    writer.keys(OURS, ms(1), None, OURS, [&[Revocation::sign(&key(OURS), ours.id())], &[]]);
    writer.last_is_refused("delegation");
    let mut writer = opened();
    writer.keys(OURS, ms(1), None, OURS, [&[], &[delegation(OURS, NEXT, 0, 100)]]);
    writer.last_is_refused("revocation");
    let mut writer = opened();
    writer.keys(OURS, ms(1), None, OURS, [&[], &[Revocation::sign(&key(OPERATING), ours.id())]]);
    writer.last_is_refused("root of the revocation");
    let mut writer = opened();
    writer.keys(OURS, ms(1), None, OURS, [std::slice::from_ref(&ours), &[]]);
    writer.last_is_refused("keys");
    let mut writer = opened();
    writer.keys(OURS, ms(1), None, OURS, [&[], &[]]);
    writer.last_is_refused("keys");
}

/// A delegation whose subject is our scope, issued by another key: as no writer of this project makes it.
fn of_this_scope_by(root: u8, to: u8) -> Block {
    let theirs = delegation(root, to, 0, 100);
    let text = |n: u8| key(n).did().to_string().into_bytes();
    let mut signed = theirs.bytes()[67..].to_vec();
    let at = signed.windows(3).position(|part| part == b"sub").unwrap() + 5;
    signed[at..at + 56].copy_from_slice(&text(OURS));
    let signature = key(root).sign_raw(&signed);
    Block::new(Codec::DagCbor, [&[0x82, 0x58, 0x40][..], &signature, &signed].concat())
}

#[test]
fn a_revoked_key_signs_nothing_behind_its_revocation() {
    let ours = delegation(OURS, OPERATING, 0, 100);
    let by = signer(OPERATING, &ours);
    let revocation = Revocation::sign(&key(OURS), ours.id());
    let mut writer = Writer::new(std::slice::from_ref(&ours));
    writer.receipt(OURS, ms(1), by, OPERATING);
    // Of the time of the revocation, but before it: valid.
    writer.receipt(OURS, ms(2), by, OPERATING);
    // It may sign its own revocation.
    writer.keys(OURS, ms(2), by, OPERATING, [&[], std::slice::from_ref(&revocation)]);
    writer.audited().unwrap();
    let mut after = Writer { chains: BTreeMap::new(), entries: writer.entries.clone(), size: writer.size };
    std::mem::swap(&mut after.chains, &mut writer.chains);
    after.receipt(OURS, ms(2), by, OPERATING);
    after.last_is_refused("revoked delegation");
    // One that was revoked before the log brought it counts from the start for nothing.
    let stolen = delegation(OURS, NEXT, 0, 100);
    let mut writer = Writer::new(std::slice::from_ref(&ours));
    writer.keys(OURS, ms(1), by, OPERATING, [&[], &[Revocation::sign(&key(OURS), stolen.id())]]);
    writer.audited().unwrap();
    writer.keys(OURS, ms(2), signer(NEXT, &stolen), NEXT, [std::slice::from_ref(&stolen), &[]]);
    writer.last_is_refused("revoked delegation");
    // And a second revocation says nothing new.
    let mut writer = Writer::new(std::slice::from_ref(&ours));
    for _ in 0..2 {
        writer.keys(OURS, ms(1), None, OURS, [&[], std::slice::from_ref(&revocation)]);
    }
    writer.last_is_refused("keys");
}

#[test]
fn keys_take_turns_without_a_gap() {
    let (first, second) = (delegation(OURS, OPERATING, 0, 100), delegation(OURS, NEXT, 0, 200));
    let (by, next) = (signer(OPERATING, &first), signer(NEXT, &second));
    for (said, signs) in [(by, OPERATING), (next, NEXT), (None, OURS)] {
        let mut writer = Writer::new(std::slice::from_ref(&first));
        writer.receipt(OURS, ms(1), by, OPERATING);
        writer.keys(OURS, ms(1), said, signs, [std::slice::from_ref(&second), &[]]);
        // Both are in force: neither's receipts are lost.
        writer.receipt(OURS, ms(1), by, OPERATING);
        writer.receipt(OURS, ms(2), next, NEXT);
        writer.keys(OURS, ms(3), next, NEXT, [&[], &[Revocation::sign(&key(OURS), first.id())]]);
        writer.receipt(OURS, ms(3), next, NEXT);
        let (whole, structure) = writer.audited().unwrap();
        for fold in [&whole, &structure] {
            let keys = fold.keys().of(&key(OURS).did()).unwrap();
            let in_force = |at| keys.in_force(at).collect::<Vec<_>>();
            assert_eq!(in_force(ms(4)), [next.unwrap()]);
            assert_eq!(in_force(ms(200)), []);
        }
        // The one whose delegation came last comes first.
        let keys = Writer { chains: BTreeMap::new(), entries: writer.entries[..4].to_vec(), size: 4 };
        let keys = keys.audited().unwrap().0.keys().of(&key(OURS).did()).unwrap().clone();
        assert_eq!(keys.in_force(ms(4)).collect::<Vec<_>>(), [next.unwrap(), by.unwrap()]);
    }
    // A lost key is replaced when it is over: by one that its block itself brings, and by no other.
    let mut writer = Writer::new(std::slice::from_ref(&first));
    writer.keys(OURS, ms(150), next, NEXT, [std::slice::from_ref(&second), &[]]);
    writer.receipt(OURS, ms(150), next, NEXT);
    writer.audited().unwrap();
    let mut writer = Writer::new(std::slice::from_ref(&first));
    writer.keys(OURS, ms(150), by, OPERATING, [std::slice::from_ref(&second), &[]]);
    writer.last_is_refused("end of the delegation");
}

#[test]
fn a_block_of_keys_is_one_of_its_scopes_sequence() {
    let (first, second) = (delegation(OURS, OPERATING, 0, 100), delegation(OURS, NEXT, 0, 200));
    let by = signer(OPERATING, &first);
    let change = |change: &dyn Fn(&mut KeysBlock)| {
        let mut writer = Writer::new(std::slice::from_ref(&first));
        writer.receipt(OURS, ms(2), by, OPERATING);
        writer.keys(OURS, ms(2), by, OPERATING, [std::slice::from_ref(&second), &[]]);
        let (_, entry) = writer.entries.last_mut().unwrap();
        let mut keys = KeysBlock::from_bytes(entry.blocks[0].bytes()).unwrap();
        change(&mut keys);
        entry.blocks[0] = Block::encode(&keys);
        entry.blocks[1] = key(OPERATING).seal(Domain::Keys, &entry.blocks[0]).to_block();
        entry.leaves = vec![entry.blocks[1].id()];
        writer
    };
    change(&|_| {}).audited().unwrap();
    change(&|keys| keys.seq += 1).last_is_refused("sequence");
    change(&|keys| keys.prev = BlockId::of(Codec::DagCbor, b"another")).last_is_refused("block before");
    change(&|keys| keys.time -= 1).last_is_refused("time");
    change(&|keys| keys.log = icn_core::name::Origin::parse("another.example").unwrap())
        .last_is_refused("log");
    change(&|keys| keys.delegations.clear()).last_is_refused("keys");
    // Its state root shows when the state is folded, and not before.
    let writer = change(&|keys| keys.root = Bytes([9; 32]));
    let mut fold = Fold::default();
    let mut read = |(position, entry): &(u64, Entry)| {
        fold.apply(Prepared::read(*position, entry.clone(), Trust::Nobody)?, None).map(drop)
    };
    let verdict = writer.entries.iter().try_for_each(&mut read);
    assert_eq!(verdict.unwrap_err().what, "state root");
}

#[test]
fn a_log_with_keys_is_the_same_from_a_row_of_blocks() {
    let (first, second) = (delegation(OURS, OPERATING, 0, 100), delegation(OURS, NEXT, 0, 200));
    let by = signer(OPERATING, &first);
    let mut writer = Writer::new(std::slice::from_ref(&first));
    writer.receipt(OURS, ms(2), by, OPERATING);
    let revocation = Revocation::sign(&key(OURS), first.id());
    writer.keys(
        OURS,
        ms(2),
        by,
        OPERATING,
        [std::slice::from_ref(&second), std::slice::from_ref(&revocation)],
    );
    writer.receipt(OURS, ms(2), signer(NEXT, &second), NEXT);
    let (mut row, mut gather, mut fold) = (RowWriter::default(), RowReader::default(), Fold::default());
    let mut blocks = 0;
    for (position, entry) in &writer.entries {
        let mut gathered = None;
        for block in row.next(entry).unwrap() {
            assert!(gathered.is_none());
            gathered = gather.push(block.clone()).unwrap();
            blocks += 1;
        }
        let mut gathered = gathered.unwrap();
        if gathered.engine.is_some() {
            gathered.entry.blocks.push(Block::encode(&engine()));
        }
        let delegations = gathered.lacking.len();
        assert_eq!(delegations, 0, "what an entry brings stands in its part of the row");
        fold.apply(Prepared::read(*position, gathered.entry, Trust::Nobody).unwrap(), None).unwrap();
    }
    assert_eq!(fold.log().frontier().root(), writer.audited().unwrap().0.log().frontier().root());
    assert!(blocks > 12);
    let receipt = Receipt::from_bytes(writer.entries[2].1.blocks[0].bytes()).unwrap();
    assert_eq!(receipt.signer, by);
    assert_eq!(OPERATE, "/icn/operate");
}
