//! What does one unit of fuel buy? Nanoseconds for each fuel of each operator class and each host call, and how far
//! the dearest class is from the cheapest.
//!
//! Each variant is a unit of text, repeated in the body of a loop, run through the production engine
//! ([`Module::run`]) with two counts of rounds; the difference of the two leaves out the instance and the setup. Time
//! is the least of several short runs: whatever else the machine did only adds. Fuel is the receipt's own. The loop's
//! own head is part of what is measured, one in so many units. A class is as dear as its dearest variant, because
//! that is what a hostile guest would run.
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
#[path = "calibrate/operators.rs"]
mod operators;

use std::collections::BTreeMap;
use std::time::Instant;

use icn_core::encode::Block;
use icn_core::id::Codec;
use icn_sandbox::{Engine, EngineOptions, Module};

/// The dearest class may cost so many times what the cheapest does.
const RATIO_MAX: f64 = 20.0;
/// A run is made at least so long.
const RUN_NS: f64 = 1_500_000.0;
/// Runs of which the shortest counts.
const RUNS: usize = 12;

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
    /// Rounds at least, where the setup takes long.
    pub(crate) rounds_min: u32,
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
            rounds_min: 0,
            setup: String::new(),
            imports: "",
            pages: 2,
            pages_max: None,
            host: false,
        }
    }
}

impl Variant {
    fn text(&self) -> String {
        let data = "x".repeat(65_536);
        let (pages, maximum) = (self.pages, self.pages_max.map_or(String::new(), |pages| pages.to_string()));
        let pages = self.pages_max.map_or(pages, |maximum| maximum.min(pages));
        let has_room = pages >= 2;
        let passive = if has_room { data.as_str() } else { "x" };
        let many = " i64".repeat(32);
        let elements = "$nothing ".repeat(1000);
        let (imports, setup, body) = (self.imports, &self.setup, self.unit.repeat(self.repeat));
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
              (local $e i32) (local $z i32) (local $p i32) (local $x i64) (local $y i64) (local $f f64) (local $g f64)
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

fn measure(engine: &Engine, world: &calls::World, variant: &Variant) -> Measured {
    let text = variant.text();
    let bytes = wat::parse_str(&text).unwrap_or_else(|e| panic!("{}: {e}", variant.name));
    let block = Block::new(Codec::Raw, bytes.clone());
    let module = Module::compile(engine, &block).unwrap_or_else(|e| panic!("{}: {e}", variant.name));
    let best = |rounds: u32, runs: usize| {
        let mut least = (f64::INFINITY, 0);
        for _ in 0..runs {
            let call = world.call(&module, rounds);
            let started = Instant::now();
            let staged = futures::executor::block_on(module.run(call)).expect("a run");
            // What the commit does with it: the receipt that holds the output and the writes is hashed.
            std::hint::black_box(icn_core::id::Hash::digest(&staged.output));
            staged.writes.values().flatten().for_each(|value| {
                std::hint::black_box(icn_core::id::Hash::digest(value));
            });
            let ns = started.elapsed().as_nanos() as f64;
            assert!(staged.outcome.is_ok(), "{}: {:?}", variant.name, staged.outcome);
            least = (least.0.min(ns), staged.fuel);
        }
        least
    };
    let (nothing_ns, nothing_fuel) = best(0, RUNS);
    let mut rounds = 1u32;
    while rounds < variant.rounds_min
        || (rounds < variant.rounds_max && best(rounds, 4).0 - nothing_ns < RUN_NS)
    {
        rounds = rounds.saturating_mul(2).min(variant.rounds_max);
    }
    let (ns, fuel) = best(rounds, RUNS);
    let units = f64::from(rounds) * variant.repeat as f64;
    Measured {
        ns: (ns - nothing_ns).max(0.0) / units,
        fuel: (fuel - nothing_fuel) as f64 / units,
        flat: (!variant.host).then(|| flat(&bytes, rounds.min(1000), variant.repeat)),
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

/// The dearest variant of a class.
#[derive(Debug, Default, Clone, Copy)]
struct Worst {
    ours: f64,
    flat: f64,
}

fn main() {
    let only = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let engine = Engine::new(&EngineOptions { instances_max: 8, pooled: true }).expect("an engine");
    let world = calls::World::new();
    println!(
        "question: nanoseconds a unit of fuel buys, schedule version {}",
        icn_core::costs::SCHEDULE_VERSION
    );
    let mut classes: BTreeMap<String, Worst> = BTreeMap::new();
    // The same without the accesses that miss the caches: no price for each operator tells those from others.
    let mut in_cache = classes.clone();
    for variant in operators::variants().into_iter().chain(calls::variants()) {
        if only.as_ref().is_some_and(|only| !variant.name.contains(only.as_str()) && variant.class != only) {
            continue;
        }
        let Measured { ns, fuel, flat } = measure(&engine, &world, &variant);
        let flat_ns = flat.map_or(0.0, |flat| ns / flat.max(1e-9));
        println!(
            "CLASS name={} variant=\"{}\" ns_per_op={ns:.3} fuel_per_op={fuel:.2} ns_per_fuel={:.4} flat_ns_per_fuel={flat_ns:.4}",
            variant.class,
            variant.name,
            ns / fuel
        );
        // Bulk operators count by each length; a host call by its function, as dear as its dearest use.
        let key = match variant.class {
            "bulk" => variant.name,
            "host" | "host_ledger" => variant.name.split(' ').next().unwrap_or(variant.name),
            class => class,
        };
        if !variant.name.ends_with("16 MiB") {
            let worst = in_cache.entry(key.to_owned()).or_default();
            worst.ours = worst.ours.max(ns / fuel);
            worst.flat = worst.flat.max(flat_ns);
        }
        let worst = classes.entry(key.to_owned()).or_default();
        worst.ours = worst.ours.max(ns / fuel);
        worst.flat = worst.flat.max(flat_ns);
    }
    report("fuel_ns_worst_over_best", &classes, |worst| worst.ours);
    report("fuel_ns_worst_over_best_in_cache", &in_cache, |worst| worst.ours);
    report("fuel_ns_worst_over_best_flat", &classes, |worst| worst.flat);
}

/// Prints the ratio. What compiles to nothing takes no time, whatever it burns: it can only be the dearest.
fn report(name: &str, classes: &BTreeMap<String, Worst>, of: impl Fn(&Worst) -> f64) {
    let of = |class: &&String| of(&classes[*class]);
    let order = |a: &&String, b: &&String| of(a).total_cmp(&of(b));
    let Some(worst) = classes.keys().max_by(order) else { return };
    let Some(best) = classes.keys().filter(|class| *class != "no_code" && of(class) > 0.0).min_by(order)
    else {
        return;
    };
    let (most, least) = (of(&worst), of(&best));
    println!("{name}: worst {worst} {most:.4}, best {best} {least:.4}");
    println!("RATIO name={name} ours={most:.4} floor={least:.4} unit=ns_per_fuel ratio={:.1}", most / least);
    if most / least > RATIO_MAX && !name.ends_with("flat") {
        println!(
            "WARNING: the dearest class costs more than {RATIO_MAX} times what the cheapest does: the schedule needs new prices"
        );
    }
}
