//! Cases: where each argument points, how long it is, and what stands there.

use icn_core::limits;
use icn_testkit::abi_model::{Function, Kind, Number};
use proptest::prelude::*;
use proptest::sample::select;

use crate::common::TIME_MS;
use crate::contents::{self, Content};
use crate::guest::{ARGUMENTS_AT, MEMORY_BYTES, PAGE_BYTES};

/// Where a range is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pointer {
    /// At the beginning of the memory.
    Start,
    /// In a place of its own.
    Apart,
    /// It ends where the memory ends.
    AtTheEnd,
    /// It ends one byte later.
    OneBeyond,
    /// Far outside.
    Far,
    /// Its end is past 2^32.
    Wrapping,
    /// Empty, at the end.
    EmptyAtTheEnd,
    /// Empty, one byte beyond the end.
    EmptyBeyond,
    /// In the page after the last one.
    NextPage,
    /// In the same page, which is there.
    NextPageGrown,
    /// Over the argument of that number, one byte later.
    Over(usize),
}

/// All that need no other argument.
pub(crate) const POINTERS: &[Pointer] = &[
    Pointer::Start,
    Pointer::Apart,
    Pointer::AtTheEnd,
    Pointer::OneBeyond,
    Pointer::Far,
    Pointer::Wrapping,
    Pointer::EmptyAtTheEnd,
    Pointer::EmptyBeyond,
    Pointer::NextPage,
    Pointer::NextPageGrown,
];

/// How long a range is; a count, of CIDs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// As long as what is there; of a buffer, as what is given.
    Natural,
    /// One less.
    Short,
    /// 0.
    Zero,
    /// 1.
    One,
    /// The argument's maximum.
    Maximum,
    /// One more.
    OverMaximum,
    /// 2^32 - 1.
    Huge,
}

/// All of them.
pub(crate) const LENGTHS: &[Length] = &[
    Length::Natural,
    Length::Short,
    Length::Zero,
    Length::One,
    Length::Maximum,
    Length::OverMaximum,
    Length::Huge,
];

impl Length {
    /// Whether an argument of that kind can be so long.
    pub(crate) fn suits(self, kind: Kind) -> bool {
        match self {
            Self::Natural => true,
            _ if kind.fixed_bytes().is_some() => false,
            Self::Short => kind == Kind::Out,
            Self::Maximum | Self::OverMaximum => kind.length_max().is_some(),
            _ => true,
        }
    }
}

/// One argument of a case.
#[derive(Debug, Clone)]
pub(crate) enum Argument {
    Number(i64),
    Range(Pointer, Length, Vec<u8>),
}

/// A call to be tried.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) arguments: Vec<Argument>,
    pub(crate) capabilities: bool,
}

/// What is chosen of a case; the rest is as it comes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Focus {
    pub(crate) argument: Option<usize>,
    pub(crate) pointer: Option<Pointer>,
    pub(crate) length: Option<Length>,
    pub(crate) content: Option<Content>,
    pub(crate) without_capabilities: bool,
}

/// Cases of a function. Without noise everything that is not chosen is sound.
pub(crate) fn strategy(function: &'static Function, focus: &Focus, noise: bool) -> BoxedStrategy<Case> {
    let arguments: Vec<BoxedStrategy<Argument>> = function
        .parameters
        .iter()
        .enumerate()
        .map(|(index, parameter)| match parameter.1 {
            Kind::Small(number) | Kind::Large(number) => {
                numbers(number, noise).prop_map(Argument::Number).boxed()
            }
            kind if focus.argument == Some(index) => range(kind, focus, noise),
            kind => range(kind, &Focus::default(), noise),
        })
        .collect();
    let granted = if noise { prop::bool::weighted(0.95).boxed() } else { Just(true).boxed() };
    let granted = if focus.without_capabilities { Just(false).boxed() } else { granted };
    (arguments, granted).prop_map(|(arguments, capabilities)| Case { arguments, capabilities }).boxed()
}

fn range(kind: Kind, focus: &Focus, noise: bool) -> BoxedStrategy<Argument> {
    let pointer = match focus.pointer {
        Some(pointer) => Just(pointer).boxed(),
        None if noise => prop_oneof![12 => Just(Pointer::Apart), 1 => select(POINTERS)].boxed(),
        None => Just(Pointer::Apart).boxed(),
    };
    let lengths: Vec<Length> = LENGTHS.iter().copied().filter(|length| length.suits(kind)).collect();
    let length = match focus.length {
        Some(length) => Just(length).boxed(),
        None if noise => prop_oneof![12 => Just(Length::Natural), 1 => select(lengths)].boxed(),
        None => Just(Length::Natural).boxed(),
    };
    let content = focus.content.clone().unwrap_or_else(|| contents::any_of(kind, noise));
    (pointer, length, content)
        .prop_map(|(pointer, length, bytes)| Argument::Range(pointer, length, bytes))
        .boxed()
}

fn numbers(number: Number, noise: bool) -> BoxedStrategy<i64> {
    let now = TIME_MS as i64;
    let ahead = limits::HOLD_AHEAD_MS_MAX as i64;
    let (sound, others) = match number {
        Number::Level => (vec![0, 1, 2, 3, 4], vec![5, -1, i64::from(i32::MIN)]),
        Number::Purse => (vec![0, 2], vec![1, 3, -1]),
        Number::Kind => (vec![0, 1, 2, 3, 4], vec![5, -1, 256]),
        Number::Amount => (vec![1, 5, 50], vec![0, -1, 51, 101, 1001, i64::MIN, i64::MAX]),
        Number::Deadline => {
            (vec![now + 1, now + ahead], vec![now, now - 1, now + ahead + 1, 0, -1, i64::MAX])
        }
        Number::Until => (vec![0, now + 1, i64::MAX], vec![now, 1, -1, i64::MIN]),
    };
    if noise { prop_oneof![9 => select(sound), 1 => select(others)].boxed() } else { select(sound).boxed() }
}

/// A case as the guest gets it.
pub(crate) struct Resolved {
    /// The arguments, 32-bit ones as unsigned numbers.
    pub(crate) arguments: Vec<u64>,
    /// The memory when the function is called.
    pub(crate) memory: Vec<u8>,
    pub(crate) grown: bool,
    /// Of each parameter that is a range: where it begins and its bytes.
    pub(crate) ranges: Vec<Option<(u64, u64)>>,
}

/// Bytes that a function gives when all is well.
fn given_bytes(function: &Function) -> usize {
    match function.name {
        "host_get_input" => 9,
        "host_get_caller_did" | "host_get_scope_did" => 56,
        "host_get_value" => 5,
        "host_scan_keys" => 1,
        "host_get_node" => 7,
        _ => 40,
    }
}

impl Case {
    /// Works out pointers, lengths and the memory.
    pub(crate) fn resolve(&self, function: &Function) -> Resolved {
        let grown = self.arguments.iter().any(|a| matches!(a, Argument::Range(Pointer::NextPageGrown, ..)));
        let size = MEMORY_BYTES + if grown { PAGE_BYTES } else { 0 };
        let mut resolved =
            Resolved { arguments: Vec::new(), memory: vec![b' '; size], grown, ranges: Vec::new() };
        // Those that lie over another one come after it.
        let mut places = vec![(0u64, 0u64); self.arguments.len()];
        for over in [false, true] {
            for (index, (argument, parameter)) in self.arguments.iter().zip(function.parameters).enumerate() {
                let Argument::Range(pointer, length, content) = argument else { continue };
                if matches!(pointer, Pointer::Over(_)) != over {
                    continue;
                }
                let length = measure(*pointer, *length, parameter.1, content, function);
                let bytes = if let Kind::Cids(_) = parameter.1 { length * 36 } else { length };
                let pointer = place(*pointer, index, bytes, size as u64, &places);
                places[index] = (pointer, length);
                if !parameter.1.is_output() {
                    fill(&mut resolved.memory, pointer, bytes, content, parameter.1);
                }
            }
        }
        for ((argument, parameter), (pointer, length)) in
            self.arguments.iter().zip(function.parameters).zip(places)
        {
            match (argument, parameter.1) {
                (Argument::Number(number), Kind::Small(_)) => {
                    resolved.arguments.push(u64::from(*number as i32 as u32));
                }
                (Argument::Number(number), _) => resolved.arguments.push(*number as u64),
                (_, kind) => {
                    resolved.arguments.push(pointer);
                    if kind.fixed_bytes().is_none() {
                        resolved.arguments.push(length);
                    }
                }
            }
            let bytes = if let Kind::Cids(_) = parameter.1 { length * 36 } else { length };
            resolved.ranges.push(parameter.1.is_range().then_some((pointer, bytes)));
        }
        for (index, argument) in resolved.arguments.iter().enumerate() {
            let at = ARGUMENTS_AT + 8 * index;
            resolved.memory[at..at + 8].copy_from_slice(&argument.to_le_bytes());
        }
        resolved
    }
}

/// A range's length; of CIDs, their count.
fn measure(pointer: Pointer, length: Length, kind: Kind, content: &[u8], function: &Function) -> u64 {
    if let Some(bytes) = kind.fixed_bytes() {
        return bytes as u64;
    }
    if matches!(pointer, Pointer::EmptyAtTheEnd | Pointer::EmptyBeyond) {
        return 0;
    }
    let natural = match kind {
        Kind::Out | Kind::OutFilled(_) => given_bytes(function),
        Kind::Cids(_) => content.len() / 36,
        _ => content.len(),
    };
    let max = kind.length_max().unwrap_or(natural);
    match length {
        Length::Natural => natural as u64,
        Length::Short => natural as u64 - 1,
        Length::Zero => 0,
        Length::One => 1,
        Length::Maximum => max as u64,
        Length::OverMaximum => max as u64 + 1,
        Length::Huge => u64::from(u32::MAX),
    }
}

/// Where a range of so many bytes begins.
fn place(pointer: Pointer, index: usize, bytes: u64, memory: u64, places: &[(u64, u64)]) -> u64 {
    let ending = |end: u64| end.saturating_sub(bytes);
    match pointer {
        Pointer::Start => 0,
        Pointer::Apart => 8192 + 4096 * index as u64,
        Pointer::AtTheEnd | Pointer::EmptyAtTheEnd => ending(memory),
        Pointer::OneBeyond => ending(memory + 1),
        Pointer::EmptyBeyond => memory + 1,
        Pointer::Far => memory + 16 * PAGE_BYTES as u64,
        Pointer::Wrapping => (1 << 32) - bytes.div_ceil(2).clamp(1, 1 << 31),
        Pointer::NextPage | Pointer::NextPageGrown => MEMORY_BYTES as u64 + 100,
        Pointer::Over(other) => places[other].0.saturating_add(u64::from(bytes > 1)).min(u64::from(u32::MAX)),
    }
}

/// Puts contents where they are inside the memory; past their end the last byte goes on, and white space in JSON.
fn fill(memory: &mut [u8], pointer: u64, bytes: u64, content: &[u8], kind: Kind) {
    let more = match (kind, content.last()) {
        (Kind::Text(_, icn_testkit::abi_model::Text::Object), _) | (_, None) => b' ',
        (_, Some(last)) => *last,
    };
    let Some(place) = memory.get_mut(pointer as usize..) else { return };
    for (index, byte) in place.iter_mut().take(bytes as usize).enumerate() {
        let next = if let Kind::Cids(_) = kind { content.get(index % 36) } else { content.get(index) };
        *byte = next.copied().unwrap_or(more);
    }
}
