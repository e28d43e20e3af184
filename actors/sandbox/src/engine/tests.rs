//! What an engine's linkers really define, whatever the table of the ABI says.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;
use std::sync::Arc;

use icn_core::block::{GrantLimits, Operation, Policy, PolicyTag};
use icn_core::ledger::{HoldState, LedgerRefusal};
use icn_core::name::{BlockId, Codec, Did, HoldId, Origin, Owner, Unit};
use icn_core::rules::PolicyInForce;
use wasmtime::{Extern, Store, ValType};

use super::*;
use crate::contract::{FUNCTIONS, FunctionType};
use crate::guest::{Call, LedgerPort, PortAnswer, PortError};

/// Types of a function's parameters and results, where the ABI has them.
type Signature = (Vec<FunctionType>, Vec<FunctionType>);

#[test]
fn the_linker_defines_the_functions_of_the_table() {
    let engine = engine();
    let mut defined = BTreeMap::new();
    for (module, name, of) in linked(&engine, &engine.linker) {
        assert_eq!(module, "icn", "{name}");
        let of = of.unwrap_or_else(|| panic!("{name} is no function of i32 and i64"));
        assert!(defined.insert(name.clone(), of).is_none(), "{name} twice");
    }
    let table: BTreeMap<String, _> = FUNCTIONS
        .iter()
        .map(|(name, params, results)| ((*name).to_owned(), (params.to_vec(), results.to_vec())))
        .collect();
    assert_eq!(defined, table);
}

#[test]
fn the_profiling_linker_adds_the_profiler_alone() {
    let engine = engine();
    let added: Vec<_> = linked(&engine, &engine.profiling_linker)
        .into_iter()
        .filter(|(module, ..)| module != "icn")
        .map(|(module, name, _)| format!("{module}.{name}"))
        .collect();
    assert_eq!(added.len() + FUNCTIONS.len(), linked(&engine, &engine.profiling_linker).len());
    assert_eq!(
        std::collections::BTreeSet::from_iter(added),
        ["icn_profile.enter", "icn_profile.leave"].map(str::to_owned).into()
    );
}

fn engine() -> Engine {
    Engine::new(&EngineOptions { instances_max: 1, pooled: false, ..EngineOptions::default() }).unwrap()
}

/// Each name that a linker defines: its module and name, and its type, if it is a function of the table's types.
fn linked(engine: &Engine, linker: &Linker<Context>) -> Vec<(String, String, Option<Signature>)> {
    let mut store = Store::new(&engine.engine, Context::new(call_that_never_runs()));
    let items: Vec<(String, String, Extern)> = linker
        .iter(&mut store)
        .map(|(module, name, item)| (module.to_owned(), name.to_owned(), item))
        .collect();
    let types = |types: &mut dyn Iterator<Item = ValType>| -> Option<Vec<FunctionType>> {
        types
            .map(|value| match value {
                ValType::I32 => Some(FunctionType::I32),
                ValType::I64 => Some(FunctionType::I64),
                _ => None,
            })
            .collect()
    };
    items
        .into_iter()
        .map(|(module, name, item)| {
            let function = item.into_func().map(|function| function.ty(&store));
            let of = function.and_then(|ty| Some((types(&mut ty.params())?, types(&mut ty.results())?)));
            (module, name, of)
        })
        .collect()
}

/// The engine gives its definitions to a store alone, and a store has a call in it.
fn call_that_never_runs() -> Call {
    let nobody = Did::from_key([0; 32]);
    let module = BlockId::of(Codec::Raw, b"");
    let policy = Policy {
        typ: PolicyTag,
        delegations: Vec::new(),
        log: Origin::parse("nowhere").unwrap(),
        scope: nobody,
        seq: 0,
        prev: None,
        time: 0,
        name: "nobody's".to_owned(),
        admins: Vec::new(),
        roles: BTreeMap::new(),
        modules: Vec::new(),
        token: None,
        grant: GrantLimits { fuel: 0, memory: 0, network: 0 },
        issue: Vec::new(),
        counterparts: Vec::new(),
    };
    let policy = PolicyInForce::new(module, policy, BTreeMap::new()).unwrap();
    Call {
        module,
        entry: String::new(),
        input: Vec::new(),
        caller: nobody,
        policy: Arc::new(policy),
        fuel: 0,
        time: 0,
        seed: [0; 32],
        state: Arc::default(),
        storage_left: 0,
        ledger: Box::new(ClosedLedger),
        recorder: None,
    }
}

/// A ledger that answers nothing.
struct ClosedLedger;

fn closed<T: Send + 'static>() -> PortAnswer<'static, T> {
    Box::pin(futures::future::ready(Err(PortError::Closed)))
}

impl LedgerPort for ClosedLedger {
    fn stage(&mut self, _: Operation) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        closed()
    }
    fn authorize(&mut self, _: Owner, _: Unit, _: u64) -> PortAnswer<'_, Result<(), LedgerRefusal>> {
        closed()
    }
    fn balance(&mut self, _: Owner, _: Unit) -> PortAnswer<'_, i128> {
        closed()
    }
    fn open_hold(&mut self, _: HoldId) -> PortAnswer<'_, Option<HoldState>> {
        closed()
    }
}
