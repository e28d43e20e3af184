//! Guests on bare wasmtime: a fresh pooled instance a run, and host functions that copy and do nothing else. What a guest
//! writes is given back and not kept.
#![allow(
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "a bench that cannot go on stops, and its numbers are small"
)]

use std::collections::HashMap;
use std::sync::Arc;

use wasmtime::{
    Caller, Config, Engine, InstanceAllocationStrategy, InstancePre, Linker, Module, PoolingAllocationConfig,
    Store,
};

const FUEL: u64 = 10_000_000_000;

/// What `open` kept: what every ballot reads.
pub(crate) type Values = Arc<HashMap<Vec<u8>, Vec<u8>>>;

/// A guest's store: input, output, one caller, and what `open` kept.
pub(crate) struct Bare {
    input: Vec<u8>,
    caller: String,
    values: Values,
    written: Vec<(Vec<u8>, Vec<u8>)>,
    output: Vec<u8>,
    memory: Option<wasmtime::Memory>,
}

/// What a run came to.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) written: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) output: Vec<u8>,
}

/// Calls an entry.
pub(crate) fn run(
    engine: &Engine,
    pre: &InstancePre<Bare>,
    values: &Values,
    input: &[u8],
    caller: &str,
    entry: &str,
) -> Ran {
    let data = Bare {
        input: input.to_vec(),
        caller: caller.to_owned(),
        values: values.clone(),
        written: Vec::new(),
        output: Vec::new(),
        memory: None,
    };
    let mut store = Store::new(engine, data);
    store.set_fuel(FUEL).expect("fuel");
    let instance = pre.instantiate(&mut store).expect("an instance");
    store.data_mut().memory = instance.get_memory(&mut store, "memory");
    let entry = instance.get_typed_func::<(), i32>(&mut store, entry).expect("the entry");
    let code = entry.call(&mut store, ()).expect("a run");
    let bare = store.into_data();
    Ran { code, written: bare.written, output: bare.output }
}

/// What the guest keeps when the election is opened.
pub(crate) fn opened(engine: &Engine, pre: &InstancePre<Bare>, election: &[u8]) -> Values {
    let ran = run(engine, pre, &Values::default(), election, "did:key:z", "open");
    assert_eq!(ran.code, 0, "{}", String::from_utf8_lossy(&ran.output));
    Arc::new(ran.written.into_iter().collect())
}

/// An engine, and a module whose imports are resolved.
pub(crate) fn instance(wasm: &[u8]) -> (Engine, InstancePre<Bare>) {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(64).total_memories(64).total_tables(64);
    pool.max_memory_size(16 * 1024 * 1024).table_elements(10_000).linear_memory_keep_resident(1024 * 1024);
    pool.pagemap_scan(wasmtime::Enabled::Auto);
    let mut config = Config::new();
    config.consume_fuel(true).allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    let engine = Engine::new(&config).expect("an engine");
    let module = Module::from_binary(&engine, wasm).expect("a module");
    let mut linker = Linker::new(&engine);
    define(&mut linker).expect("linked");
    linker.define_unknown_imports_as_traps(&module).expect("linked");
    let pre = linker.instantiate_pre(&module).expect("resolved");
    (engine, pre)
}

/// Host functions that copy and do nothing else.
fn define(linker: &mut Linker<Bare>) -> wasmtime::Result<()> {
    linker.func_wrap("icn", "host_get_input", |mut caller: Caller<'_, Bare>, out: i32, cap: i32| {
        give(&mut caller, out, cap, |bare| Some(&bare.input))
    })?;
    linker.func_wrap("icn", "host_get_caller_did", |mut caller: Caller<'_, Bare>, out: i32, cap: i32| {
        give(&mut caller, out, cap, |bare| Some(bare.caller.as_bytes()))
    })?;
    linker.func_wrap("icn", "host_set_output", |mut caller: Caller<'_, Bare>, ptr: i32, len: i32| {
        let output = take(&mut caller, ptr, len);
        caller.data_mut().output = output;
        0i32
    })?;
    linker.func_wrap(
        "icn",
        "host_get_value",
        |mut caller: Caller<'_, Bare>, key: i32, key_len: i32, out: i32, cap: i32| {
            let key = take(&mut caller, key, key_len);
            give(&mut caller, out, cap, |bare| bare.values.get(&key).map(Vec::as_slice))
        },
    )?;
    linker.func_wrap(
        "icn",
        "host_set_value",
        |mut caller: Caller<'_, Bare>, key: i32, key_len: i32, value: i32, value_len: i32| {
            let written = (take(&mut caller, key, key_len), take(&mut caller, value, value_len));
            caller.data_mut().written.push(written);
            0i32
        },
    )?;
    Ok(())
}

fn take(caller: &mut Caller<'_, Bare>, ptr: i32, len: i32) -> Vec<u8> {
    let memory = caller.data().memory.expect("a memory");
    memory.data(&caller)[ptr as usize..][..len as usize].to_vec()
}

fn give(caller: &mut Caller<'_, Bare>, out: i32, cap: i32, find: impl Fn(&Bare) -> Option<&[u8]>) -> i32 {
    let memory = caller.data().memory.expect("a memory");
    let (guest, bare) = memory.data_and_store_mut(caller);
    let Some(bytes) = find(bare) else { return -4 };
    if bytes.len() <= cap as usize {
        guest[out as usize..][..bytes.len()].copy_from_slice(bytes);
    }
    bytes.len() as i32
}
