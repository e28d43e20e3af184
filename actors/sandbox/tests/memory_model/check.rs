//! One case against the model.

use std::collections::{BTreeMap, BTreeSet};

use icn_core::block::{Anchor, Operation, Outcome, Staged, TrapKind};
use icn_core::name::{BlockId, Owner};
use icn_sandbox::LogLine;
use icn_testkit::abi_model::{
    self, Account, Effect, End, Expectation, KnownNode, Move, Party, Trap, code, expect,
};
use proptest::test_runner::TestCaseError;
use proptest::{prop_assert, prop_assert_eq};

use crate::cases::{Case, Resolved};
use crate::common::{FUEL, STORAGE_LEFT, TIME_MS, World, caller, has_no_effects, node, scope};
use crate::events::{Fields, during};
use crate::guest::{Given, Guest, MEMORY_BYTES, PAGE_BYTES, hash};

/// What a case showed, of the argument of that number where it is one's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Met {
    Answered,
    Denied,
    OneLess,
    Inside(usize),
    AtTheEnd(usize),
    OneBeyond(usize),
    Wrapping(usize),
    EmptyAtTheEnd(usize),
    EmptyBeyond(usize),
    NotGrown(usize),
    Grown(usize),
    Overlapping(usize),
    Empty(usize),
    One(usize),
    Maximum(usize),
    OverMaximum(usize),
    Huge(usize),
    ExactBuffer(usize),
    ShortBuffer(usize),
    NotUtf8(usize),
    Malformed(usize),
}

/// The scope that every case runs in, as the model sees it.
fn model_world(guest: &Guest, case: &Case, grown: bool) -> abi_model::World {
    let mut world = modelled(guest.module.id());
    world.pages_left -= ((MEMORY_BYTES + if grown { PAGE_BYTES } else { 0 }) / PAGE_BYTES) as u64;
    if !case.capabilities {
        world.capabilities = BTreeSet::new();
    }
    world
}

/// What `World::new` is to a module without memory.
pub(crate) fn modelled(module: BlockId) -> abi_model::World {
    let key = |did: icn_core::name::Did| abi_model::did(did.as_str().as_bytes()).unwrap();
    let names = ["state", "dag", "transfer", "treasury", "usage", "mint", "cross", "issue:Membership"];
    let payload = node(b"payload");
    let known = KnownNode { payload: b"payload".to_vec(), block_bytes: payload.bytes().len() };
    abi_model::World {
        module,
        caller: caller(),
        scope: scope(),
        input: b"the input".to_vec(),
        time_ms: TIME_MS,
        seed: [9; 32],
        values: BTreeMap::from([(b"k".to_vec(), b"value".to_vec())]),
        nodes: BTreeMap::from([(payload.id().as_bytes().to_vec(), known)]),
        token: b"H".to_vec(),
        balances: BTreeMap::from([
            ((Account::Member(key(caller())), b"H".to_vec()), 100),
            ((Account::Treasury, b"H".to_vec()), 50),
        ]),
        holds: BTreeMap::new(),
        signatures: BTreeSet::new(),
        storage_left: STORAGE_LEFT,
        network_left: 1000,
        pages_left: 16,
        capabilities: names.into_iter().chain(["revoke:Membership"]).map(str::to_owned).collect(),
        done: abi_model::Done::default(),
    }
}

/// Runs a case with plenty of fuel, with just enough for the entry, with just enough for the call, and with one unit
/// less.
pub(crate) fn check(guest: &Guest, case: &Case) -> Result<BTreeSet<Met>, TestCaseError> {
    let resolved = case.resolve(guest.function);
    let world = model_world(guest, case, resolved.grown);
    let plenty = FUEL - guest.before(resolved.grown);
    let model = |fuel: u64| expect(guest.function, &resolved.arguments, &resolved.memory, &world, fuel);
    let expected = model(plenty);
    let mut met = met(&resolved, guest, case, &expected);
    for fuel in [plenty, expected.fuel + guest.after(), expected.fuel, expected.fuel - 1] {
        let expected = model(fuel);
        bare(guest, case, &resolved, fuel, &expected)?;
        if expected.end == End::Trap(Trap::OutOfFuel) {
            met.insert(Met::OneLess);
        }
    }
    probe(guest, case, &resolved, &expected, model)?;
    Ok(met)
}

fn given<'a>(case: &Case, resolved: &'a Resolved, fuel: u64) -> Given<'a> {
    let mut world = World::new().fuel(fuel);
    if !case.capabilities {
        world.capabilities = BTreeSet::new();
    }
    Given { world, memory: &resolved.memory, grown: resolved.grown }
}

/// The call alone, with so much fuel when it begins.
fn bare(
    guest: &Guest,
    case: &Case,
    resolved: &Resolved,
    fuel: u64,
    expected: &Expectation,
) -> Result<(), TestCaseError> {
    let before = guest.before(resolved.grown);
    let given = given(case, resolved, before + fuel);
    let ((staged, lines), events) = during(|| guest.run("bare", &given));
    let context = format!("{expected:?} of {:?} in {} bytes", resolved.arguments, resolved.memory.len());
    match &expected.end {
        // The call is paid for, and what comes after it is not.
        End::Answer(_) if fuel < expected.fuel + guest.after() => {
            let in_the_guest =
                Outcome::Trapped(icn_core::block::Trap { kind: TrapKind::OutOfFuel, detail: String::new() });
            prop_assert_eq!(&staged.outcome, &in_the_guest, "{}", context);
            prop_assert!(has_no_effects(&staged), "{}", context);
        }
        End::Answer(_) => {
            prop_assert_eq!(&staged.outcome, &Outcome::Ok, "{}", context);
            prop_assert_eq!(staged.fuel, before + expected.fuel + guest.after(), "fuel: {}", context);
            effects(guest.module.id(), &staged, &lines, std::slice::from_ref(&expected.effect), &context)?;
        }
        End::Trap(trap) => {
            let Outcome::Trapped(found) = &staged.outcome else {
                prop_assert!(false, "{:?}, and not {}", staged.outcome, context);
                return Ok(());
            };
            let (kind, detail) = words(guest, trap);
            prop_assert_eq!(found.kind, kind, "{}", context);
            prop_assert!(found.detail.starts_with(&detail), "{}: {}", found.detail, context);
            prop_assert_eq!(staged.fuel, before + fuel, "a trap's charge: {}", context);
            prop_assert!(
                has_no_effects(&staged) && staged.output.is_empty() && lines.is_empty(),
                "{}",
                context
            );
        }
    }
    let mut expected_events = Vec::new();
    if let End::Trap(Trap::MemoryFault { argument, pointer, length, memory }) = &expected.end {
        expected_events.push(Fields::from([
            ("message", "memory fault".to_owned()),
            ("function", guest.function.name.to_owned()),
            ("argument", (*argument).to_owned()),
            ("pointer", pointer.to_string()),
            ("length", length.to_string()),
            ("memory_bytes", memory.to_string()),
        ]));
    }
    prop_assert_eq!(events, expected_events, "events: {}", context);
    Ok(())
}

/// A trap as a receipt names it, and how its detail begins.
fn words(guest: &Guest, trap: &Trap) -> (TrapKind, String) {
    match trap {
        Trap::OutOfFuel => (TrapKind::OutOfFuel, format!("{} costs ", guest.function.name)),
        Trap::Aborted(message) => (TrapKind::Aborted, message.clone()),
        Trap::MemoryFault { argument, pointer, length, memory } => (
            TrapKind::MemoryFault,
            format!(
                "{}: argument {argument} at {pointer} of {length} bytes is not inside the memory of {memory} bytes",
                guest.function.name
            ),
        ),
    }
}

/// An account as a journal names it.
fn named(party: &Party) -> Owner {
    match party {
        Party::Issuance => Owner::Issuance,
        Party::Account(Account::Treasury) => Owner::Treasury,
        Party::Account(Account::Member(key)) => Owner::Member(icn_core::name::Did::from_key(*key)),
        Party::Account(Account::Module(cid)) => Owner::Module(BlockId::from_bytes(cid).unwrap()),
        Party::Account(Account::Name(name)) => Owner::Name(String::from_utf8(name.clone()).unwrap().into()),
        Party::Account(Account::Reserved) => panic!("no transfer names it"),
    }
}

/// An operation as a journal has it; `module` places holds, until the deadline that the journal says.
fn operation(moved: Move, module: BlockId, said: Option<&Operation>) -> Operation {
    let unit_of = |unit: Vec<u8>| icn_core::name::Unit::parse(std::str::from_utf8(&unit).unwrap()).unwrap();
    let id_of = icn_core::name::Bytes::<16>;
    match moved {
        Move::Transfer { from, to, unit, amount } => {
            // The model has no word in what is said with a payment.
            let memo = match said {
                Some(Operation::Transfer { memo, .. }) => memo.clone(),
                _ => String::new(),
            };
            Operation::Transfer { from: named(&from), to: named(&to), unit: unit_of(unit), amount, memo }
        }
        Move::Hold { id, from, to, unit, amount } => {
            let deadline = if let Some(Operation::Hold { deadline, .. }) = said { *deadline } else { 0 };
            let (from, to) = (named(&Party::Account(from)), named(&Party::Account(to)));
            Operation::Hold { id: id_of(id), from, to, unit: unit_of(unit), amount, deadline, module }
        }
        Move::Settle { id, amount } => Operation::Settle { id: id_of(id), amount },
        Move::Void { id } => Operation::Void { id: id_of(id) },
    }
}

/// Exactly these effects, in their order, and no other.
pub(crate) fn effects(
    module: BlockId,
    staged: &Staged,
    lines: &[LogLine],
    all: &[Effect],
    context: &str,
) -> Result<(), TestCaseError> {
    let (mut output, mut logged, mut writes) = (Vec::new(), Vec::new(), BTreeMap::new());
    let (mut nodes, mut anchors, mut moves, mut network) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for effect in all {
        match effect.clone() {
            Effect::Nothing | Effect::Random(_) => {}
            Effect::Output(bytes) => output = bytes,
            Effect::Line(level, text) => logged.push((level, text)),
            Effect::Value(key, value) => drop(writes.insert(key, value)),
            Effect::Node(cid, _) => nodes.push(cid),
            Effect::Anchor(cid, topic) => {
                anchors.push(Anchor(BlockId::from_bytes(&cid).unwrap(), String::from_utf8(topic).unwrap()));
            }
            Effect::Moved(moved) => {
                moves.push(operation(moved, module, staged.journal.get(moves.len())));
            }
            Effect::Network(bytes) => network += bytes,
        }
    }
    // A key that ends as it began was not changed.
    writes.retain(|key, value| value.as_deref() != (key == b"k").then_some(b"value"));
    let lines: Vec<_> = lines.iter().map(|line| (line.level, line.text.clone().into_bytes())).collect();
    let stored: Vec<_> = staged.nodes.iter().map(|block| block.id().as_bytes().to_vec()).collect();
    prop_assert_eq!(&staged.output, &output, "output: {}", context);
    prop_assert_eq!(staged.logged.is_some(), !logged.is_empty(), "log: {}", context);
    prop_assert_eq!(lines, logged, "log: {}", context);
    prop_assert_eq!(&staged.writes, &writes, "values: {}", context);
    prop_assert_eq!(stored, nodes, "nodes: {}", context);
    prop_assert_eq!(&staged.anchors, &anchors, "anchors: {}", context);
    prop_assert_eq!(&staged.journal, &moves, "journal: {}", context);
    prop_assert_eq!(staged.usage.network, network, "network: {}", context);
    // Key and value together, less what was there before.
    let kept = |key: &[u8], value: Option<usize>| value.map_or(0, |value| (key.len() + value) as i64);
    let before = |key: &[u8]| kept(key, (key == b"k").then_some(b"value".len()));
    let storage: i64 =
        writes.iter().map(|(key, value)| kept(key, value.as_ref().map(Vec::len)) - before(key)).sum();
    prop_assert_eq!(staged.usage.storage, storage, "storage: {}", context);
    Ok(())
}

/// The call, its answer, and every byte of the memory afterwards.
fn probe(
    guest: &Guest,
    case: &Case,
    resolved: &Resolved,
    expected: &Expectation,
    model: impl Fn(u64) -> Expectation,
) -> Result<(), TestCaseError> {
    if let End::Trap(_) = expected.end {
        return Ok(());
    }
    let expected = model(FUEL - guest.before(resolved.grown));
    let (staged, _) = guest.run("probe", &given(case, resolved, FUEL));
    let mut memory = resolved.memory.clone();
    if let Some((at, bytes)) = &expected.written {
        memory[*at..at + bytes.len()].copy_from_slice(bytes);
    }
    prop_assert_eq!(&staged.outcome, &Outcome::Ok);
    let number = |at: usize| u64::from_le_bytes(staged.output[at..at + 8].try_into().unwrap());
    prop_assert_eq!(End::Answer(number(0) as i64), expected.end.clone(), "of {:?}", resolved.arguments);
    prop_assert_eq!(number(8), hash(&memory), "the memory after {:?} of {:?}", expected, resolved.arguments);
    Ok(())
}

/// What a case shows: an edge counts when the call came to it, and not when something else was wrong before.
fn met(resolved: &Resolved, guest: &Guest, case: &Case, expected: &Expectation) -> BTreeSet<Met> {
    let mut met = BTreeSet::new();
    let faulty = match &expected.end {
        End::Trap(Trap::MemoryFault { argument, .. }) => Some(*argument),
        _ => None,
    };
    let too_large = expected.end == End::Answer(code::TOO_LARGE);
    let denied = !case.capabilities && expected.end == End::Answer(code::DENIED);
    if denied {
        met.insert(Met::Denied);
    }
    let past_bounds = !too_large && !denied && faulty.is_none();
    if past_bounds && matches!(expected.end, End::Answer(_)) {
        met.insert(Met::Answered);
    }
    let memory = resolved.memory.len() as u64;
    let parameters = guest.function.parameters.iter().zip(&resolved.ranges).enumerate();
    for (index, (parameter, (pointer, bytes))) in
        parameters.filter_map(|(index, (parameter, range))| Some((index, (parameter, (*range)?))))
    {
        let mut is = |condition: bool, what: fn(usize) -> Met| {
            if condition {
                met.insert(what(index));
            }
        };
        let end = pointer + bytes;
        let max = parameter.1.length_max().map(|max| match parameter.1 {
            abi_model::Kind::Cids(_) => max as u64 * 36,
            _ => max as u64,
        });
        let this_faults = faulty == Some(parameter.0);
        is(past_bounds && bytes > 0 && end < memory, Met::Inside);
        is(past_bounds && bytes > 0 && end == memory, Met::AtTheEnd);
        is(past_bounds && bytes == 0 && pointer == memory, Met::EmptyAtTheEnd);
        is(past_bounds && resolved.grown && pointer >= MEMORY_BYTES as u64, Met::Grown);
        is(past_bounds && bytes == 0, Met::Empty);
        is(past_bounds && bytes == if max.is_some_and(|m| m == 64 * 36) { 36 } else { 1 }, Met::One);
        is(past_bounds && Some(bytes) == max, Met::Maximum);
        is(this_faults && bytes > 0 && end == memory + 1, Met::OneBeyond);
        is(this_faults && end >= 1 << 32, Met::Wrapping);
        is(this_faults && bytes == 0 && pointer == memory + 1, Met::EmptyBeyond);
        is(
            this_faults && !resolved.grown && end > memory && end <= memory + PAGE_BYTES as u64,
            Met::NotGrown,
        );
        let cut = matches!(parameter.1, abi_model::Kind::Cut(_));
        let refused = too_large || (cut && (past_bounds || this_faults));
        is(refused && max.is_some_and(|max| bytes > max && bytes <= max + 36), Met::OverMaximum);
        is((refused || this_faults) && bytes >= u64::from(u32::MAX), Met::Huge);
        let written = expected.written.as_ref().map(|written| written.1.len() as u64);
        is(past_bounds && written == Some(bytes), Met::ExactBuffer);
        is(matches!(expected.end, End::Answer(n) if n > 0 && n as u64 == bytes + 1), Met::ShortBuffer);
        let others = resolved.ranges.iter().enumerate().filter(|(other, _)| *other != index);
        let overlaps = |(at, length): (u64, u64)| pointer < at + length && at < end;
        is(past_bounds && others.flat_map(|(_, range)| *range).any(overlaps), Met::Overlapping);
        if past_bounds && !parameter.1.is_output() {
            let text = &resolved.memory[pointer as usize..end as usize];
            is(expected.end == End::Answer(code::INVALID_UTF8) && !abi_model::is_utf8(text), Met::NotUtf8);
            is(expected.end == End::Answer(code::INVALID_ARGUMENT), Met::Malformed);
        }
    }
    met
}
