//! What calls charge for work that their arguments do not show, to the unit: the deletions that a scan passes over, and
//! the block that a node is read from.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::fmt::Write as _;

use common::{World, compile, literal, node, scope, trap};
use icn_core::block::{Node, NodeTag, Outcome, Staged, TrapKind};
use icn_core::costs;
use icn_core::encode::Block;
use icn_core::name::{BlockId, Codec};

const NOT_FOUND: i32 = -4;

fn price(operators: &[&str]) -> u64 {
    operators.iter().map(|operator| u64::from(costs::operator_fuel(operator).unwrap())).sum()
}

/// A guest that makes calls, each with constants alone, and traps when the last answers something else.
struct Script {
    data: String,
    used: usize,
    body: String,
}

impl Script {
    fn new() -> Self {
        Self { data: String::new(), used: 1024, body: String::new() }
    }
    fn place(&mut self, bytes: &[u8]) -> String {
        let at = self.used;
        write!(self.data, "(data (i32.const {at}) \"{}\")", literal(bytes)).unwrap();
        self.used += bytes.len();
        format!("(i32.const {at})")
    }
    fn range(&mut self, bytes: &[u8]) -> String {
        format!("{} (i32.const {})", self.place(bytes), bytes.len())
    }
    fn set(&mut self, key: &str) {
        let key = self.range(key.as_bytes());
        write!(self.body, "(drop (call $set {key} (i32.const 0) (i32.const 0)))").unwrap();
    }
    fn delete(&mut self, key: &str) {
        let key = self.range(key.as_bytes());
        write!(self.body, "(drop (call $delete {key}))").unwrap();
    }
    /// Runs it with one more call, which answers that.
    fn run(&self, world: &World, call: &str, answer: i32) -> Staged {
        let (data, body) = (&self.data, &self.body);
        let last = if call.is_empty() {
            String::new()
        } else {
            format!("(if (i32.ne (call {call}) (i32.const {answer})) (then unreachable))")
        };
        world.run(
            &compile(&format!(
                r#"(module (import "icn" "host_set_value" (func $set (param i32 i32 i32 i32) (result i32)))
                (import "icn" "host_delete_value" (func $delete (param i32 i32) (result i32)))
                (import "icn" "host_scan_keys" (func $scan (param i32 i32 i32 i32 i32 i32) (result i32)))
                (import "icn" "host_get_node" (func $node (param i32 i32 i32) (result i32)))
                (memory (export "memory") 2) {data} (func $nothing)
                (func (export "run") (call $nothing) {body} {last}))"#
            )),
            "run",
        )
    }
    /// Fuel that one more call charges, without its operators; a unit less is too little for the run.
    fn charged(&self, world: &World, call: &str, arguments: usize, answer: i32) -> u64 {
        let without = self.run(world, "", 0);
        let with = self.run(world, call, answer);
        assert_eq!((&without.outcome, &with.outcome), (&Outcome::Ok, &Outcome::Ok), "{call}");
        let short = self.run(&world.clone().fuel(with.fuel - 1), call, answer);
        assert_eq!(trap(&short), Some(TrapKind::OutOfFuel), "{call}");
        // The `end` of an `if` that is not taken is not passed.
        let operators = price(&["Call", "I32Const", "I32Ne", "If"]) + price(&["I32Const"]) * arguments as u64;
        with.fuel - without.fuel - operators
    }
}

/// A world with these keys.
fn keys(keys: &[&str]) -> World {
    let values = keys.iter().map(|key| (key.as_bytes().to_vec(), b"value".to_vec())).collect();
    World { values, ..World::new() }
}

/// Scans, with a buffer of so many bytes; the answer is a length, or a code.
#[track_caller]
fn scan(script: &mut Script, prefix: &str, after: &str, cap: usize, answer: i32, steps: u64) {
    let world = keys(&["a1", "a2", "a3", "b"]);
    let call = format!(
        "$scan {} {} (i32.const 0) (i32.const {cap})",
        script.range(prefix.as_bytes()),
        script.range(after.as_bytes())
    );
    let given = u64::try_from(answer).unwrap_or(0);
    let given = if given <= cap as u64 { given } else { 0 };
    let bytes = (prefix.len() + after.len()) as u64 + given;
    let expected =
        costs::CALL_FUEL + costs::STATE_FUEL + bytes * costs::BYTE_FUEL + steps * costs::SCAN_STEP_FUEL;
    // The data of the texts is paid with the instance, in both runs.
    let found = script.charged(&world, &call, 6, answer);
    assert_eq!(found, expected, "scan of {prefix:?} after {after:?}: {} steps' worth more", {
        (i128::from(found) - i128::from(expected)) as f64 / costs::SCAN_STEP_FUEL as f64
    });
}

#[test]
fn a_scan_pays_for_each_deletion_that_it_passes_over_and_no_other() {
    let deleted = |keys: &[&str]| {
        let mut script = Script::new();
        keys.iter().for_each(|key| script.delete(key));
        script
    };
    scan(&mut deleted(&[]), "a", "", 256, 2, 0);
    scan(&mut deleted(&["a1"]), "a", "", 256, 2, 1);
    scan(&mut deleted(&["a1", "a2"]), "", "", 256, 2, 2);
    scan(&mut deleted(&["a1", "a2"]), "", "", 1, 2, 2);
    // To the end of the prefix, and past it.
    scan(&mut deleted(&["a1", "a2", "a3"]), "a", "", 256, NOT_FOUND, 3);
    scan(&mut deleted(&["a1", "a2", "a3"]), "", "", 256, 1, 3);
    scan(&mut deleted(&["a1", "a2", "a3", "b"]), "", "", 256, NOT_FOUND, 4);
    // What is before the beginning or behind the answer is not passed over.
    scan(&mut deleted(&["a2", "a3", "b"]), "", "", 256, 2, 0);
    scan(&mut deleted(&["a2"]), "a", "a1", 256, 2, 1);
    scan(&mut deleted(&["a1"]), "a", "a1", 256, 2, 0);
    scan(&mut deleted(&["a1"]), "b", "", 256, 1, 0);
    // A key that was this run's own, and one that is there again.
    let mut own = Script::new();
    own.set("a0");
    own.delete("a0");
    scan(&mut own, "a", "", 256, 2, 1);
    let mut again = deleted(&["a1"]);
    again.set("a1");
    scan(&mut again, "a", "", 256, 2, 0);
    let mut between = deleted(&["a1", "a2"]);
    between.set("a11");
    scan(&mut between, "a", "", 256, 3, 1);
}

#[test]
fn a_node_is_paid_by_its_block_and_by_what_is_given() {
    let block = |payload: usize, parents: usize| {
        Block::encode(&Node {
            typ: NodeTag,
            scope: scope(),
            module: BlockId::of(Codec::Raw, b"some module"),
            parents: vec![node(b"payload").id(); parents],
            payload: vec![7; payload],
        })
    };
    let base = costs::CALL_FUEL + costs::NODE_FUEL + 36 * costs::BYTE_FUEL;
    for (payload, parents) in [(0, 0), (1, 0), (23, 1), (24, 0), (255, 0), (256, 3), (5000, 64), (70_000, 0)]
    {
        let block = block(payload, parents);
        assert!(block.bytes().len() > payload + 36 * parents);
        let world = World { nodes: vec![block.clone()], ..World::new() };
        for cap in [0, payload.saturating_sub(1), payload, payload + 1] {
            let mut script = Script::new();
            let call =
                format!("$node {} (i32.const 2048) (i32.const {cap})", script.place(block.id().as_bytes()));
            let given = if cap >= payload { payload as u64 } else { 0 };
            let expected = base + block.bytes().len() as u64 * costs::BYTE_FUEL + given * costs::BYTE_FUEL;
            let found = script.charged(&world, &call, 3, i32::try_from(payload).unwrap());
            assert_eq!(found, expected, "{payload} bytes, {parents} parents, a buffer of {cap}");
        }
    }
    let mut script = Script::new();
    let call = format!("$node {} (i32.const 2048) (i32.const 9)", script.place(block(3, 0).id().as_bytes()));
    assert_eq!(script.charged(&World::new(), &call, 3, NOT_FOUND), base, "a node that is not there");
}
