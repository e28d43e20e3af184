//! A guest for each function: it loads a memory, reads the arguments from it, and calls the function once.

use std::fmt::Write as _;

use icn_core::block::{Outcome, Staged};
use icn_core::costs;
use icn_sandbox::{Call, LogLine, Module, Recorder};
use icn_testkit::abi_model::{Function, TABLE};

use crate::common::{FUEL, World, compile};

/// Bytes of the memory before it grows: room for the greatest argument and more.
pub(crate) const MEMORY_BYTES: usize = 6 * PAGE_BYTES;
/// Bytes of a page: what it grows by.
pub(crate) const PAGE_BYTES: usize = 65_536;
/// Where the arguments stand, 8 bytes each.
pub(crate) const ARGUMENTS_AT: usize = 4 * PAGE_BYTES - 128;
/// Fuel of operators, one after the other.
pub(crate) fn price(operators: &[&str]) -> u64 {
    operators.iter().map(|operator| u64::from(costs::operator_fuel(operator).unwrap())).sum()
}

/// Fuel of an entry that ends behind a call: the end of its body, and how the counted stack is given back
/// (`instrument.rs`).
fn tail_fuel() -> u64 {
    price(&["End", "GlobalGet", "I32Const", "I32Add", "GlobalSet", "End"])
}
/// The key whose value is the memory, for the one guest that has another use for its input.
const MEMORY_KEY: &[u8] = b"img";
const HASH_START: u64 = 0xCBF2_9CE4_8422_2325;
const HASH_FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// A guest and what its call costs around the function.
pub(crate) struct Guest {
    pub(crate) function: &'static Function,
    pub(crate) module: Module,
    /// Fuel of a run up to the call, with the memory as it is, and with a page more.
    before: [u64; 2],
}

/// What a run is given beside its arguments.
pub(crate) struct Given<'a> {
    pub(crate) world: World,
    pub(crate) memory: &'a [u8],
    pub(crate) grown: bool,
}

pub(crate) fn import(function: &Function, name: &str) -> String {
    let types = function.parameters.iter().flat_map(|parameter| parameter.1.types());
    let parameters: String = types.map(|long| if *long { " i64" } else { " i32" }).collect();
    let result = result(function).map_or(String::new(), |result| format!("(result {result})"));
    format!("(import \"icn\" \"{}\" (func ${name} (param{parameters}) {result}))\n", function.name)
}

pub(crate) fn result(function: &Function) -> Option<&'static str> {
    match function.name {
        "host_abort" => None,
        "host_get_time" | "host_get_resource_remaining" | "host_get_balance" => Some("i64"),
        _ => Some("i32"),
    }
}

fn named(name: &str) -> &'static Function {
    TABLE.iter().find(|function| function.name == name).unwrap()
}

/// What a memory comes to, so that all of it can be compared in a few bytes.
pub(crate) fn hash(memory: &[u8]) -> u64 {
    memory.chunks_exact(8).fold(HASH_START, |hash, word| {
        (hash ^ u64::from_le_bytes(word.try_into().unwrap())).wrapping_mul(HASH_FACTOR)
    })
}

impl Guest {
    pub(crate) fn new(function: &'static Function) -> Self {
        let mut guest = Self { function, module: compile(&text(function)), before: [0; 2] };
        for grown in [false, true] {
            let memory = vec![0; MEMORY_BYTES + if grown { PAGE_BYTES } else { 0 }];
            let given = Given { world: World::new().fuel(FUEL), memory: &memory, grown };
            let staged = guest.run("load", &given).0;
            assert_eq!(staged.outcome, Outcome::Ok);
            // A constant and a load for each argument, and the call.
            let types = function.parameters.iter().flat_map(|parameter| parameter.1.types());
            let arguments: u64 =
                types.map(|long| price(&["I32Const", if *long { "I64Load" } else { "I32Load" }])).sum();
            guest.before[usize::from(grown)] = staged.fuel - tail_fuel() + arguments + price(&["Call"]);
        }
        guest
    }

    /// Whether its memory comes from a value.
    fn by_value(&self) -> bool {
        self.function.name == "host_get_input"
    }

    /// Fuel that is burned when the call begins.
    pub(crate) fn before(&self, grown: bool) -> u64 {
        self.before[usize::from(grown)]
    }

    /// Fuel of `bare` behind the call: its answer is dropped, and it ends.
    pub(crate) fn after(&self) -> u64 {
        tail_fuel() + result(self.function).map_or(0, |_| price(&["Drop"]))
    }

    /// Runs `load` (everything but the call), `bare` (the call and nothing after it) or `probe` (the call, and its
    /// answer and what has become of the memory as the output).
    pub(crate) fn run(&self, entry: &str, given: &Given<'_>) -> (Staged, Vec<LogLine>) {
        let recorder = Recorder::default();
        let mut call = self.call(entry, given);
        call.recorder = Some(recorder.clone());
        let staged = futures::executor::block_on(self.module.run(call)).unwrap();
        (staged, recorder.take().log)
    }

    /// What such a run is given.
    pub(crate) fn call(&self, entry: &str, given: &Given<'_>) -> Call {
        let mut world = given.world.clone();
        if self.by_value() {
            world.capabilities.insert(icn_core::block::Capability::State);
            world.values.push((MEMORY_KEY.to_vec(), given.memory.to_vec()));
        } else {
            world.input = given.memory.to_vec();
        }
        let entry = if given.grown { format!("grown_{entry}") } else { entry.to_owned() };
        world.call(&self.module, &entry)
    }
}

fn text(function: &Function) -> String {
    let by_value = function.name == "host_get_input";
    let loader = named(if by_value { "host_get_value" } else { "host_get_input" });
    let mut text = String::from("(module\n");
    text += &import(loader, "load_from");
    if function.name != "host_set_output" {
        text += &import(named("host_set_output"), "output");
    }
    text += &import(function, "function");
    let output = if function.name == "host_set_output" { "function" } else { "output" };
    text += "(memory (export \"memory\") 6)\n(data (i32.const 0) \"img\")\n";
    let key = if by_value { "i32.const 0 i32.const 3" } else { "" };
    writeln!(text, "(func $load {key} i32.const 0 memory.size i32.const 65536 i32.mul call $load_from drop)")
        .unwrap();
    let types = function.parameters.iter().flat_map(|parameter| parameter.1.types());
    let mut call = String::new();
    for (index, long) in types.enumerate() {
        let load = if *long { "i64.load" } else { "i32.load" };
        write!(call, "i32.const {} {load} ", ARGUMENTS_AT + 8 * index).unwrap();
    }
    call += "call $function ";
    let drop = if result(function).is_some() { "drop" } else { "" };
    let keep = match result(function) {
        None => "",
        Some("i64") => "local.set $answer",
        Some(_) => "i64.extend_i32_s local.set $answer",
    };
    for (prefix, grow) in [("", ""), ("grown_", "i32.const 1 memory.grow drop ")] {
        writeln!(text, "(func (export \"{prefix}load\") {grow} call $load)").unwrap();
        writeln!(text, "(func (export \"{prefix}bare\") {grow} call $load {call} {drop})").unwrap();
        writeln!(
            text,
            "(func (export \"{prefix}probe\") (local $answer i64) (local $hash i64) (local $at i32)
                {grow} call $load {call} {keep}
                i64.const {HASH_START} local.set $hash
                (loop $words
                    local.get $hash local.get $at i64.load i64.xor i64.const {HASH_FACTOR} i64.mul local.set $hash
                    local.get $at i32.const 8 i32.add local.tee $at
                    memory.size i32.const 65536 i32.mul i32.lt_u br_if $words)
                i32.const 0 local.get $answer i64.store
                i32.const 8 local.get $hash i64.store
                i32.const 0 i32.const 16 call ${output} drop)"
        )
        .unwrap();
    }
    text + ")"
}
