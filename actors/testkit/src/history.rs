//! Whole logs: written through the machines as a host does it, read back as an auditor does it, and then
//! spoiled in one place, which the auditor must notice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use icn_core::block::{
    Anchor, Capability, Entry, GrantLimits, HostBlock, HostTag, Install, Invocation, InvocationTag, Issue,
    Node, NodeTag, Operation, Outcome, Payload, Policy, PolicyTag, Receipt, Staged, Trap, TrapKind, Usage,
};
use icn_core::encode::{Block, Domain, Envelope};
use icn_core::fold::{Chain, Divergence, Fold, Prepared, Trust};
use icn_core::ledger::{Actor, Booking, Ledger};
use icn_core::limits;
use icn_core::name::{
    AccountId, BlockId, Bytes, Codec, Did, Hash, HoldId, Owner, Unit, hold_id, random_seed,
};
use icn_core::rules::gate::Request;
use icn_core::rules::{PolicyInForce, RefusalCode, gate};
use icn_core::state::{StateTree, storage_bytes};

use crate::generate::{ByteSource, did, engine, key, origin, raw_id, token};
use crate::oracle::{self, Values};
use crate::plain::Transfer;

/// Invocations of one history, at most.
const RUNS_MAX: usize = 24;
/// Who signs as the host, and as the scope.
const HOST: usize = 6;
const SCOPE: usize = 7;
/// Fuel limit of every invocation.
const FUEL: u64 = 10_000;
const START_MS: u64 = 1_700_000_000_000;

/// A host with one scope, and the log that it has written.
struct Writer {
    chain: Chain,
    ledger: Ledger,
    values: Values,
    nodes: Vec<BlockId>,
    used: BTreeSet<u8>,
    now_ms: u64,
    /// Position of each entry, and the entry.
    log: Vec<(u64, Entry)>,
    size: u64,
}

fn policy() -> Policy {
    let issue = |unit, to, amount| Issue { unit, to, amount };
    Policy {
        typ: PolicyTag,
        delegations: Vec::new(),
        log: origin(),
        scope: did(SCOPE),
        seq: 0,
        prev: None,
        time: START_MS,
        name: "a city".to_owned(),
        admins: vec![did(0)],
        roles: BTreeMap::new(),
        modules: vec![Install {
            module: raw_id(0),
            capabilities: Capability::ALL.into_iter().collect(),
            entries: BTreeMap::from([
                ("run".to_owned(), "anyone".to_owned()),
                ("rule".to_owned(), "admin".to_owned()),
            ]),
        }],
        token: Some(token(0)),
        grant: GrantLimits { fuel: FUEL, memory: 16, network: 64 },
        issue: vec![
            issue(Unit::fuel(), Owner::Treasury, 12 * FUEL),
            issue(Unit::memory(), Owner::Treasury, 200),
            issue(Unit::network(), Owner::Treasury, 400),
            issue(Unit::storage(), Owner::Treasury, 40),
            issue(token(0), Owner::Treasury, 100),
            issue(token(0), Owner::Member(did(0)), 100),
            issue(token(1), Owner::Member(did(1)), i64::MAX.cast_unsigned()),
        ],
        counterparts: Vec::new(),
    }
}

/// What a run asks for, before anybody has said yes to it.
struct Wish {
    outcome: Outcome,
    fuel: u64,
    usage: Usage,
    writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Payments, of which the sandbox makes what a guest may ask for.
    thoughts: Vec<Transfer>,
    payloads: Vec<(Vec<u8>, Vec<usize>)>,
    topics: Vec<(usize, String)>,
    abandoned: bool,
}

impl Wish {
    fn read(source: &mut ByteSource<'_>) -> Self {
        // What returns 0 has not failed.
        let outcome = match source.outcome() {
            Outcome::Failed(0) => Outcome::Ok,
            outcome => outcome,
        };
        // A trap consumes the whole grant.
        let fuel = if matches!(outcome, Outcome::Trapped(_)) { FUEL } else { u64::from(source.byte()) * 39 };
        Self {
            outcome,
            fuel,
            usage: Usage { memory: source.below(17) as u64, network: source.below(65) as u64, storage: 0 },
            writes: source
                .list(4, |s| (s.short(2), (!s.once_in(3)).then(|| s.short(6))))
                .into_iter()
                .filter(|(key, _)| !key.is_empty())
                .collect(),
            thoughts: source.list(4, ByteSource::transfer),
            payloads: source.list(3, |s| (s.short(4), s.list(2, |s| s.below(8)))),
            topics: source.list(2, |s| (s.below(8), s.text(3))),
            abandoned: source.once_in(8),
        }
    }
}

impl Writer {
    fn open() -> Self {
        let host = HostBlock { typ: HostTag, log: origin(), host: did(HOST), time: START_MS };
        let policy = policy();
        let payload = Block::encode(&policy);
        let envelope = key(SCOPE).seal(Domain::Policy, &payload).to_block();
        #[expect(clippy::expect_used, reason = "constants that are sound")]
        let (chain, ledger) = {
            let in_force = PolicyInForce::new(envelope.id(), policy.clone(), BTreeMap::new());
            let chain = Chain::open(Arc::new(in_force.expect("a sound policy"))).expect("a first policy");
            let mut ledger = Ledger::default();
            ledger.issue(did(SCOPE), &policy.issue).expect("amounts that fit");
            (chain, ledger)
        };
        let (used, nodes) = (BTreeSet::new(), Vec::new());
        let mut writer = Self {
            chain,
            ledger,
            values: Values::new(),
            nodes,
            used,
            now_ms: START_MS,
            log: vec![],
            size: 0,
        };
        let first = Block::encode(&host);
        let signed = key(HOST).seal(Domain::Host, &first).to_block();
        writer.append(Entry { leaves: vec![signed.id()], blocks: vec![first, signed] });
        let module = Block::new(Codec::Raw, vec![0]);
        writer.append(Entry { leaves: vec![envelope.id()], blocks: vec![payload, envelope, module] });
        writer
    }

    fn append(&mut self, entry: Entry) {
        let leaves = entry.leaves.len() as u64;
        self.log.push((self.size, entry));
        self.size += leaves;
    }

    /// One invocation, from the gate to the log.
    fn run(&mut self, source: &mut ByteSource<'_>) {
        let caller = source.below(4);
        let id = source.byte();
        self.now_ms += u64::from(source.byte());
        let ahead =
            if source.once_in(8) { limits::EXPIRY_AHEAD_MS_MAX } else { 1 + source.below(200) as u64 };
        let invocation = Invocation {
            typ: InvocationTag,
            log: origin(),
            scope: did(SCOPE),
            module: raw_id(0),
            entry: "run".to_owned(),
            input: source.short(4),
            fuel: FUEL,
            id: Bytes([id; 16]),
            expires: self.now_ms + ahead,
            caller: did(caller),
        };
        let request = Request::sign(&invocation, key(caller));
        let policy = self.chain.policy().clone();
        let admitted = gate::admit(request, &origin(), self.now_ms, |_| Some(policy));
        #[expect(clippy::expect_used, reason = "a request that is sound")]
        let (_, payload, envelope) = admitted.expect("a sound request").into_blocks();
        // It waits in a mailbox, and the wall clock is what it is.
        let waited = self.now_ms + source.below(64) as u64;
        let clock = if source.once_in(4) { self.now_ms - source.below(64) as u64 } else { waited };
        let time = self.chain.next_time(&invocation, clock);
        let replayed = self.used.contains(&id);
        assert_eq!(
            time.as_ref().err().is_some_and(|refusal| refusal.code == RefusalCode::Replayed),
            replayed,
            "an id is applied at most once: {time:?}"
        );
        let Ok(time) = time else { return };
        let wish = Wish::read(source);
        let seed = random_seed(&envelope.id(), &self.chain.head());
        let Some(staged) = self.stage(&wish, &invocation, time, &seed) else { return };
        let root = self.chain.root();
        let engine = Block::encode(&engine());
        let storage = staged.usage.storage;
        let draft = self.chain.draft(&invocation, envelope.id(), engine.id(), time, staged, Vec::new());
        assert_eq!(draft.receipt().root, self.chain.root());
        if wish.abandoned {
            self.chain.abort(raw_id(0), draft);
            assert_eq!(self.chain.root(), root, "an abandoned draft leaves the tree as it was");
            self.ledger.void(&did(SCOPE));
            return;
        }
        let receipt = draft.payload().clone();
        let signed = key(SCOPE).seal(Domain::Receipt, &receipt).to_block();
        let mut leaves = vec![signed.id()];
        leaves.extend(draft.receipt().anchors.iter().map(|anchor| anchor.0));
        let mut blocks = vec![payload, envelope, receipt, signed.clone(), engine];
        blocks.extend(draft.nodes().iter().cloned());
        let receipt = self.chain.commit(raw_id(0), draft, signed.id());
        let booked =
            self.ledger.post(&Booking::of_receipt(&receipt, &Actor::default()), receipt.outcome.is_ok());
        assert!(booked.is_ok(), "what was set aside is booked: {booked:?}: {receipt:?}");
        assert_eq!(self.ledger.imbalances(), [], "debits equal credits: {receipt:?}");
        let storage_account = AccountId { scope: did(SCOPE), owner: Owner::Treasury, unit: Unit::storage() };
        let left = self.ledger.account(&storage_account).unwrap_or_default().balance();
        assert_eq!(left, i128::from(self.chain.storage_left()), "storage {storage} is charged once");
        self.used.insert(id);
        self.nodes.extend(&receipt.nodes);
        for icn_core::block::Write(key, value) in &receipt.writes {
            let place = (raw_id(0), key.clone());
            match value {
                Some(value) => self.values.insert(place, value.to_vec()),
                None => self.values.remove(&place),
            };
        }
        assert_eq!(receipt.root, oracle::state_root(&self.values), "the root is that of the values");
        assert_eq!(self.chain.root(), receipt.root);
        self.append(Entry { leaves, blocks });
    }

    /// What the sandbox would make of a payment that a guest thinks of: the debit is the caller's, the module's, the
    /// treasury's or the issuance's; a hold has this name, and one that is open is ended.
    fn asked(&self, thought: &Transfer, caller: Did, time: u64, next: HoldId) -> Option<Operation> {
        let (scope, module) = (did(SCOPE), raw_id(0));
        let Transfer { from, to, unit, amount, terms } = thought.clone();
        let from = match from {
            Owner::Hold(_) => {
                let open = self.ledger.books().holds;
                let at = usize::try_from(amount % 251).unwrap_or(0) % open.len().max(1);
                let (_, id, _) = open.get(at)?;
                let paid = amount.min(self.ledger.open_hold(scope, time, id)?.amount);
                return Some(match paid {
                    0 => Operation::Void { id: *id },
                    paid => Operation::Settle { id: *id, amount: paid },
                });
            }
            Owner::Member(_) => Owner::Member(caller),
            Owner::Module(_) => Owner::Module(module),
            Owner::Treasury | Owner::Issuance => from,
            Owner::Name(_) | Owner::Consumed | Owner::Owed(_) | Owner::Claim(_) => return None,
        };
        Some(match terms {
            None => Operation::transfer(from, to, unit, amount),
            Some(terms) => {
                let deadline = time + 1 + terms.deadline % 512;
                Operation::Hold { id: next, from, to: terms.to, unit, amount, deadline, module }
            }
        })
    }

    /// What is staged of a wish: what ledger and limits allow. None when its grant is not covered.
    fn stage(&mut self, wish: &Wish, invocation: &Invocation, time: u64, seed: &[u8; 32]) -> Option<Staged> {
        let scope = did(SCOPE);
        let charges = [
            (Unit::fuel(), wish.fuel),
            (Unit::memory(), wish.usage.memory),
            (Unit::network(), wish.usage.network),
        ];
        for (unit, amount) in charges {
            self.ledger.draw(scope, &unit, amount, amount).ok()?;
        }
        let mut journal: Vec<Operation> = Vec::new();
        let mut placed = 0;
        for thought in &wish.thoughts {
            let Some(operation) = self.asked(thought, invocation.caller, time, hold_id(seed, placed)) else {
                continue;
            };
            if self.ledger.stage(scope, time, &Actor::default(), operation.clone()).is_ok() {
                placed += u64::from(matches!(operation, Operation::Hold { .. }));
                journal.push(operation);
            }
        }
        if !wish.outcome.is_ok() {
            let output =
                if matches!(wish.outcome, Outcome::Failed(_)) { b"why".to_vec() } else { Vec::new() };
            let pages = wish.usage.memory;
            let staged = Staged::without_effects(wish.outcome.clone(), wish.fuel, pages, output, None);
            return Some(staged);
        }
        let (state, module) = (self.chain.state().clone(), raw_id(0));
        let before = |key: &[u8]| state.get(&module, key).map(|v| v.to_vec());
        let cost = |(key, value): (&Vec<u8>, &Option<Vec<u8>>)| {
            storage_bytes(key, value.as_deref()) - storage_bytes(key, before(key).as_deref())
        };
        let storage: i64 = wish.writes.iter().map(cost).sum();
        let covered = storage <= self.chain.storage_left();
        let mut nodes: Vec<Block> = Vec::new();
        for (payload, parents) in &wish.payloads {
            let known: Vec<BlockId> = self.nodes.iter().copied().chain(nodes.iter().map(Block::id)).collect();
            let parents = parents.iter().filter_map(|at| known.get(*at).copied()).collect();
            let node = Node { typ: NodeTag, scope, module, parents, payload: payload.clone() };
            let block = Block::encode(&node);
            if !known.contains(&block.id()) {
                nodes.push(block);
            }
        }
        let known: Vec<BlockId> = nodes.iter().map(Block::id).chain(self.nodes.iter().copied()).collect();
        let anchor = |(at, topic): &(usize, String)| known.get(*at).map(|id| Anchor(*id, topic.clone()));
        Some(Staged {
            outcome: Outcome::Ok,
            fuel: wish.fuel,
            usage: Usage { storage: if covered { storage } else { 0 }, ..wish.usage },
            output: Vec::new(),
            logged: Some(Hash::digest(b"log")),
            writes: if covered { wish.writes.clone() } else { BTreeMap::new() },
            journal,
            anchors: wish.topics.iter().filter_map(anchor).collect(),
            nodes,
        })
    }
}

/// Reads a log as an auditor does; gives the fold, or the first thing that is wrong.
fn audit<'e>(log: impl IntoIterator<Item = (u64, &'e Entry)>) -> Result<Fold, Divergence> {
    let mut fold = Fold::default();
    for (position, entry) in log {
        let prepared = Prepared::read(position, entry.clone(), Trust::Nobody)?;
        fold.apply(prepared, None)?;
    }
    Ok(fold)
}

/// A history that a host wrote is read to the same balances, roots and heads; a history that was spoiled in
/// one entry is refused, and at no later place than that entry.
pub fn check_history(bytes: &[u8]) {
    let mut source = ByteSource::new(bytes);
    // What is spoiled comes first, so that the history can grow without changing it.
    let spoiled = source.take(12).to_vec();
    let mut writer = Writer::open();
    for _ in 0..RUNS_MAX {
        if source.is_empty() {
            break;
        }
        writer.run(&mut source);
    }
    let log = &writer.log;
    let fold = audit(log.iter().map(|(position, entry)| (*position, entry)));
    #[expect(clippy::panic, reason = "a failed check")]
    let fold = fold.unwrap_or_else(|divergence| panic!("what a host writes is refused: {divergence}"));
    let read = &fold.chains()[&did(SCOPE)];
    let of = |chain: &Chain| {
        let mut parts = chain.parts();
        parts.nodes.sort();
        (parts, chain.root())
    };
    assert_eq!(of(read), of(&writer.chain), "the fold's chain is the host's");
    assert_eq!(fold.ledger().books(), writer.ledger.books(), "the fold's books are the host's");
    assert_eq!(fold.log().size(), writer.size);
    assert_eq!(StateTree::of(read.state()).root(), oracle::state_root(&writer.values));
    let again = Chain::from_parts(read.policy().clone(), read.parts(), fold.ledger());
    assert_eq!(of(&again), of(read), "a snapshot is read as it was written");
    for chain in [&again, &writer.chain] {
        assert_eq!(
            chain.expiries(u64::MAX),
            read.expiries(u64::MAX),
            "every open hold is known to the chain"
        );
    }
    let leaves: Vec<&[u8]> =
        log.iter().flat_map(|(_, entry)| &entry.leaves).map(|id| &id.as_bytes()[..]).collect();
    assert_eq!(fold.log().frontier().root(), oracle::merkle_root(&leaves));
    spoil(&mut ByteSource::new(&spoiled), log);
}

/// Changes one entry, or the order, so that the log is not one that a host writes.
fn spoil(source: &mut ByteSource<'_>, log: &[(u64, Entry)]) {
    let at = source.below(log.len());
    let (position, entry) = &log[at];
    let mut changed = entry.clone();
    let what = match source.below(12) {
        0 => {
            // Every block of an entry is needed, but for an engine that was described before.
            let out = source.below(changed.blocks.len());
            if changed.blocks[out] == Block::encode(&engine()) && at > 2 {
                return;
            }
            // A block may be in an entry twice: its node and another run's are one.
            let out = changed.blocks[out].id();
            changed.blocks.retain(|block| block.id() != out);
            "a missing block"
        }
        1 => {
            let out = source.below(changed.blocks.len());
            let block = &changed.blocks[out];
            if *block == Block::encode(&engine()) && at > 2 {
                return;
            }
            let mut bytes = block.bytes().to_vec();
            let bit = source.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            changed.blocks[out] = Block::new(block.id().codec(), bytes);
            "a flipped bit"
        }
        2 => {
            match source.below(3) {
                0 => changed.leaves.clear(),
                1 => changed.leaves.push(changed.leaves[0]),
                _ => changed.leaves.insert(0, raw_id(source.byte())),
            }
            "other leaves"
        }
        3 => {
            // Repeated, or left out before another: in both the entry after it is not the next.
            let order: Vec<usize> = match source.flag() {
                true => (0..=at).chain(at..log.len()).collect(),
                false if at + 1 < log.len() => (0..at).chain(at + 1..log.len()).collect(),
                false => return,
            };
            let mut size = 0;
            let entries: Vec<(u64, &Entry)> = order
                .into_iter()
                .map(|n| {
                    let position = size;
                    size += log[n].1.leaves.len() as u64;
                    (position, &log[n].1)
                })
                .collect();
            let verdict = audit(entries);
            assert!(verdict.is_err(), "entry {at} repeated or left out");
            return;
        }
        4 => {
            let entries = log[..=at].iter().map(|(position, entry)| (*position, entry));
            let shifted =
                entries.map(|(position, entry)| (position + u64::from(position == log[at].0), entry));
            assert!(audit(shifted).is_err(), "entry {at} read from another position");
            return;
        }
        5 => {
            forge(&mut changed, log[at].1.leaves[0]);
            "another's signature"
        }
        _ => {
            let Some(lie) = lie(source, &mut changed, &log[2..at.max(2)]) else { return };
            lie
        }
    };
    let before = log[..at].iter().map(|(position, entry)| (*position, entry));
    let verdict = audit(before.chain([(*position, &changed)]));
    let found = verdict.map(|_| ()).map_err(|divergence| divergence.position);
    assert_eq!(found, Err(*position), "entry {at} with {what} passed: {changed:?}");
}

/// The entry's first envelope, signed by somebody else.
fn forge(entry: &mut Entry, first: BlockId) {
    let envelope = entry.block(&first).and_then(|block| Envelope::from_bytes(block.bytes()).ok());
    let payload = envelope.and_then(|envelope| entry.block(&envelope.payload())).cloned();
    let Some(payload) = payload else { return };
    let domain = match Payload::kind(payload.bytes()) {
        Some("icn/host/v1") => Domain::Host,
        Some("icn/policy/v1") => Domain::Policy,
        _ => Domain::Receipt,
    };
    let forged = key(5).seal(domain, &payload).to_block();
    entry.leaves[0] = forged.id();
    entry.blocks.push(forged);
}

/// A receipt that its scope signs although it is not what the chain gives.
fn lie(source: &mut ByteSource<'_>, entry: &mut Entry, past: &[(u64, Entry)]) -> Option<&'static str> {
    let is_receipt = |block: &&Block| Receipt::from_bytes(block.bytes()).is_ok();
    let mut receipt =
        entry.blocks.iter().find(is_receipt).and_then(|b| Receipt::from_bytes(b.bytes()).ok())?;
    let transfer = Operation::transfer;
    let seed = random_seed(&receipt.invocation, &receipt.prev);
    let placed = receipt.journal.iter().filter(|op| matches!(op, Operation::Hold { .. })).count() as u64;
    let hold = |from, id, deadline, module| {
        let (to, unit) = (Owner::Name("payee".into()), token(0));
        Operation::Hold { id, from, to, unit, amount: 1, deadline, module }
    };
    let (next, nobody) = (hold_id(&seed, placed), Bytes([9; 16]));
    let (time, expiries) = (receipt.time, Operation::parts(&receipt.journal).0.len());
    let what = match source.below(29) {
        0 => {
            receipt.seq += 1;
            "a skipped sequence"
        }
        1 => {
            receipt.prev = raw_id(1);
            "another block before"
        }
        2 => {
            receipt.time = START_MS - 1;
            "an earlier time"
        }
        3 => {
            receipt.fuel = FUEL + 1;
            "more fuel than its limit"
        }
        4 => {
            receipt.root.0[source.below(32)] ^= 1;
            "another root"
        }
        5 => {
            receipt.usage.storage += 1;
            "storage that was not used"
        }
        6 => {
            receipt.journal.push(transfer(Owner::Treasury, Owner::Member(did(5)), token(0), 1_000_000));
            "money that is not there"
        }
        7 => {
            receipt.journal.push(transfer(Owner::Issuance, Owner::Consumed, token(0), 1));
            "money out of nothing, to nobody"
        }
        8 => {
            receipt.journal.push(transfer(Owner::Treasury, Owner::Member(did(5)), Unit::fuel(), 1));
            "a resource that moves"
        }
        9 => {
            receipt.nodes.push(raw_id(1));
            "a node that is not there"
        }
        10 => {
            receipt.anchors.push(Anchor(raw_id(1), String::new()));
            entry.leaves.push(raw_id(1));
            "an anchor of nothing"
        }
        11 => {
            receipt.usage.memory = 17;
            "more memory than its grant"
        }
        12 if !receipt.writes.is_empty() || !receipt.asked().is_empty() || !receipt.nodes.is_empty() => {
            receipt.outcome = Outcome::Failed(1);
            "a failure with effects"
        }
        13 => {
            // Its invocation is signed by another than its caller.
            let invocation = Envelope::from_bytes(entry.block(&receipt.invocation)?.bytes()).ok()?;
            let payload = entry.block(&invocation.payload())?.clone();
            let forged = key(5).seal(Domain::Invocation, &payload).to_block();
            receipt.invocation = forged.id();
            entry.blocks.push(forged);
            "an invocation that its caller did not sign"
        }
        14 if !past.is_empty() => {
            // An invocation that was applied before, which its caller did sign.
            let (_, before) = source.pick(past);
            let applied = before.blocks.iter().find(is_receipt)?;
            let invocation = Receipt::from_bytes(applied.bytes()).ok()?.invocation;
            receipt.invocation = invocation;
            entry.blocks.extend(before.blocks.iter().cloned());
            "an invocation for the second time"
        }
        15 if receipt.outcome.is_ok() => {
            let node = Node {
                typ: NodeTag,
                scope: did(SCOPE),
                module: raw_id(0),
                parents: vec![raw_id(1)],
                payload: Vec::new(),
            };
            let block = Block::encode(&node);
            receipt.nodes.push(block.id());
            entry.blocks.push(block);
            "a node without its parents"
        }
        17 if receipt.fuel < FUEL => {
            let trap = Trap { kind: TrapKind::Unreachable, detail: String::new() };
            receipt.outcome = Outcome::Trapped(trap);
            "a trap that did not cost its whole grant"
        }
        16 if receipt.outcome.is_ok() => {
            let mut node = Node {
                typ: NodeTag,
                scope: did(SCOPE),
                module: raw_id(0),
                parents: Vec::new(),
                payload: b"somebody's".to_vec(),
            };
            node.scope = did(0);
            let block = Block::encode(&node);
            receipt.nodes.push(block.id());
            entry.blocks.push(block);
            "another scope's node"
        }
        19 => {
            let payload = Envelope::from_bytes(entry.block(&receipt.invocation)?.bytes()).ok()?.payload();
            let caller = Invocation::from_bytes(entry.block(&payload)?.bytes()).ok()?.caller;
            let (other, unit) = if caller == did(1) { (did(0), token(0)) } else { (did(1), token(1)) };
            receipt.journal.push(transfer(Owner::Member(other), Owner::Treasury, unit, 1));
            "another member's money"
        }
        20 => {
            receipt.journal.push(hold(Owner::Issuance, next, time + 1, raw_id(0)));
            "a hold of what nobody had"
        }
        21 => {
            receipt.journal.push(hold(Owner::Treasury, next, time + 1, raw_id(1)));
            "a hold that another module may settle"
        }
        22 => {
            receipt.journal.push(hold(Owner::Treasury, next, time, raw_id(0)));
            "a hold that is over"
        }
        23 => {
            receipt.journal.push(hold(Owner::Treasury, nobody, time + 1, raw_id(0)));
            "a hold with a name of its own choice"
        }
        24 => {
            receipt.journal.push(Operation::Settle { id: nobody, amount: 1 });
            "a payment out of no hold"
        }
        25 if expiries > 0 => {
            receipt.journal.remove(0);
            "an expiry that was left out"
        }
        26 if expiries > 1 => {
            receipt.journal.swap(0, 1);
            "expiries in another order"
        }
        27 => {
            receipt.journal.insert(expiries, Operation::Expire { id: nobody });
            "an expiry of no hold"
        }
        28 if expiries > 0 && receipt.outcome.is_ok() => {
            let first = receipt.journal.remove(0);
            receipt.journal.push(first);
            "an expiry behind something else"
        }
        _ if receipt.writes.len() > 1 => {
            receipt.writes.reverse();
            "writes in another order"
        }
        _ => return None,
    };
    let payload = Block::encode(&receipt);
    let signed = key(SCOPE).seal(Domain::Receipt, &payload).to_block();
    // The scope is dishonest and signs well.
    let old = entry.leaves[0];
    for leaf in &mut entry.leaves {
        if *leaf == old {
            *leaf = signed.id();
        }
    }
    entry.blocks.retain(|block| block.id() != old);
    entry.blocks.extend([payload, signed]);
    Some(what)
}

/// The scope of every history here.
#[must_use]
pub fn scope() -> Did {
    did(SCOPE)
}
