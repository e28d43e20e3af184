//! Many calls in one invocation, each of which finds what those before it left: holds that are settled and voided,
//! limits that are reached, storage that runs out, deletions that a scan passes over, signatures that verify.
//!
//! A story's calls are made by one run of a guest of its own. Every answer, every effect and the fuel to the unit must be
//! the model's.

mod steps;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use icn_core::block::{Issue, Operation, Outcome, Staged};
use icn_core::ledger::Actor;
use icn_core::limits;
use icn_core::name::{BlockId, Codec, Owner, hold_id};
use icn_sandbox::{LogLine, Module, Recorder};
use icn_testkit::abi_model::{self, Account, Effect, End, Hold, TABLE, expect};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use crate::check::{effects, modelled};
use crate::common::{TIME_MS, World, compile, scope, token};
use crate::guest::{MEMORY_BYTES, PAGE_BYTES, import, price, result};

use steps::{IMAGE_BYTES, Step, Story, TURN_AT, Texts, signer, signer_did, stories};

/// Fuel enough for any story.
const FUEL: u64 = 4_000_000_000;
/// Calls of a story at most.
const CALLS_MAX: usize = 24;
const ANSWERS_AT: usize = MEMORY_BYTES - 8 * CALLS_MAX;

/// The ledger's holds of another module, and the same in the model.
fn hold_theirs(world: &World, model: &mut abi_model::World, count: usize) {
    let mut bank = world.port.0.lock().unwrap();
    let rich = || Owner::Name("rich".into());
    bank.ledger.issue(scope(), &[Issue { unit: token(), to: rich(), amount: 2 * count as u64 }]).unwrap();
    for number in 0..count as u64 {
        let (id, module) = (hold_id(&[1; 32], number), BlockId::of(Codec::Raw, b"another module"));
        let (from, to, unit, deadline) = (rich(), Owner::Treasury, token(), TIME_MS + 1);
        let placing = Operation::Hold { id, from, to, unit, amount: 1, deadline, module };
        bank.ledger.stage(scope(), TIME_MS, &Actor::default(), placing).unwrap();
        let (payer, payee) = (Account::Name(b"rich".to_vec()), Account::Treasury);
        model.holds.insert(id.0, Hold { payer, payee, unit: b"H".to_vec(), amount: 1, ours: false });
    }
    model.balances.insert((Account::Name(b"rich".to_vec()), b"H".to_vec()), count as i128);
}

/// The guest of a story.
fn text(steps: &[Step]) -> String {
    let mut text = String::from("(module\n");
    let mut names: BTreeSet<&str> = steps.iter().map(|step| step.function).collect();
    names.extend(["host_get_input", "host_set_output"]);
    for function in TABLE.iter().filter(|function| names.contains(function.name)) {
        text += &import(function, function.name);
    }
    write!(
        text,
        "(memory (export \"memory\") {}) (func (export \"run\") (local $turns i32) (local $answer i64)
          (drop (call $host_get_input (i32.const 0) (i32.const {IMAGE_BYTES})))\n",
        MEMORY_BYTES / PAGE_BYTES
    )
    .unwrap();
    for (index, step) in steps.iter().enumerate() {
        let types = step.function().parameters.iter().flat_map(|parameter| parameter.1.types());
        let arguments: String = types
            .zip(&step.arguments)
            .map(|(long, number)| format!("({}.const {number})", if *long { "i64" } else { "i32" }))
            .collect();
        let widen = if is_long(step) { "" } else { "i64.extend_i32_s" };
        writeln!(
            text,
            "(local.set $turns (i32.const {}))
             (loop $again
               (i32.store (i32.const {TURN_AT}) (local.get $turns))
               {arguments} call ${} {widen} local.set $answer
               (br_if $again (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
             (i64.store (i32.const {}) (local.get $answer))",
            step.turns,
            step.function,
            ANSWERS_AT + 8 * index
        )
        .unwrap();
    }
    write!(text, "(drop (call $host_set_output (i32.const {ANSWERS_AT}) (i32.const {}))))", 8 * CALLS_MAX)
        .unwrap();
    text + ")"
}

fn is_long(step: &Step) -> bool {
    result(step.function()) == Some("i64")
}

/// Fuel of a step's operators, without what its calls charge.
fn operators(step: &Step) -> u64 {
    let types = step.function().parameters.iter().flat_map(|parameter| parameter.1.types());
    let widen: &[&str] = if is_long(step) { &[] } else { &["I64ExtendI32S"] };
    let turn = price(&["I32Const", "LocalGet", "I32Store", "Call", "LocalSet"])
        + types.map(|_| price(&["I32Const"])).sum::<u64>()
        + price(widen)
        + price(&["LocalGet", "I32Const", "I32Sub", "LocalTee", "BrIf"]);
    let around = price(&["I32Const", "LocalSet", "Loop", "End", "I32Const", "LocalGet", "I64Store"]);
    u64::from(step.turns) * turn + around
}

fn run(world: &World, module: &Module) -> (Staged, Vec<LogLine>) {
    let recorder = Recorder::default();
    let mut call = world.call(module, "run");
    call.recorder = Some(recorder.clone());
    let staged = futures::executor::block_on(module.run(call)).unwrap();
    (staged, recorder.take().log)
}

/// A function, and the code that it answered, or 0; what each step came to.
type Told = (&'static str, i64);

/// Runs a story and compares all that it left with the model; says what was met.
fn check(story: &Story, empty_fuel: u64) -> Result<BTreeSet<Told>, TestCaseError> {
    let module = compile(&text(&story.steps));
    let texts = Texts::new();
    let mut world = World::new().input(&texts.image).fuel(FUEL);
    world.storage_left = story.storage_left;
    let mut model = modelled(module.id());
    model.input = texts.image.clone();
    model.storage_left = story.storage_left;
    model.pages_left -= (MEMORY_BYTES / PAGE_BYTES) as u64;
    let key = abi_model::did(signer_did().as_bytes()).unwrap();
    for message in [&b"message"[..], b"massage"] {
        model.signatures.insert((key, message.to_vec(), signer().sign_raw(message).to_vec()));
    }
    hold_theirs(&world, &mut model, if story.crowded { limits::HOLDS_OPEN_MAX - 1 } else { 1 });
    let mut memory = vec![0; MEMORY_BYTES];
    memory[..IMAGE_BYTES].copy_from_slice(&texts.image);
    let (mut fuel, mut all, mut met) = (empty_fuel, Vec::new(), BTreeSet::new());
    let mut answers = vec![0; 8 * CALLS_MAX];
    for (index, step) in story.steps.iter().enumerate() {
        fuel += operators(step);
        let mut last = 0;
        for turn in (1..=step.turns).rev() {
            memory[TURN_AT as usize..][..4].copy_from_slice(&turn.to_le_bytes());
            let expected = expect(step.function(), &step.arguments, &memory, &model, FUEL);
            let End::Answer(answer) = expected.end else {
                return Err(TestCaseError::fail(format!("{step:?} traps: {:?}", expected.end)));
            };
            if let Some((at, bytes)) = &expected.written {
                memory[*at..at + bytes.len()].copy_from_slice(bytes);
            }
            met.insert((step.function, if answer == 1 { 1 } else { answer.min(0) }));
            if step.function == "host_scan_keys" && expected.fuel >= 2 * icn_core::costs::SCAN_STEP_FUEL {
                met.insert(("a deletion passed over", 0));
            }
            model.after(&expected.effect);
            all.push(expected.effect);
            fuel += expected.fuel;
            last = answer;
        }
        answers[8 * index..][..8].copy_from_slice(&last.to_le_bytes());
        memory[ANSWERS_AT + 8 * index..][..8].copy_from_slice(&last.to_le_bytes());
    }
    all.push(Effect::Output(answers));
    let (staged, lines) = run(&world, &module);
    prop_assert_eq!(&staged.outcome, &Outcome::Ok);
    effects(module.id(), &staged, &lines, &all, "a story")?;
    prop_assert_eq!(staged.fuel, fuel, "fuel");
    Ok(met)
}

#[test]
fn every_call_finds_what_those_before_it_left() {
    let texts = Texts::new();
    let empty = run(&World::new().input(&texts.image).fuel(FUEL), &compile(&text(&[]))).0;
    assert_eq!(empty.outcome, Outcome::Ok);
    let config = Config { cases: 500, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let met = std::cell::RefCell::new(BTreeSet::new());
    let told = runner.run(&stories(), |story| {
        met.borrow_mut().append(&mut check(&story, empty.fuel)?);
        Ok(())
    });
    if let Err(error) = told {
        panic!("{error}");
    }
    let (limit, exhausted, denied, not_found, conflict) = (-9, -6, -5, -4, -7);
    let mut due = BTreeSet::from([
        ("host_set_value", exhausted),
        ("host_set_value", limit),
        ("host_delete_value", limit),
        ("host_delete_value", not_found),
        ("host_log", limit),
        ("host_store_node", limit),
        ("host_store_node", conflict),
        ("host_anchor_to_dag", limit),
        ("host_anchor_to_dag", not_found),
        ("host_record_resource_usage", limit),
        ("host_verify_signature", 1),
        ("host_verify_signature", 0),
        ("a deletion passed over", 0),
    ]);
    for function in
        ["host_transfer", "host_burn", "host_hold", "host_settle_hold", "host_record_resource_usage"]
    {
        due.insert((function, exhausted));
    }
    for function in
        ["host_transfer", "host_mint", "host_burn", "host_hold", "host_settle_hold", "host_void_hold"]
    {
        due.extend([(function, 0), (function, limit)]);
    }
    for function in ["host_settle_hold", "host_void_hold"] {
        due.extend([(function, denied), (function, not_found)]);
    }
    let missing: Vec<_> = due.difference(&met.into_inner()).copied().collect();
    assert!(missing.is_empty(), "never met: {missing:?}");
}
