//! Pure work that the compiler does once more in each block that uses it weighs what it costs, and what it does once
//! weighs nothing more: the rule that bounds compile times depends on telling these apart.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use icn_core::limits::weights::{AGAIN, AGAIN_SLOW, FUEL_IN_A_ROW};
use icn_sandbox::{Weight, inspect};

/// What a function of two parameters and three more locals weighs.
fn weight(body: &str) -> Weight {
    let text = format!(
        r#"(module (memory (export "memory") 1)
          (global $g (mut i64) (i64.const 0)) (func $call (param i64) (result i64) (local.get 0))
          (func (export "run"))
          (func (param $c i32) (param $p i64) (local $a i64) (local $b i64) (local $f f64) {body}))"#
    );
    let bytes = wat::parse_str(text).unwrap_or_else(|e| panic!("{body}: {e}"));
    let inspection = inspect(&bytes);
    assert!(inspection.reasons.is_empty(), "{body}: {:?}", inspection.reasons);
    inspection.heaviest.unwrap().1
}

/// Two pure operators.
const TWO: &str = "(i64.mul (i64.xor (local.get $p) (i64.const 3)) (local.get $p))";
const USE_A: &str = "(global.set $g (local.get $a))";

/// The work that is done again, without the little that looking at locals weighs.
fn with(body: &str) -> u64 {
    let again =
        weight(&body.replace("TWO", TWO).replace("USE", USE_A).replace("IF", "(if (local.get $c)")).again;
    again - again % 10
}

const ONE: u64 = AGAIN as u64;

#[test]
fn work_in_arms_that_exclude_each_other_is_done_in_both() {
    assert_eq!(with("(local.set $a TWO) IF (then USE) (else USE))"), 2 * ONE);
    assert_eq!(with("(local.set $a TWO) IF (then USE)) IF (then USE)) USE"), 4 * ONE);
    // Where the first use comes before the others, they use what it computed.
    assert_eq!(with("(local.set $a TWO) USE IF (then USE) (else USE)) USE"), 0);
    assert_eq!(with("(local.set $a TWO) IF (then USE USE USE))"), 0);
}

#[test]
fn a_row_used_at_each_step_is_computed_as_often_as_its_length_squared() {
    let step = "(local.set $a (i64.mul (local.get $a) (local.get $p))) IF (then USE))";
    let row = |n: usize| with(&format!("(local.set $a (local.get $p)){}", step.repeat(n)));
    assert_eq!(row(1), 0);
    for n in [2, 3, 10, 100] {
        assert_eq!(row(n), ONE * (n * (n - 1) / 2) as u64, "a row of {n}");
    }
    // Used where every later one sees it, each step is computed once.
    let step = "(local.set $a (i64.mul (local.get $a) (local.get $p))) USE";
    assert_eq!(with(&step.repeat(100)), 0);
}

#[test]
fn what_a_call_or_memory_or_a_merge_brings_is_no_work() {
    for value in
        ["(call $call TWO)", "(i64.load (i32.const 8))", "(global.get $g)", "(i64.const 7)", "(local.get $p)"]
    {
        let arms = format!("(local.set $a {value}) IF (then USE) (else USE))");
        assert_eq!(with(&arms), 0, "{value}");
    }
    // One of two values, by the way that was taken.
    assert_eq!(with("IF (then (local.set $a TWO))) IF (then USE) (else USE))"), 0);
    assert_eq!(
        with(
            "(local.set $a (if (result i64) (local.get $c) (then TWO) (else TWO))) IF (then USE) (else USE))"
        ),
        0
    );
    // What can trap is computed where it stands.
    assert_eq!(with("(local.set $a (i64.div_s (local.get $p) (i64.const 3))) IF (then USE) (else USE))"), 0);
}

#[test]
fn a_value_that_all_branches_bring_is_that_value_still() {
    let arms = "IF (then USE) (else USE))";
    // Once more in each of the two arms that bring it, and once more in the second arm that uses it.
    let both =
        "(local.set $b TWO) IF (then (local.set $a (local.get $b))) (else (local.set $a (local.get $b))))";
    assert_eq!(with(&format!("{both} {arms}")), 3 * 2 * ONE);
    let block = "(local.set $a (block (result i64) TWO (br_if 0 (local.get $c))))";
    assert_eq!(with(&format!("{block} {arms}")), 3 * 2 * ONE);
    // It was this before, and is this again, whichever way was taken.
    let back = "(local.set $b TWO) (local.set $a (local.get $b)) (block (br_if 0 (local.get $c)) USE
        (local.set $a (i64.const 1)) (local.set $a (local.get $b)))";
    assert_eq!(with(&format!("{back} {arms}")), 2 * 2 * ONE);
    // Another on one of the ways: then it is none of these.
    let other =
        "(local.set $b TWO) IF (then (local.set $a (local.get $b))) (else (local.set $a (local.get $p))))";
    assert_eq!(with(&format!("{other} {arms}")), 0);
}

#[test]
fn a_branch_out_of_a_block_ends_what_was_computed_after_it() {
    // Before the branch: on every way to the end.
    assert_eq!(with("(local.set $a TWO) (block USE (br_if 0 (local.get $c))) USE"), 0);
    // After it: not on the way that left.
    assert_eq!(with("(local.set $a TWO) (block (br_if 0 (local.get $c)) USE) USE"), 2 * ONE);
    assert_eq!(with("(local.set $a TWO) (block (block (br_if 1 (local.get $c)) USE) USE) USE"), 2 * ONE);
    assert_eq!(with("(local.set $a TWO) (block (block (br_table 0 1 (local.get $c))) USE) USE"), 2 * ONE);
    // A block that nothing leaves, and a loop, end on one way alone.
    assert_eq!(with("(local.set $a TWO) (block USE) USE"), 0);
    assert_eq!(with("(local.set $a TWO) (loop USE (br_if 0 (local.get $c))) USE"), 0);
    // Nothing is computed where control does not come.
    assert_eq!(with("(local.set $a TWO) (block (br 0) USE (block USE) IF (then USE))) USE"), 0);
}

#[test]
fn what_is_dear_weighs_more() {
    let floats = "(local.set $f (f64.sqrt (f64.convert_i64_s (local.get $p))))
        IF (then (f64.store (i32.const 0) (local.get $f))) (else (f64.store (i32.const 0) (local.get $f))))";
    assert_eq!(with(floats), 2 * u64::from(AGAIN_SLOW));
}

#[test]
fn a_row_of_additions_to_the_counter_of_fuel_weighs_more() {
    let of = |text: &str| weight(&text.repeat(100)).operators;
    // How many additions go on such a row in a hundred of these, whatever else they weigh: after a call none does.
    let call = "(drop (call $call (local.get $p)))";
    let empty = of("");
    let rows = |one: &str| {
        let alone = of(&format!("{one} {call}")) - of(call) + empty;
        (of(one).max(alone) - alone + FUEL_IN_A_ROW / 2) / FUEL_IN_A_ROW
    };
    assert_eq!(rows(""), 0);
    // The first two of a row weigh nothing more; the function's end goes on it.
    assert_eq!(rows("(block)"), 99);
    assert_eq!(rows("(block (br 0))"), 99);
    assert_eq!(rows("(block (br_table 0 0 (local.get $c)))"), 99);
    // Where two ways meet that burned differently, and in a loop, a row begins.
    assert_eq!(rows("(block (br_if 0 (local.get $c)))"), 0);
    assert_eq!(rows("(if (local.get $c) (then))"), 0);
    assert_eq!(rows("(loop)"), 0);
}

#[test]
fn a_use_that_may_turn_out_to_be_none_computes_nothing_for_later() {
    let nothing = "(global.set $g (i64.xor (local.get $a) (local.get $a)))";
    assert_eq!(with(&format!("(local.set $a TWO) {nothing} IF (then USE)) IF (then USE))")), 4 * ONE);
    // A fill computes its operands in both arms of what it is rewritten with.
    let fill = "(memory.fill (i32.wrap_i64 (local.get $a)) (i32.const 0) (i32.const 1))";
    assert_eq!(with(&format!("(local.set $a TWO) {fill} USE")), 5 * ONE);
}
