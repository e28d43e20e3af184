//! The unavoidable work, bare.

use std::collections::HashMap;
use std::io::{Seek as _, Write as _};
use std::time::Instant;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use icn_runtime::Receipt;
use sha2::{Digest as _, Sha256};
use wasmtime::{
    Caller, Config, Engine, InstanceAllocationStrategy, InstancePre, Linker, Module, PoolingAllocationConfig,
    Store,
};

use super::{BALLOT, Signed, election};

/// Bytes that are written ahead, so that a sync changes no metadata.
const AHEAD_BYTES: usize = 96 * 1024 * 1024;
const FUEL: u64 = 100_000_000;

/// A guest's store: input, output, one caller, and what `open` kept.
struct Bare {
    input: Vec<u8>,
    caller: String,
    values: std::sync::Arc<HashMap<Vec<u8>, Vec<u8>>>,
    written: Vec<(Vec<u8>, Vec<u8>)>,
    output: Vec<u8>,
    memory: Option<wasmtime::Memory>,
}

/// Invocations a second on so many threads.
pub(crate) fn measure(requests: &[Signed], threads: usize, group_entries: usize) -> f64 {
    let (engine, pre) = instance();
    let values = std::sync::Arc::new(opened(&engine, &pre));
    let (send, groups) = crossbeam::channel::bounded::<Vec<u8>>(64);
    let mut file = tempfile::tempfile().expect("a scratch file");
    file.write_all(&vec![0; AHEAD_BYTES]).expect("zeros");
    file.sync_all().expect("synced");
    file.rewind().expect("rewound");
    let share = requests.len().div_ceil(threads);
    let started = Instant::now();
    std::thread::scope(|scope| {
        for part in requests.chunks(share) {
            let (engine, pre, values, send) = (&engine, &pre, &values, send.clone());
            scope.spawn(move || {
                let key = SigningKey::from_bytes(&[9; 32]);
                for group in part.chunks(group_entries) {
                    let mut bytes = Vec::with_capacity(group.len() * 1024);
                    group.iter().for_each(|signed| one(engine, pre, values, &key, signed, &mut bytes));
                    send.send(bytes).expect("the writer lives");
                }
            });
        }
        drop(send);
        scope.spawn(move || {
            for bytes in groups {
                file.write_all(&bytes).expect("written");
                file.sync_data().expect("synced");
            }
        });
    });
    requests.len() as f64 / started.elapsed().as_secs_f64()
}

/// One invocation: verify, run, encode, hash, sign.
fn one(
    engine: &Engine,
    pre: &InstancePre<Bare>,
    values: &std::sync::Arc<HashMap<Vec<u8>, Vec<u8>>>,
    key: &SigningKey,
    signed: &Signed,
    out: &mut Vec<u8>,
) {
    let request = &signed.request;
    // The signature of the envelope, and the structure that it signs (RFC 9052, section 4.4).
    let signature = <&[u8; 64]>::try_from(&request.envelope[14..78]).expect("a signature");
    let mut message = b"\x84\x6aSignature1\x43\xa1\x01\x27\x58\x19icn-runtime/v1/invocation".to_vec();
    message.push(0x59);
    message.extend_from_slice(&u16::try_from(request.payload.len()).expect("short").to_be_bytes());
    message.extend_from_slice(&request.payload);
    let caller = VerifyingKey::from_bytes(signed.invocation.caller.key()).expect("a key");
    caller.verify_strict(&message, &Signature::from_bytes(signature)).expect("valid");
    let (written, output) =
        run(engine, pre, values, &signed.invocation.input, signed.invocation.caller.as_str(), "vote");
    assert!(output.is_empty() && written.len() == 1);
    let receipt = encode(signed, written);
    let digest = Sha256::digest(&receipt);
    let signature = key.sign(&receipt).to_bytes();
    out.extend_from_slice(&request.payload);
    out.extend_from_slice(&request.envelope);
    out.extend_from_slice(&receipt);
    out.extend_from_slice(&digest);
    out.extend_from_slice(&signature);
}

/// A receipt with the same fields, so of the same size.
fn encode(signed: &Signed, written: Vec<(Vec<u8>, Vec<u8>)>) -> Vec<u8> {
    let invocation = &signed.invocation;
    let writes =
        written.into_iter().map(|(key, value)| icn_runtime::Write(key, Some(value.into()))).collect();
    let receipt = Receipt {
        typ: Default::default(),
        log: invocation.log.clone(),
        scope: invocation.scope,
        seq: 1,
        prev: invocation.module,
        invocation: invocation.module,
        engine: invocation.module,
        time: invocation.expires,
        outcome: icn_runtime::Outcome::Ok,
        fuel: 20_000,
        usage: icn_runtime::Usage { memory: 2, network: 0, storage: 60 },
        output: Vec::new(),
        logged: None,
        writes,
        journal: Vec::new(),
        with: Vec::new(),
        nodes: Vec::new(),
        anchors: Vec::new(),
        root: icn_runtime::Hash::digest(&[]),
    };
    serde_ipld_dagcbor::to_vec(&receipt).expect("encoded")
}

type Written = Vec<(Vec<u8>, Vec<u8>)>;

fn run(
    engine: &Engine,
    pre: &InstancePre<Bare>,
    values: &std::sync::Arc<HashMap<Vec<u8>, Vec<u8>>>,
    input: &[u8],
    caller: &str,
    entry: &str,
) -> (Written, Vec<u8>) {
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
    assert_eq!(code, 0, "{}", String::from_utf8_lossy(&bare.output));
    (bare.written, bare.output)
}

/// What the guest keeps when the election is opened.
fn opened(engine: &Engine, pre: &InstancePre<Bare>) -> HashMap<Vec<u8>, Vec<u8>> {
    run(engine, pre, &std::sync::Arc::default(), election().as_bytes(), "did:key:z", "open")
        .0
        .into_iter()
        .collect()
}

fn instance() -> (Engine, InstancePre<Bare>) {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(64).total_memories(64).total_tables(64);
    pool.max_memory_size(16 * 1024 * 1024).table_elements(10_000).linear_memory_keep_resident(1024 * 1024);
    pool.pagemap_scan(wasmtime::Enabled::Auto);
    let mut config = Config::new();
    config.consume_fuel(true).allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    let engine = Engine::new(&config).expect("an engine");
    let module = Module::from_binary(&engine, BALLOT).expect("a module");
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
