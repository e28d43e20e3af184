//! Every function of the host ABI and every one of its arguments, at every edge of a memory, of a length and of a
//! text, against the model of the contract in `icn_testkit::abi_model`.
//!
//! Each case is a call with chosen arguments in a memory with chosen contents. It runs with plenty of fuel, with
//! exactly what the model says that it costs, and with one unit less; each run must end as the model says, leave
//! the effects that it says, and write the bytes that it says and no other byte of the memory.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "numbers of a test, cut to the types of the ABI on purpose"
)]

#[path = "../common/mod.rs"]
mod common;

mod cases;
mod check;
mod contents;
mod events;
mod guest;
mod story;

use std::collections::BTreeSet;

use icn_sandbox::{FUNCTIONS, FunctionType, PARAMETERS};
use icn_testkit::abi_model::{Function, Kind, TABLE, Text};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use cases::{Focus, LENGTHS, POINTERS, Pointer};
use check::{Met, check};
use guest::Guest;

/// Runs so many cases of a focus, always the same ones; noise disturbs the arguments that are not looked at.
fn run(guest: &Guest, focus: &Focus, noise: bool, cases: u32, met: &mut BTreeSet<Met>) {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let seen = std::cell::RefCell::new(BTreeSet::new());
    let strategy = cases::strategy(guest.function, focus, noise);
    let result = runner.run(&strategy, |case| {
        seen.borrow_mut().append(&mut check(guest, &case)?);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{}: {focus:?}: {error}", guest.function.name);
    }
    met.append(&mut seen.into_inner());
}

/// All there is to show of a function; says what was met.
fn exhaust(function: &'static Function) {
    let guest = Guest::new(function);
    let mut met = BTreeSet::new();
    run(&guest, &Focus::default(), false, 4, &mut met);
    run(&guest, &Focus::default(), true, 48, &mut met);
    run(&guest, &Focus { without_capabilities: true, ..Focus::default() }, false, 2, &mut met);
    for (index, parameter) in function.parameters.iter().enumerate().filter(|(_, p)| p.1.is_range()) {
        let on = Focus { argument: Some(index), ..Focus::default() };
        let others = function.parameters.iter().enumerate().filter(|(at, p)| *at != index && p.1.is_range());
        let overlaps = others.map(|(other, _)| Pointer::Over(other));
        for pointer in POINTERS.iter().copied().chain(overlaps) {
            for length in LENGTHS.iter().filter(|length| length.suits(parameter.1)) {
                let focus = Focus { pointer: Some(pointer), length: Some(*length), ..on.clone() };
                run(&guest, &focus, false, 1, &mut met);
                run(&guest, &focus, true, 1, &mut met);
            }
        }
        if let Kind::Text(..) = parameter.1 {
            for (class, bytes) in contents::NOT_UTF8 {
                let focus = Focus { content: Some(contents::spoil(bytes)), ..on.clone() };
                run(&guest, &focus, false, 3, &mut met);
                assert!(met.remove(&Met::NotUtf8(index)), "{}: {class} met nothing", function.name);
            }
            met.insert(Met::NotUtf8(index));
        }
        for bytes in contents::malformed(parameter.1) {
            let focus = Focus { content: Some(contents::exactly(bytes)), ..on.clone() };
            run(&guest, &focus, false, 1, &mut met);
        }
    }
    let missing: Vec<Met> = due(function).difference(&met).copied().collect();
    assert!(missing.is_empty(), "{}: never met: {missing:?}", function.name);
}

/// What must be met of a function.
fn due(function: &Function) -> BTreeSet<Met> {
    let mut due = BTreeSet::from([Met::OneLess]);
    if function.name != "host_abort" {
        due.insert(Met::Answered);
    }
    if function.needs != icn_testkit::abi_model::Needs::Nothing {
        due.insert(Met::Denied);
    }
    let ranges = function.parameters.iter().enumerate().filter(|(_, p)| p.1.is_range());
    let count = ranges.clone().count();
    for (index, parameter) in ranges {
        use Met as M;
        let kind = parameter.1;
        due.extend(
            [M::Inside, M::AtTheEnd, M::OneBeyond, M::Wrapping, M::NotGrown, M::Grown].map(|met| met(index)),
        );
        if kind.fixed_bytes().is_none() {
            due.extend([M::EmptyAtTheEnd, M::EmptyBeyond, M::Empty, M::One, M::Huge].map(|met| met(index)));
        }
        if kind.length_max().is_some() {
            due.extend([M::Maximum(index), M::OverMaximum(index)]);
        }
        if count > 1 {
            due.insert(M::Overlapping(index));
        }
        if matches!(kind, Kind::Out) && function.name != "host_issue_credential" {
            due.extend([M::ExactBuffer(index), M::ShortBuffer(index)]);
        }
        match kind {
            Kind::Text(_, Text::Any) => due.extend([M::NotUtf8(index)]),
            Kind::Text(..) => due.extend([M::NotUtf8(index), M::Malformed(index)]),
            Kind::Cid | Kind::Cids(_) | Kind::Filled(_) => due.extend([M::Malformed(index)]),
            _ => {}
        }
    }
    due
}

/// The model and the linker list the same functions, with the same types and the same names of arguments.
#[test]
fn the_model_has_every_function_and_no_other() {
    assert_eq!(TABLE.len(), FUNCTIONS.len());
    for ((function, (name, types, _)), (_, names)) in TABLE.iter().zip(FUNCTIONS).zip(PARAMETERS) {
        assert_eq!(function.name, *name);
        let expected = function.parameters.iter().flat_map(|parameter| parameter.1.types());
        let found: Vec<bool> = types.iter().map(|of| *of == FunctionType::I64).collect();
        assert_eq!(expected.copied().collect::<Vec<_>>(), found, "{name}");
        for parameter in function.parameters {
            assert!(names.contains(&parameter.0), "{name} has no `{}`", parameter.0);
        }
    }
}

/// One test for so many functions, so that they run side by side.
macro_rules! groups {
    ($($group:ident: $($name:literal)+;)+) => {
        $(#[test]
        fn $group() {
            for name in [$($name),+] {
                exhaust(TABLE.iter().find(|function| function.name == name).unwrap());
            }
        })+

        #[test]
        fn every_function_is_in_a_group() {
            let named: BTreeSet<&str> = [$($($name),+),+].into();
            assert_eq!(named, FUNCTIONS.iter().map(|function| function.0).collect());
        }
    };
}

groups! {
    context: "host_get_input" "host_set_output" "host_get_caller_did" "host_get_scope_did" "host_get_time"
        "host_get_random" "host_log" "host_abort";
    resources: "host_check_resource_authorization" "host_record_resource_usage" "host_get_resource_remaining"
        "host_get_balance" "host_mint" "host_burn";
    transfers: "host_transfer" "host_transfer_cross";
    holds: "host_hold" "host_settle_hold" "host_void_hold";
    state: "host_get_value" "host_set_value" "host_delete_value" "host_scan_keys";
    dag: "host_store_node" "host_get_node" "host_contains_node" "host_anchor_to_dag";
    credentials: "host_issue_credential" "host_revoke_credential" "host_credential_status"
        "host_verify_credential" "host_verify_signature";
}
