//! What does one unit of fuel buy? Nanoseconds for each fuel of each operator class and each host call, and how far
//! the dearest class is from the cheapest.
//!
//! Each variant is a unit of text, repeated in the body of a loop, run through the production engine
//! ([`Module::run`]) in a body and in one with twice as many units; the difference of the two leaves out the instance,
//! the setup and the loop. Time is the thread's own, and the least of many short runs: whatever else the machine did
//! only adds. Fuel is the receipt's. A class is as dear as its dearest variant, because that is what a hostile guest
//! would run; `…_variants` compares all variants with each other.
//!
//! The ratio is over what is in steady state, with its data in the processor's caches. Accesses that all miss are
//! printed as `CLASS … cold`, and bounded by the wall clock (`docs/design/0004-cost-schedule.md`). What takes less than
//! 0.05 ns an operator and costs at most 1 each has no finite ratio: it is printed, and is not the cheapest.
//!
//! *Flat* is the same module under wasmtime's own costs (one unit an operator), for comparison; host calls have no
//! such figure.
//!
//! Run: `cargo bench --workspace --bench calibrate`. It asserts nothing about time; past the ratio of 20 it says so.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a bench that cannot go on stops, and its numbers are small"
)]

#[path = "calibrate/calls.rs"]
mod calls;
#[path = "calibrate/world.rs"]
mod calls_world;
#[path = "calibrate/more_calls.rs"]
mod more_calls;
#[path = "calibrate/operators.rs"]
mod operators;

use std::collections::BTreeMap;
use std::sync::Mutex;

use icn_core::encode::Block;
use icn_core::name::{Codec, Hash};
use icn_core::state::StateTree;
use icn_sandbox::{Engine, EngineOptions, Module, validate};

/// The dearest class may cost so many times what the cheapest does.
const RATIO_MAX: f64 = 20.0;
/// The two bodies are made to differ by so much.
const RUN_NS: f64 = 1_000_000.0;
/// Runs of which the shortest counts.
const RUNS: usize = 10;

/// What is repeated, and in what module.
#[derive(Debug, Clone)]
pub(crate) struct Variant {
    /// The class that it belongs to.
    pub(crate) class: &'static str,
    /// Its own name.
    pub(crate) name: &'static str,
    /// The text that is repeated.
    pub(crate) unit: String,
    /// Repetitions in the loop's body.
    pub(crate) repeat: usize,
    /// Rounds at most, where the ABI limits how often a call succeeds.
    pub(crate) rounds_max: u32,
    /// It can be done once a run.
    pub(crate) once: bool,
    /// Every access misses the caches.
    pub(crate) cold: bool,
    /// Text that runs once, before.
    pub(crate) setup: String,
    /// Imports.
    pub(crate) imports: &'static str,
    /// Pages of memory, at first and at most.
    pub(crate) pages: u32,
    /// The module's own maximum of pages.
    pub(crate) pages_max: Option<u32>,
    /// A host call: there is no flat figure.
    pub(crate) host: bool,
}

impl Default for Variant {
    fn default() -> Self {
        Self {
            class: "",
            name: "",
            unit: String::new(),
            repeat: 64,
            rounds_max: u32::MAX,
            once: false,
            cold: false,
            setup: String::new(),
            imports: "",
            pages: 2,
            pages_max: None,
            host: false,
        }
    }
}

impl Variant {
    fn text(&self, repeat: usize) -> String {
        let data = "x".repeat(65_536);
        let (pages, maximum) = (self.pages, self.pages_max.map_or(String::new(), |pages| pages.to_string()));
        let pages = self.pages_max.map_or(pages, |maximum| maximum.min(pages));
        let has_room = pages >= 2;
        let passive = if has_room { data.as_str() } else { "x" };
        let many = " i64".repeat(32);
        let elements = "$nothing ".repeat(1000);
        let (imports, setup, body) = (self.imports, &self.setup, self.unit.repeat(repeat));
        // Read back from memory, so that the compiler cannot fold them.
        let constants: String = [("a", "i32", "7"), ("b", "i32", "0x7ffffff3"), ("c", "i32", "3"), ("d", "i32", "5"),
            ("e", "i32", "11"), ("x", "i64", "3"), ("y", "i64", "0x7ffffffffffffff1"), ("f", "f64", "1.7"),
            ("g", "f64", "1.3"), ("s", "f32", "1.7"), ("t", "f32", "1.3")]
        .iter()
        .map(|(local, of, value)| {
            format!("({of}.store (i32.const 64) ({of}.const {value})) (memory.fill (i32.const 72) (local.get $z) (i32.const 1))
                (local.set ${local} ({of}.load (i32.add (i32.const 64) (local.get $z))))")
        })
        .collect();
        format!(
            r#"(module
            (import "icn" "host_get_input" (func $input (param i32 i32) (result i32))) {imports}
            (memory (export "memory") {pages} {maximum}) (data $data "{passive}")
            (table 2000 funcref) (elem (i32.const 0) func $nothing $other $nothing $other) (elem $elements func {elements})
            (type $n (func)) (global $g (mut i32) (i32.const 1)) (global $h (mut f64) (f64.const 1))
            (func $nothing) (func $other (global.set $g (i32.const 3)))
            (func $one (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
            (func $many (param{many}))
            (func $deep (param i32) (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))))))
            (func (export "run") (local $n i32) (local $a i32) (local $b i32) (local $c i32) (local $d i32)
              (local $e i32) (local $z i32) (local $p i32) (local $k i32) (local $x i64) (local $y i64) (local $f f64) (local $g f64)
              (local $s f32) (local $t f32)
              (drop (call $input (i32.const 16) (i32.const 4)))
              (local.set $n (i32.load (i32.const 16))) (i32.store (i32.const 16) (i32.const 0))
              (local.set $z (i32.load (i32.const 16)))
              {constants}
              {setup}
              (block $out (br_if $out (i32.eqz (local.get $n)))
                (loop $again {body}
                  (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
              (i32.store (i32.const 32) (i32.xor (i32.xor (local.get $a) (local.get $c)) (i32.xor (local.get $d) (local.get $e))))
              (i32.store (i32.const 36) (i32.add (local.get $z) (local.get $p)))
              (i64.store (i32.const 40) (local.get $x)) (f64.store (i32.const 48) (local.get $f))
              (f32.store (i32.const 56) (local.get $s))))"#
        )
    }
}

/// What a unit takes.
struct Measured {
    ns: f64,
    fuel: f64,
    flat: Option<f64>,
}

/// Processor time of this thread, in nanoseconds. The kernel counts it when the thread gives way.
fn thread_ns() -> u64 {
    std::thread::yield_now();
    let text =
        std::fs::read_to_string("/proc/thread-self/schedstat").expect("the kernel counts a thread's time");
    text.split(' ').next().and_then(|ns| ns.parse().ok()).expect("nanoseconds")
}

/// A compiled body, and the least time and the fuel of its runs.
struct Body<'a> {
    module: Module,
    world: &'a calls_world::World,
    tree: &'a Mutex<StateTree>,
    name: &'static str,
    ns: f64,
    fuel: u64,
}

impl Body<'_> {
    fn run(&mut self, rounds: u32, state: bool) {
        let call = self.world.call(rounds);
        let started = thread_ns();
        let staged = futures::executor::block_on(self.module.run(call)).expect("a run");
        // What the commit does with it: the receipt that holds the output and the writes is hashed, and the state's
        // tree gets new leaves.
        std::hint::black_box(Hash::digest(&staged.output));
        if state {
            let mut tree = self.tree.lock().expect("one thread");
            for (key, value) in &staged.writes {
                std::hint::black_box(Hash::digest(value.as_deref().unwrap_or_default()));
                tree.set(&self.world.module, key, value.as_deref());
            }
            std::hint::black_box(tree.root());
        }
        let ns = (thread_ns() - started) as f64;
        assert!(staged.outcome.is_ok(), "{}: {:?}", self.name, staged.outcome);
        self.ns = self.ns.min(ns);
        self.fuel = staged.fuel;
    }
}

/// What one more unit in the loop's body takes: the difference of two bodies, one with twice as many units, over the
/// same rounds. The instance, the setup and the loop's head are in both.
fn measure(
    engine: &Engine,
    world: &calls_world::World,
    tree: &Mutex<StateTree>,
    variant: &Variant,
) -> Measured {
    let compile = |repeat: usize| {
        let bytes = wat::parse_str(variant.text(repeat)).unwrap_or_else(|e| panic!("{}: {e}", variant.name));
        let block = Block::new(Codec::Raw, bytes);
        let module = Module::compile(engine, &block).unwrap_or_else(|e| panic!("{}: {e}", variant.name));
        (block, Body { module, world, tree, name: variant.name, ns: f64::INFINITY, fuel: 0 })
    };
    // As many units as a function may have: some weigh much.
    let fits =
        |repeat: usize| wat::parse_str(variant.text(2 * repeat)).is_ok_and(|bytes| validate(&bytes).is_ok());
    let mut repeat = variant.repeat;
    while !variant.once && repeat > 1 && !fits(repeat) {
        repeat /= 2;
    }
    // What can be done once is compared with not doing it.
    let (block, mut one) = compile(if variant.once { 0 } else { repeat });
    let (_, mut two) = compile(if variant.once { 1 } else { 2 * repeat });
    // The compiler folds no unit here; one that it did fold would run into the most fuel.
    let mut rounds = variant.rounds_max.min(16);
    loop {
        (one.ns, two.ns) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..2 {
            one.run(rounds, variant.host);
            two.run(rounds, variant.host);
        }
        let spent = two.fuel > icn_core::limits::FUEL_PER_INVOCATION_MAX / 4;
        if rounds >= variant.rounds_max || two.ns - one.ns > RUN_NS || two.ns > 40.0 * RUN_NS || spent {
            break;
        }
        rounds = rounds.saturating_mul(2).min(variant.rounds_max);
    }
    for _ in 0..RUNS {
        one.run(rounds, variant.host);
        two.run(rounds, variant.host);
    }
    let units = f64::from(rounds) * if variant.once { 1.0 } else { repeat as f64 };
    Measured {
        ns: (two.ns - one.ns).max(0.0) / units,
        fuel: (two.fuel - one.fuel) as f64 / units,
        flat: (!variant.host).then(|| flat(block.bytes(), 8, variant.repeat)),
    }
}

/// Fuel of a unit under one unit an operator.
fn flat(bytes: &[u8], rounds: u32, repeat: usize) -> f64 {
    let mut config = wasmtime::Config::new();
    config.consume_fuel(true);
    let engine = wasmtime::Engine::new(&config).expect("an engine");
    let module = wasmtime::Module::from_binary(&engine, bytes).expect("a module");
    let fuel = |rounds: u32| {
        let mut linker = wasmtime::Linker::new(&engine);
        linker
            .func_wrap(
                "icn",
                "host_get_input",
                move |mut caller: wasmtime::Caller<'_, ()>, out: u32, _: u32| {
                    let memory = caller
                        .get_export("memory")
                        .and_then(wasmtime::Extern::into_memory)
                        .expect("a memory");
                    memory.write(&mut caller, out as usize, &rounds.to_le_bytes()).expect("written");
                    4u32
                },
            )
            .expect("linked");
        let mut store = wasmtime::Store::new(&engine, ());
        store.set_fuel(u64::MAX / 4).expect("fuel");
        let instance = linker.instantiate(&mut store, &module).expect("an instance");
        let run = instance.get_typed_func::<(), ()>(&mut store, "run").expect("the entry");
        run.call(&mut store, ()).expect("a run");
        u64::MAX / 4 - store.get_fuel().expect("fuel")
    };
    (fuel(rounds) - fuel(0)) as f64 / (f64::from(rounds) * repeat as f64)
}

/// From so many units a run on, its figure counts as the cheapest, too.
const SURE_FROM: u64 = 1_000;
/// Fuel below which an operator that takes no time is as good as free.
const NOTHING_NS: f64 = 0.05;

fn main() {
    let only = std::env::args().skip(1).find(|arg| !arg.starts_with('-'));
    let engine =
        Engine::new(&EngineOptions { instances_max: 8, ..EngineOptions::default() }).expect("an engine");
    let world = calls_world::World::new();
    // The tree of its keys, which a commit gives new leaves.
    let mut tree = StateTree::default();
    world.state.iter().for_each(|(module, key, value)| tree.set(module, key, Some(value)));
    let tree = Mutex::new(tree);
    println!(
        "question: nanoseconds a unit of fuel buys, schedule version {}",
        icn_core::costs::SCHEDULE_VERSION
    );
    let mut classes: BTreeMap<String, f64> = BTreeMap::new();
    let (mut variants, mut flat_classes, mut unbounded) = (classes.clone(), classes.clone(), Vec::new());
    for variant in operators::variants().into_iter().chain(calls::variants()) {
        if only.as_ref().is_some_and(|only| !variant.name.contains(only.as_str()) && variant.class != only) {
            continue;
        }
        let Measured { ns, fuel, flat } = measure(&engine, &world, &tree, &variant);
        let per_fuel = ns / fuel;
        let flat = flat.filter(|flat| *flat > 0.0).map(|flat| ns / flat);
        // Operators of a unit that is made of free ones: as many as its fuel.
        let free = variant.class == "no_code" && ns / fuel < NOTHING_NS;
        println!(
            "CLASS name={} variant=\"{}\"{} ns_per_op={} fuel_per_op={fuel:.2} ns_per_fuel={per_fuel:.4}{}{}",
            variant.class,
            variant.name,
            if variant.cold { " cold" } else { "" },
            if ns < NOTHING_NS { format!("<{NOTHING_NS}") } else { format!("{ns:.3}") },
            flat.map_or(String::new(), |flat| format!(" flat_ns_per_fuel={flat:.4}")),
            if free || ns < NOTHING_NS { " (below the clock's resolution: no ratio)" } else { "" },
        );
        if free || ns < NOTHING_NS {
            continue;
        }
        // Bulk operators count by each length; a host call by its function, as dear as its dearest use.
        let key = match variant.class {
            "bulk" | "table_copy" | "table_init" => variant.name,
            "host" | "host_ledger" => variant.name.split(' ').next().unwrap_or(variant.name),
            class => class,
        };
        let note = |of: &mut BTreeMap<String, f64>, key: &str, value: f64| {
            let worst = of.entry(key.to_owned()).or_default();
            *worst = worst.max(value);
        };
        if variant.cold {
            // What a run can do some times alone takes no part of its time that fuel would have to bound.
            unbounded.extend((variant.rounds_max == u32::MAX).then_some(per_fuel));
            continue;
        }
        // A few runs of it are too few to say that it is cheap; that it is dear they do say.
        let units = u64::from(variant.rounds_max) * variant.repeat as u64;
        if units < SURE_FROM && per_fuel < cheapest(&classes) {
            println!("    (at most {units} times a run: not the cheapest)");
            continue;
        }
        note(&mut classes, key, per_fuel);
        note(&mut variants, variant.name, per_fuel);
        if let Some(flat) = flat {
            note(&mut flat_classes, key, flat);
        }
    }
    report("fuel_ns_worst_over_best", &classes);
    report("fuel_ns_worst_over_best_variants", &variants);
    report("fuel_ns_worst_over_best_flat", &flat_classes);
    let coldest = unbounded.into_iter().chain(classes.values().copied()).fold(0.0, f64::max);
    let seconds = coldest * icn_core::limits::FUEL_PER_INVOCATION_MAX as f64 / 1e9;
    println!(
        "the most fuel, all of it burned at the dearest, cold accesses among it: {seconds:.0} s of at most {} s",
        icn_core::limits::GUEST_WALL_CLOCK_MS_MAX / 1000
    );
}

/// The least of a set of figures.
fn cheapest(figures: &BTreeMap<String, f64>) -> f64 {
    figures.values().copied().fold(f64::INFINITY, f64::min)
}

/// Prints the ratio of a set of figures.
fn report(name: &str, figures: &BTreeMap<String, f64>) {
    let Some((worst, most)) = figures.iter().max_by(|a, b| a.1.total_cmp(b.1)) else { return };
    let Some((best, least)) = figures.iter().min_by(|a, b| a.1.total_cmp(b.1)) else { return };
    println!("{name}: worst {worst} {most:.4}, best {best} {least:.4}");
    println!("RATIO name={name} ours={most:.4} floor={least:.4} unit=ns_per_fuel ratio={:.1}", most / least);
    if most / least > RATIO_MAX && name == "fuel_ns_worst_over_best" {
        println!(
            "WARNING: the dearest class costs more than {RATIO_MAX} times what the cheapest does: the schedule needs new prices"
        );
    }
}
