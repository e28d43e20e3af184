//! The counted stack: the same depth ends a recursion on every engine, before the native stack ends; and a
//! profiled run is a plain one that says where its fuel went.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use common::{ENGINES, FUEL, POOLED, World, block, compile, said, trap};
use icn_core::block::{Outcome, TrapKind};
use icn_core::limits;
use icn_core::name::Owner;
use icn_sandbox::{Engine, EngineOptions, Module};
use icn_testkit::guests::{guest, recursions};

#[test]
fn a_recursion_ends_at_the_same_depth_on_every_engine_before_the_native_stack_does() {
    let world = World::new();
    for (name, text) in recursions() {
        let mut first: Option<String> = None;
        for (engine, made) in ENGINES.iter().map(|(name, engine)| (name, engine)) {
            let module = Module::compile(made, &block(&text)).unwrap_or_else(|e| panic!("{name}: {e}"));
            let staged = world.run(&module, "run");
            let Outcome::Trapped(trap) = &staged.outcome else {
                panic!("{name} ended: {:?}", staged.outcome)
            };
            assert_eq!(trap.kind, TrapKind::StackOverflow, "{name} on {engine}");
            assert!(trap.detail.contains("counted"), "{name} on {engine}: {}", trap.detail);
            let said = said(&staged);
            assert_eq!(first.get_or_insert_with(|| said.clone()), &said, "{name} on {engine}");
        }
    }
}

/// How deep a guest may call itself whose frames take so many counted bytes.
fn depth_max(frame_bytes: i64) -> i64 {
    limits::STACK_COUNTED_BYTES_MAX / frame_bytes
}

#[test]
fn the_last_depth_that_fits_runs_and_the_next_one_does_not() {
    // One parameter, and the values of `local.get 0`'s users: eqz, const, sub.
    let text = guest(
        "(func $f (param i32) (if (i32.eqz (local.get 0)) (then return)) (call $f (i32.sub (local.get 0) (i32.const 1))))
         (func (export \"probe\") (call $f (i32.load (i32.const 0))))",
        "",
    );
    // Param, if, eqz, const, sub; the widest call has one parameter.
    let frame = 128 + 16 * 5 + 8;
    // The entry's own frame: its load and constants, and its call of one parameter.
    let entry = 128 + 16 * 2 + 8;
    let fits = (limits::STACK_COUNTED_BYTES_MAX - entry) / frame - 1;
    for (levels, ends) in [(0, None), (fits, None), (fits + 1, Some(TrapKind::StackOverflow))] {
        let data = format!(
            "(data (i32.const 0) \"{}\")",
            common::literal(&u32::try_from(levels).unwrap().to_le_bytes())
        );
        let text = text.replacen(
            "(memory (export \"memory\") 16)",
            &format!("(memory (export \"memory\") 16) {data}"),
            1,
        );
        for (name, engine) in ENGINES.iter() {
            let module = Module::compile(engine, &block(&text)).unwrap();
            assert_eq!(trap(&World::new().run(&module, "probe")), ends, "{levels} levels on {name}");
        }
    }
    assert!(depth_max(frame) > 4_000, "a plain recursion may go deep");
}

#[test]
fn every_way_out_of_a_function_gives_its_frame_back() {
    let ways = [
        "",
        "return",
        "(br 0)",
        "(br_if 0 (i32.const 1))",
        "(block (br_table 0 1 (i32.const 1)))",
        "(block (block (br 2)))",
        "(loop (if (i32.const 1) (then return)))",
        "(if (i32.const 0) (then) (else (block return)))",
    ];
    for way in ways {
        let text = guest(
            &format!("(func $leaf) (func $f {way} call $leaf)"),
            "(local i32) (loop (call $f) (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 20000))))",
        );
        assert!(World::new().run(&compile(&text), "run").outcome.is_ok(), "{way}");
    }
    // The same with results, one and more than one of several kinds.
    for (types, values) in
        [("i64", "(i64.const 1)"), ("i32 f64 i64", "(i32.const 1) (f64.const 2) (i64.const 3)")]
    {
        for way in ["", "return", "br 0", "(if (i32.const 0) (then unreachable))"] {
            let drops = "drop ".repeat(types.split(' ').count());
            let text = guest(
                &format!("(func $leaf) (func $f (result {types}) call $leaf {values} {way})"),
                &format!(
                    "(local i32) (loop (call $f) {drops} (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 20000))))"
                ),
            );
            let staged = World::new().run(&compile(&text), "run");
            assert!(staged.outcome.is_ok(), "{types} {way}: {:?}", staged.outcome);
        }
    }
}

#[test]
fn a_guests_own_unreachable_is_not_the_stacks() {
    let text = guest("(func $leaf) (func $f call $leaf unreachable)", "call $f");
    assert_eq!(trap(&World::new().run(&compile(&text), "run")), Some(TrapKind::Unreachable));
}

#[test]
fn a_guest_cannot_reach_the_count() {
    // The count is a global behind the guest's own: naming it is refused before anything is rewritten.
    let text = "(module (memory (export \"memory\") 1) (func $g) (func (export \"run\") call $g))";
    let mut bytes = common::wasm(text);
    assert!(
        Module::compile(&POOLED, &icn_core::encode::Block::new(icn_core::name::Codec::Raw, bytes.clone()))
            .is_ok()
    );
    // Turn the body `call $g` (10 00) into `global.get 0; drop` by hand: the same length, another meaning.
    let at = bytes.windows(3).position(|found| found == [0x10, 0x00, 0x0b]).unwrap();
    bytes[at] = 0x23;
    let refused = Module::compile(&POOLED, &icn_core::encode::Block::new(icn_core::name::Codec::Raw, bytes));
    assert!(refused.unwrap_err().to_string().contains("unknown global"));
}

/// Guests whose runs end in every way.
fn guests_to_profile() -> Vec<String> {
    let work = "(func $work (param i32) (result i32) (local i32) (loop (br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (local.get 0)))) (local.get 1))
                (func $twice (param i32) (drop (call $work (local.get 0))) (drop (call $work (local.get 0))))
                (func $deep (param i32) (if (i32.eqz (local.get 0)) (then unreachable)) (call $deep (i32.sub (local.get 0) (i32.const 1))))";
    let imports = "(import \"icn\" \"host_get_time\" (func $time (result i64))) (import \"icn\" \"host_log\" (func $log (param i32 i32 i32) (result i32)))";
    [
        "(call $twice (i32.const 5000))",
        "(drop (call $work (i32.const 9))) (drop (call $time)) (call $twice (i32.const 1))",
        "(drop (call $log (i32.const 2) (i32.const 0) (i32.const 100))) (drop (call $work (i32.const 3)))",
        "(call $deep (i32.const 5))",
        "(call $deep (i32.const -1))",
        "(drop (call $work (i32.const -1)))",
        "",
    ]
    .iter()
    .map(|run| {
        format!("(module {imports} (memory (export \"memory\") 1) {work} (func (export \"run\") {run}))")
    })
    .collect()
}

#[test]
fn a_profiled_run_is_the_plain_one_and_its_functions_fuel_is_the_receipts() {
    let engine =
        Engine::new(&EngineOptions { instances_max: 2, backtraces: true, ..EngineOptions::default() })
            .unwrap();
    let mut texts: Vec<_> = guests_to_profile().iter().map(|text| block(text)).collect();
    texts.push(icn_core::encode::Block::new(
        icn_core::name::Codec::Raw,
        include_bytes!("../../../guest/prebuilt/ballot.wasm").to_vec(),
    ));
    for text in texts {
        let (plain, profiled) =
            (Module::compile(&engine, &text).unwrap(), Module::compile_profiled(&engine, &text).unwrap());
        for entry in plain.shape().entries.keys() {
            let staged = World::new().fuel(2_000_000).run(&plain, entry);
            let call = World::new().fuel(2_000_000).call(&profiled, entry);
            let (again, table) = futures::executor::block_on(profiled.run_profiled(call)).unwrap();
            assert_eq!(said(&staged), said(&again));
            assert_eq!(table.fuel.iter().map(|line| line.fuel).sum::<u64>(), staged.fuel);
            assert_eq!(table.backtrace.is_empty(), trap(&staged).is_none(), "{:?}", table.backtrace);
        }
    }
}

#[test]
fn a_profiled_run_is_the_plain_one_at_every_limit() {
    let imports = "(import \"icn\" \"host_log\" (func $log (param i32 i32 i32) (result i32)))";
    let leaves = "(func $leaf (param i32) (result i32) (local.get 0))
                  (func $line (drop (call $log (i32.const 2) (i32.const 0) (i32.const 3))))
                  (func $deep (param i32) (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1))))))";
    let straight = "(drop (call $leaf (i32.const 1))) ".repeat(40);
    let burn = "(drop (i32.add (i32.const 1) (i32.const 2))) ".repeat(30);
    let bodies = [
        straight.clone(),
        format!("(call $line) {straight} (call $line) {burn} (call $line)"),
        "(call $deep (i32.const 30)) (call $line) (call $deep (i32.const 9))".into(),
        format!("{straight} {burn} unreachable"),
        format!("{straight} {burn} (drop (i32.load (i32.const -1)))"),
    ];
    for body in bodies {
        let text = format!(
            "(module {imports} (memory (export \"memory\") 1) {leaves} (func (export \"run\") {body}))"
        );
        let (plain, profiled) = (
            Module::compile(&POOLED, &block(&text)).unwrap(),
            Module::compile_profiled(&POOLED, &block(&text)).unwrap(),
        );
        let run = |fuel: u64| {
            let world = World::new().fuel(fuel);
            let staged = world.run(&plain, "run");
            let call = world.call(&profiled, "run");
            let (again, table) = futures::executor::block_on(profiled.run_profiled(call)).unwrap();
            assert_eq!(said(&staged), said(&again), "with {fuel} fuel: {body}");
            assert_eq!(table.fuel.iter().map(|line| line.fuel).sum::<u64>(), staged.fuel);
            (staged, table)
        };
        // The least fuel with which it does not run out, and the limits around it and below.
        let (mut short, mut enough) = (0, FUEL);
        while enough - short > 1 {
            let middle = short.midpoint(enough);
            let out = trap(&World::new().fuel(middle).run(&plain, "run")) == Some(TrapKind::OutOfFuel);
            if out { short = middle } else { enough = middle }
        }
        let instance = icn_core::costs::instance_fuel(1, 0);
        let limits = (instance - 2..short).step_by(17).chain(short - 1_500..enough + 200);
        let (_, whole) = run(FUEL);
        let (mut out_of_fuel, mut ended) = (0, 0);
        for fuel in limits {
            let (staged, table) = run(fuel);
            match trap(&staged) {
                Some(TrapKind::OutOfFuel) => out_of_fuel += 1,
                Some(_) => ended += 1,
                None => {
                    assert_eq!(table, whole, "with {fuel} fuel: {body}");
                    ended += 1;
                }
            }
        }
        assert!(out_of_fuel > 1_000 && ended > 100, "{out_of_fuel} and {ended}: {body}");
    }
}

#[test]
fn a_profiled_run_asks_the_ledger_once_and_sees_the_fuel_that_a_plain_one_sees() {
    // Sends 7 H, and logs as many bytes as the lowest bits of the fuel that is left say.
    let text = "(module
        (import \"icn\" \"host_transfer\" (func $transfer (param i32 i32 i32 i32 i32 i64 i32 i32) (result i32)))
        (import \"icn\" \"host_log\" (func $log (param i32 i32 i32) (result i32)))
        (import \"icn\" \"host_get_resource_remaining\" (func $left (param i32) (result i64)))
        (memory (export \"memory\") 1) (data (i32.const 100) \"project/1H\")
        (func $send (drop (call $transfer (i32.const 0) (i32.const 100) (i32.const 9) (i32.const 109) (i32.const 1) (i64.const 7) (i32.const 0) (i32.const 0))))
        (func $say (drop (call $log (i32.const 2) (i32.const 0) (i32.and (i32.wrap_i64 (call $left (i32.const 0))) (i32.const 1023)))))
        (func (export \"run\") (call $send) (call $say) (call $say)))";
    let (plain, profiled) = (compile(text), Module::compile_profiled(&POOLED, &block(text)).unwrap());
    for fuel in [FUEL, FUEL - 1, FUEL - 500] {
        let world = World::new().fuel(fuel);
        let staged = world.run(&plain, "run");
        let of_plain = world.port.balance_of(&Owner::Member(common::caller()));
        let world = World::new().fuel(fuel);
        let call = world.call(&profiled, "run");
        let (again, table) = futures::executor::block_on(profiled.run_profiled(call)).unwrap();
        assert_eq!(staged.journal.len(), 1, "{staged:?}");
        assert_eq!(said(&staged), said(&again));
        let of_profiled = world.port.balance_of(&Owner::Member(common::caller()));
        assert_eq!((of_plain, of_profiled), (93, 93));
        // Whatever no function burned is the instance, and the entry's first steps: both runs went the same way.
        let rest = table.fuel.iter().find(|line| line.function.is_none()).unwrap();
        assert_eq!((rest.fuel - icn_core::costs::instance_fuel(1, 10), &*rest.name), (2, "(instance)"));
    }
}

#[test]
fn a_profile_says_which_function_burned_what_and_a_backtrace_where_it_trapped() {
    let engine = Engine::new(&EngineOptions { backtraces: true, ..EngineOptions::default() }).unwrap();
    let guests = guests_to_profile();
    let run = |text: &str| {
        let module = Module::compile_profiled(&engine, &block(text)).unwrap();
        futures::executor::block_on(module.run_profiled(World::new().fuel(FUEL).call(&module, "run")))
            .unwrap()
            .1
    };
    let busy = run(&guests[0]);
    let fuel = |name: &str| busy.fuel.iter().find(|line| line.name == name).map(|line| line.fuel).unwrap();
    assert_eq!(busy.fuel[0].name, "work");
    assert!(fuel("work") > 100 * fuel("twice") && fuel("run") > 0, "{busy:?}");
    let deep = run(&guests[3]);
    assert_eq!(deep.backtrace, ["deep", "deep", "deep", "deep", "deep", "deep", "run"]);
    let deepest = run(&guests[4]);
    assert_eq!(deepest.backtrace.len(), limits::BACKTRACE_FRAMES_MAX);
}

/// A module with this as its `name` section, behind everything else.
fn with_names(names: &[u8]) -> icn_core::encode::Block {
    let text = "(module (memory (export \"memory\") 1) (func) (func (export \"run\") call 0))";
    let mut bytes = common::wasm(text);
    bytes.push(0);
    bytes.push(u8::try_from(names.len() + 5).unwrap());
    bytes.extend_from_slice(b"\x04name");
    bytes.extend_from_slice(names);
    icn_core::encode::Block::new(icn_core::name::Codec::Raw, bytes)
}

#[test]
fn a_module_runs_whatever_its_name_section_says() {
    let (far, more): (&[u8], &[u8]) = (b"\xff\xff\xff\xff\x0f\x01x", b"\x00\x04work");
    let one = [b"\x01\x08\x01".as_slice(), far].concat();
    let after = [b"\x01\x0e\x02".as_slice(), more, far].concat();
    let cases: [(&str, &[u8]); 8] = [
        ("nothing", b""),
        ("the last index there is", &one),
        ("the same after a function's", &after),
        ("a part longer than the section", b"\x01\x7f\x00"),
        ("more names than bytes", b"\x01\x05\xff\xff\xff\xff\x0f"),
        ("a name that is not UTF-8", b"\x01\x05\x01\x00\x02\xff\xfe"),
        ("an index that never ends", b"\x01\x07\x01\xff\xff\xff\xff\xff\xff"),
        ("garbage", b"\xff\xff\xff\xff\xff\xff\xff\xff"),
    ];
    for (what, names) in cases {
        let block = with_names(names);
        let plain = Module::compile(&POOLED, &block).unwrap_or_else(|e| panic!("{what}: {e}"));
        let profiled = Module::compile_profiled(&POOLED, &block).unwrap_or_else(|e| panic!("{what}: {e}"));
        let staged = World::new().run(&plain, "run");
        assert!(staged.outcome.is_ok(), "{what}: {:?}", staged.outcome);
        let call = World::new().call(&profiled, "run");
        let (again, table) = futures::executor::block_on(profiled.run_profiled(call)).unwrap();
        assert_eq!(said(&staged), said(&again), "{what}");
        let called = table.fuel.iter().find(|line| line.function == Some(0)).unwrap();
        let name = if names == after { "work" } else { "function 0" };
        assert_eq!(called.name, name, "{what}");
    }
}
