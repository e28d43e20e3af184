//! Modules made to be dear to compile are refused before anything is compiled, or they compile. What the dearest
//! that are accepted take is measured by the bench `compile`, which has bounds; here times are only printed.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]
#![allow(clippy::print_stdout, reason = "what a bomb took is worth seeing")]

mod shapes;

use icn_core::encode::Block;
use icn_core::limits;
use icn_core::name::Codec;
use icn_sandbox::{Engine, EngineOptions, Item, Module, inspect, validate};

/// Processor time of this thread, in seconds; nothing where the system does not say.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = text.split(' ').next().and_then(|word| word.parse().ok()).unwrap_or_default();
    std::time::Duration::from_nanos(nanoseconds).as_secs_f64()
}

#[test]
fn bombs_are_refused_by_the_validator() {
    for (name, bytes) in shapes::bombs::all() {
        let start = cpu_seconds();
        let rejected = validate(&bytes).err().unwrap_or_else(|| panic!("{name} is accepted"));
        println!("{name:50} {:>9} bytes {:>8.6} s  {rejected}", bytes.len(), cpu_seconds() - start);
        assert!(rejected.offset.is_some(), "{name}: {rejected}");
    }
}

#[test]
fn small_ones_of_each_shape_compile() {
    let engine = Engine::new(&EngineOptions { pooled: false, ..EngineOptions::default() }).unwrap();
    let (mut compiled, mut too_heavy) = (0, Vec::new());
    for (name, build) in shapes::all() {
        let bytes = build(1, 1);
        if let Err(rejected) = validate(&bytes) {
            assert!(rejected.what.contains("the function weighs"), "{name}: {rejected}");
            too_heavy.push(name);
            continue;
        }
        let start = cpu_seconds();
        Module::compile(&engine, &Block::new(Codec::Raw, bytes)).unwrap_or_else(|e| panic!("{name}: {e}"));
        println!("{name:50} {:>8.6} s", cpu_seconds() - start);
        compiled += 1;
    }
    // A few have a thousand locals and are too heavy however small.
    assert!(compiled > 90 && too_heavy.len() <= 5, "{compiled}, and not {too_heavy:?}");
}

#[test]
fn a_function_that_is_too_heavy_is_named_with_what_it_weighs() {
    let (_, build) =
        shapes::all().into_iter().find(|(name, _)| *name == "branches to one merge, 100 locals").unwrap();
    let rejected = validate(&build(5_000, 1)).unwrap_err();
    assert_eq!(rejected.item, Some(Item { kind: "function", index: 0 }));
    for part in ["the function weighs", "operators", "branches that meet", "values in scope", "at most"] {
        assert!(rejected.what.contains(part), "{rejected}");
    }
}

#[test]
fn functions_that_are_too_heavy_together_are_refused() {
    let (_, build) = shapes::all().into_iter().find(|(name, _)| *name == "memory.grow").unwrap();
    let one = inspect(&build(100, 1)).heaviest.unwrap().1.total();
    let most = u32::try_from(limits::MODULE_WEIGHT_MAX / one).unwrap();
    assert!(validate(&build(100, most)).is_ok());
    let rejected = validate(&build(100, most + 1)).unwrap_err();
    assert_eq!(rejected.item, Some(Item { kind: "function", index: most }));
    assert!(rejected.what.contains("weight of all functions"), "{rejected}");
}

#[test]
fn the_author_of_too_many_values_alive_reads_what_to_do() {
    let (_, build) =
        shapes::all().into_iter().find(|(name, _)| *name == "values defined early, used late").unwrap();
    let rejected = validate(&build(5_000, 1)).unwrap_err();
    assert!(rejected.what.contains("values alive"), "{rejected}");
    assert!(rejected.what.contains("keep fewer values in locals and on the stack"), "{rejected}");
}
