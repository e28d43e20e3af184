//! `memory.fill`, which is rewritten, does what the specification of WebAssembly says, at every edge.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "one byte of a number is meant")]

mod common;

use common::{ENGINES, World, block, trap};
use icn_core::block::{Outcome, TrapKind};
use icn_sandbox::Module;

/// Bytes of two pages.
const END: i64 = 131_072;

/// Fills among locals of all types, in a function with parameters and results, and shows the memory around.
fn guest(at: i64, value: i64, length: i64) -> String {
    // The text format takes numbers of 32 bits with either sign.
    format!(
        r#"(module (import "icn" "host_set_output" (func $out (param i32 i32) (result i32)))
          (memory (export "memory") 2)
          (func $fill (param $at i32) (param $d f64) (param $length i32) (result i32 i64)
            (local $a i32) (local $b i64) (local $c f32)
            (local.set $a (i32.const 7)) (local.set $b (i64.const 8))
            (i32.const 1)
            (memory.fill (local.get $at) (i32.const {value}) (local.get $length))
            (i32.add (local.get $a))
            (local.get $b))
          (func (export "run") (local $x i64) (local $y i32)
            (call $fill (i32.const {at}) (f64.const 1) (i32.const {length}))
            (local.set $x) (local.set $y)
            (i32.store8 (i32.const 0) (local.get $y)) (i64.store8 (i32.const 1) (local.get $x))
            (drop (call $out (i32.const 0) (i32.const 4096)))))"#
    )
}

#[test]
fn a_fill_fills_its_range_and_traps_outside_whatever_the_length() {
    let cases = [
        (16, 0, true),
        (16, 1, true),
        (16, 4000, true),
        (0, 0, true),
        (END, 0, true),
        (END - 1, 1, true),
        (0, END, true),
        (END + 1, 0, false),
        (END, 1, false),
        (END - 1, 2, false),
        (1, END, false),
        (-1, 0, false),
        (-1, 1, false),
        (0, -1, false),
        (i64::from(i32::MIN), 0, false),
    ];
    for (at, length, inside) in cases {
        for value in [0, 0xa5, 0x1ff] {
            let block = block(&guest(at, value, length));
            for (with, engine) in ENGINES.iter() {
                let world = World::new().fuel(icn_core::limits::FUEL_PER_INVOCATION_MAX);
                let staged = world.run(&Module::compile(engine, &block).unwrap(), "run");
                let case = format!("{length} bytes at {at} on {with}");
                if !inside {
                    assert_eq!(trap(&staged), Some(TrapKind::MemoryFault), "{case}");
                    continue;
                }
                assert_eq!(staged.outcome, Outcome::Ok, "{case}");
                let range = at..at + length;
                let filled = |place| if range.contains(&place) { (value & 0xff) as u8 } else { 0 };
                let mut expected: Vec<u8> = (0..4096).map(filled).collect();
                expected[..2].copy_from_slice(&[8, 8]);
                assert!(staged.output == expected, "{case}");
            }
        }
    }
}
