//! The scope that benched guests are called in: 10 000 keys, and a ledger that answers at once, so that the actors'
//! mailboxes are in no figure.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::FutureExt as _;
use icn_core::block::{Capability, GrantLimits, Install, Issue, Node, NodeTag, Operation, Policy, PolicyTag};
use icn_core::encode::Block;
use icn_core::ledger::{Actor, HoldState, Ledger, LedgerRefusal};
use icn_core::limits;
use icn_core::name::{BlockId, Codec, Did, HoldId, Origin, Owner, Unit};
use icn_core::rules::PolicyInForce;
use icn_core::state::State;
use icn_sandbox::{Call, LedgerPort, PortAnswer};

/// Keys of the scope's state.
const KEYS: usize = 10_000;

struct Port {
    ledger: Ledger,
    scope: Did,
}

impl LedgerPort for Port {
    fn stage(&mut self, operation: Operation) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        let answer = self.ledger.stage(self.scope, TIME_MS, &Actor::default(), operation);
        futures::future::ready(Ok(answer)).boxed()
    }
    fn authorize(
        &mut self,
        owner: Owner,
        unit: Unit,
        amount: u64,
    ) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        let (scope, nobody) = (self.scope, Actor::default());
        let answer = self.ledger.authorize_staged(scope, TIME_MS, &nobody, (owner, unit), amount);
        futures::future::ready(Ok(answer)).boxed()
    }
    fn balance(&mut self, owner: Owner, unit: Unit) -> PortAnswer<'_, i128> {
        futures::future::ready(Ok(self.ledger.balance_staged(self.scope, TIME_MS, &owner, &unit))).boxed()
    }
    fn open_hold(&mut self, id: HoldId) -> PortAnswer<'_, Option<HoldState>> {
        futures::future::ready(Ok(self.ledger.open_hold(self.scope, TIME_MS, &id))).boxed()
    }
}

/// The time that guests are told.
const TIME_MS: u64 = 1_700_000_000_000;

/// Bytes of the larger of the two nodes.
pub(crate) const LARGE_NODE_BYTES: usize = limits::NODE_BYTES_MAX;

/// A node of the scope whose payload has so many bytes.
pub(crate) fn node(payload_bytes: usize) -> Block {
    node_of(payload_bytes, 0)
}

/// The same, with so many parents.
pub(crate) fn node_of(payload_bytes: usize, parents: usize) -> Block {
    let parents = vec![BlockId::of(Codec::DagCbor, b"a parent"); parents];
    Block::encode(&Node {
        typ: NodeTag,
        scope: Did::from_key([2; 32]),
        module: BlockId::of(Codec::Raw, b"the bench's guest"),
        parents,
        payload: vec![7; payload_bytes],
    })
}

/// The scope.
pub(crate) struct World {
    pub(crate) state: Arc<State>,
    pub(crate) module: BlockId,
}

impl World {
    /// With 10 000 keys of a hundred bytes, and one of the largest value.
    pub(crate) fn new() -> Self {
        let module = BlockId::of(Codec::Raw, b"the bench's guest");
        let mut state = State::default();
        for n in 0..KEYS {
            state.set(module, format!("key {n:06}").into_bytes(), Some(vec![7; 100]));
        }
        state.set(module, b"x".to_vec(), Some(vec![7; limits::VALUE_BYTES_MAX]));
        // Keys of four bytes for those that delete.
        for n in 1..=4096u32 {
            state.set(module, n.to_be_bytes().to_vec(), Some(vec![7; 100]));
        }
        for payload in [4, LARGE_NODE_BYTES] {
            state.keep_node(Arc::new(node(payload)));
        }
        state.keep_node(Arc::new(node_of(4, limits::NODE_PARENTS_MAX)));
        Self { state: Arc::new(state), module }
    }

    /// A call that gives the guest its count of rounds.
    pub(crate) fn call(&self, rounds: u32) -> Call {
        let (caller, scope) = (Did::from_key([1; 32]), Did::from_key([2; 32]));
        let unit = Unit::parse("H").expect("a unit");
        let policy = Policy {
            typ: PolicyTag,
            delegations: Vec::new(),
            log: Origin::parse("icn.example/log").expect("an origin"),
            scope,
            seq: 0,
            prev: None,
            time: 0,
            name: "a bench".into(),
            admins: Vec::new(),
            roles: BTreeMap::new(),
            modules: vec![Install {
                module: self.module,
                capabilities: Capability::ALL
                    .into_iter()
                    .chain(
                        ["issue:Membership", "revoke:Membership"]
                            .map(|name| Capability::parse(name).expect("a capability")),
                    )
                    .collect(),
                entries: BTreeMap::new(),
            }],
            token: Some(unit.clone()),
            grant: GrantLimits {
                fuel: limits::FUEL_PER_INVOCATION_MAX,
                memory: limits::MEMORY_PAGES_MAX,
                network: limits::NETWORK_BYTES_MAX,
            },
            issue: Vec::new(),
            counterparts: Vec::new(),
        };
        let mut ledger = Ledger::default();
        let issue = Issue { unit, to: Owner::Member(caller), amount: 1_000_000 };
        ledger.issue(scope, &[issue]).expect("issued");
        let id = BlockId::of(Codec::DagCbor, b"policy");
        Call {
            // The state's keys belong to this module, whichever variant runs.
            module: self.module,
            entry: "run".into(),
            input: rounds.to_le_bytes().to_vec(),
            caller,
            policy: Arc::new(PolicyInForce::new(id, policy, BTreeMap::new()).expect("a policy")),
            fuel: limits::FUEL_PER_INVOCATION_MAX,
            time: TIME_MS,
            seed: [9; 32],
            state: self.state.clone(),
            storage_left: 1 << 40,
            ledger: Box::new(Port { ledger, scope }),
            recorder: None,
        }
    }
}
