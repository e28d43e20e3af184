//! No call of the host allocates more at once than the maximum of the argument that it is called with, whatever
//! lengths a guest claims: an allocator of this test's own measures the largest single allocation of each call.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "numbers of a test, cut to the types of the ABI on purpose"
)]

mod common;
#[allow(dead_code, reason = "each test uses a part of it")]
#[path = "memory_model/guest.rs"]
mod guest;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use icn_core::block::{Outcome, TrapKind};
use icn_core::limits;
use icn_testkit::abi_model::{Function, Kind, TABLE, Text};

use common::{FUEL, World, caller, node, trap};
use guest::{ARGUMENTS_AT, Given, Guest, MEMORY_BYTES};

/// What a call may allocate beside the argument: errors and their texts, a node's or a transfer's own fields.
const BESIDE_BYTES: usize = 4096;

thread_local! {
    static LARGEST: Cell<usize> = const { Cell::new(0) };
    static WATCHED: Cell<bool> = const { Cell::new(false) };
}

/// The system's allocator, which remembers the largest allocation of each thread that is watched.
struct Watching;

fn note(bytes: usize) {
    // A thread that ends has no cells any more, and is not watched.
    let _ = WATCHED.try_with(|watched| {
        if watched.get() {
            let _ = LARGEST.try_with(|largest| largest.set(largest.get().max(bytes)));
        }
    });
}

#[expect(
    unsafe_code,
    reason = "an allocator cannot be written otherwise; it hands everything to the system's"
)]
// SAFETY: every method hands its arguments unchanged to the system's allocator and its answer back; what is done
// beside that allocates nothing and does not unwind.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: the caller's promises on `layout` are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        note(bytes);
        // SAFETY: `pointer` came from `System` with this `layout`; the rest is the caller's promise.
        unsafe { System.realloc(pointer, layout, bytes) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `System` with this `layout`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// The largest allocation of this thread while something is done, in bytes.
fn largest<T>(what: impl FnOnce() -> T) -> (T, usize) {
    LARGEST.set(0);
    WATCHED.set(true);
    let done = what();
    WATCHED.set(false);
    (done, LARGEST.get())
}

/// Contents that get a call as far as it goes.
fn content(kind: Kind) -> Vec<u8> {
    match kind {
        Kind::Text(_, Text::Did | Text::Owner) => caller().to_string().into_bytes(),
        Kind::Text(_, Text::Token) => b"H".to_vec(),
        Kind::Text(_, Text::CredentialType) => b"Membership".to_vec(),
        Kind::Text(_, Text::Object) => b"{}".to_vec(),
        Kind::Cid | Kind::Cids(_) => node(b"payload").id().as_bytes().to_vec(),
        _ => b"k".to_vec(),
    }
}

/// How an argument's range is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// Short and sound.
    Sound,
    /// So long, from the beginning of the memory.
    Inside(u32),
    /// So long, and beginning at the last byte.
    Outside(u32),
}

/// Runs one call; one argument's length is claimed, the others are sound.
fn call(guest: &Guest, claimed: usize, claim: Claim) -> (icn_core::block::Staged, usize) {
    let mut memory = vec![b' '; MEMORY_BYTES];
    let mut arguments = Vec::new();
    for (index, parameter) in guest.function.parameters.iter().enumerate() {
        let kind = parameter.1;
        if !kind.is_range() {
            arguments.push(match kind {
                Kind::Large(icn_testkit::abi_model::Number::Deadline) => common::TIME_MS + 1,
                Kind::Large(icn_testkit::abi_model::Number::Until) => 0,
                _ => u64::from(kind.types() == [true]),
            });
            continue;
        }
        let claim = if index == claimed { claim } else { Claim::Sound };
        let content = content(kind);
        let (at, length) = match claim {
            Claim::Sound => (MEMORY_BYTES / 2 + 4096 + 1024 * index, content.len() as u32),
            Claim::Inside(length) => (0, length),
            Claim::Outside(length) => (MEMORY_BYTES - 1, length),
        };
        let length = match (kind, claim) {
            (Kind::Cids(_), Claim::Sound) => 1,
            (Kind::Out | Kind::OutFilled(_), Claim::Sound) => 64,
            _ => length,
        };
        if claim != Claim::Outside(length) && !kind.is_output() {
            let times = if let Kind::Cids(max) = kind { max } else { 1 };
            for (place, byte) in memory[at..].iter_mut().zip(content.repeat(times)) {
                *place = byte;
            }
        }
        arguments.push(at as u64);
        if kind.fixed_bytes().is_none() {
            arguments.push(u64::from(length));
        }
    }
    for (index, argument) in arguments.iter().enumerate() {
        memory[ARGUMENTS_AT + 8 * index..][..8].copy_from_slice(&argument.to_le_bytes());
    }
    let given = Given { world: World::new().fuel(FUEL), memory: &memory, grown: false };
    // Twice: what is made once for a process or a thread is not the call's.
    let run = || {
        let call = guest.call("bare", &given);
        largest(|| futures::executor::block_on(guest.module.run(call)).unwrap())
    };
    let _ = run();
    run()
}

/// What the calls of a function may allocate at once, by what stands in the host's own state and by the claimed
/// argument's maximum.
fn allowed(function: &Function, claimed: usize) -> usize {
    let parameter = function.parameters[claimed].1;
    let max = match parameter {
        Kind::Cids(max) => max * 36,
        kind => kind.length_max().or(kind.fixed_bytes()).unwrap_or(0),
    };
    max + BESIDE_BYTES
}

#[test]
fn no_call_allocates_more_than_its_arguments_maximum() {
    let mut claims = 0;
    for function in TABLE.iter().filter(|function| function.parameters.iter().any(|p| p.1.is_range())) {
        let guest = Guest::new(function);
        let base = largest_without_a_claim(&guest);
        assert!(base <= BESIDE_BYTES, "{}: {base} bytes of a sound call", function.name);
        for (index, parameter) in function.parameters.iter().enumerate().filter(|(_, p)| p.1.is_range()) {
            let max = parameter.1.length_max().unwrap_or(limits::OUTPUT_BYTES_MAX) as u32;
            for length in [max, max + 1, u32::MAX / 2, u32::MAX] {
                for claim in [Claim::Inside(length), Claim::Outside(length)] {
                    let (staged, largest) = call(&guest, index, claim);
                    let allowed = allowed(function, index);
                    assert!(
                        largest <= allowed,
                        "{}: argument {} as {claim:?} allocates {largest} bytes, and may {allowed}: {:?}",
                        function.name,
                        parameter.0,
                        staged.outcome
                    );
                    if function.name == "host_set_output" && claim == Claim::Inside(max) {
                        assert!(largest >= max as usize, "the copy of {max} bytes is not seen: {largest}");
                    }
                    // The claim came to where it is looked at.
                    let expected = match trap(&staged) {
                        None => staged.outcome == Outcome::Ok,
                        Some(kind) => matches!(kind, TrapKind::MemoryFault | TrapKind::Aborted),
                    };
                    assert!(expected, "{}: {:?}", function.name, staged.outcome);
                    claims += 1;
                }
            }
        }
    }
    assert!(claims >= 8 * 50, "{claims} claims");
}

fn largest_without_a_claim(guest: &Guest) -> usize {
    call(guest, usize::MAX, Claim::Sound).1
}

/// JSON whose strings have an escape after most of their text: whoever resolves escapes in a buffer that grows needs
/// more than the text.
#[test]
fn json_with_escapes_is_read_within_its_maximum() {
    let function = TABLE.iter().find(|function| function.name == "host_verify_credential").unwrap();
    let guest = Guest::new(function);
    let max = limits::CREDENTIAL_BYTES_MAX;
    for (before, after) in [
        ("{\"\\n", "\\n\":1}"),
        ("{\"a\":\"\\n", "\\n\"}"),
        ("{\"", "\":\""),
        ("{\"\\u0", "\":1}"),
        ("{\"", "\\u0061\":1}"),
        ("{\"a\":1,\"\\ud83d\\ude00", "\\n\":[]}"),
    ] {
        let text = format!("{before}{}{after}", "x".repeat(max - before.len() - after.len()));
        let mut memory = vec![b' '; MEMORY_BYTES];
        memory[..max].copy_from_slice(text.as_bytes());
        memory[ARGUMENTS_AT..ARGUMENTS_AT + 8].copy_from_slice(&0u64.to_le_bytes());
        memory[ARGUMENTS_AT + 8..ARGUMENTS_AT + 16].copy_from_slice(&(max as u64).to_le_bytes());
        let given = Given { world: World::new().fuel(FUEL), memory: &memory, grown: false };
        let call = guest.call("bare", &given);
        let (staged, largest) = largest(|| futures::executor::block_on(guest.module.run(call)).unwrap());
        assert_eq!(staged.outcome, Outcome::Ok);
        assert!((max..=max + BESIDE_BYTES).contains(&largest), "{before}…{after}: {largest} bytes of {max}");
    }
}

/// The allocator sees what it must: otherwise no call could fail the test above.
#[test]
fn the_allocator_sees_a_large_allocation() {
    let (bytes, seen) = largest(|| vec![1u8; 300_000]);
    assert_eq!((bytes.len(), seen), (300_000, 300_000));
    let ((), seen) = largest(|| {
        let mut grows = Vec::with_capacity(10);
        grows.extend_from_slice(&[0u8; 5000]);
    });
    assert!(seen >= 5000, "{seen}");
}
