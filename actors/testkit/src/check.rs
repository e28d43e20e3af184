//! Checks: bytes in, a panic out when a machine does what it must not.
//!
//! Each drives the real machine and its oracle with the same operations. What is asserted after every step:
//! the answers agree; debits equal credits in each unit; no account but a unit's issuance is below zero, with
//! what is set aside counted; a refused command leaves everything as it was; what is read back is what was
//! written, in its one encoding.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use icn_core::block::{
    Capability, Entry, GrantLimits, HoldTerms, HostBlock, Install, Invocation, InvocationTag, Issue, Node,
    Payload, Policy, PolicyTag, Receipt, Role, Transfer,
};
use icn_core::bookkeeping::{Bookkeeper, Source as Entered};
use icn_core::checkpoint::Checkpoint;
use icn_core::encode::{self, Block, DecodeError};
use icn_core::gate::{self, Request};
use icn_core::id::{BlockId, Bytes, Codec, Did, Origin, Owner, Unit};
use icn_core::ledger::{Account, AccountId, Ledger, LedgerError, Posted};
use icn_core::limits;
use icn_core::log::{Link, Log};
use icn_core::merkle::Frontier;
use icn_core::policy::{PolicyInForce, Roll};
use icn_core::refusal::RefusalCode;
use icn_core::sign::{Domain, Envelope};
use icn_core::state::{State, StateTree};

use crate::generate::{
    self, ByteSource, LedgerOp, did, key, keys, mutate, origin, raw_id, receipt_for, token,
};
use crate::oracle::{self, Cbor, NaiveLedger, NaiveLog, Place, Values};

/// How many operations one input makes, at most: the oracles are slow.
const OPS_MAX: usize = 256;

// ---- ledger ----

/// A ledger, its oracle, and the fold that a log would give.
#[derive(Debug, Default)]
struct Books {
    ledger: Ledger,
    fold: Ledger,
    naive: NaiveLedger,
    /// What an auditor adds up from the log's words.
    bookkeeper: Bookkeeper,
    /// Each scope's time, in milliseconds.
    clocks: BTreeMap<Did, u64>,
}

/// Random operations on a ledger: the naive one gives the same answers and the same balances, and so does the
/// fold of what was booked.
pub fn check_ledger_ops(bytes: &[u8]) {
    let mut source = ByteSource::new(bytes);
    let mut books = Books::default();
    if source.flag() {
        // Most of what can be done needs something to do it with.
        let issue = |to| Issue { unit: token(0), to, amount: 50 };
        let issues = vec![issue(Owner::Treasury), issue(Owner::Member(did(0)))];
        for scope in [did(0), did(1)] {
            books.step(&LedgerOp::Issue { scope, issues: issues.clone() });
        }
    }
    for _ in 0..OPS_MAX {
        if source.is_empty() {
            break;
        }
        let op = source.ledger_op();
        books.step(&op);
        books.compare(&op);
    }
    books.read_back();
}

impl Books {
    fn step(&mut self, op: &LedgerOp) {
        let before = self.ledger.clone();
        let refused = match op {
            LedgerOp::Issue { scope, issues } => {
                let expected = self.naive.issue(*scope, issues);
                let found = self.ledger.issue(*scope, issues);
                assert_eq!(found.is_ok(), expected, "{op:?}: {found:?}");
                if found.is_ok() {
                    assert_eq!(self.fold.issue(*scope, issues), Ok(()), "a fold follows: {op:?}");
                    let (block, time) = (raw_id(0), self.clock(*scope));
                    self.bookkeeper
                        .issues(Entered { position: 0, block, scope: *scope, seq: 0, time }, issues);
                }
                found.is_err()
            }
            LedgerOp::Draw { scope, unit, needed, amount } => {
                let expected = self.naive.draw(*scope, unit, *needed, *amount);
                let found = self.ledger.draw(*scope, unit, *needed, *amount);
                assert_eq!(found.as_ref().ok().map(|n| i128::from(*n)), expected, "{op:?}: {found:?}");
                found.is_err()
            }
            LedgerOp::Hold { scope, transfer } => self.hold(op, *scope, transfer).is_err(),
            LedgerOp::Close { scope, hold: id, amount, leave } => {
                let time = self.clock(*scope);
                let hold = self.ledger.open_hold(*scope, time, id);
                let Some(hold) = hold else { return };
                let paid = (*amount).min(hold.amount);
                let rest = if *leave { 0 } else { hold.amount - paid };
                for (to, amount) in [(hold.terms.to, paid), (hold.payer, rest)] {
                    let payment = Transfer::new(Owner::Hold(*id), to, hold.unit.clone(), amount);
                    if amount > 0 {
                        assert_eq!(self.hold(op, *scope, &payment), Ok(()), "an open hold pays: {op:?}");
                    }
                }
                if *leave {
                    return;
                }
                assert_eq!(self.ledger.open_hold(*scope, time, id), None, "it is closed: {op:?}");
                false
            }
            LedgerOp::Place { scope, treasury, hold, amount, ahead } => {
                let from = if *treasury { Owner::Treasury } else { Owner::Member(did(0)) };
                let deadline = self.clock(*scope) + ahead;
                let terms = HoldTerms { to: Owner::Member(did(1)), deadline, module: raw_id(0) };
                let placing = Transfer::new(from, Owner::Hold(*hold), token(0), *amount).with_terms(terms);
                self.hold(op, *scope, &placing).is_err()
            }
            LedgerOp::Wait { scope, ms } => {
                // A run has one time.
                if !self.naive.staged.contains_key(scope) {
                    *self.clocks.entry(*scope).or_default() += ms;
                }
                false
            }
            LedgerOp::Void { scope } => {
                self.naive.staged.remove(scope);
                self.ledger.void(scope);
                false
            }
            LedgerOp::Post { scope, outcome, fuel, usage, spoil } => {
                let mut journal = self.naive.staged.get(scope).cloned().unwrap_or_default();
                if *spoil && journal.pop().is_none() {
                    let (from, to) = (Owner::Member(did(0)), Owner::Member(did(1)));
                    journal.push(Transfer::new(from, to, token(0), 1));
                }
                if !outcome.is_ok() {
                    journal.clear();
                }
                let time = self.clock(*scope);
                let receipt =
                    Receipt { time, ..receipt_for(*scope, outcome.clone(), *fuel, *usage, journal) };
                return self.post(op, &receipt);
            }
            LedgerOp::Book(receipt) => {
                // A fold knows no running invocations.
                self.naive.staged.remove(&receipt.scope);
                self.ledger.void(&receipt.scope);
                let receipt = &Receipt { time: self.clock(receipt.scope), ..(**receipt).clone() };
                let expected = self.naive.book(receipt);
                let found = self.ledger.book(receipt);
                assert_eq!(found.is_ok(), expected, "{op:?}: {found:?}");
                if found.is_ok() {
                    assert_eq!(self.fold.book(receipt), Ok(()), "a fold follows: {op:?}");
                    self.bookkeeper.receipt(0, raw_id(0), receipt);
                }
                found.is_err()
            }
            LedgerOp::Restart { scope } => {
                self.ledger.adopt(*scope, &self.fold);
                self.naive.staged.remove(scope);
                self.naive.drawn.retain(|(owner, _), _| owner != scope);
                false
            }
            LedgerOp::Reload => {
                self.reload();
                false
            }
        };
        if refused {
            let accounts = |ledger: &Ledger| -> Vec<(AccountId, Account)> {
                ledger.accounts().map(|(id, account)| (id.clone(), *account)).collect()
            };
            assert_eq!(accounts(&self.ledger), accounts(&before), "a refusal changed something: {op:?}");
            assert_eq!(self.ledger.posted(), before.posted());
        }
    }

    fn clock(&self, scope: Did) -> u64 {
        self.clocks.get(&scope).copied().unwrap_or_default()
    }

    /// Sets a transfer aside in both.
    fn hold(&mut self, op: &LedgerOp, scope: Did, transfer: &Transfer) -> Result<(), LedgerError> {
        let time = self.clock(scope);
        let expected = self.naive.hold(scope, time, transfer);
        let found = self.ledger.hold(scope, time, transfer.clone());
        assert_eq!(found.is_ok(), expected, "{op:?} at {time}: {found:?}");
        found
    }

    fn post(&mut self, op: &LedgerOp, receipt: &Receipt) {
        let before = self.ledger.posted();
        let expected = self.naive.post(receipt);
        let found = self.ledger.post(receipt);
        assert_eq!(found.is_ok(), expected, "{op:?}: {found:?}");
        if found.is_ok() {
            assert_eq!(self.fold.book(receipt), Ok(()), "a fold follows: {op:?}");
            self.bookkeeper.receipt(0, raw_id(0), receipt);
        } else {
            assert_eq!(self.ledger.posted(), before, "a refused receipt was booked: {op:?}");
            // A host whose ledger cannot book fails stop, and comes back from what is posted.
            self.reload();
        }
    }

    fn reload(&mut self) {
        self.ledger = Ledger::from_posted(self.ledger.posted());
        self.naive.drawn.clear();
        self.naive.staged.clear();
    }

    /// Every balance, and the invariants.
    fn compare(&self, op: &LedgerOp) {
        let mut sums: BTreeMap<(Did, Unit), i128> = BTreeMap::new();
        for (id, account) in self.ledger.accounts() {
            let totals = self.naive.totals.get(id).copied().unwrap_or_default();
            assert_eq!(
                (account.debits, account.credits),
                (totals.debits, totals.credits),
                "{id:?} after {op:?}"
            );
            assert_eq!(account.available(), self.naive.free(id), "{id:?} after {op:?}");
            assert!(id.owner == Owner::Issuance || account.available() >= 0, "{id:?} is {account:?}: {op:?}");
            *sums.entry((id.scope, id.unit.clone())).or_default() += account.balance();
        }
        assert!(sums.values().all(|sum| *sum == 0), "debits equal credits: {sums:?} after {op:?}");
        assert_eq!(self.ledger.imbalances(), []);
        for id in self.naive.totals.keys() {
            let found = self.ledger.account(id.scope, id.owner.clone(), id.unit.clone());
            let time = self.clock(id.scope);
            let seen = self.naive.seen_by(id.scope, time);
            assert_eq!(found.balance(), self.naive.totals[id].balance(), "{id:?} after {op:?}");
            if id.owner != Owner::Treasury || !id.unit.is_resource() {
                let staged = self.ledger.balance_staged(id.scope, time, &id.owner, &id.unit);
                assert_eq!(staged, seen.free(id), "{id:?} with what is staged, after {op:?}");
                assert!(id.owner == Owner::Issuance || staged >= 0, "{id:?} has {staged} after {op:?}");
            }
        }
        self.compare_holds(op);
        assert_eq!(used(&self.ledger), used(&self.fold), "the host's balances are the fold's, after {op:?}");
        assert_eq!(self.bookkeeper.differences(&self.fold), [], "the auditor's books, after {op:?}");
    }

    /// Holds, as they are posted and as a run sees them.
    fn compare_holds(&self, op: &LedgerOp) {
        let posted = self.ledger.posted().holds;
        let expected = self.naive.holds.iter().map(|((scope, id), hold)| (*scope, *id, hold.clone()));
        assert_eq!(posted, expected.collect::<Vec<_>>(), "open holds after {op:?}");
        assert_eq!(posted, self.fold.posted().holds, "the host's holds are the fold's, after {op:?}");
        for (scope, id, hold) in &posted {
            let account = self.ledger.account(*scope, Owner::Hold(*id), hold.unit.clone());
            assert_eq!(account.balance(), i128::from(hold.amount), "{id} has what is held, after {op:?}");
        }
        let of_holds = self.ledger.accounts().filter(|(id, _)| matches!(id.owner, Owner::Hold(_)));
        assert_eq!(of_holds.count(), posted.len(), "a closed hold leaves no account, after {op:?}");
        for scope in [did(0), did(1)] {
            let time = self.clock(scope);
            let seen = self.naive.seen_by(scope, time);
            for id in (0..generate::HOLD_NAMES).map(generate::hold_name) {
                let found = self.ledger.open_hold(scope, time, &id);
                assert_eq!(found.as_ref(), seen.holds.get(&(scope, id)), "{id} in a run, after {op:?}");
            }
        }
    }

    fn read_back(&self) {
        let posted = self.ledger.posted();
        assert_eq!(Ledger::from_posted(posted.clone()).posted(), posted);
        let bytes = encode::to_bytes(&posted);
        let again: Result<Posted, _> = encode::from_bytes("posted side", &bytes, usize::MAX);
        assert_eq!(again, Ok(posted), "a snapshot is read as it was written");
    }
}

/// Posted accounts that were ever used.
fn used(ledger: &Ledger) -> Vec<(AccountId, Account)> {
    ledger.posted().accounts.into_iter().filter(|(_, account)| *account != Account::default()).collect()
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
    ];
    assert!(kinds.iter().filter(|read| **read).count() <= 1, "bytes are of one kind: {bytes:02x?}");
    assert_eq!(kinds[0], oracle::read_invocation(bytes).is_some(), "an invocation is one for the oracle");
    let payload = Payload::from_bytes(bytes);
    assert_eq!(payload.is_ok(), kinds[1] || kinds[2] || kinds[4], "an entry's payload is one of three");
    if let Ok(payload) = &payload {
        let again = match payload {
            Payload::Host(host) => encode::to_bytes(host),
            Payload::Policy(policy) => encode::to_bytes(policy),
            Payload::Receipt(receipt) => encode::to_bytes(receipt),
        };
        assert_eq!(again, bytes);
    }
    if let Ok(envelope) = Envelope::from_bytes(bytes) {
        assert_eq!(envelope.to_block().bytes(), bytes);
        let cbor = Cbor::read(bytes);
        let link = cbor.as_ref().and_then(|cbor| cbor.field("payload"));
        assert_eq!(link, Some(&Cbor::Link(envelope.payload().as_bytes().to_vec())));
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
        let verdict = log.check(&entry, &link);
        let position = log.append(&entry, &link);
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
