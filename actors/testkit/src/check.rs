//! Checks: bytes in, a panic out when a machine does what it must not.
//!
//! Each drives the real machine and its oracle with the same operations. What is asserted after every step: the
//! answers agree; a refusal leaves everything as it was; what is read back is what was written, in its one encoding.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use icn_core::block::ucan::{Delegation, Revocation};
use icn_core::block::{
    Capability, Entry, GrantLimits, HostBlock, Install, Invocation, InvocationTag, KeysBlock, Leg, Node,
    Payload, Policy, PolicyTag, Receipt, Role, Roll,
};
use icn_core::encode::{self, Block, DecodeError, Domain, Envelope};
use icn_core::limits;
use icn_core::log::{Checkpoint, Frontier, Link, Log};
use icn_core::name::{BlockId, Bytes, Codec, Did, Origin, Owner, Unit};
use icn_core::rules::gate::Request;
use icn_core::rules::{PolicyInForce, RefusalCode, gate};
use icn_core::state::{State, StateTree};

use crate::generate::{self, ByteSource, did, key, keys, mutate, origin, raw_id, token};
use crate::oracle::{self, Cbor, NaiveLog, Place, Values};

/// How many operations one input makes, at most: the oracles are slow.
const OPS_MAX: usize = 256;

// ---- ledger ----

/// Random runs, draws, receipts, restarts and expiries: guests see what a plain ledger says, and a fold of what was
/// booked has the host's books.
pub fn check_ledger_ops(bytes: &[u8]) {
    crate::runs::check_runs(bytes);
}

// ---- decoding ----

fn read<T: serde::Serialize + std::fmt::Debug>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, DecodeError>,
) -> bool {
    match decode(bytes) {
        Ok(value) => {
            assert_eq!(encode::to_bytes(&value), bytes, "what is read is written the same: {value:?}");
            let cbor = Cbor::read(bytes);
            assert!(cbor.is_some(), "read as {value:?}, but it is not strict dag-cbor: {bytes:02x?}");
            assert!(cbor.is_some_and(|c| c.links_are_ours()), "read with a foreign link: {value:?}");
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

/// Any bytes, given to every reader of blocks: none panics, and what is accepted is strict dag-cbor in the one
/// encoding that its value has.
pub fn check_decode_block(bytes: &[u8]) {
    let kinds = [
        read(bytes, Invocation::from_bytes),
        read(bytes, Receipt::from_bytes),
        read(bytes, Policy::from_bytes),
        read(bytes, Node::from_bytes),
        read(bytes, HostBlock::from_bytes),
        read(bytes, Leg::from_bytes),
        read(bytes, KeysBlock::from_bytes),
    ];
    assert!(kinds.iter().filter(|read| **read).count() <= 1, "bytes are of one kind: {bytes:02x?}");
    assert_eq!(kinds[0], oracle::read_invocation(bytes).is_some(), "an invocation is one for the oracle");
    let payload = Payload::from_bytes(bytes);
    let of_an_entry = kinds[1] || kinds[2] || kinds[4] || kinds[5] || kinds[6];
    assert_eq!(payload.is_ok(), of_an_entry, "a signed payload is one of five");
    if let Ok(payload) = &payload {
        let again = match payload {
            Payload::Host(host) => encode::to_bytes(host),
            Payload::Policy(policy) => encode::to_bytes(policy),
            Payload::Receipt(receipt) => encode::to_bytes(receipt),
            Payload::Leg(leg) => encode::to_bytes(leg),
            Payload::Keys(keys) => encode::to_bytes(keys),
        };
        assert_eq!(again, bytes);
    }
    if let Ok(envelope) = Envelope::from_bytes(bytes) {
        assert_eq!(envelope.to_block().bytes(), bytes);
        let cbor = Cbor::read(bytes);
        let link = cbor.as_ref().and_then(|cbor| cbor.field("payload"));
        assert_eq!(link, Some(&Cbor::Link(envelope.payload().as_bytes().to_vec())));
    }
    let tokens = [Delegation::read(bytes).is_ok(), Revocation::read(bytes).is_ok()];
    assert!(tokens != [true, true], "a UCAN is of one kind: {bytes:02x?}");
    if tokens != [false, false] {
        assert!(Cbor::read(bytes).is_some_and(|cbor| cbor.links_are_ours()), "{bytes:02x?}");
    }
    if let Ok(id) = BlockId::from_bytes(bytes) {
        assert_eq!(id.as_bytes(), bytes);
    }
    if let Ok(roll) = Roll::from_block(Block::new(Codec::Raw, bytes.to_vec())) {
        let members: Vec<Did> =
            bytes.chunks(32).filter_map(|k| k.try_into().ok()).map(Did::from_key).collect();
        assert!(members.iter().all(|member| roll.contains(member)));
        assert_eq!(Roll::of(members), roll);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        check_names(text);
        check_note(text);
    }
}

/// A name that is accepted is the one spelling of what it names.
fn check_names(text: &str) {
    let spellings = [
        Did::parse(text).ok().map(|name| name.to_string()),
        BlockId::parse(text).ok().map(|name| name.to_string()),
        Unit::parse(text).ok().map(|name| name.to_string()),
        Owner::parse(text).ok().map(|name| name.to_string()),
        Origin::parse(text).ok().map(|name| name.to_string()),
    ];
    for spelling in spellings.into_iter().flatten() {
        assert_eq!(spelling, text);
    }
}

/// A note that opens has the body and the signature that its key makes.
fn check_note(text: &str) {
    if let Ok(checkpoint) = Checkpoint::open(text, &origin(), &did(0)) {
        let signed = checkpoint.sign(key(0));
        assert!(text.starts_with(&checkpoint.body()), "{text:?}");
        let line = signed.lines().last().unwrap_or_default();
        assert!(text.lines().any(|found| found == line), "{text:?} is not signed");
    }
}

/// Values of every kind are read as they were written; changed bytes are refused, or are another value's one
/// encoding.
pub fn check_round_trip(bytes: &[u8]) {
    let mut source = ByteSource::new(bytes);
    let block = source.block();
    assert!(Cbor::read(block.bytes()).is_some_and(|c| c.links_are_ours()), "{:02x?}", block.bytes());
    let read = [
        Invocation::from_bytes(block.bytes()).is_ok(),
        Receipt::from_bytes(block.bytes()).is_ok(),
        Policy::from_bytes(block.bytes()).is_ok(),
        Node::from_bytes(block.bytes()).is_ok(),
        HostBlock::from_bytes(block.bytes()).is_ok(),
        Leg::from_bytes(block.bytes()).is_ok(),
        KeysBlock::from_bytes(block.bytes()).is_ok(),
    ];
    assert_eq!(
        read.iter().filter(|read| **read).count(),
        1,
        "what is written is read: {:02x?}",
        block.bytes()
    );
    check_decode_block(block.bytes());
    match source.below(3) {
        0 => check_decode_block(&mutate(&mut source, block.bytes())),
        1 => check_decode_block(generate::misspell(&mut source).as_bytes()),
        _ => {
            let mut value = Cbor::read(block.bytes()).unwrap_or(Cbor::Null);
            assert_eq!(value.write(), block.bytes(), "the oracle writes what it reads");
            generate::restructure(&mut source, &mut value);
            check_decode_block(&value.write());
        }
    }
    check_ucan(&mut source);
}

/// A UCAN is read as it was signed, and no other bytes are.
fn check_ucan(source: &mut ByteSource<'_>) {
    let token = source.ucan();
    let signed =
        |bytes: &[u8]| Delegation::read_signed(bytes).is_ok() || Revocation::read_signed(bytes).is_ok();
    assert!(signed(token.bytes()), "what is signed is read: {:02x?}", token.bytes());
    check_decode_block(token.bytes());
    let changed = mutate(source, token.bytes());
    assert!(changed == token.bytes() || !signed(&changed), "nobody signed {changed:02x?}");
    check_decode_block(&changed);
}

// ---- gate ----

/// A scope with members, roles and modules, for requests to arrive at.
struct World {
    policy: Policy,
    in_force: Arc<PolicyInForce>,
    rolls: BTreeMap<BlockId, Vec<Did>>,
}

const NOW_MS: u64 = 1_700_000_000_000;

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let rolled = vec![did(1), did(2), did(3)];
    let roll = Roll::of(rolled.iter().copied());
    let roll_id = roll.block().id();
    let texts = |all: &[(&str, &str)]| all.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let policy = Policy {
        typ: PolicyTag,
        delegations: Vec::new(),
        log: origin(),
        scope: did(7),
        seq: 0,
        prev: None,
        time: NOW_MS,
        name: "a housing co-op".to_owned(),
        admins: vec![did(0)],
        roles: BTreeMap::from([
            ("member".to_owned(), Role { named: Vec::new(), rolls: vec![roll_id] }),
            ("clerk".to_owned(), Role { named: vec![did(4)], rolls: Vec::new() }),
        ]),
        modules: vec![
            Install {
                module: raw_id(0),
                capabilities: Capability::ALL.into_iter().collect(),
                entries: texts(&[
                    ("vote", "member"),
                    ("close", "admin"),
                    ("read", "anyone"),
                    ("tally", "clerk"),
                ]),
            },
            Install { module: raw_id(1), capabilities: [].into(), entries: texts(&[("read", "member")]) },
        ],
        token: Some(token(0)),
        grant: GrantLimits { fuel: 1_000_000, memory: 16, network: 1024 },
        issue: Vec::new(),
        counterparts: Vec::new(),
    };
    let links = BTreeMap::from([(roll_id, Arc::new(roll))]);
    #[expect(clippy::expect_used, reason = "a constant that is sound")]
    let in_force = PolicyInForce::new(raw_id(9), policy.clone(), links).expect("the example policy is sound");
    World { policy, in_force: Arc::new(in_force), rolls: BTreeMap::from([(roll_id, rolled)]) }
});

/// An invocation that passes: its entry's role is its caller's.
fn admissible(source: &mut ByteSource<'_>) -> (Invocation, usize) {
    let (entry, caller) = source.pick(&[("vote", 1), ("vote", 3), ("close", 0), ("read", 5), ("tally", 4)]);
    let invocation = Invocation {
        typ: InvocationTag,
        log: origin(),
        scope: did(7),
        module: raw_id(0),
        entry: entry.to_owned(),
        input: source.short(30),
        fuel: source.pick(&[1, 1_000_000]),
        id: Bytes([source.byte(); 16]),
        expires: NOW_MS + source.pick(&[1, 1000, limits::EXPIRY_AHEAD_MS_MAX]),
        caller: did(caller),
    };
    (invocation, caller)
}

/// Changes fields to others that are written well.
fn change_fields(source: &mut ByteSource<'_>, invocation: &mut Invocation) {
    for _ in 0..=source.below(2) {
        match source.below(10) {
            0 => {
                if let Ok(other) = Origin::parse(source.pick(&["icn.example/other", "icn.example/log"])) {
                    invocation.log = other;
                }
            }
            1 => invocation.scope = source.member(),
            2 => invocation.module = source.pick(&[raw_id(0), raw_id(1), raw_id(2)]),
            3 => {
                let long = "e".repeat(limits::ENTRY_NAME_BYTES_MAX + source.below(2));
                let entries = ["", "vote", "close", "read", "tally", "__start", &long];
                invocation.entry = source.pick(&entries).to_owned();
            }
            4 => {
                let input = if source.once_in(4) {
                    vec![7; limits::INPUT_BYTES_MAX + source.below(2)]
                } else {
                    source.short(200)
                };
                invocation.input = input;
            }
            5 => {
                let most = limits::FUEL_PER_INVOCATION_MAX;
                invocation.fuel = source.pick(&[0, 1, 1_000_000, 1_000_001, most, most + 1, u64::MAX]);
            }
            6 => invocation.id = Bytes([source.byte(); 16]),
            7 => {
                let ahead = limits::EXPIRY_AHEAD_MS_MAX;
                invocation.expires = source.pick(&[
                    0,
                    NOW_MS - 1,
                    NOW_MS,
                    NOW_MS + 1,
                    NOW_MS + ahead,
                    NOW_MS + ahead + 1,
                    u64::MAX,
                ]);
            }
            8 => invocation.caller = source.member(),
            _ => *invocation = source.invocation(),
        }
    }
}

/// Signs a payload as it is.
fn seal(signer: usize, domain: Domain, payload: &[u8]) -> Vec<u8> {
    key(signer).seal(domain, &Block::new(Codec::DagCbor, payload.to_vec())).to_block().bytes().to_vec()
}

/// A valid request, changed: the gate refuses it with the code of the reference model, or it is signed by its
/// caller as it now is; a change that nobody signed never passes.
pub fn check_gate_admit(bytes: &[u8]) {
    let mut source = ByteSource::new(bytes);
    let (mut invocation, caller) = admissible(&mut source);
    let sound = Request::sign(&invocation, key(caller));
    let mut request = sound.clone();
    let mut now_ms = NOW_MS;
    let kind = source.below(9);
    match kind {
        0 => {}
        1 => request.payload = mutate(&mut source, &sound.payload),
        2 => request.envelope = mutate(&mut source, &sound.envelope),
        // Well formed and signed by its caller, as far as the caller has a key here.
        3 => {
            change_fields(&mut source, &mut invocation);
            let signer = (0..generate::KEYS).find(|n| did(*n) == invocation.caller).unwrap_or(0);
            request = Request::sign(&invocation, key(signer));
        }
        // Changed after it was signed.
        4 => {
            change_fields(&mut source, &mut invocation);
            request.payload = encode::to_bytes(&invocation);
        }
        // Signed by somebody, for something.
        5 => {
            let domains = [Domain::Invocation, Domain::Receipt, Domain::Policy, Domain::Host];
            let domain = source.pick(&domains);
            request.envelope = seal(source.below(generate::KEYS), domain, &sound.payload);
        }
        // Signed by the caller over bytes that are not quite an invocation.
        6 => {
            request.payload = mutate(&mut source, &sound.payload);
            request.envelope = seal(caller, Domain::Invocation, &request.payload);
        }
        7 => match source.below(4) {
            0 => request.envelope.clear(),
            1 => request.payload.clear(),
            2 => std::mem::swap(&mut request.envelope, &mut request.payload),
            // Rare: four megabytes are slow to make.
            _ if source.once_in(16) => request.payload.resize(limits::BLOCK_BYTES_MAX + source.below(2), 0),
            _ => request.payload.push(0),
        },
        _ => {
            let back = [1, 1000, limits::EXPIRY_AHEAD_MS_MAX];
            now_ms = source.pick(&[0, NOW_MS - 1, NOW_MS, NOW_MS + 1, u64::MAX]);
            invocation.expires =
                now_ms.saturating_add(source.pick(&back)).saturating_sub(source.below(2) as u64);
            request = Request::sign(&invocation, key(caller));
        }
    }
    judge(&request, now_ms);
    let passed = admit(&request, now_ms).is_ok();
    assert!(kind != 0 || passed, "a sound request passes");
    assert!(
        !matches!(kind, 1 | 2 | 4) || !passed || request == sound,
        "an unsigned change passed: {request:?}"
    );
}

fn admit(request: &Request, now_ms: u64) -> Result<gate::Admitted, RefusalCode> {
    let policy_of = |scope: &Did| (*scope == did(7)).then(|| WORLD.in_force.clone());
    gate::admit(request.clone(), &origin(), now_ms, policy_of).map_err(|refusal| refusal.code)
}

/// The gate and the reference model, side by side.
fn judge(request: &Request, now_ms: u64) {
    let origin = origin();
    let (policy, rolls) = (&WORLD.policy, &WORLD.rolls);
    let place = Place { origin: &origin, now_ms, policy, rolls, keys: keys() };
    let expected = oracle::admission(request, &place);
    match admit(request, now_ms) {
        Ok(admitted) => {
            assert_eq!(expected, None, "admitted: {request:?}");
            assert_eq!(encode::to_bytes(admitted.invocation()), request.payload);
            assert_eq!(admitted.envelope().bytes(), request.envelope);
            assert!(gate::judge(admitted.invocation(), &origin, now_ms, admitted.policy()).is_ok());
        }
        Err(RefusalCode::NotCanonical) => {
            assert_eq!(expected, Some(RefusalCode::Malformed), "{request:?}");
            assert_eq!(Cbor::read(&request.payload), None, "canonical after all: {request:?}");
        }
        Err(code) => assert_eq!(Some(code), expected, "{request:?}"),
    }
}

// ---- log ----

/// Entries in order and out of it: the log takes exactly those that the naive log takes, and has its root.
pub fn check_log(bytes: &[u8]) {
    let mut source = ByteSource::new(bytes);
    let (mut log, mut naive) = (Log::default(), NaiveLog::default());
    let mut past: Vec<(Entry, Link)> = Vec::new();
    for _ in 0..OPS_MAX {
        if source.is_empty() {
            break;
        }
        let (entry, link) = next_entry(&mut source, &log, &past);
        let before = (log.frontier().clone(), log.heads().clone());
        let verdict = log.check(&entry, &[link]);
        let position = log.append(&entry, &[link]);
        assert_eq!(verdict.err(), position.clone().err());
        assert_eq!(position.is_ok(), naive.append(&entry, &link), "{link:?}: {position:?}");
        match position {
            Ok(position) => {
                assert_eq!(position, before.0.size());
                past.push((entry, link));
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                assert_eq!(
                    (log.frontier(), log.heads()),
                    (&before.0, &before.1),
                    "a refusal changes nothing"
                );
            }
        }
        assert_eq!(log.size(), naive.leaves.len() as u64);
        assert_eq!(log.frontier().root(), naive.root(naive.leaves.len()));
    }
    let (size, complete) = log.frontier().parts();
    let frontier = Frontier::from_parts(size, complete.to_vec());
    assert_eq!(frontier.as_ref(), Some(log.frontier()), "a snapshot is read as it was written");
    let heads: BTreeMap<Did, u64> = log.heads().iter().map(|(author, head)| (*author, head.seq)).collect();
    for (author, seq) in heads {
        let written = naive.entries.iter().filter(|(a, ..)| *a == author).count() as u64;
        assert_eq!(seq + 1, written, "a sequence has no gap");
    }
    let checkpoint = log.checkpoint(&origin());
    let opened = Checkpoint::open(&checkpoint.sign(key(0)), &origin(), &did(0));
    assert_eq!(opened, Ok(checkpoint));
}

/// What comes next, or something else.
fn next_entry(source: &mut ByteSource<'_>, log: &Log, past: &[(Entry, Link)]) -> (Entry, Link) {
    if !past.is_empty() && source.once_in(6) {
        // One that was there before, or that one's entry under another link.
        let (entry, mut link) = source.pick(past);
        if source.flag() {
            link = source.pick(past).1;
        }
        return (entry, link);
    }
    let author = did(source.below(3));
    let head = log.heads().get(&author);
    let (mut seq, mut prev) = head.map_or((0, None), |head| (head.seq + 1, Some(head.block)));
    if source.once_in(8) {
        seq = source.pick(&[0, seq.wrapping_add(1), seq.wrapping_sub(1), source.clone().number()]);
    }
    if source.once_in(8) {
        prev = source.flag().then(|| source.id());
    }
    let envelope = Block::encode(&(author, seq, source.byte()));
    let mut blocks = vec![envelope.clone()];
    let mut leaves = vec![envelope.id()];
    for _ in 0..source.below(3) {
        let extra = source.block();
        leaves.push(extra.id());
        blocks.push(extra);
    }
    match source.below(12) {
        0 => leaves.clear(),
        1 => drop(blocks.remove(0)),
        2 => leaves.reverse(),
        3 => blocks.reverse(),
        4 => leaves.push(leaves[0]),
        _ => {}
    }
    (Entry { leaves, blocks }, Link { author, seq, prev })
}

// ---- state ----

/// Values set and removed: root, reads and scans are those of the contents.
pub fn check_state(bytes: &[u8]) {
    let mut source = ByteSource::new(bytes);
    let (mut state, mut tree, mut naive) = (State::default(), StateTree::default(), Values::new());
    for _ in 0..OPS_MAX {
        if source.is_empty() {
            break;
        }
        let module = raw_id(source.byte() % 2);
        let key = source.short(3);
        let value = (!source.once_in(3)).then(|| source.short(3));
        tree.set(&module, &key, value.as_deref());
        state.set(module, key.clone(), value.clone());
        match value {
            Some(value) => naive.insert((module, key.clone()), value),
            None => naive.remove(&(module, key.clone())),
        };
        assert_eq!(tree.root(), oracle::state_root(&naive));
        let (prefix, after) = (source.short(2), source.short(3));
        let next = state.next_key(&module, &prefix, &after).map(<[u8]>::to_vec);
        let expected = oracle::next_key(&naive, &module, &prefix, &after);
        assert_eq!(next, expected, "after {after:?} with {prefix:?}");
        assert_eq!(state.get(&module, &key).map(|v| v.to_vec()), naive.get(&(module, key)).cloned());
    }
    let found: Values = state.iter().map(|(m, k, v)| ((*m, k.to_vec()), v.to_vec())).collect();
    assert_eq!(found, naive);
    assert_eq!(StateTree::of(&state).root(), tree.root());
}
