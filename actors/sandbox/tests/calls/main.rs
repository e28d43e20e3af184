//! What calls mean, a file a capability: a script of calls is run by a guest, and its answers and its journal are
//! compared with what the host ABI says. Pointers and lengths at their edges are the test `abi`'s.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

#[path = "../common/mod.rs"]
mod common;

mod credential;
mod escrow;
mod mint;
mod signature;

use common::{World, compile, literal};
use icn_core::block::{Operation, Outcome, Staged};
use icn_sandbox::{FUNCTIONS, FunctionType};

const INVALID: i64 = -1;
const TOO_LARGE: i64 = -3;
const NOT_FOUND: i64 = -4;
const DENIED: i64 = -5;
const EXHAUSTED: i64 = -6;
const LIMIT: i64 = -9;

/// Where answers are kept, and before that the arguments.
const ANSWERS_AT: usize = 0xf_0000;

/// An argument of a call.
enum Given<'a> {
    /// A number.
    N(i32),
    /// A long number.
    L(i64),
    /// A range: its pointer and its length.
    T(&'a str),
    /// Bytes of a length that the type knows: their pointer.
    P(&'a [u8]),
    /// A place in memory.
    At(u32),
    /// A buffer of so many bytes: a pointer and its length.
    Out(u32),
}
use Given::{At, L, N, Out, P, T};

/// Calls in their order, and what each must answer.
#[derive(Default)]
struct Script {
    data: String,
    body: String,
    used: usize,
    expected: Vec<(String, i64)>,
}

impl Script {
    fn place(&mut self, bytes: &[u8]) -> usize {
        // From 4096 on: what is below is the guest's to write to.
        let at = 4096 + self.used;
        self.data += &format!("(data (i32.const {at}) \"{}\")\n", literal(bytes));
        self.used += bytes.len();
        at
    }
    /// A call, and the code or number that it answers.
    fn call(&mut self, function: &str, given: &[Given<'_>], answer: i64) -> &mut Self {
        let mut pushed = String::new();
        for one in given {
            pushed += &match one {
                N(number) => format!("(i32.const {number})"),
                L(number) => format!("(i64.const {number})"),
                T(text) => format!("(i32.const {})(i32.const {})", self.place(text.as_bytes()), text.len()),
                P(bytes) => format!("(i32.const {})", self.place(bytes)),
                At(at) => format!("(i32.const {at})"),
                Out(cap) => format!("(i32.const 0)(i32.const {cap})"),
            };
        }
        let long = FUNCTIONS.iter().any(|(name, _, of)| *name == function && **of == [FunctionType::I64]);
        let widen = if long { "" } else { "i64.extend_i32_s" };
        self.body += &format!(
            "(i64.store (i32.const {}) (block (result i64) {pushed} call ${function} {widen}))\n",
            ANSWERS_AT + self.expected.len() * 8
        );
        let said: Vec<String> = given
            .iter()
            .map(|one| match one {
                T(text) => format!("{text:.80?}"),
                N(number) => number.to_string(),
                L(number) => number.to_string(),
                _ => "…".to_owned(),
            })
            .collect();
        self.expected.push((format!("{function}({})", said.join(", ")), answer));
        self
    }
    fn module(&self) -> icn_sandbox::Module {
        let types = |types: &[FunctionType]| -> String {
            types.iter().map(|t| if *t == FunctionType::I32 { " i32" } else { " i64" }).collect()
        };
        let import = |(name, params, results): &(&str, &[FunctionType], &[FunctionType])| {
            format!(
                "(import \"icn\" \"{name}\" (func ${name} (param{}) (result{})))\n",
                types(params),
                types(results)
            )
        };
        compile(&format!(
            "(module {} (memory (export \"memory\") 16) {}
               (func (export \"run\") {}
                 (drop (call $host_set_output (i32.const {ANSWERS_AT}) (i32.const {})))))",
            FUNCTIONS.iter().map(import).collect::<String>(),
            self.data,
            self.body,
            self.expected.len() * 8
        ))
    }
    /// Runs it and compares the answers.
    fn run(&self, world: &World) -> Staged {
        let staged = world.run(&self.module(), "run");
        assert_eq!(staged.outcome, Outcome::Ok);
        let answers = staged.output.as_chunks::<8>().0.iter().map(|bytes| i64::from_le_bytes(*bytes));
        let wrong: Vec<String> = self
            .expected
            .iter()
            .zip(answers)
            .filter(|((_, expected), answer)| expected != answer)
            .map(|((call, expected), answer)| format!("{call} answered {answer}, expected {expected}"))
            .collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert_eq!(staged.output.len(), self.expected.len() * 8);
        staged
    }
}

/// What a journal says, in short: from whom, to whom or for whom, how much; of a hold's end its name instead.
fn said(staged: &Staged) -> Vec<(String, String, u64)> {
    let one = |operation: &Operation| {
        let amount = operation.amount().unwrap_or(0);
        match operation {
            Operation::Transfer { from, to, .. } => (from.to_string(), to.to_string(), amount),
            Operation::Send { from, scope, to, .. } => (from.to_string(), format!("{to} of {scope}"), amount),
            Operation::Receive { .. } => (operation.name().to_owned(), String::new(), amount),
            Operation::Hold { from, to, .. } => (from.to_string(), format!("for {to}"), amount),
            Operation::Settle { id, .. } | Operation::Void { id } | Operation::Expire { id } => {
                (operation.name().to_owned(), id.to_string(), amount)
            }
            Operation::Rule(_) => (operation.name().to_owned(), String::new(), amount),
        }
    };
    staged.journal.iter().map(one).collect()
}
