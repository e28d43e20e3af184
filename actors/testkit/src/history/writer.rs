//! A host with one scope that writes a log: each invocation goes from the gate to the log through the real machines.
//!
//! The writer asserts as it goes that ids are applied once, that books balance, and that roots are those of the values.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use icn_core::block::{Entry, HostBlock, HostTag, Invocation, InvocationTag};
use icn_core::encode::{Block, Domain};
use icn_core::fold::Chain;
use icn_core::ledger::{Actor, Booking, Ledger};
use icn_core::limits;
use icn_core::name::{AccountId, BlockId, Bytes, Codec, Owner, Unit, random_seed};
use icn_core::rules::gate::Request;
use icn_core::rules::{PolicyInForce, RefusalCode, gate};

use super::constants::{FUEL, HOST, SCOPE, START_MS};
use super::policy::policy;
use super::wish::Wish;
use crate::generate::{ByteSource, did, engine, key, origin, raw_id};
use crate::oracle;
use crate::oracle::Values;

/// A host with one scope, and the log that it has written.
pub(super) struct Writer {
    pub(super) chain: Chain,
    pub(super) ledger: Ledger,
    pub(super) values: Values,
    pub(super) nodes: Vec<BlockId>,
    used: BTreeSet<u8>,
    now_ms: u64,
    /// Position of each entry, and the entry.
    pub(super) log: Vec<(u64, Entry)>,
    pub(super) size: u64,
}

impl Writer {
    pub(super) fn open() -> Self {
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
    pub(super) fn run(&mut self, source: &mut ByteSource<'_>) {
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
}
