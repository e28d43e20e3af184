//! The same receipt, to the byte, from every engine that this host could have been: optimised or not, pooled or on
//! demand, copy-on-write or copied, cold or warm. Example guests, random modules, and recursions.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{ENGINES, World, receipt, trap};
use icn_core::block::{Outcome, Staged, TrapKind};
use icn_core::encode::Block;
use icn_sandbox::{Module, validate};
use icn_testkit::guests::{RECURSION_FUEL, TELLS_ALL, random_module, recursions};
use icn_testkit::stories::{STORIES, tell};

/// Random modules that have to be accepted and compared.
const MODULES: usize = 1_000;
/// Fuel of a random module's run: enough to get somewhere, little enough that an endless loop ends soon.
const RANDOM_FUEL: u64 = 1_000_000;

/// Runs every entry on every engine, twice on the first, and compares receipts; the outcomes of the first.
fn compare(name: &str, block: &Block, world: &World) -> Vec<Staged> {
    let mut outcomes = Vec::new();
    let mut first: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for (at, (engine, made)) in ENGINES.iter().map(|(name, engine)| (name, engine)).enumerate() {
        let module = Module::compile(made, block).unwrap_or_else(|e| panic!("{name} on {engine}: {e}"));
        for entry in module.shape().entries.keys() {
            for _ in 0..if at == 0 { 2 } else { 1 } {
                let staged = world.run(&module, entry);
                let bytes = receipt(world, &module, entry, world.run(&module, entry));
                let expected = first.entry(entry.clone()).or_insert_with(|| {
                    outcomes.push(staged);
                    bytes.clone()
                });
                assert_eq!(expected, &bytes, "{name}, entry {entry}, on {engine}");
            }
        }
    }
    outcomes
}

/// Nothing in state, so that a receipt's root is that of what it wrote.
fn world() -> World {
    World { values: Vec::new(), nodes: Vec::new(), ..World::new() }
}

#[test]
fn random_modules_give_the_same_receipts_on_every_engine() {
    let (next, compared) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let ends: Mutex<BTreeMap<String, usize>> = Mutex::default();
    let work = || {
        let world = world().fuel(RANDOM_FUEL);
        while compared.load(Ordering::Relaxed) < MODULES {
            let seed = next.fetch_add(1, Ordering::Relaxed) as u64;
            assert!(seed < 3 * MODULES as u64, "most random modules are accepted");
            let Some(block) = random_module(seed) else { continue };
            if validate(block.bytes()).is_err() {
                continue;
            }
            for staged in compare(&format!("seed {seed}"), &block, &world) {
                let end = match &staged.outcome {
                    Outcome::Ok => "ok".to_owned(),
                    Outcome::Failed(_) => "failed".to_owned(),
                    Outcome::Trapped(trap) => format!("{:?}", trap.kind),
                };
                *ends.lock().unwrap().entry(end).or_default() += 1;
            }
            compared.fetch_add(1, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, Into::into) {
            scope.spawn(work);
        }
    });
    let ends = ends.into_inner().unwrap();
    println!("{} modules, runs ended: {ends:?}", compared.load(Ordering::Relaxed));
    for end in ["ok", "failed", "OutOfFuel", "MemoryFault", "StackOverflow", "Arithmetic"] {
        assert!(ends.get(end).is_some_and(|count| *count >= 20), "runs end in many ways: {ends:?}");
    }
}

#[test]
fn the_example_guests_give_the_same_receipts_on_every_engine() {
    let mut effects = [0; 5];
    for story in &STORIES {
        let (first_name, first) = &ENGINES[0];
        let expected = tell(first, story, 1).unwrap();
        // Twice on the first engine, and once on each of the others.
        for (name, engine) in
            [(first_name, first)].into_iter().chain(ENGINES[1..].iter().map(|(n, e)| (n, e)))
        {
            let found = tell(engine, story, 1).unwrap();
            assert_eq!(found.len(), expected.len());
            for ((found, expected), step) in found.iter().zip(&expected).zip(story.steps) {
                assert_eq!(found.receipt, expected.receipt, "{} {step:?} on {name}", story.name);
                // The payload and the signed envelope, byte for byte; the nodes as well.
                assert_eq!(found.blocks, expected.blocks, "{} {step:?} on {name}", story.name);
                assert_eq!(found.nodes, expected.nodes, "{} {step:?} on {name}", story.name);
            }
        }
        for run in &expected {
            let receipt = &run.receipt;
            let of_each_kind = [
                receipt.writes.len(),
                receipt.journal.len(),
                run.nodes.len(),
                receipt.anchors.len(),
                usize::from(receipt.logged.is_some()),
            ];
            effects.iter_mut().zip(of_each_kind).for_each(|(all, here)| *all += here);
        }
    }
    assert!(effects.iter().all(|kind| *kind > 0), "effects of every kind: {effects:?}");
}

#[test]
fn what_a_guest_is_told_is_the_same_on_every_engine() {
    let told = compare("tells all", &common::block(TELLS_ALL), &world().input(b"input"));
    assert!(told[0].outcome.is_ok() && told[0].output.len() == 4000, "{:?}", trap(&told[0]));
}

#[test]
fn recursions_give_the_same_receipts_on_every_engine() {
    for (name, text) in recursions() {
        let world = world().fuel(RECURSION_FUEL);
        for staged in compare(&name, &common::block(&text), &world) {
            assert_eq!(trap(&staged), Some(TrapKind::StackOverflow), "{name}");
        }
    }
}

/// Floats are where machines differ: every kind of NaN, and what comes of arithmetic with it.
#[test]
fn nans_are_the_same_on_every_engine() {
    let ops = ["add", "sub", "mul", "div", "min", "max"];
    let nans = ["nan", "-nan", "nan:0x1", "nan:0x7ffff", "inf", "-inf", "0", "-0", "1.5"];
    let mut body = String::new();
    let mut at = 0;
    for op in ops {
        for a in nans {
            for b in nans {
                body += &format!(
                    "(f32.store offset={at} (i32.const 0) (f32.{op} (f32.const {a}) (f32.const {b})))"
                );
                at += 4;
            }
        }
    }
    for one in ["sqrt", "ceil", "floor", "trunc", "nearest", "neg", "abs"] {
        for a in nans {
            body += &format!("(f32.store offset={at} (i32.const 0) (f32.{one} (f32.const {a})))");
            at += 4;
        }
    }
    let text = format!(
        "(module (import \"icn\" \"host_set_output\" (func $out (param i32 i32) (result i32)))
         (memory (export \"memory\") 1) (func (export \"run\") {body} (drop (call $out (i32.const 0) (i32.const {at})))))"
    );
    let outcomes = compare("nans", &common::block(&text), &world());
    assert!(outcomes[0].outcome.is_ok() && outcomes[0].output.len() == at, "{:?}", trap(&outcomes[0]));
}
