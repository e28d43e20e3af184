//! From bytes to structures.
//!
//! One generator serves the property tests and the fuzzers: a [`ByteSource`] reads a fuzzer's bytes (or those
//! that `proptest` draws and shrinks) as a list of small choices. It never fails: when the bytes are used up,
//! every further choice is the first one. Numbers lean towards the edges at which code breaks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use icn_core::block::ucan::Revocation;
use icn_core::block::{
    Anchor, Capability, Counterpart, CredentialType, Engine, EngineTag, GrantLimits, HostBlock, HostTag,
    Install, Invocation, InvocationTag, Issue, KeysBlock, KeysTag, Leg, LegTag, Node, NodeTag, Operation,
    Outcome, Policy, PolicyTag, Receipt, ReceiptTag, Role, Signer, Trap, TrapKind, Usage, Write,
};
use icn_core::encode::{Block, SecretKey};
use icn_core::log::Checkpoint;
use icn_core::name::{BlockId, Bytes, Codec, Did, Hash, HoldId, Origin, Owner, Unit};
use proptest::prelude::*;

use crate::oracle::Cbor;
use crate::plain::{HoldTerms, Transfer};

/// How many keys [`key`] knows.
pub const KEYS: usize = 8;

static MEMBERS: LazyLock<Vec<SecretKey>> =
    LazyLock::new(|| (1..).take(KEYS).map(|n| SecretKey::from_bytes(&[n; 32])).collect());

/// A few fixed keys.
#[must_use]
pub fn keys() -> &'static [SecretKey] {
    &MEMBERS
}

/// One of [`keys`]; the number is taken modulo [`KEYS`].
#[must_use]
pub fn key(n: usize) -> &'static SecretKey {
    &MEMBERS[n % KEYS]
}

/// The identity of [`key`].
#[must_use]
pub fn did(n: usize) -> Did {
    key(n).did()
}

/// The log that everything here belongs to.
#[must_use]
pub fn origin() -> Origin {
    static ORIGIN: LazyLock<Option<Origin>> = LazyLock::new(|| Origin::parse("icn.example/log").ok());
    #[expect(clippy::expect_used, reason = "a constant that parses")]
    ORIGIN.clone().expect("the example origin is well formed")
}

/// A raw block's name that depends on a number alone.
#[must_use]
pub fn raw_id(n: u8) -> BlockId {
    BlockId::of(Codec::Raw, &[n])
}

/// Reads bytes as choices.
#[derive(Debug, Clone)]
pub struct ByteSource<'a> {
    rest: &'a [u8],
}

/// Numbers at which encodings, signs and counters change.
const EDGES: [u64; 20] = [
    0,
    1,
    2,
    23,
    24,
    255,
    256,
    65_535,
    65_536,
    0xffff_ffff,
    0x1_0000_0000,
    (1 << 53) - 1,
    1 << 53,
    (1 << 62) + 1,
    i64::MAX as u64 - 1,
    i64::MAX as u64,
    i64::MAX as u64 + 1,
    u64::MAX - 255,
    u64::MAX - 1,
    u64::MAX,
];

impl<'a> ByteSource<'a> {
    /// Reads these bytes.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether all bytes are used up.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What was not read yet.
    #[must_use]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next byte; 0 at the end.
    pub fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        *first
    }

    /// Up to so many bytes as they are.
    pub fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(len.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// A number below `bound` (at most 256).
    pub fn below(&mut self, bound: usize) -> usize {
        usize::from(self.byte()) % bound.max(1)
    }

    /// A place in something of that length, of two bytes; 0 in nothing.
    pub fn index(&mut self, len: usize) -> usize {
        let at = usize::from(self.byte()) << 8 | usize::from(self.byte());
        at.checked_rem(len).unwrap_or(0)
    }

    /// Yes or no.
    pub fn flag(&mut self) -> bool {
        self.below(2) == 1
    }

    /// Once in `n` times, by the byte.
    pub fn once_in(&mut self, n: usize) -> bool {
        self.below(n) == n - 1
    }

    /// One of these.
    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// Any number, often a small one or an edge.
    pub fn number(&mut self) -> u64 {
        match self.below(4) {
            0 => u64::from(self.byte()),
            1 => self.pick(&EDGES),
            2 => u64::from(self.byte()) << 8 | u64::from(self.byte()),
            _ => {
                let mut bytes = [0; 8];
                let taken = self.take(8);
                bytes[..taken.len()].copy_from_slice(taken);
                u64::from_be_bytes(bytes)
            }
        }
    }

    /// An amount: mostly small, sometimes an edge.
    pub fn amount(&mut self) -> u64 {
        if self.once_in(4) { self.number() } else { u64::from(self.byte()) }
    }

    /// A short byte string.
    pub fn short(&mut self, len_max: usize) -> Vec<u8> {
        let len = self.below(len_max + 1);
        self.take(len).to_vec()
    }

    /// A short text, sometimes beyond ASCII.
    pub fn text(&mut self, chars_max: usize) -> String {
        let chars = self.below(chars_max + 1);
        let alphabet =
            ['a', 'b', 'z', 'A', 'Z', '0', '9', '/', '.', '-', ' ', 'é', '字', '🗳', '\0', '\u{7f}'];
        (0..chars).map(|_| self.pick(&alphabet)).collect()
    }

    /// So many of them, at most.
    pub fn list<T>(&mut self, len_max: usize, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let len = self.below(len_max + 1);
        (0..len).map(|_| one(self)).collect()
    }

    /// One of the few members.
    pub fn member(&mut self) -> Did {
        did(self.below(KEYS))
    }

    /// A block's name, raw or dag-cbor.
    pub fn id(&mut self) -> BlockId {
        let codec = if self.flag() { Codec::DagCbor } else { Codec::Raw };
        BlockId::of(codec, &[self.byte()])
    }

    /// A digest.
    pub fn hash(&mut self) -> Hash {
        Hash::digest(&[self.byte()])
    }

    /// An account's owner out of a few, the runtime's own among them.
    pub fn owner(&mut self) -> Owner {
        match self.below(9) {
            0 => Owner::Treasury,
            1 | 2 => Owner::Member(did(0)),
            3 => Owner::Member(did(1)),
            4 => Owner::Module(raw_id(0)),
            5 => Owner::Name(Arc::from("project/1")),
            6 => Owner::Issuance,
            7 => Owner::Consumed,
            _ => Owner::Hold(self.hold_id()),
        }
    }

    /// One of the few names of holds.
    pub fn hold_id(&mut self) -> HoldId {
        hold_name(self.below(HOLD_NAMES))
    }

    /// Terms of a hold, not always sound ones.
    pub fn terms(&mut self) -> HoldTerms {
        let near = u64::from(self.byte()) * self.pick(&[1, 16, 256]);
        HoldTerms {
            to: self.owner(),
            deadline: if self.once_in(8) { self.number() } else { near },
            module: raw_id(u8::from(self.once_in(4))),
        }
    }

    /// A unit: two tokens and the four resources.
    pub fn unit(&mut self) -> Unit {
        match self.below(8) {
            0..=3 => token(0),
            4 => token(1),
            _ => self.resource(),
        }
    }

    /// One of the four resources.
    pub fn resource(&mut self) -> Unit {
        match self.below(4) {
            0 => Unit::fuel(),
            1 => Unit::memory(),
            2 => Unit::network(),
            _ => Unit::storage(),
        }
    }

    /// A transfer of the plain ledger, not always a sound one.
    pub fn transfer(&mut self) -> Transfer {
        let (from, to) = (self.owner(), self.owner());
        let (unit, amount) = (self.unit(), self.amount());
        // Terms belong to a transfer to a hold, mostly.
        let terms = matches!(to, Owner::Hold(_)) != self.once_in(16);
        Transfer { from, to, unit, amount, terms: terms.then(|| self.terms()) }
    }

    /// An operation of a journal with any fields.
    pub fn operation(&mut self) -> Operation {
        match self.below(10) {
            0..=3 => {
                let (from, to, unit, amount) = (self.owner(), self.owner(), self.unit(), self.amount());
                let memo = if self.once_in(8) { self.text(8) } else { String::new() };
                Operation::Transfer { from, to, unit, amount, memo }
            }
            4 => Operation::Hold {
                id: self.hold_id(),
                from: self.owner(),
                to: self.owner(),
                unit: self.unit(),
                amount: self.amount(),
                deadline: self.number(),
                module: self.id(),
            },
            5 => Operation::Settle { id: self.hold_id(), amount: self.amount() },
            6 => Operation::Void { id: self.hold_id() },
            7 | 8 => {
                let (from, to, unit, amount) = (self.owner(), self.owner(), self.unit(), self.amount());
                let (scope, memo) = (self.member(), self.text(8));
                if self.flag() {
                    Operation::Send { from, scope, to, unit, amount, memo }
                } else {
                    Operation::Receive { from, scope, to, unit, amount, memo }
                }
            }
            _ => Operation::Expire { id: self.hold_id() },
        }
    }

    /// A place in a scope's sequence.
    pub fn counterpart(&mut self) -> Counterpart {
        Counterpart { scope: self.member(), seq: self.number(), prev: self.id() }
    }

    /// A leg with any fields.
    pub fn leg(&mut self) -> Leg {
        Leg {
            typ: LegTag,
            log: origin(),
            scope: self.member(),
            seq: self.number(),
            prev: self.id(),
            of: self.member(),
            receipt: self.id(),
            time: self.number(),
            journal: self.list(4, Self::operation),
            signer: self.signer(),
            root: self.hash(),
        }
    }

    /// An issue, not always to an account that a policy may give units to.
    pub fn issue(&mut self) -> Issue {
        let unit = self.unit();
        let to = if unit.is_resource() { Owner::Treasury } else { self.owner() };
        Issue { unit, to, amount: self.amount() }
    }

    /// A charge: often nothing.
    fn charge(&mut self) -> u64 {
        if self.flag() { 0 } else { self.amount() }
    }

    /// How a run ended.
    pub fn outcome(&mut self) -> Outcome {
        const KINDS: [TrapKind; 10] = [
            TrapKind::OutOfFuel,
            TrapKind::MemoryFault,
            TrapKind::MemoryLimit,
            TrapKind::StackOverflow,
            TrapKind::Unreachable,
            TrapKind::Arithmetic,
            TrapKind::IndirectCall,
            TrapKind::TableFault,
            TrapKind::Aborted,
            TrapKind::Interrupted,
        ];
        match self.below(4) {
            0 | 1 => Outcome::Ok,
            2 => Outcome::Failed(self.pick(&[1, -1, i32::MAX, i32::MIN, 0, 24])),
            _ => Outcome::Trapped(Trap { kind: self.pick(&KINDS), detail: self.text(12) }),
        }
    }

    /// An invocation with any fields: what its type can say, not what a gate would admit.
    pub fn invocation(&mut self) -> Invocation {
        Invocation {
            typ: InvocationTag,
            log: origin(),
            scope: self.member(),
            module: self.id(),
            entry: self.text(8),
            input: self.short(40),
            fuel: self.number(),
            id: Bytes([self.byte(); 16]),
            expires: self.number(),
            caller: self.member(),
        }
    }

    /// A receipt with any fields.
    pub fn receipt(&mut self) -> Receipt {
        Receipt {
            typ: ReceiptTag,
            signer: self.signer(),
            log: origin(),
            scope: self.member(),
            seq: self.number(),
            prev: self.id(),
            invocation: self.id(),
            engine: self.id(),
            time: self.number(),
            outcome: self.outcome(),
            fuel: self.number(),
            usage: Usage {
                memory: self.number(),
                network: self.number(),
                storage: self.number().cast_signed(),
            },
            output: self.short(40),
            logged: self.flag().then(|| self.hash()),
            writes: self.list(4, |s| Write(s.short(9), s.flag().then(|| s.short(9).into()))),
            journal: self.list(4, Self::operation),
            with: self.list(2, Self::counterpart),
            nodes: self.list(3, Self::id),
            anchors: self.list(3, |s| Anchor(s.id(), s.text(6))),
            root: self.hash(),
        }
    }

    /// A capability, also one of a type of credential.
    pub fn capability(&mut self) -> Capability {
        let of = CredentialType::parse(self.pick(&["Member", "m", "7"])).ok();
        match (self.below(9), of) {
            (7, Some(of)) => Capability::Issue(of),
            (8, Some(of)) => Capability::Revoke(of),
            (n, _) => Capability::ALL[n % Capability::ALL.len()],
        }
    }

    /// A policy with any fields.
    pub fn policy(&mut self) -> Policy {
        Policy {
            typ: PolicyTag,
            delegations: self.list(2, Self::id),
            log: origin(),
            scope: self.member(),
            seq: self.number(),
            prev: self.flag().then(|| self.id()),
            time: self.number(),
            name: self.text(8),
            admins: self.list(3, Self::member),
            roles: self
                .list(3, |s| (s.text(4), Role { named: s.list(3, Self::member), rolls: s.list(2, Self::id) }))
                .into_iter()
                .collect(),
            modules: self.list(3, |s| Install {
                module: s.id(),
                capabilities: s.list(5, Self::capability).into_iter().collect::<BTreeSet<_>>(),
                entries: s.list(3, |s| (s.text(4), s.text(4))).into_iter().collect::<BTreeMap<_, _>>(),
            }),
            token: self.flag().then(|| self.unit()),
            grant: GrantLimits { fuel: self.number(), memory: self.number(), network: self.number() },
            issue: self.list(3, Self::issue),
            counterparts: self.list(2, Self::member),
        }
    }

    /// A stored node.
    pub fn node(&mut self) -> Node {
        Node {
            typ: NodeTag,
            scope: self.member(),
            module: self.id(),
            parents: self.list(4, Self::id),
            payload: self.short(40),
        }
    }

    /// A host's first block.
    pub fn host(&mut self) -> HostBlock {
        HostBlock { typ: HostTag, log: origin(), host: self.member(), time: self.number() }
    }

    /// An operating key, or none.
    fn signer(&mut self) -> Option<Signer> {
        self.flag().then(|| Signer { key: self.member(), delegation: self.id() })
    }

    /// A block of keys with any fields.
    pub fn keys(&mut self) -> KeysBlock {
        KeysBlock {
            typ: KeysTag,
            log: origin(),
            scope: self.member(),
            seq: self.number(),
            prev: self.id(),
            time: self.number(),
            signer: self.signer(),
            delegations: self.list(3, Self::id),
            revocations: self.list(3, Self::id),
            root: self.hash(),
        }
    }

    /// A UCAN that a root signed: a delegation or a revocation.
    pub fn ucan(&mut self) -> Block {
        let root = key(self.below(KEYS));
        if self.flag() {
            return Revocation::sign(root, self.id());
        }
        let [from_s, until_s] = [0; 2].map(|_: u8| i64::from(self.byte()) << 24);
        icn_core::rules::keys::delegate(
            root,
            self.member(),
            self.flag().then_some(from_s),
            until_s,
            &self.short(12),
        )
    }

    /// A payload's block of any kind.
    pub fn block(&mut self) -> Block {
        match self.below(7) {
            5 => Block::encode(&self.leg()),
            0 => Block::encode(&self.invocation()),
            1 => Block::encode(&self.receipt()),
            2 => Block::encode(&self.policy()),
            3 => Block::encode(&self.node()),
            4 => Block::encode(&self.keys()),
            _ => Block::encode(&self.host()),
        }
    }

    /// What a run used, beside its fuel; storage may have been given back.
    fn usage(&mut self) -> Usage {
        let storage = self.charge().cast_signed();
        let storage = if self.once_in(4) { storage.wrapping_neg() } else { storage };
        Usage { memory: self.charge(), network: self.charge(), storage }
    }

    /// The next operation on a ledger.
    pub fn ledger_op(&mut self) -> LedgerOp {
        let scope = did(self.below(2));
        match self.below(26) {
            0 | 1 => LedgerOp::Issue { scope, issues: self.list(3, Self::issue) },
            2 | 3 => {
                LedgerOp::Draw { scope, unit: self.resource(), needed: self.amount(), amount: self.amount() }
            }
            4..=8 => LedgerOp::Hold { scope, transfer: Box::new(self.transfer()) },
            9 => LedgerOp::Void { scope },
            10..=12 => {
                let outcome = self.outcome();
                let usage = self.usage();
                LedgerOp::Post { scope, outcome, fuel: self.charge(), usage, spoil: self.once_in(8) }
            }
            13 | 14 => LedgerOp::Restart { scope },
            15 | 16 => {
                let (hold, amount) = (self.hold_id(), self.amount());
                LedgerOp::Close { scope, hold, amount }
            }
            19..=24 => LedgerOp::Place {
                scope,
                treasury: self.flag(),
                hold: self.hold_id(),
                amount: 1 + self.below(8) as u64,
                ahead: 1 + self.below(64) as u64,
            },
            17 | 18 => LedgerOp::Wait { scope, ms: u64::from(self.byte()) * self.pick(&[1, 16]) },
            _ => LedgerOp::Reload,
        }
    }
}

/// One of the two tokens.
#[must_use]
pub fn token(n: usize) -> Unit {
    static TOKENS: LazyLock<Vec<Unit>> =
        LazyLock::new(|| ["H", "PLN"].iter().filter_map(|name| Unit::parse(name).ok()).collect());
    TOKENS[n % 2].clone()
}

/// What can be asked of a ledger.
#[derive(Debug, Clone)]
pub enum LedgerOp {
    /// A policy's issue.
    Issue {
        /// The scope.
        scope: Did,
        /// What it issues.
        issues: Vec<Issue>,
    },
    /// Sets a resource aside.
    Draw {
        /// The scope.
        scope: Did,
        /// The resource.
        unit: Unit,
        /// At least so much.
        needed: u64,
        /// So much, if it is there.
        amount: u64,
    },
    /// Sets a transfer of the running invocation aside.
    Hold {
        /// The scope.
        scope: Did,
        /// The transfer.
        transfer: Box<Transfer>,
    },
    /// Drops what the running invocation set aside.
    Void {
        /// The scope.
        scope: Did,
    },
    /// Ends the running invocation: its journal is what was held, unless it is spoiled.
    Post {
        /// The scope.
        scope: Did,
        /// How it ended.
        outcome: Outcome,
        /// Fuel charged.
        fuel: u64,
        /// What else is charged.
        usage: Usage,
        /// Whether the journal is not the one that was held.
        spoil: bool,
    },
    /// The scope's actor is replaced: its accounts come from the fold.
    Restart {
        /// The scope.
        scope: Did,
    },
    /// Settles a hold, or voids it with an amount of 0.
    Close {
        /// The scope.
        scope: Did,
        /// The hold.
        hold: HoldId,
        /// What its payee gets, at most.
        amount: u64,
    },
    /// Places a hold that is sound if it is covered and its name is free: for the second member, of the first
    /// token, from the first member or the treasury.
    Place {
        /// The scope.
        scope: Did,
        /// Whether the treasury pays.
        treasury: bool,
        /// The hold.
        hold: HoldId,
        /// How much.
        amount: u64,
        /// So many milliseconds after the scope's time.
        ahead: u64,
    },
    /// Time passes for a scope that runs nothing.
    Wait {
        /// The scope.
        scope: Did,
        /// So many milliseconds.
        ms: u64,
    },
    /// The host comes back from a snapshot.
    Reload,
}

/// How many names of holds [`hold_name`] knows.
pub const HOLD_NAMES: usize = 4;

/// One of the few names of holds; the number is taken modulo [`HOLD_NAMES`].
#[must_use]
pub fn hold_name(n: usize) -> HoldId {
    Bytes([u8::try_from(n % HOLD_NAMES).unwrap_or(0); 16])
}

/// A receipt of which only the parts that a ledger reads matter.
#[must_use]
pub fn receipt_for(
    scope: Did,
    outcome: Outcome,
    fuel: u64,
    usage: Usage,
    journal: Vec<Operation>,
) -> Receipt {
    let nothing = raw_id(0);
    Receipt {
        typ: ReceiptTag,
        signer: None,
        log: origin(),
        scope,
        seq: 1,
        prev: nothing,
        invocation: nothing,
        engine: nothing,
        time: 0,
        outcome,
        fuel,
        usage,
        output: Vec::new(),
        logged: None,
        writes: Vec::new(),
        journal,
        with: Vec::new(),
        nodes: Vec::new(),
        anchors: Vec::new(),
        root: Bytes([0; 32]),
    }
}

/// An engine's description, of no engine that exists.
#[must_use]
pub fn engine() -> Engine {
    Engine {
        typ: EngineTag,
        engine: "testkit".to_owned(),
        settings: Vec::new(),
        schedule_version: icn_core::costs::SCHEDULE_VERSION,
        schedule: icn_core::costs::schedule_hash(),
    }
}

/// Changes bytes as a line or a liar does: flips, sets, removes, inserts, cuts, repeats.
#[must_use]
pub fn mutate(source: &mut ByteSource<'_>, bytes: &[u8]) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    for _ in 0..=source.below(3) {
        let len = changed.len();
        let at = source.index(len);
        match source.below(6) {
            0 if len > 0 => changed[at] ^= 1 << source.below(8),
            1 if len > 0 => changed[at] = source.byte(),
            2 if len > 0 => {
                changed.remove(at);
            }
            3 => changed.insert(at, source.byte()),
            4 => changed.truncate(at),
            _ => {
                let again = changed[at..(at + source.below(16)).min(len)].to_vec();
                changed.splice(at..at, again);
            }
        }
    }
    changed
}

/// Changes one value of a block to another that is written well: a field that need not be there, one that is
/// missing, a list in another order or with an item twice.
pub fn restructure(source: &mut ByteSource<'_>, value: &mut Cbor) {
    match value {
        Cbor::Map(items) => {
            if !items.is_empty() && source.flag() {
                let at = source.below(items.len());
                return restructure(source, &mut items[at].1);
            }
            let absent = [
                ("memo", Cbor::Text(String::new())),
                ("terms", Cbor::Null),
                ("writes", Cbor::List(Vec::new())),
                ("journal", Cbor::List(Vec::new())),
                ("nodes", Cbor::List(Vec::new())),
                ("anchors", Cbor::List(Vec::new())),
                ("rolls", Cbor::List(Vec::new())),
                ("logged", Cbor::Null),
                ("extra", Cbor::Unsigned(0)),
            ];
            if source.flag() && !items.is_empty() {
                items.remove(source.below(items.len()));
            } else {
                let (name, value) = source.pick(&absent);
                items.retain(|(key, _)| key != name);
                items.push((name.to_owned(), value));
                items.sort_by(|(a, _), (b, _)| (a.len(), a).cmp(&(b.len(), b)));
            }
        }
        Cbor::List(items) if !items.is_empty() => {
            let at = source.below(items.len());
            match source.below(4) {
                0 => items.reverse(),
                1 => items.insert(at, items[at].clone()),
                2 => drop(items.remove(at)),
                _ => restructure(source, &mut items[at]),
            }
        }
        Cbor::Unsigned(number) => *number = source.number(),
        Cbor::Text(text) => *text = source.text(8),
        Cbor::Bytes(bytes) => *bytes = source.short(34),
        Cbor::Link(cid) if !cid.is_empty() => {
            let at = source.below(cid.len());
            cid[at] ^= 1;
        }
        other => *other = if source.flag() { Cbor::Null } else { Cbor::List(Vec::new()) },
    }
}

/// A name or a signed note as text, changed as people change texts: another case, a sign, a blank, a line end.
#[must_use]
pub fn misspell(source: &mut ByteSource<'_>) -> String {
    let checkpoint =
        Checkpoint { origin: origin(), size: source.number(), root: Hash::digest(&[source.byte()]) };
    let text = match source.below(6) {
        0 => source.member().to_string(),
        1 => source.id().to_string(),
        2 => format!("module:{}", source.id()),
        3 => source.owner().to_string(),
        4 => source.unit().to_string(),
        _ => checkpoint.sign(key(0)),
    };
    let at = source.index(text.len() + 1);
    if !text.is_char_boundary(at) {
        return text;
    }
    let (before, after) = text.split_at(at);
    match source.below(5) {
        0 => text,
        1 => text.to_uppercase(),
        2 => text.to_lowercase(),
        3 => text.replacen('\n', "\r\n", source.below(5)),
        _ => format!(
            "{before}{}{after}",
            source.pick(&["+", "0", " ", "\n", "\r", "=", "A", "\u{2014} x y\n"])
        ),
    }
}

/// Bytes for a check: what a fuzzer would give it.
#[derive(Clone, PartialEq, Eq)]
pub struct Input(pub Vec<u8>);

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A failing case can be written to a corpus from this.
        f.write_str(&icn_core::name::hex(&self.0))
    }
}

/// Any bytes, up to so many.
pub fn bytes(len_max: usize) -> impl Strategy<Value = Input> {
    prop::collection::vec(any::<u8>(), 0..=len_max).prop_map(Input)
}

fn from_bytes<T: std::fmt::Debug>(
    len_max: usize,
    make: impl Fn(&mut ByteSource<'_>) -> T,
) -> impl Strategy<Value = T> {
    bytes(len_max).prop_map(move |input| make(&mut ByteSource::new(&input.0)))
}

/// Any invocation.
pub fn invocations() -> impl Strategy<Value = Invocation> {
    from_bytes(128, |source| source.invocation())
}
/// Any receipt.
pub fn receipts() -> impl Strategy<Value = Receipt> {
    from_bytes(256, |source| source.receipt())
}
/// Any policy.
pub fn policies() -> impl Strategy<Value = Policy> {
    from_bytes(256, |source| source.policy())
}
/// Any node.
pub fn nodes() -> impl Strategy<Value = Node> {
    from_bytes(96, |source| source.node())
}
/// Any ledger operation.
pub fn ledger_ops() -> impl Strategy<Value = LedgerOp> {
    from_bytes(96, |source| source.ledger_op())
}
