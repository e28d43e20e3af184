//! Recursions without an end, of many shapes.

use std::fmt::Write as _;

use icn_core::limits;

use super::text::guest;

/// Fuel of a recursion's run: more than any burns before it is too deep.
pub const RECURSION_FUEL: u64 = 100_000_000;

/// Recursions without an end, of many shapes: names, and modules as text whose entry is `run`.
#[must_use]
pub fn recursions() -> Vec<(String, String)> {
    let mut shapes = vec![
        ("smallest".to_owned(), guest("(func $f call $f)", "call $f")),
        (
            "mutual".to_owned(),
            guest("(func $f call $g) (func $g (local i64 i64) call $h) (func $h call $f)", "call $f"),
        ),
        (
            "indirect".to_owned(),
            guest(
                "(type $t (func)) (table 1 funcref) (elem (i32.const 0) $f) (func $f (call_indirect (type $t) (i32.const 0)))",
                "call $f",
            ),
        ),
        (
            "many parameters".to_owned(),
            guest(
                &format!(
                    "(func $f (param {}) {} call $f)",
                    "i64 ".repeat(32),
                    (0..32).fold(String::new(), |mut text, at| {
                        let _ = write!(text, "(i64.add (local.get {at}) (i64.const 1))");
                        text
                    })
                ),
                &format!("{} call $f", "i64.const 7 ".repeat(32)),
            ),
        ),
        (
            "results".to_owned(),
            guest(
                "(func $f (result i64 f64 i32 i64) (local i64) call $f call $f drop drop drop drop)",
                "call $f drop drop drop drop",
            ),
        ),
    ];
    // Values that a compiler keeps over the call, because they are wanted again: it computes each once.
    for values in [8u32, 100, 1_000, 2_000] {
        for (name, make) in [
            ("integers", "(i64.mul (local.get 0) (i64.const %))"),
            ("floats", "(f64.mul (f64.convert_i64_s (local.get 0)) (f64.const %.5))"),
            ("loads", "(i64.add (i64.load offset=% (i32.wrap_i64 (local.get 0))) (i64.const %))"),
        ] {
            // As many as a function of this kind may weigh.
            let values = if name == "floats" { values.min(300) } else { values };
            let store = if name == "floats" { "f64.store" } else { "i64.store" };
            let row = (0..values).fold(String::new(), |mut text, at| {
                let value = make.replace('%', &(at * 8 + 3).to_string());
                let _ = write!(text, "({store} offset={} (i32.const 0) {value})", at * 8);
                text
            });
            let body =
                format!("(func $f (param i64) {row} (call $f (i64.add (local.get 0) (i64.const 1))) {row})");
            shapes.push((format!("{values} {name} over a call"), guest(&body, "(call $f (i64.const 0))")));
        }
        // The same on the operand stack, as many as may be there.
        let values = values.min(limits::OPERAND_STACK_MAX * 7 / 10);
        let (push, pop) = (
            (0..values).fold(String::new(), |mut text, at| {
                let _ = write!(text, "(i64.xor (local.get 0) (i64.const {at}))");
                text
            }),
            "i64.add ".repeat(values as usize),
        );
        let body = format!(
            "(func $f (param i64) (result i64) {push} (call $f (i64.add (local.get 0) (i64.const 1))) {pop})"
        );
        shapes
            .push((format!("{values} on the operand stack"), guest(&body, "(drop (call $f (i64.const 0)))")));
    }
    let locals = limits::FUNCTION_LOCALS_MAX / 2;
    let sets = (0..locals).fold(String::new(), |mut text, at| {
        let _ = write!(text, "(local.set {} (i64.rotl (local.get 0) (i64.const {at})))", at + 1);
        text
    });
    let gets = (0..locals).fold(String::new(), |mut text, at| {
        let _ = write!(text, "(i64.store (i32.const {}) (local.get {}))", at * 8, at + 1);
        text
    });
    let body = format!(
        "(func $f (param i64) (local {}) {sets} (call $f (i64.add (local.get 0) (i64.const 1))) {gets})",
        "i64 ".repeat(locals as usize)
    );
    shapes.push(("half of the locals".to_owned(), guest(&body, "(call $f (i64.const 0))")));
    shapes
}
