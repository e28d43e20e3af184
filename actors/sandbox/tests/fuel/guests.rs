//! Guests in text: one calls every function of the host, one executes operators of every class.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use icn_core::block::TrapKind;
use icn_core::costs;
use icn_core::encode::SecretKey;
use icn_sandbox::{FUNCTIONS, FunctionType};
use icn_testkit::stories::{End, FUEL, Step, Story, member};

use crate::common::{literal, wasm};

/// A story that is made when somebody asks for it, and stays.
pub(crate) struct Made(LazyLock<&'static Story>);

impl Made {
    pub(crate) fn get(&self) -> &'static Story {
        *self.0
    }
}

pub(crate) static CALLS: Made = Made(LazyLock::new(calls));
pub(crate) static OPERATORS: Made = Made(LazyLock::new(operators));

/// Names of the classes of all operators of a module.
pub(crate) fn classes(wasm: &[u8]) -> BTreeSet<&'static str> {
    let mut classes = BTreeSet::new();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        let wasmparser::Payload::CodeSectionEntry(body) = payload.unwrap() else { continue };
        for operator in body.get_operators_reader().unwrap() {
            let said = format!("{:?}", operator.unwrap());
            let name = said.split([' ', '(']).next().unwrap();
            classes.insert(costs::operator_class(name).unwrap_or_else(|| panic!("{name}")).name);
        }
    }
    classes
}

fn story(name: &'static str, text: &str, steps: Vec<Step>) -> &'static Story {
    let (wasm, steps) = (Vec::leak(wasm(text)), Vec::leak(steps));
    Box::leak(Box::new(Story { name, wasm, steps }))
}

const fn step(entry: &'static str, end: End) -> Step {
    Step { caller: "ann", entry, input: "input", fuel: FUEL, end }
}

/// A call, and what it must answer: else the entry returns the number of the call.
enum Call {
    Answers(String, i64),
    /// Whatever it answers.
    Any(String),
    /// Other operators.
    Plain(&'static str),
}

/// `name argument…`, each argument a number or a place in `DATA`.
fn call(text: &str) -> String {
    let mut words = text.split(' ');
    let name = words.next().unwrap();
    let (_, types, _) = FUNCTIONS.iter().find(|(known, ..)| *known == format!("host_{name}")).unwrap();
    let arguments: Vec<String> = words
        .zip(*types)
        .map(|(word, of)| {
            let of = if *of == FunctionType::I32 { "i32" } else { "i64" };
            let number = DATA.iter().find(|(at, ..)| *at == word).map(|(_, at, _)| at.to_string());
            match word {
                "soon" => "(i64.add (call $host_get_time) (i64.const 60000))".to_owned(),
                _ => format!("({of}.const {})", number.unwrap_or_else(|| word.to_owned())),
            }
        })
        .collect();
    assert_eq!(arguments.len(), types.len(), "{text}");
    format!("(call $host_{name} {})", arguments.concat())
}

fn answers(text: &str, answer: i64) -> Call {
    Call::Answers(text.to_owned(), answer)
}

/// What lies in memory, by name, and where.
const DATA: &[(&str, u32, &str)] = &[
    ("unit", 100, "PLN"),
    ("project", 110, "project/1"),
    ("memo", 120, "memo"),
    ("key", 130, "k1"),
    ("other", 140, "k2"),
    ("hold", 150, "h"),
    ("type", 160, "Membership"),
    ("claims", 180, "{\"a\":1}"),
    ("id", 200, "urn:x"),
    ("me", 300, ""),
    ("signature", 400, ""),
    ("out", 1000, ""),
    ("more", 2000, ""),
];

const MANIFEST: &str = r#"{"abi":1,"name":"sweep","version":"1","entries":["NAMES"],"capabilities":["state","dag",
    "transfer","treasury","usage","mint","cross","issue:Membership","revoke:Membership"]}"#;

fn module(entries: &[(&'static str, Vec<Call>)], rest: &str) -> String {
    let types = |types: &[FunctionType]| -> String {
        types.iter().map(|t| if *t == FunctionType::I32 { " i32" } else { " i64" }).collect()
    };
    let imports: String = FUNCTIONS
        .iter()
        .map(|(name, params, results)| {
            let results =
                if results.is_empty() { String::new() } else { format!("(result{})", types(results)) };
            format!("(import \"icn\" \"{name}\" (func ${name} (param{}) {results}))\n", types(params))
        })
        .collect();
    let ann = SecretKey::from_bytes(&[3; 32]);
    let mut data: String = DATA
        .iter()
        .map(|(_, at, text)| format!("(data (i32.const {at}) \"{}\")\n", literal(text.as_bytes())))
        .collect();
    data += &format!("(data (i32.const 300) \"{}\")\n", member("ann"));
    data += &format!("(data (i32.const 360) \"{}\")\n", ann.did());
    data += &format!("(data (i32.const 420) \"{}\")\n", literal(&ann.sign_raw(b"memo")));
    let body = |calls: &[Call]| -> String {
        let one = |(at, of): (usize, &Call)| match of {
            Call::Plain(text) => (*text).to_owned(),
            Call::Any(text) => {
                if text.starts_with("abort") {
                    call(text)
                } else {
                    format!("(drop {})", call(text))
                }
            }
            Call::Answers(text, answer) => {
                let name = format!("host_{}", text.split(' ').next().unwrap());
                let (_, _, results) = FUNCTIONS.iter().find(|(known, ..)| *known == name).unwrap();
                let widen =
                    if results == &[FunctionType::I32] { "i64.extend_i32_s" } else { "block (result i64)" };
                format!(
                    "(if (i64.ne ({widen} {}) (i64.const {answer})) (then (return (i32.const {}))))",
                    call(text),
                    at + 1
                )
            }
        };
        calls.iter().enumerate().map(one).collect::<Vec<_>>().join("\n")
    };
    let functions: String = entries
        .iter()
        .map(|(name, calls)| {
            format!("(func (export \"{name}\") (result i32)\n{} (i32.const 0))\n", body(calls))
        })
        .collect();
    let names: Vec<&str> = entries.iter().map(|(name, _)| *name).collect();
    let manifest = MANIFEST.replace("NAMES", &names.join("\",\""));
    format!(
        "(module {imports} (memory (export \"memory\") 1) {rest} {data} {functions}
           (@custom \"icn.manifest\" \"{}\"))",
        literal(manifest.as_bytes())
    )
}

fn calls() -> &'static Story {
    let entries = vec![
        (
            "context",
            vec![
                answers("get_input out 100", 5),
                answers("get_caller_did more 100", 56),
                answers("get_scope_did more 100", 56),
                Call::Plain("(i64.store (i32.const 1008) (call $host_get_time))"),
                answers("get_random more 40", 40),
                answers("log 2 memo 4", 0),
                answers("set_output out 20", 0),
            ],
        ),
        (
            "money",
            vec![
                answers("transfer 2 me 56 unit 3 40 memo 4", 0),
                answers("get_balance me 56 unit 3", 40),
                answers("transfer 0 project 9 unit 3 41 memo 4", -6),
                answers("mint unit 3 5 project 9", 0),
                answers("burn unit 3 3 2", 0),
                answers("transfer_cross me 56 project 9 unit 3 1 memo 4", -5),
            ],
        ),
        (
            "resources",
            vec![
                answers("check_resource_authorization 1 10", 1),
                answers("check_resource_authorization 3 40", 1),
                answers("record_resource_usage 2 7", 0),
                answers("record_resource_usage 3 5", 0),
                // What is left of the fuel is not the same with every limit: a guest that is told so must not say it.
                Call::Any("get_resource_remaining 0".to_owned()),
                answers("get_resource_remaining 2", 993),
                // Of its own fuel it burns as much, or else goes on until there is none.
                Call::Plain(
                    "(if (call $host_record_resource_usage (i32.const 0) (i64.const 300)) (then (loop (br 0))))",
                ),
            ],
        ),
        (
            "hold",
            vec![answers("hold 0 project 9 unit 3 10 soon out", 0), answers("set_value hold 1 out 16", 0)],
        ),
        ("settle", vec![answers("get_value hold 1 out 16", 16), answers("settle_hold out 4", 0)]),
        (
            "void",
            vec![
                answers("hold 2 project 9 unit 3 10 soon out", 0),
                answers("void_hold out", 0),
                answers("void_hold out", -4),
            ],
        ),
        (
            "state",
            vec![
                answers("set_value key 2 memo 4", 0),
                answers("set_value other 2 memo 3", 0),
                answers("get_value key 2 out 100", 4),
            ],
        ),
        (
            "scan",
            vec![
                answers("delete_value key 2", 0),
                answers("scan_keys key 1 out 0 more 100", 2),
                answers("set_output more 2", 0),
            ],
        ),
        (
            "dag",
            vec![
                answers("store_node memo 4 out 0 more", 0),
                answers("store_node project 9 more 1 out", 0),
                answers("get_node out more 100", 9),
                answers("contains_node out", 1),
                answers("anchor_to_dag out memo 4", 0),
            ],
        ),
        (
            "credentials",
            vec![
                answers("issue_credential me 56 type 10 claims 7 0 out 100", -5),
                answers("credential_status id 5", -4),
                answers("revoke_credential id 5 memo 4", -5),
                answers("verify_credential claims 7", -5),
            ],
        ),
        ("signature", vec![answers("verify_signature 360 56 memo 4 420", 1)]),
        (
            "fails",
            vec![
                answers("set_value key 2 memo 4", 0),
                answers("transfer 2 project 9 unit 3 1 memo 4", 0),
                answers("set_output memo 4", 0),
                Call::Plain("(return (i32.const 77))"),
            ],
        ),
        (
            "faults",
            vec![
                answers("set_value key 2 memo 4", 0),
                answers("transfer 2 project 9 unit 3 1 memo 4", 0),
                answers("set_output memo 4", 0),
                Call::Plain("(drop (i32.load (i32.const -8)))"),
            ],
        ),
        ("outside", vec![answers("store_node memo 4 out 0 more", 0), Call::Any("log 2 65530 7".to_owned())]),
        (
            "aborts",
            vec![
                answers("anchor_to_dag more memo 4", -1),
                answers("store_node memo 4 out 0 more", 0),
                Call::Any("abort memo 4".to_owned()),
            ],
        ),
    ];
    let end = |name: &str| match name {
        "fails" => End::Failed(77),
        "faults" | "outside" => End::Trapped(TrapKind::MemoryFault),
        "aborts" => End::Trapped(TrapKind::Aborted),
        _ => End::Ok,
    };
    let steps = entries.iter().map(|(name, _)| step(name, end(name))).collect();
    story("every call", &module(&entries, ""), steps)
}

fn operators() -> &'static Story {
    let rest = r#"
        (table 8 funcref) (elem $e func $fib $fib) (elem (i32.const 0) $fib $fib) (data $d "passive")
        (type $fib (func (param i32) (result i32))) (global $g (mut i64) (i64.const 7))
        (func $fib (type $fib)
          (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
            (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                           (call_indirect (type $fib) (i32.sub (local.get 0) (i32.const 2)) (i32.const 1))))))
        (func $turns (param $n i32) (result i32) (local $sum i32)
          (block $out
            (loop $again
              (block $two (block $one (block $zero
                (br_table $zero $one $two (i32.rem_u (local.get $n) (i32.const 3))))
                (local.set $sum (i32.add (local.get $sum) (i32.const 1))))
                (local.set $sum (i32.mul (local.get $sum) (i32.const 3))))
              (br_if $out (i32.eqz (local.get $n)))
              (local.set $n (i32.sub (local.get $n) (i32.const 1)))
              (br $again)))
          (local.get $sum))"#;
    let executed = Call::Plain(
        r#"(memory.fill (i32.const 3000) (i32.const 7) (i32.const 500))
           (memory.copy (i32.const 4000) (i32.const 3000) (i32.const 700))
           (memory.init $d (i32.const 5000) (i32.const 0) (i32.const 7)) (data.drop $d)
           (table.init $e (i32.const 4) (i32.const 0) (i32.const 2)) (elem.drop $e)
           (table.copy (i32.const 2) (i32.const 0) (i32.const 2))
           (global.set $g (i64.add (global.get $g) (i64.extend_i32_s (i32.div_s (i32.const 70) (i32.const 3)))))
           (f64.store (i32.const 1000) (f64.sqrt (f64.div (f64.add (f64.const 2) (f64.const 1)) (f64.const 3))))
           (i32.store (i32.const 1008) (i32.trunc_sat_f64_s (f64.mul (f64.load (i32.const 1000)) (f64.const 99))))
           (i32.store (i32.const 1012) (call $fib (i32.const 9)))
           (i32.store (i32.const 1016) (call $turns (i32.const 60)))
           (i64.store (i32.const 1020) (global.get $g))
           (i32.store (i32.const 1028) (memory.grow (i32.const 1)))
           (nop)"#,
    );
    let effects = || {
        vec![
            answers("set_value key 2 out 32", 0),
            answers("transfer 2 project 9 unit 3 1 memo 4", 0),
            answers("store_node memo 4 out 0 more", 0),
            answers("anchor_to_dag more memo 4", 0),
        ]
    };
    let mut entries = vec![("executes", effects())];
    entries[0].1.push(executed);
    entries[0].1.push(answers("set_output out 32", 0));
    // The last operators are the ones that a limit is short of.
    for (name, last) in [
        ("ends_with_a_loop", "(drop (call $turns (i32.const 3)))"),
        ("ends_with_a_fill", "(memory.fill (i32.const 3000) (i32.const 1) (i32.const 64))"),
        ("ends_with_operators", "(global.set $g (i64.div_u (global.get $g) (i64.const 3)))"),
        (
            "ends_with_a_division_by_zero",
            "(drop (i32.div_u (i32.const 1) (i32.wrap_i64 (i64.sub (global.get $g) (i64.const 7)))))",
        ),
        ("ends_unreachable", "(unreachable)"),
        ("ends_with_a_null_call", "(drop (call_indirect (type $fib) (i32.const 1) (i32.const 7)))"),
    ] {
        let mut calls = effects();
        calls.push(Call::Plain(last));
        entries.push((name, calls));
    }
    let end = |name: &str| match name {
        "ends_with_a_division_by_zero" => End::Trapped(TrapKind::Arithmetic),
        "ends_unreachable" => End::Trapped(TrapKind::Unreachable),
        "ends_with_a_null_call" => End::Trapped(TrapKind::IndirectCall),
        _ => End::Ok,
    };
    let steps = entries.iter().map(|(name, _)| step(name, end(name))).collect();
    story("every operator", &module(&entries, rest), steps)
}
