//! Fuel is exact: every limit below what a run needs ends it without effects, every limit from there on changes
//! nothing. Cold, warm, from the cache, replayed: the same fuel.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::path::Path;
use std::sync::Arc;

use common::{ENGINES, POOLED, Port, TIME_MS, World, caller, has_no_effects, said, scope, trap};
use icn_core::block::Invocation;
use icn_core::costs;
use icn_core::effect::{Outcome, Staged, TrapKind};
use icn_core::encode::Block;
use icn_core::id::{Bytes, Codec};
use icn_core::ledger::Ledger;
use icn_core::limits;
use icn_core::replay::{Rerun, Rerunner as _};
use icn_core::state::State;
use icn_sandbox::{Cache, Module, Reruns};

/// A guest's story: entries and inputs, each of which succeeds after those before it.
struct Story {
    name: &'static str,
    block: Block,
    steps: Vec<(&'static str, &'static [u8])>,
}

fn prebuilt(name: &'static str, steps: Vec<(&'static str, &'static [u8])>) -> Story {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest/prebuilt").join(format!("{name}.wasm"));
    Story { name, block: Block::new(Codec::Raw, std::fs::read(path).unwrap()), steps }
}

/// What a story's effects leave for the next step.
fn advance(world: &mut World, staged: &Staged) {
    for (key, value) in &staged.writes {
        world.values.retain(|(old, _)| old != key);
        if let Some(value) = value {
            world.values.push((key.clone(), value.clone()));
        }
    }
    world.nodes.extend(staged.nodes.iter().cloned());
}

/// A run in a world whose ledger nobody used yet.
fn run(world: &World, module: &Module, entry: &str, fuel: u64) -> Staged {
    World { port: Port::new(), fuel, ..world.clone() }.run(module, entry)
}

/// Limits to try: some below what an instance costs, where nothing can differ; from there on all of them when there
/// are few, else all near both ends and some in between.
fn limits_to_try(module: &Module, needed: u64) -> Vec<u64> {
    const ALL_BELOW: u64 = 60_000;
    let instance = costs::instance_fuel(module.shape().memory_pages, module.shape().data_bytes);
    let first = instance.saturating_sub(100);
    let step = (needed - first) / ALL_BELOW + 1;
    let mut limits: Vec<u64> = (0..first).step_by(997).collect();
    limits.extend(
        (first..needed + 50)
            .filter(|limit| limit % step == 0 || *limit + 3_000 > needed || *limit < first + 3_000),
    );
    limits.extend([needed * 2, limits::FUEL_PER_INVOCATION_MAX]);
    limits
}

#[test]
fn every_fuel_limit_is_too_little_without_effects_or_enough() {
    for story in stories() {
        let module = Module::compile(&POOLED, &story.block).unwrap();
        let mut world = World { values: Vec::new(), nodes: Vec::new(), ..World::new() };
        for (entry, input) in &story.steps {
            world = world.input(input);
            let full = run(&world, &module, entry, limits::FUEL_PER_INVOCATION_MAX);
            assert_eq!(full.outcome, Outcome::Ok, "{} {entry}: {full:?}", story.name);
            let (needed, expected) = (full.fuel, said(&full));
            let tried = limits_to_try(&module, needed);
            for limit in &tried {
                let staged = run(&world, &module, entry, *limit);
                if *limit < needed {
                    let name = story.name;
                    assert_eq!(
                        trap(&staged),
                        Some(TrapKind::OutOfFuel),
                        "{name} {entry}: {limit} of {needed}"
                    );
                    assert_eq!(staged.fuel, *limit, "a trap consumes the whole grant");
                    assert!(has_no_effects(&staged) && staged.output.is_empty());
                } else {
                    assert_eq!(said(&staged), expected, "{} {entry}: {limit} of {needed}", story.name);
                }
            }
            println!("{} {entry}: needs {needed}, {} limits", story.name, tried.len());
            advance(&mut world, &full);
        }
    }
}

#[test]
fn cold_warm_cached_and_replayed_runs_burn_the_same() {
    for story in stories() {
        let mut world = World { values: Vec::new(), nodes: Vec::new(), ..World::new() };
        let cache = Cache::new(POOLED.clone());
        for (entry, input) in &story.steps {
            world = world.input(input);
            let fuel = limits::FUEL_PER_INVOCATION_MAX;
            let mut runs = Vec::new();
            for (_, engine) in ENGINES.iter() {
                let cold = Module::compile(engine, &story.block).unwrap();
                runs.push(run(&world, &cold, entry, fuel));
                runs.push(run(&world, &cold, entry, fuel));
            }
            for _ in 0..2 {
                let cached = futures::executor::block_on(cache.get(&story.block)).unwrap();
                runs.push(run(&world, &cached, entry, fuel));
            }
            runs.push(replay(&world, &story.block, entry));
            let words: Vec<String> = runs.iter().map(said).collect();
            assert!(words.windows(2).all(|two| two[0] == two[1]), "{} {entry}: {words:#?}", story.name);
            advance(&mut world, &runs.swap_remove(0));
        }
    }
}

/// The run as an auditor repeats it from what is recorded.
fn replay(world: &World, block: &Block, entry: &str) -> Staged {
    let world = World { port: Port::new(), fuel: limits::FUEL_PER_INVOCATION_MAX, ..world.clone() };
    let module = Module::compile(&POOLED, block).unwrap();
    let call = world.call(&module, entry);
    let log = call.policy.policy().log.clone();
    let id = Bytes([1; 16]);
    let invocation = Invocation::new(&log, scope(), module.id(), entry, call.input, id, caller(), u64::MAX)
        .with_fuel(call.fuel);
    let mut ledger: Ledger = world.port.0.lock().unwrap().ledger.clone();
    let mut state = State::default();
    for (key, value) in &world.values {
        state.set(module.id(), key.clone(), Some(value.clone()));
    }
    for node in &world.nodes {
        state.keep_node(Arc::new(node.clone()));
    }
    let rerun = Rerun {
        invocation: &invocation,
        policy: &call.policy,
        module: block,
        engine: POOLED.description().id(),
        state: Arc::new(state),
        storage_left: call.storage_left,
        time: TIME_MS,
        seed: call.seed,
    };
    Reruns::new(POOLED.clone()).rerun(rerun, &mut ledger).unwrap()
}

fn stories() -> Vec<Story> {
    let text = "(module
        (import \"icn\" \"host_get_input\" (func $input (param i32 i32) (result i32)))
        (import \"icn\" \"host_set_output\" (func $output (param i32 i32) (result i32)))
        (import \"icn\" \"host_log\" (func $log (param i32 i32 i32) (result i32)))
        (import \"icn\" \"host_get_random\" (func $random (param i32 i32) (result i32)))
        (import \"icn\" \"host_set_value\" (func $set (param i32 i32 i32 i32) (result i32)))
        (import \"icn\" \"host_get_value\" (func $get (param i32 i32 i32 i32) (result i32)))
        (import \"icn\" \"host_store_node\" (func $node (param i32 i32 i32 i32 i32) (result i32)))
        (import \"icn\" \"host_anchor_to_dag\" (func $anchor (param i32 i32 i32) (result i32)))
        (memory (export \"memory\") 2) (table 2 funcref) (elem (i32.const 0) $fib $fib)
        (type $fib (func (param i32) (result i32)))
        (func $fib (type $fib)
          (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
            (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                           (call_indirect (type $fib) (i32.sub (local.get 0) (i32.const 2)) (i32.const 1))))))
        (func (export \"run\") (result i32)
          (drop (call $input (i32.const 64) (i32.const 100)))
          (drop (call $random (i32.const 200) (i32.const 40)))
          (drop (call $set (i32.const 64) (i32.const 3) (i32.const 200) (i32.const 40)))
          (drop (call $get (i32.const 64) (i32.const 3) (i32.const 300) (i32.const 100)))
          (drop (call $node (i32.const 64) (i32.const 5) (i32.const 0) (i32.const 0) (i32.const 400)))
          (drop (call $anchor (i32.const 400) (i32.const 64) (i32.const 3)))
          (memory.fill (i32.const 1000) (i32.const 7) (i32.const 500))
          (memory.copy (i32.const 2000) (i32.const 1000) (i32.const 500))
          (drop (memory.grow (i32.const 1)))
          (f64.store (i32.const 3000) (f64.sqrt (f64.div (f64.const 2) (f64.const 3))))
          (i32.store (i32.const 3008) (call $fib (i32.const 8)))
          (drop (call $log (i32.const 2) (i32.const 64) (i32.const 5)))
          (drop (call $output (i32.const 1000) (i32.const 100)))
          (i32.const 0)))";
    vec![
        Story {
            name: "a little of everything",
            block: common::block(text),
            steps: vec![("run", b"abcdef"), ("run", b"abcd")],
        },
        prebuilt(
            "ballot",
            vec![
                ("open", b"vote_type;approval\nbudget;20\nunit;H\nmax_length;2\nPROJECTS\n1;12\n2;9\n3;8\n"),
                ("vote", b"2,3"),
                ("tally", b""),
            ],
        ),
    ]
}
