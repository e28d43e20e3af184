//! The operators' variants: a unit of text that is repeated, as dear as its class can be made.

use super::Variant;

const LCG: &str =
    "(local.set $a (i32.add (i32.mul (local.get $a) (i32.const 1664525)) (i32.const 1013904223)))";

fn variant(class: &'static str, name: &'static str, unit: impl Into<String>) -> Variant {
    Variant { class, name, unit: unit.into(), repeat: 64, ..Variant::default() }
}

/// A chain: each unit waits for the one before.
fn chain(class: &'static str, name: &'static str, local: &str, value: &str) -> Variant {
    variant(class, name, format!("(local.set ${local} {value})"))
}

/// Four independent chains beside one another.
fn wide(class: &'static str, name: &'static str, operator: &str) -> Variant {
    let each = |local: &str| format!("(local.set ${local} ({operator} (local.get $b) (local.get ${local})))");
    variant(class, name, ["a", "c", "d", "e"].map(each).concat())
}

/// Every variant of every class.
pub(super) fn variants() -> Vec<Variant> {
    let mut all = arithmetic();
    all.extend(memory());
    all.extend(control());
    all.extend(bulk());
    all
}

fn arithmetic() -> Vec<Variant> {
    let (int, div, float, fdiv, convert) = ("integer", "integer_divide", "float", "float_divide", "convert");
    vec![
        chain(int, "i32.add chain", "a", "(i32.add (local.get $a) (local.get $b))"),
        wide(int, "i32.add wide", "i32.add"),
        chain(int, "i32.rotl chain", "a", "(i32.rotl (local.get $b) (local.get $a))"),
        wide(int, "i32.rotl wide", "i32.rotl"),
        wide(int, "i32.shr_s wide", "i32.shr_s"),
        chain(int, "i32.lt_s chain", "a", "(i32.lt_s (local.get $a) (local.get $b))"),
        chain(int, "i32.eqz chain", "a", "(i32.sub (i32.eqz (local.get $a)) (local.get $b))"),
        chain(int, "i32.clz chain", "a", "(i32.add (i32.clz (local.get $a)) (local.get $b))"),
        chain(int, "i64.popcnt chain", "x", "(i64.popcnt (i64.sub (local.get $x) (local.get $y)))"),
        chain(int, "i32.mul chain", "a", "(i32.mul (local.get $a) (local.get $b))"),
        wide(int, "i32.mul wide", "i32.mul"),
        chain(int, "i64.mul chain", "x", "(i64.mul (local.get $x) (local.get $y))"),
        chain(int, "i64.extend8_s chain", "x", "(i64.extend8_s (i64.sub (local.get $x) (local.get $y)))"),
        chain(int, "select chain", "a", "(select (local.get $b) (local.get $c) (local.get $a))"),
        variant(int, "memory.size", "(local.set $a (i32.add (local.get $a) (memory.size)))"),
        chain(
            div,
            "i32.div_u chain",
            "a",
            "(i32.add (i32.div_u (local.get $b) (local.get $a)) (local.get $a))",
        ),
        chain(
            div,
            "i32.div_s chain",
            "a",
            "(i32.or (i32.div_s (local.get $b) (local.get $a)) (i32.const 3))",
        ),
        chain(
            div,
            "i32.rem_s chain",
            "a",
            "(i32.or (i32.rem_s (local.get $b) (local.get $a)) (i32.const 3))",
        ),
        chain(
            div,
            "i64.div_s chain",
            "x",
            "(i64.or (i64.div_s (local.get $y) (local.get $x)) (i64.const 3))",
        ),
        chain(
            div,
            "i64.rem_s chain",
            "x",
            "(i64.or (i64.rem_s (local.get $y) (local.get $x)) (i64.const 3))",
        ),
        chain(
            div,
            "i64.rem_u chain",
            "x",
            "(i64.or (i64.rem_u (local.get $y) (local.get $x)) (i64.const 3))",
        ),
        wide(div, "i32.div_u wide", "i32.div_u"),
        chain(float, "f64.add chain", "f", "(f64.add (local.get $f) (local.get $g))"),
        chain(float, "f64.mul chain", "f", "(f64.mul (local.get $f) (local.get $g))"),
        chain(float, "f32.mul chain", "s", "(f32.mul (local.get $s) (local.get $t))"),
        chain(
            float,
            "f64.mul of subnormals",
            "f",
            "(f64.mul (f64.const 0x1p-1070) (f64.add (local.get $g) (local.get $f)))",
        ),
        chain(float, "f64.add of nan", "f", "(f64.add (local.get $f) (f64.const nan))"),
        chain(float, "f64.min chain", "f", "(f64.min (local.get $f) (local.get $g))"),
        chain(float, "f32.max chain", "s", "(f32.max (local.get $s) (local.get $t))"),
        chain(float, "f64.nearest chain", "f", "(f64.nearest (f64.neg (local.get $f)))"),
        chain(float, "f32.ceil chain", "s", "(f32.ceil (f32.neg (local.get $s)))"),
        chain(float, "f64.copysign chain", "f", "(f64.copysign (local.get $g) (f64.neg (local.get $f)))"),
        chain(
            float,
            "f64.lt chain",
            "a",
            "(f64.lt (local.get $f) (f64.reinterpret_i64 (i64.extend_i32_u (local.get $a))))",
        ),
        chain(
            float,
            "reinterpret chain",
            "x",
            "(i64.reinterpret_f64 (f64.reinterpret_i64 (i64.add (local.get $x) (i64.const 1))))",
        ),
        chain(fdiv, "f64.div chain", "f", "(f64.div (local.get $g) (local.get $f))"),
        chain(fdiv, "f32.div chain", "s", "(f32.div (local.get $t) (local.get $s))"),
        chain(fdiv, "f64.sqrt chain", "f", "(f64.sqrt (f64.add (local.get $f) (local.get $g)))"),
        chain(fdiv, "f64.sqrt alone", "f", "(f64.sqrt (local.get $f))"),
        chain(fdiv, "f32.sqrt alone", "s", "(f32.sqrt (local.get $s))"),
        chain(fdiv, "f64.sqrt of -1", "f", "(f64.sqrt (f64.neg (local.get $f)))"),
        chain(convert, "i32.trunc_f64_s chain", "a", "(i32.trunc_f64_s (f64.convert_i32_s (local.get $a)))"),
        chain(convert, "i64.trunc_f64_u chain", "x", "(i64.trunc_f64_u (f64.convert_i64_u (local.get $x)))"),
        chain(
            convert,
            "i32.trunc_f32_u chain",
            "a",
            "(i32.trunc_f32_u (f32.convert_i32_u (i32.and (local.get $a) (i32.const 1023))))",
        ),
        chain(
            convert,
            "i64.trunc_sat_f64_u chain",
            "x",
            "(i64.trunc_sat_f64_u (f64.convert_i64_u (local.get $x)))",
        ),
        chain(
            convert,
            "i32.trunc_sat_f32_s chain",
            "a",
            "(i32.trunc_sat_f32_s (f32.convert_i64_u (i64.extend_i32_s (local.get $a))))",
        ),
        chain(convert, "demote promote chain", "f", "(f64.promote_f32 (f32.demote_f64 (local.get $f)))"),
    ]
}

fn memory() -> Vec<Variant> {
    let cold = |variant: Variant| Variant { pages: 256, setup: CYCLE.into(), cold: true, ..variant };
    vec![
        variant("load", "i32.load hot chain", "(local.set $z (i32.load offset=1024 (local.get $z)))"),
        variant(
            "load",
            "i64.load8_s hot chain",
            "(local.set $z (i32.wrap_i64 (i64.load8_s offset=1024 (local.get $z))))",
        ),
        Variant {
            pages: 16,
            setup: CYCLE.replace("0x3ffff", "0xfff").replace("0x40000", "0x1000"),
            ..variant("load", "i32.load chain over 256 KiB", "(local.set $p (i32.load (local.get $p)))")
        },
        cold(variant("load", "i32.load chain over 16 MiB", "(local.set $p (i32.load (local.get $p)))")),
        variant(
            "store",
            "i32.store over 64 KiB",
            "(local.set $a (i32.add (local.get $a) (local.get $b))) (i32.store (i32.and (local.get $a) (i32.const 0xfffc)) (local.get $a))",
        ),
        cold(variant(
            "store",
            "i32.store over 16 MiB",
            format!("{LCG} (i32.store (i32.and (local.get $a) (i32.const 0xffffc0)) (local.get $a))"),
        )),
        cold(variant(
            "store",
            "i64.store across lines over 16 MiB",
            format!(
                "{LCG} (i64.store offset=60 (i32.and (local.get $a) (i32.const 0xffff80)) (local.get $x))"
            ),
        )),
        variant("global", "global chain", "(global.set $g (i32.add (global.get $g) (local.get $b)))"),
        variant("global", "f64 global chain", "(global.set $h (f64.neg (global.get $h)))"),
    ]
}

/// One cycle through every 64-byte line of 16 MiB, in an order that no prefetcher guesses: each line holds the
/// address of the next, by a generator of full period over the 2^18 lines.
const CYCLE: &str = "(loop $line
  (i32.store (i32.shl (local.get $p) (i32.const 6)) (i32.shl (i32.and (i32.add (i32.mul (local.get $p)
    (i32.const 1664525)) (i32.const 1013904223)) (i32.const 0x3ffff)) (i32.const 6)))
  (br_if $line (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 1))) (i32.const 0x40000))))
  (local.set $p (i32.const 0))";

fn control() -> Vec<Variant> {
    let no_code = "no_code";
    vec![
        variant(no_code, "nop", "nop "),
        variant("block", "block end", "block end "),
        Variant { repeat: 8, ..variant("block", "block nop end, 100 deep", format!("{} nop {}", "block ".repeat(100), "end ".repeat(100))) },
        variant(no_code, "const drop", "i32.const 7 drop "),
        variant(no_code, "local.tee chain", "(local.set $a (local.tee $c (local.get $d))) (local.set $d (local.get $a))"),
        variant("branch", "br_if not taken", "(local.set $a (i32.add (local.get $a) (local.get $b))) (br_if $out (i32.eqz (local.get $a)))"),
        variant("branch", "if guessed wrongly", format!("{LCG} (if (i32.lt_s (local.get $a) (i32.const 0)) (then (local.set $c (i32.mul (local.get $c) (local.get $b)))))")),
        variant("branch", "br out of a block", "(block (br 0))"),
        variant("branch_table", "br_table guessed wrongly", format!("{LCG} (block $0 (block $1 (block $2 (block $3
            (br_table $0 $1 $2 $3 (i32.shr_u (local.get $a) (i32.const 30))))
            (local.set $c (i32.mul (local.get $c) (local.get $b)))) (local.set $c (i32.add (local.get $c) (local.get $b))))
            (local.set $c (i32.xor (local.get $c) (local.get $b)))) (local.set $d (i32.xor (local.get $d) (local.get $c)))")),
        variant("loop", "loop entered", "(loop (local.set $a (i32.add (local.get $a) (local.get $b))))"),
        variant("loop", "loop of 100", "(local.set $c (i32.const 100)) (loop $k (br_if $k (local.tee $c (i32.sub (local.get $c) (i32.const 1)))))"),
        variant("call", "call of nothing", "(call $nothing)"),
        variant("call", "call chain", "(local.set $a (call $one (local.get $a)))"),
        variant("call", "call of 32 parameters", format!("(call $many {})", "(local.get $x)".repeat(32))),
        variant("call", "recursion of 100", "(call $deep (i32.const 100))"),
        variant("call_indirect", "call_indirect of nothing", "(call_indirect (type $n) (i32.const 0))"),
        variant("call_indirect", "call_indirect guessed wrongly", format!("{LCG} (call_indirect (type $n) (i32.shr_u (local.get $a) (i32.const 30)))")),
    ]
}

fn grown_and_touched() -> String {
    let touch = |at: u32| format!("(i32.store8 offset={at} (local.get $k) (i32.const 1))");
    let touches: String = (0..16).map(|part| touch(part * 4096)).collect();
    format!("(local.set $k (i32.mul (memory.grow (i32.const 1)) (i32.const 65536))) {touches}")
}

fn bulk() -> Vec<Variant> {
    let few = |mut variant: Variant, repeat: usize| {
        variant.repeat = repeat;
        variant
    };
    let mut all = vec![
        variant("memory_grow", "memory.grow of nothing", "(drop (memory.grow (local.get $z)))"),
        Variant {
            pages_max: Some(1),
            ..variant(
                "memory_grow",
                "memory.grow past the maximum",
                "(drop (memory.grow (i32.add (local.get $z) (i32.const 1))))",
            )
        },
        // A page that is new, and each of its 4 KiB touched: at most so many a run, so no steady state.
        few(
            Variant {
                rounds_max: 120,
                cold: true,
                ..variant("memory_grow", "memory.grow of a page that is touched", grown_and_touched())
            },
            1,
        ),
        variant("data_drop", "data.drop", "(data.drop $data)"),
        variant("elem_drop", "elem.drop", "(elem.drop $elements)"),
    ];
    for (name, bytes) in [("0", 0), ("16", 16), ("256", 256), ("4096", 4096), ("65536", 65536)] {
        let text = |operator: &str, from: &str| {
            format!("({operator} (i32.const 65536) {from} (i32.add (local.get $z) (i32.const {bytes})))")
        };
        let repeat = if bytes > 256 { 4 } else { 32 };
        for (operator, label) in
            [("memory.fill", "fill"), ("memory.copy", "copy"), ("memory.init $data", "init")]
        {
            let name: &'static str = format!("memory.{label} of {name}").leak();
            let pages = 3;
            let bulk = Variant { pages, ..variant("bulk", name, text(operator, "(i32.const 0)")) };
            all.push(few(bulk, repeat));
        }
    }
    for (name, operator) in [("copy", "table.copy"), ("init", "table.init $elements")] {
        for elements in [0, 16, 1000] {
            let unit = format!(
                "({operator} (i32.const 4) (i32.const 0) (i32.add (local.get $z) (i32.const {elements})))"
            );
            let name: &'static str = format!("table.{name} of {elements}").leak();
            all.push(few(
                variant(if name.starts_with("table.copy") { "table_copy" } else { "table_init" }, name, unit),
                if elements > 16 { 4 } else { 32 },
            ));
        }
    }
    all
}
