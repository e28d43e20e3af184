//! What does an instance cost? One run of an empty entry through [`Module::run`], beside bare wasmtime with the same
//! settings: a pooled slot, copy-on-write memory, fuel, epochs, a stack for each run, the same module.
//!
//! Both make a store, an instance, and call the entry; ours also charges, counts the stack, and stages what a receipt
//! needs. Time is wall-clock time; the two take turns in short batches and the best batch of each counts.
//!
//! Run: `cargo bench --workspace --bench instance`. It asserts nothing about time.

#![allow(clippy::expect_used, clippy::cast_precision_loss, reason = "a bench that cannot go on stops")]

#[path = "calibrate/world.rs"]
mod world;

use std::time::Instant;

use icn_core::encode::Block;
use icn_core::limits;
use icn_core::name::Codec;
use icn_sandbox::{Engine, EngineOptions, Module};
use wasmtime::{Config, InstanceAllocationStrategy, InstancePre, Linker, PoolingAllocationConfig, Store};

const GUEST: &str =
    r#"(module (memory (export "memory") 2) (data (i32.const 0) "some data") (func (export "run")))"#;
/// Runs of one batch, and batches.
const BATCH: u32 = 200;
const BATCHES: u32 = 60;

fn bare() -> InstancePre<()> {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(8)
        .total_memories(8)
        .total_tables(8)
        .total_stacks(8)
        .max_memories_per_module(1)
        .max_tables_per_module(1)
        .table_elements(limits::TABLE_ELEMENTS_MAX)
        .max_memory_size(usize::try_from(limits::MEMORY_PAGES_MAX * limits::PAGE_BYTES).expect("64 bits"))
        .linear_memory_keep_resident(1024 * 1024)
        .table_keep_resident(64 * 1024)
        .async_stack_keep_resident(64 * 1024)
        .pagemap_scan(wasmtime::Enabled::Auto);
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(limits::WASM_STACK_BYTES_MAX)
        .async_stack_size(limits::WASM_STACK_BYTES_MAX + limits::HOST_STACK_BYTES_MAX)
        .async_stack_zeroing(true)
        .cranelift_nan_canonicalization(true)
        .memory_init_cow(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    let engine = wasmtime::Engine::new(&config).expect("an engine");
    let module = wasmtime::Module::new(&engine, wat::parse_str(GUEST).expect("a text")).expect("a module");
    Linker::new(&engine).instantiate_pre(&module).expect("resolved")
}

async fn floor(pre: &InstancePre<()>) {
    let mut store = Store::new(pre.module().engine(), ());
    store.set_fuel(1_000_000).expect("fuel");
    store.epoch_deadline_async_yield_and_update(1);
    let instance = pre.instantiate_async(&mut store).await.expect("an instance");
    let run = instance.get_typed_func::<(), ()>(&mut store, "run").expect("the entry");
    run.call_async(&mut store, ()).await.expect("a run");
}

/// Seconds of a batch.
fn seconds(mut each: impl FnMut()) -> f64 {
    let started = Instant::now();
    (0..BATCH).for_each(|_| each());
    started.elapsed().as_secs_f64()
}

fn main() {
    let engine =
        Engine::new(&EngineOptions { instances_max: 8, ..EngineOptions::default() }).expect("an engine");
    let world = world::World::new();
    let block = Block::new(Codec::Raw, wat::parse_str(GUEST).expect("a text"));
    let module = Module::compile(&engine, &block).expect("a module");
    let pre = bare();
    let (mut ours, mut least) = (f64::INFINITY, f64::INFINITY);
    println!("question: invocations of an empty entry a second, through the sandbox and on bare wasmtime");
    for _ in 0..BATCHES {
        // Calls are made before the clock starts: policy, ledger and state are the system's to have.
        let mut calls: Vec<_> = (0..BATCH).map(|_| world.call(0)).collect();
        ours = ours.min(seconds(|| {
            let call = calls.pop().expect("a call for each run");
            let staged = futures::executor::block_on(module.run(call)).expect("a run");
            assert!(staged.outcome.is_ok());
        }));
        least = least.min(seconds(|| futures::executor::block_on(floor(&pre))));
    }
    let (ours, floor) = (f64::from(BATCH) / ours, f64::from(BATCH) / least);
    println!(
        "RATIO name=instance_pooled ours={ours:.0} floor={floor:.0} unit=invocations_per_second ratio={:.3}",
        ours / floor
    );
}
