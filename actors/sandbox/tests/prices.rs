//! The engine charges each operator what the schedule says, and the document says what the schedule says.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use common::{World, compile, trap};
use icn_core::block::{Outcome, TrapKind};
use icn_core::costs::{self, OPERATOR_CLASSES};

/// The text format's name of an operator of one type: `I64TruncSatF32S` is `i64.trunc_sat_f32_s`.
fn mnemonic(operator: &str) -> String {
    let mut text = format!("{}.", operator[..3].to_lowercase());
    for (at, letter) in operator[3..].chars().enumerate() {
        if letter.is_uppercase() && at > 0 {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

/// A text, and the operators that it executes.
type Unit = (String, Vec<&'static str>);

fn constant(typ: &str) -> &'static str {
    match typ {
        "I32" => "I32Const",
        "I64" => "I64Const",
        "F32" => "F32Const",
        "F64" => "F64Const",
        other => panic!("no type {other}"),
    }
}

/// A unit for an operator that computes, loads or stores; none for the others.
fn computes(operator: &'static str) -> Option<Unit> {
    let typ = operator.get(..3).filter(|typ| ["I32", "I64", "F32", "F64"].contains(typ))?;
    let (name, rest) = (mnemonic(operator), &operator[3..]);
    let value = |typ: &str| format!("({}.const 7)", typ.to_lowercase());
    if rest == "Const" {
        return Some((format!("(drop {})", value(typ)), vec![operator, "Drop"]));
    }
    if rest.starts_with("Load") {
        return Some((format!("(drop ({name} (i32.const 8)))"), vec!["I32Const", operator, "Drop"]));
    }
    if rest.starts_with("Store") {
        let unit = format!("({name} (i32.const 8) {})", value(typ));
        return Some((unit, vec!["I32Const", constant(typ), operator]));
    }
    if let Some(from) = ["I32", "I64", "F32", "F64"].into_iter().find(|from| rest.contains(from)) {
        return Some((format!("(drop ({name} {}))", value(from)), vec![constant(from), operator, "Drop"]));
    }
    let alone = ["Eqz", "Clz", "Ctz", "Popcnt", "Abs", "Neg", "Ceil", "Floor", "Trunc", "Nearest", "Sqrt"];
    if alone.contains(&rest) || rest.starts_with("Extend") {
        return Some((format!("(drop ({name} {}))", value(typ)), vec![constant(typ), operator, "Drop"]));
    }
    let unit = format!("(drop ({name} {0} {0}))", value(typ));
    Some((unit, vec![constant(typ), constant(typ), operator, "Drop"]))
}

/// Units for the rest. What stands behind a branch is not executed.
fn others() -> Vec<Unit> {
    let three = "(i32.const 0) (i32.const 0) (i32.const 0)";
    let constants = ["I32Const"; 3];
    let bulk = |text: &str, operator| (format!("({text} {three})"), [&constants[..], &[operator]].concat());
    let mut units: Vec<Unit> = [
        ("nop", vec!["Nop"]),
        ("(block)", vec!["Block", "End"]),
        ("(loop)", vec!["Loop", "End"]),
        ("(if (i32.const 1) (then) (else (nop)))", vec!["I32Const", "If", "Else"]),
        ("(if (i32.const 0) (then) (else (nop)))", vec!["I32Const", "If", "Nop", "End"]),
        ("(block (br 0))", vec!["Block", "Br"]),
        ("(block (br_if 0 (i32.const 0)))", vec!["Block", "I32Const", "BrIf", "End"]),
        ("(block (br_if 0 (i32.const 1)))", vec!["Block", "I32Const", "BrIf"]),
        ("(block (br_table 0 0 (i32.const 0)))", vec!["Block", "I32Const", "BrTable"]),
        (
            "(drop (select (i32.const 1) (i32.const 2) (i32.const 3)))",
            vec!["I32Const", "I32Const", "I32Const", "Select", "Drop"],
        ),
        ("(local.set $l (local.get $l))", vec!["LocalGet", "LocalSet"]),
        ("(drop (local.tee $l (i32.const 1)))", vec!["I32Const", "LocalTee", "Drop"]),
        ("(global.set $g (global.get $g))", vec!["GlobalGet", "GlobalSet"]),
        ("(drop (memory.size))", vec!["MemorySize", "Drop"]),
        ("(drop (memory.grow (i32.const 0)))", vec!["I32Const", "MemoryGrow", "Drop"]),
        ("(data.drop $d)", vec!["DataDrop"]),
        ("(elem.drop $e)", vec!["ElemDrop"]),
        // An empty function is its block and two ends, and the engine's one unit for entering any.
        ("(call $nothing)", vec!["Call", "ENTER", "Block", "End", "End"]),
        (
            "(call_indirect (type $n) (i32.const 0))",
            vec!["I32Const", "CallIndirect", "ENTER", "Block", "End", "End"],
        ),
        ("(call $returns)", vec!["Call", "ENTER", "Block", "Return", "End"]),
    ]
    .into_iter()
    .map(|(text, operators)| (text.to_owned(), operators))
    .collect();
    // A fill is rewritten: of nothing, it looks whether its place is inside; of a byte, it fills that.
    let fill = |bytes: u8, then: &[&'static str]| {
        let text = format!("(memory.fill (i32.const 0) (i32.const 0) (i32.const {bytes}))");
        (text, [&constants[..], &["LocalTee", "I32Eqz", "If"], then].concat())
    };
    let looks = ["Drop", "MemorySize", "I32Const", "I32Shl", "I32GtU", "If", "Else"];
    units.extend([
        fill(0, &looks),
        fill(1, &["LocalGet", "MemoryFill", "BYTE", "End"]),
        bulk("memory.copy", "MemoryCopy"),
        bulk("memory.init $d", "MemoryInit"),
        bulk("table.copy", "TableCopy"),
        bulk("table.init $e", "TableInit"),
    ]);
    units
}

/// Fuel of a run of a body.
fn burned(body: &str) -> u64 {
    let text = format!(
        r#"(module (memory (export "memory") 1 4) (table 8 funcref) (elem (i32.const 0) func $nothing $nothing)
        (elem $e func $nothing $nothing $nothing) (data $d "abcdefgh") (global $g (mut i32) (i32.const 0))
        (type $n (func)) (func $nothing (type $n)) (func $returns (type $n) (return))
        (func (export "run") (local $l i32) (call $nothing) {body}))"#
    );
    let staged = World::new().run(&compile(&text), "run");
    assert_eq!(staged.outcome, Outcome::Ok, "{body}");
    staged.fuel
}

fn price(operator: &str) -> u64 {
    match operator {
        "ENTER" => 1,
        "BYTE" => costs::FILL_BYTE_FUEL.into(),
        operator => costs::operator_fuel(operator).unwrap().into(),
    }
}

#[test]
fn the_engine_charges_each_operator_its_price() {
    let all: BTreeSet<&str> = OPERATOR_CLASSES.iter().flat_map(|class| class.operators).copied().collect();
    let units: Vec<Unit> = all.iter().filter_map(|operator| computes(operator)).chain(others()).collect();
    let nothing = burned("");
    let (mut seen, mut wrong) = (BTreeSet::new(), String::new());
    for (text, operators) in &units {
        let expected: u64 = operators.iter().map(|operator| price(operator)).sum();
        let (once, twice) = (burned(text), burned(&[text.as_str(); 2].join(" ")));
        if once - nothing != expected || twice - once != expected {
            writeln!(wrong, "{text}: {} and {}, not {expected}", once - nothing, twice - once).unwrap();
        }
        seen.extend(operators.iter().copied());
    }
    assert!(wrong.is_empty(), "{wrong}");
    let missing: Vec<_> = all.difference(&seen).collect();
    assert_eq!(missing, [&"Unreachable"], "what ends the run burns the whole grant");
    let stops = World::new()
        .run(&compile(r#"(module (memory (export "memory") 1) (func (export "run") unreachable))"#), "run");
    assert_eq!(trap(&stops), Some(TrapKind::Unreachable));
    assert_eq!(stops.fuel, common::FUEL);
}

#[test]
fn the_engine_charges_bulk_operators_for_what_they_move() {
    let cases = [
        ("memory.fill", 100, costs::FILL_BYTE_FUEL),
        ("memory.copy", 100, costs::COPY_BYTE_FUEL),
        ("memory.init $d", 8, costs::INIT_BYTE_FUEL),
        ("table.copy", 3, costs::TABLE_COPY_ELEMENT_FUEL),
        ("table.init $e", 3, costs::TABLE_INIT_ELEMENT_FUEL),
    ];
    for (operator, count, each) in cases {
        let text = |count: u64| format!("({operator} (i32.const 0) (i32.const 0) (i32.const {count}))");
        // As the compiler knows the length, and as it does not.
        let unknown = |count: u64| {
            let set = format!("(local.set $l (i32.add (i32.load (i32.const 600)) (i32.const {count})))");
            format!("{set} ({operator} (i32.const 0) (i32.const 0) (local.get $l))")
        };
        // A fill of nothing is none.
        let more = (count - 1) * u64::from(each);
        assert_eq!(burned(&text(count)) - burned(&text(1)), more, "{operator}");
        assert_eq!(burned(&unknown(count)) - burned(&unknown(1)), more, "{operator}");
    }
    let grow = |pages: u64| burned(&format!("(drop (memory.grow (i32.const {pages})))"));
    assert_eq!(grow(3) - grow(0), 3 * u64::from(costs::GROW_PAGE_FUEL));
}

#[test]
fn an_instance_costs_its_pages_and_its_data() {
    let fuel = |pages: u64, bytes: usize| {
        let data = "x".repeat(bytes);
        let text = format!(
            r#"(module (memory (export "memory") {pages}) (data (i32.const 0) "{data}") (func (export "run")))"#
        );
        World::new().run(&compile(&text), "run").fuel
    };
    let run = fuel(1, 0) - costs::instance_fuel(1, 0);
    assert!(run < 10, "an empty entry burns {run}");
    for (pages, bytes) in [(1, 1), (1, 1000), (2, 70_000), (16, 0)] {
        assert_eq!(fuel(pages, bytes), run + costs::instance_fuel(pages, bytes as u64), "{pages} {bytes}");
    }
}

fn document() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/host-abi.md");
    std::fs::read_to_string(path).unwrap()
}

fn cells(row: &str) -> Vec<&str> {
    row.trim_matches('|').split('|').map(str::trim).collect()
}

fn number(text: &str) -> u64 {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .parse()
        .unwrap_or_else(|_| panic!("{text}"))
}

#[test]
fn the_document_says_every_price() {
    let text = document();
    let (_, text) = text.split_once("\n## Fuel\n").unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| `")).map(cells);
    let said: Vec<(String, u64)> = rows
        .filter(|row| costs::PRICES.iter().any(|(name, _)| row[0] == format!("`{name}`")))
        .map(|row| (row[0].trim_matches('`').to_owned(), number(row[1])))
        .collect();
    let prices: Vec<(String, u64)> =
        costs::PRICES.iter().map(|(name, fuel)| ((*name).to_owned(), *fuel)).collect();
    assert_eq!(said, prices);
    let rows = text.lines().filter(|line| line.starts_with("| ")).map(cells);
    let classes: Vec<(String, u64)> = rows
        .filter(|row| OPERATOR_CLASSES.iter().any(|class| row[0] == class.name))
        .map(|row| (row[0].to_owned(), number(row[1])))
        .collect();
    let expected: Vec<(String, u64)> =
        OPERATOR_CLASSES.iter().map(|class| (class.name.to_owned(), class.fuel.into())).collect();
    assert_eq!(classes, expected);
    let most = icn_core::limits::FUEL_PER_INVOCATION_MAX;
    let (_, after) = text.split_once("An invocation may have up to ").unwrap();
    assert_eq!(number(after.split_once(" fuel").unwrap().0), most);
}

/// What a call costs before its bytes.
fn base(function: &str) -> u64 {
    use icn_core::costs as c;
    let more = match function {
        "get_value" | "scan_keys" | "contains_node" | "issue_credential" | "revoke_credential"
        | "credential_status" | "verify_credential" => c::STATE_FUEL,
        "set_value" | "delete_value" => c::STATE_FUEL + c::WRITE_FUEL,
        "store_node" | "get_node" | "anchor_to_dag" => c::NODE_FUEL,
        "verify_signature" => c::SIGNATURE_FUEL,
        "get_balance" | "transfer" | "mint" | "burn" | "hold" | "settle_hold" | "void_hold"
        | "transfer_cross" => c::LEDGER_FUEL,
        _ => 0,
    };
    c::CALL_FUEL + more
}

#[test]
fn the_document_says_what_each_call_costs() {
    let text = document();
    let (_, functions) = text.split_once("## Functions").unwrap();
    let mut found = 0;
    for row in functions.lines().filter(|line| line.starts_with("| `host_")).map(cells) {
        let name = row[0].trim_matches('`').trim_start_matches("host_");
        let fuel = row[3];
        let first = fuel.split([',', ';']).next().unwrap();
        assert_eq!(number(first), base(name), "{name}: {fuel}");
        if let Some((_, kind)) = fuel.split_once("kind 3: ") {
            assert_eq!(number(kind), base(name) + costs::LEDGER_FUEL, "{name}: {fuel}");
        }
        for part in fuel.split(", ").skip(1) {
            let Some((each, _)) = part.split_once(" a byte") else { continue };
            let prices =
                [costs::BYTE_FUEL, costs::KEPT_BYTE_FUEL, costs::MESSAGE_BYTE_FUEL, costs::JSON_BYTE_FUEL];
            assert!(prices.contains(&number(each)), "{name}: {fuel}");
        }
        found += 1;
    }
    assert_eq!(found, icn_sandbox::FUNCTIONS.len());
}
