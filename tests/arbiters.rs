//! The number of arbiters is none of a receipt's business: the same signed invocations, of every example guest in
//! several scopes, are answered on one arbiter, one after the other, and on four, all scopes at once with their
//! invocations on the way together; and every receipt is the same envelope, byte for byte, its time, its parent
//! and its signature among them.
//!
//! A host takes its time from the wall clock, which no embedder gives it. But a receipt is never earlier than its
//! scope's block before it, so the test has the clock stand still: both hosts go on from a log whose policies were
//! signed, with the scopes' keys, for a moment that the wall clock comes to only when the test is over. Until then
//! that moment is the time of every receipt.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Barrier;

use common::{block_on, copy, key, open, open_on, scratch, sound};
use icn_core::block::{Entry, TrapKind};
use icn_core::encode::{Block, Domain, Envelope};
use icn_core::limits;
use icn_history::store::{LogStore as _, Reader, SegmentStore};
use icn_runtime::{
    Amount, BlockId, Committed, Did, Host, Invocation, ModuleSpec, Operation, Outcome, Owner, Policy,
    Receipt, Request, ScopeSpec, Unit, invocation_id, now_ms,
};
use icn_sandbox::scratch::member_key;
use icn_testkit::guests::{Made, modules};
use icn_testkit::stories::{GRANT, STORIES, Step, Story, TREASURY, UNIT, member};

/// How far ahead the clock stands still: far longer than the test takes.
const AHEAD_MS: u64 = 60 * 60 * 1000;
/// Scopes: more than there are arbiters, so that some share one.
const SCOPES: [&str; 6] = ["Elm", "Fir", "Oak", "Ash", "Yew", "Lime"];
/// A module that is granted all that it asks for.
fn asking(wasm: &[u8], entries: &[(&str, &str)]) -> ModuleSpec {
    let capabilities = icn_sandbox::validate(wasm).unwrap().capabilities();
    let capabilities: Vec<String> = capabilities.iter().map(ToString::to_string).collect();
    let capabilities: Vec<&str> = capabilities.iter().map(String::as_str).collect();
    ModuleSpec::of(wasm.to_vec(), &capabilities, entries).unwrap()
}

/// A scope that everybody may call, with all guests and all that they ask for.
fn opened(host: &Host, name: &str) -> Did {
    let mut spec = ScopeSpec::new(name).token(Unit::parse(UNIT).unwrap(), Amount(TREASURY)).grant(GRANT);
    for Story { wasm, .. } in STORIES {
        let shape = icn_sandbox::validate(wasm).unwrap();
        let entries: Vec<(&str, &str)> =
            shape.entries.keys().map(|entry| (entry.as_str(), "anyone")).collect();
        spec = spec.module(asking(wasm, &entries));
    }
    block_on(host.open_scope(key(&format!("scope {name}")), spec)).unwrap()
}

/// A directory with a host and its scopes, opened at a moment `AHEAD_MS` from now. Gives that moment.
fn begun(data: &Path, names: &[String], opened: impl Fn(&Host, usize)) -> u64 {
    let host = open(data);
    for number in 0..names.len() {
        opened(&host, number);
    }
    host.close().unwrap();
    let moment = now_ms() + AHEAD_MS;
    let log = data.join("log");
    let mut entries: Vec<Entry> = Vec::new();
    let mut reader = Reader::new(&log);
    while let Some(group) = reader.next_group().unwrap() {
        entries.extend(group.into_iter().map(|(_, entry)| entry));
    }
    assert_eq!(entries.len(), 1 + names.len(), "the host, and its scopes' policies");
    for entry in &mut entries[1..] {
        put_off(entry, moment);
    }
    // Written anew, and what was derived from the log before with it.
    std::fs::remove_dir_all(&log).unwrap();
    std::fs::create_dir(&log).unwrap();
    std::fs::remove_dir_all(data.join("snapshots")).unwrap();
    std::fs::remove_file(data.join("checkpoint")).unwrap();
    let mut reader = Reader::new(&log);
    assert!(reader.next_group().unwrap().is_none());
    let mut store = SegmentStore::open(&log, &reader).unwrap();
    store.append(0, &entries.iter().collect::<Vec<_>>()).unwrap();
    store.close().unwrap();
    moment
}

/// Signs an entry's policy for another moment, with its scope's key.
fn put_off(entry: &mut Entry, moment: u64) {
    let at = |entry: &Entry, id: BlockId| entry.blocks.iter().position(|block| block.id() == id).unwrap();
    let envelope = at(entry, entry.leaves[0]);
    let payload = at(entry, Envelope::from_bytes(entry.blocks[envelope].bytes()).unwrap().payload());
    let mut policy = Policy::from_bytes(entry.blocks[payload].bytes()).unwrap();
    policy.time = moment;
    entry.blocks[payload] = Block::encode(&policy);
    let sealed = key(&format!("scope {}", policy.name)).seal(Domain::Policy, &entry.blocks[payload]);
    entry.blocks[envelope] = sealed.to_block();
    entry.leaves[0] = entry.blocks[envelope].id();
}

/// The guests' stories, told in turns: the module, the step, and the step's number in its story.
fn steps() -> Vec<(BlockId, &'static Step, usize)> {
    let longest = STORIES.iter().map(|story| story.steps.len()).max().unwrap();
    let told = |at: usize| {
        STORIES.iter().filter_map(move |Story { wasm, steps, .. }| {
            Some((BlockId::of(icn_core::name::Codec::Raw, wasm), steps.get(at)?, at))
        })
    };
    (0..longest).flat_map(told).collect()
}

/// The invocations of a scope, in the order of their submission.
fn requests(host: &Host, number: usize, moment: u64) -> Vec<Request> {
    let scope = key(&format!("scope {}", SCOPES[number])).did();
    let signed = |(module, step, at): (BlockId, &Step, usize)| {
        let id = invocation_id(&[scope.as_str(), step.entry, &module.to_string(), &at.to_string()]);
        let (caller, expires) = (member_key(step.caller), moment + AHEAD_MS);
        let (origin, input) = (host.origin(), step.spelt(number, moment, member));
        let invocation = Invocation::new(origin, scope, module, step.entry, input, id, caller.did(), expires);
        Request::sign(&invocation.with_fuel(step.fuel), &caller)
    };
    steps().into_iter().map(signed).collect()
}

/// The receipts of each scope in its own order, and the scopes in the order of the log.
type Told = (BTreeMap<Did, Vec<(BlockId, Receipt)>>, Vec<Did>);

/// What a log has, and that it holds; the runs repeated, too.
fn told(data: &Path) -> Told {
    let (_, kept) = sound(data, true);
    let mut receipts: BTreeMap<Did, Vec<(BlockId, Receipt)>> = BTreeMap::new();
    let mut order = Vec::new();
    for (id, _, receipt) in kept.0 {
        order.push(receipt.scope);
        receipts.entry(receipt.scope).or_default().push((id, receipt));
    }
    (receipts, order)
}

/// Tells the scopes' stories on one arbiter, one after the other, and on four, all at once, each in a copy of the
/// first directory. Gives the stories.
fn told_twice(
    first: &Path,
    one: &Path,
    many: &Path,
    stories: impl Fn(&Host) -> Vec<Vec<Request>>,
) -> Vec<Vec<Request>> {
    copy(first, one);
    copy(first, many);

    let host = open_on(one, 1);
    let stories: Vec<Vec<Request>> = stories(&host);
    let ask = |host: &Host, request: &Request| host.submit(request.clone()).unwrap();
    for story in &stories {
        for request in story {
            block_on(ask(&host, request)).unwrap();
        }
    }
    host.close().unwrap();

    let host = open_on(many, 4);
    let together = Barrier::new(stories.len());
    std::thread::scope(|scope| {
        for story in &stories {
            scope.spawn(|| {
                together.wait();
                let pending: Vec<_> = story.iter().map(|request| ask(&host, request)).collect();
                let _: Vec<Committed> = pending.into_iter().map(|answer| block_on(answer).unwrap()).collect();
            });
        }
    });
    host.close().unwrap();
    stories
}

#[test]
fn receipts_are_the_same_bytes_on_one_arbiter_and_on_many() {
    let dir = scratch();
    let (first, one, many) = (dir.path().join("first"), dir.path().join("one"), dir.path().join("many"));
    let names = SCOPES.map(str::to_owned);
    let moment = begun(&first, &names, |host, at| {
        opened(host, SCOPES[at]);
    });
    let stories = |host: &Host| (0..SCOPES.len()).map(|n| requests(host, n, moment)).collect();
    let stories = told_twice(&first, &one, &many, stories);

    let ((expected, in_turn), (found, together)) = (told(&one), told(&many));
    assert!(now_ms() < moment, "the wall clock came to the moment that the test stands still at");
    for (scope, expected) in &expected {
        assert_eq!(expected.len(), stories[0].len());
        for ((_, receipt), (_, step, _)) in expected.iter().zip(steps()) {
            assert!(step.end.is(&receipt.outcome), "{step:?} in {scope}: {:?}", receipt.outcome);
        }
        for (at, (expected, found)) in expected.iter().zip(&found[scope]).enumerate() {
            assert_eq!(expected.1.time, moment);
            assert_eq!(found.1, expected.1, "receipt {at} of {scope}");
            // The name of a signed envelope is the hash of its bytes.
            assert_eq!(found.0, expected.0, "receipt {at} of {scope}");
        }
    }
    assert_eq!(found, expected);
    // The comparison says something: scopes took turns, and every kind of end and of effect is there.
    let turns = |order: &[Did]| order.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert_eq!(turns(&in_turn), SCOPES.len() - 1);
    assert!(turns(&together) > 2 * SCOPES.len(), "{} turns of scopes", turns(&together));
    effects_of_every_kind(&expected);
}

fn is_paid_by_the_treasury(operation: &Operation) -> bool {
    matches!(operation, Operation::Transfer { from: Owner::Treasury, .. })
}

fn effects_of_every_kind(receipts: &BTreeMap<Did, Vec<(BlockId, Receipt)>>) {
    let any = |what: &str, found: fn(&Receipt) -> bool| {
        for (scope, receipts) in receipts {
            assert!(receipts.iter().any(|(_, receipt)| found(receipt)), "{what}: none in {scope}");
        }
    };
    any("well", |receipt| receipt.outcome.is_ok());
    any("a refusal", |receipt| matches!(receipt.outcome, Outcome::Failed(_)));
    any("a trap", |receipt| matches!(receipt.outcome, Outcome::Trapped(_)));
    any("writes", |receipt| !receipt.writes.is_empty());
    any("payments", |receipt| receipt.journal.iter().any(is_paid_by_the_treasury));
    any("holds", |receipt| receipt.journal.iter().any(|operation| operation.name() == "hold"));
    any("nodes", |receipt| !receipt.nodes.is_empty());
    any("anchors", |receipt| !receipt.anchors.is_empty());
    any("log text", |receipt| receipt.logged.is_some());
    // Each scope tells its own story.
    let ends: BTreeSet<_> = receipts.values().map(|receipts| receipts[receipts.len() - 1].1.root).collect();
    assert_eq!(ends.len(), SCOPES.len());
}

/// Random modules that are compared.
const MODULES: usize = 1_000;
/// Fuel of a random module's run: little, so that an endless loop ends soon.
const RANDOM_FUEL: u64 = 400_000;

#[test]
fn random_modules_and_recursions_give_the_same_bytes_on_one_arbiter_and_on_many() {
    let dir = scratch();
    let (first, one, many) = (dir.path().join("first"), dir.path().join("one"), dir.path().join("many"));
    let made = modules(MODULES, RANDOM_FUEL);
    let parts: Vec<&[Made]> = made.chunks(limits::POLICY_MODULES_MAX).collect();
    let names: Vec<String> = (0..parts.len()).map(|at| format!("Part {at}")).collect();
    let moment = begun(&first, &names, |host, at| {
        let mut spec = ScopeSpec::new(&names[at]);
        for (block, entries, _) in parts[at] {
            let entries: Vec<(&str, &str)> = entries.iter().map(|entry| (entry.as_str(), "anyone")).collect();
            spec = spec.module(asking(block.bytes(), &entries));
        }
        block_on(host.open_scope(key(&format!("scope {}", names[at])), spec)).unwrap();
    });
    let caller = key("ann");
    let story = |host: &Host, at: usize| {
        let scope = key(&format!("scope {}", names[at])).did();
        let mut requests = Vec::new();
        for (block, entries, fuel) in parts[at] {
            for entry in entries {
                let id = invocation_id(&[scope.as_str(), entry, &block.id().to_string()]);
                let (origin, expires) = (host.origin(), moment + AHEAD_MS);
                let invocation =
                    Invocation::new(origin, scope, block.id(), entry, Vec::new(), id, caller.did(), expires);
                requests.push(Request::sign(&invocation.with_fuel(*fuel), &caller));
            }
        }
        requests
    };
    let stories =
        told_twice(&first, &one, &many, |host| (0..parts.len()).map(|at| story(host, at)).collect());

    let ((expected, _), (found, _)) = (told(&one), told(&many));
    assert!(now_ms() < moment, "the wall clock came to the moment that the test stands still at");
    assert_eq!(expected.values().map(Vec::len).sum::<usize>(), stories.iter().map(Vec::len).sum::<usize>());
    assert_eq!(found, expected);
    let ended = |kind: TrapKind| {
        let trapped =
            |receipt: &Receipt| matches!(&receipt.outcome, Outcome::Trapped(trap) if trap.kind == kind);
        expected.values().flatten().filter(|(_, receipt)| trapped(receipt)).count()
    };
    // The recursions came last, in the last of the scopes.
    let calls = made[1 + MODULES..].iter().map(|(_, entries, _)| entries.len()).sum::<usize>();
    let in_order = names.iter().flat_map(|name| &expected[&key(&format!("scope {name}")).did()]);
    let in_order: Vec<_> = in_order.collect();
    for (_, receipt) in &in_order[in_order.len() - calls..] {
        let Outcome::Trapped(trap) = &receipt.outcome else { panic!("a recursion ends: {receipt:?}") };
        assert_eq!(trap.kind, TrapKind::StackOverflow, "a recursion ends by its depth");
    }
    assert!(ended(TrapKind::OutOfFuel) >= 20 && ended(TrapKind::MemoryFault) >= 20);
}
