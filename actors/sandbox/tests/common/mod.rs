//! What the sandbox's tests share: guests from text, a scope to run them in, and a ledger in memory.
#![allow(dead_code, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex};

use futures::FutureExt as _;
use icn_core::block::{
    Capability, GrantLimits, Install, Invocation, Issue, Node, NodeTag, Operation, Outcome, Policy,
    PolicyTag, Staged, TrapKind,
};
use icn_core::encode::Block;
use icn_core::fold::Chain;
use icn_core::ledger::{Actor, HoldState, Ledger, LedgerRefusal};
use icn_core::limits;
use icn_core::name::{BlockId, Codec, Did, HoldId, Origin, Owner, Unit};
use icn_core::rules::PolicyInForce;
use icn_core::state::State;
use icn_sandbox::{
    Call, Engine, EngineOptions, LedgerPort, Module, PortAnswer, PortError, Rejected, RunError,
};

/// The caller of every call.
pub(crate) fn caller() -> Did {
    Did::from_key([1; 32])
}
/// The scope of every call.
pub(crate) fn scope() -> Did {
    Did::from_key([2; 32])
}
/// The scope's token.
pub(crate) fn token() -> Unit {
    Unit::parse("H").unwrap()
}
/// The time that guests are told.
pub(crate) const TIME_MS: u64 = 1_700_000_000_123;
/// Fuel enough for every guest here.
pub(crate) const FUEL: u64 = 200_000_000;
/// Bytes of storage that are left to the scope.
pub(crate) const STORAGE_LEFT: i64 = 4 << 20;

/// An engine that takes slots from its pool.
pub(crate) static POOLED: LazyLock<Engine> = LazyLock::new(|| engine(true));
/// An engine that maps everything anew.
pub(crate) static ON_DEMAND: LazyLock<Engine> = LazyLock::new(|| engine(false));

fn engine(pooled: bool) -> Engine {
    Engine::new(&EngineOptions { instances_max: 8, pooled, ..EngineOptions::default() }).unwrap()
}

/// Engines that differ in everything that no receipt may show, each with what it is.
pub(crate) static ENGINES: LazyLock<Vec<(String, Engine)>> = LazyLock::new(|| {
    let all = (0..8u8).map(|bits| (bits & 1 != 0, bits & 2 != 0, bits & 4 != 0));
    all.map(|(pooled, optimised, copy_on_write)| {
        let options = EngineOptions {
            instances_max: 4,
            pooled,
            optimised,
            copy_on_write,
            backtraces: !optimised,
            ..EngineOptions::default()
        };
        (format!("{options:?}"), Engine::new(&options).unwrap())
    })
    .collect()
});

/// A guest's bytes from its text.
pub(crate) fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// A raw block of a guest.
pub(crate) fn block(text: &str) -> Block {
    Block::new(Codec::Raw, wasm(text))
}

/// Compiles a guest on the pooled engine.
pub(crate) fn compile(text: &str) -> Module {
    Module::compile(&POOLED, &block(text)).unwrap()
}

/// Why a guest is refused, or nothing; compiled, so that the engine's own word counts too.
pub(crate) fn rejection(text: &str) -> Option<Rejected> {
    Module::compile(&POOLED, &block(text)).err()
}

/// The ledger of a run, and what it was asked.
#[derive(Debug, Default)]
pub(crate) struct Bank {
    pub(crate) ledger: Ledger,
    pub(crate) closed: bool,
}

/// A ledger in memory, for one run at a time.
#[derive(Debug, Clone)]
pub(crate) struct Port(pub(crate) Arc<Mutex<Bank>>);

impl Port {
    /// The caller has 100 H, the treasury 50.
    pub(crate) fn new() -> Self {
        let mut ledger = Ledger::default();
        let issue = |to, amount| Issue { unit: token(), to, amount };
        ledger.issue(scope(), &[issue(Owner::Member(caller()), 100), issue(Owner::Treasury, 50)]).unwrap();
        Self(Arc::new(Mutex::new(Bank { ledger, closed: false })))
    }
    /// A ledger whose host is going down.
    pub(crate) fn closed() -> Self {
        let port = Self::new();
        port.0.lock().unwrap().closed = true;
        port
    }
    /// What an account has for the running invocation.
    pub(crate) fn balance_of(&self, owner: &Owner) -> i128 {
        self.0.lock().unwrap().ledger.balance_staged(scope(), TIME_MS, owner, &token())
    }
}

impl Port {
    fn ask<T: Send + 'static>(&self, ask: impl FnOnce(&mut Ledger) -> T) -> PortAnswer<'static, T> {
        let mut bank = self.0.lock().unwrap();
        let answer = if bank.closed { Err(PortError::Closed) } else { Ok(ask(&mut bank.ledger)) };
        futures::future::ready(answer).boxed()
    }
}

impl LedgerPort for Port {
    fn stage(&mut self, operation: Operation) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        self.ask(|ledger| ledger.stage(scope(), TIME_MS, &Actor::default(), operation))
    }
    fn authorize(
        &mut self,
        owner: Owner,
        unit: Unit,
        amount: u64,
    ) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        let (nobody, account) = (Actor::default(), (owner, unit));
        self.ask(|ledger| ledger.authorize_staged(scope(), TIME_MS, &nobody, account, amount))
    }
    fn balance(&mut self, owner: Owner, unit: Unit) -> PortAnswer<'_, i128> {
        self.ask(|ledger| ledger.balance_staged(scope(), TIME_MS, &owner, &unit))
    }
    fn open_hold(&mut self, id: HoldId) -> PortAnswer<'_, Option<HoldState>> {
        self.ask(|ledger| ledger.open_hold(scope(), TIME_MS, &id))
    }
}

/// A scope to call a guest in; what differs between two calls.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) capabilities: BTreeSet<Capability>,
    pub(crate) grant: GrantLimits,
    pub(crate) token: Option<Unit>,
    pub(crate) input: Vec<u8>,
    pub(crate) fuel: u64,
    pub(crate) storage_left: i64,
    pub(crate) values: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) nodes: Vec<Block>,
    pub(crate) port: Port,
}

impl World {
    /// Every capability, an input, a value `k` and a node.
    pub(crate) fn new() -> Self {
        Self {
            capabilities: Capability::ALL
                .into_iter()
                .chain(["issue:Membership", "revoke:Membership"].map(|name| Capability::parse(name).unwrap()))
                .collect(),
            grant: GrantLimits { fuel: limits::FUEL_PER_INVOCATION_MAX, memory: 16, network: 1000 },
            token: Some(token()),
            input: b"the input".to_vec(),
            fuel: FUEL,
            storage_left: STORAGE_LEFT,
            values: vec![(b"k".to_vec(), b"value".to_vec())],
            nodes: vec![node(b"payload")],
            port: Port::new(),
        }
    }
    /// The same, without a capability.
    pub(crate) fn without(mut self, capability: Capability) -> Self {
        self.capabilities.remove(&capability);
        self
    }
    /// The same, with that fuel.
    pub(crate) fn fuel(mut self, fuel: u64) -> Self {
        self.fuel = fuel;
        self
    }
    /// The same, with that input.
    pub(crate) fn input(mut self, input: &[u8]) -> Self {
        self.input = input.to_vec();
        self
    }

    /// The call of an entry.
    pub(crate) fn call(&self, module: &Module, entry: &str) -> Call {
        let policy = Policy {
            typ: PolicyTag,
            delegations: Vec::new(),
            log: Origin::parse("icn.example/log").unwrap(),
            scope: scope(),
            seq: 0,
            prev: None,
            time: 0,
            name: "a test".into(),
            admins: Vec::new(),
            roles: BTreeMap::new(),
            modules: vec![Install {
                module: module.id(),
                capabilities: self.capabilities.clone(),
                entries: BTreeMap::new(),
            }],
            token: self.token.clone(),
            grant: self.grant,
            issue: Vec::new(),
            counterparts: Vec::new(),
        };
        let id = BlockId::of(Codec::DagCbor, b"policy");
        let mut state = State::default();
        for (key, value) in &self.values {
            state.set(module.id(), key.clone(), Some(value.clone()));
        }
        for node in &self.nodes {
            state.keep_node(Arc::new(node.clone()));
        }
        Call {
            module: module.id(),
            entry: entry.into(),
            input: self.input.clone(),
            caller: caller(),
            policy: Arc::new(PolicyInForce::new(id, policy, BTreeMap::new()).unwrap()),
            fuel: self.fuel,
            time: TIME_MS,
            seed: [9; 32],
            state: Arc::new(state),
            storage_left: self.storage_left,
            ledger: Box::new(self.port.clone()),
            recorder: None,
        }
    }

    /// Runs an entry.
    pub(crate) fn try_run(&self, module: &Module, entry: &str) -> Result<Staged, RunError> {
        futures::executor::block_on(module.run(self.call(module, entry)))
    }
    /// Runs an entry; the host makes no mistake.
    pub(crate) fn run(&self, module: &Module, entry: &str) -> Staged {
        self.try_run(module, entry).unwrap()
    }
}

/// A node of the scope, without parents.
pub(crate) fn node(payload: &[u8]) -> Block {
    Block::encode(&Node {
        typ: NodeTag,
        scope: scope(),
        module: BlockId::of(Codec::Raw, b"some module"),
        parents: Vec::new(),
        payload: payload.to_vec(),
    })
}

/// The kind of trap that ended a run, if one did.
pub(crate) fn trap(staged: &Staged) -> Option<TrapKind> {
    match &staged.outcome {
        Outcome::Trapped(trap) => Some(trap.kind),
        _ => None,
    }
}

/// Whether a run has no effects: nothing but its charge, its output and its log.
pub(crate) fn has_no_effects(staged: &Staged) -> bool {
    staged.writes.is_empty()
        && staged.journal.is_empty()
        && staged.nodes.is_empty()
        && staged.anchors.is_empty()
        && staged.usage.storage == 0
        && staged.usage.network == 0
}

/// Everything that a run says, to be compared with another's.
pub(crate) fn said(staged: &Staged) -> String {
    format!("{staged:?}")
}

/// Bytes as a text literal of the WebAssembly text format.
pub(crate) fn literal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

/// The receipt of a run as the first of a new scope's chain, to the byte. The world's state must be empty.
pub(crate) fn receipt(world: &World, module: &Module, entry: &str, staged: Staged) -> Vec<u8> {
    let call = world.call(module, entry);
    let mut chain = Chain::open(call.policy.clone()).unwrap();
    let id = icn_core::name::Bytes([3; 16]);
    let log = &call.policy.policy().log;
    let invocation = Invocation::new(log, scope(), module.id(), entry, call.input, id, caller(), u64::MAX)
        .with_fuel(call.fuel);
    let envelope = BlockId::of(Codec::DagCbor, b"envelope");
    let engine = POOLED.description().id();
    let draft = chain.draft(&invocation, envelope, engine, TIME_MS, staged, Vec::new());
    let bytes = draft.payload().bytes().to_vec();
    chain.abort(module.id(), draft);
    bytes
}
