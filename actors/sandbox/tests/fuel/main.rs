//! Fuel is exact: every limit below what a run needs ends it without effects, every limit from there on changes
//! nothing. Every value is tried, for guests that between them call every function of the host and execute operators
//! of every class, and for the calls of the example guests. Cold, warm, from the cache, replayed: the same fuel.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

#[path = "../common/mod.rs"]
mod common;
mod guests;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use common::{ENGINES, POOLED, has_no_effects, said, trap};
use icn_core::block::{Outcome, Staged, TrapKind};
use icn_core::encode::Block;
use icn_core::name::Codec;
use icn_core::{costs, limits};
use icn_sandbox::scratch::Rehearsal;
use icn_sandbox::{Cache, FUNCTIONS, Module, Reruns};
use icn_testkit::stories::{End, STORIES, Step, Story, Telling};

/// Values past what a run needs that are tried too.
const PAST: u64 = 100;
/// Values that a thread takes at once.
const TAKEN: u64 = 512;
/// What a step of an example guest may need to be tried with every value; of one that needs more, every value is tried
/// that lies this near to what it needs, and one in `STRIDE` below. `ICN_FUEL_SWEPT_MAX` says another number.
const SWEPT_FUEL_MAX: u64 = 400_000;
/// See [`SWEPT_FUEL_MAX`]: a prime.
const STRIDE: u64 = 199;
/// See [`SWEPT_FUEL_MAX`].
const NEAR: u64 = 20_000;

/// The least fuel with which a run does not end for want of it.
fn needed(rehearsal: &Rehearsal, module: &Module, full: &Staged) -> u64 {
    let Outcome::Trapped(_) = full.outcome else { return full.fuel };
    // A trap consumes the whole grant, so what it needed is not said: the boundary is looked for. That there is
    // one alone is what the sweep then shows.
    let (mut little, mut enough) = (0, full.fuel);
    while enough - little > 1 {
        let middle = u64::midpoint(little, enough);
        match trap(&rehearsal.run(module, middle).unwrap()) {
            Some(TrapKind::OutOfFuel) => little = middle,
            _ => enough = middle,
        }
    }
    enough
}

/// What a run says but for the charge of one that trapped, which is its limit.
fn said_but_for_the_limit(staged: &Staged, limit: u64) -> String {
    match staged.outcome {
        Outcome::Trapped(_) => {
            assert_eq!(staged.fuel, limit, "a trap consumes the whole grant");
            said(staged).replace(&format!("fuel: {limit}"), "fuel: all")
        }
        _ => said(staged),
    }
}

/// The most that a step of an example guest may need to be tried with every value.
fn swept_fuel_max() -> u64 {
    std::env::var("ICN_FUEL_SWEPT_MAX").map_or(SWEPT_FUEL_MAX, |text| text.parse().unwrap())
}

/// Tries every limit from 0 to beyond what the run needs, and gives what it needs and below what limit one in
/// [`STRIDE`] was tried.
fn sweep(name: &str, rehearsal: &Rehearsal, module: &Module, every_max: u64) -> (u64, u64) {
    let enough = limits::FUEL_PER_INVOCATION_MAX;
    let full = rehearsal.run(module, enough).unwrap();
    let needed = needed(rehearsal, module, &full);
    let expected = said_but_for_the_limit(&full, enough);
    let tried = |limit: u64| {
        let staged = rehearsal.run(module, limit).unwrap();
        if limit < needed {
            assert_eq!(trap(&staged), Some(TrapKind::OutOfFuel), "{name}: {limit} of {needed}");
            assert_eq!(staged.fuel, limit, "{name}: a trap consumes the whole grant");
            assert!(has_no_effects(&staged) && staged.output.is_empty(), "{name}: {limit} of {needed}");
        } else {
            assert_eq!(said_but_for_the_limit(&staged, limit), expected, "{name}: {limit} of {needed}");
        }
    };
    let sparse_below = if needed > every_max { needed - NEAR } else { 0 };
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, Into::into) {
            scope.spawn(|| {
                loop {
                    let first = next.fetch_add(TAKEN, Ordering::Relaxed);
                    if first > needed + PAST {
                        break;
                    }
                    (first..(first + TAKEN).min(needed + PAST))
                        .filter(|limit| *limit >= sparse_below || limit % STRIDE == 0)
                        .for_each(tried);
                }
            });
        }
    });
    [needed * 2, limits::FUEL_PER_INVOCATION_MAX - 1].into_iter().for_each(tried);
    (needed, sparse_below)
}

/// Tells a story and sweeps the steps that are asked for. Each step is also asked of the scope with one unit less
/// than it needs, which leaves state and balances as they were. Gives what every step called of the host.
fn swept(story: &'static Story, every_max: u64, wanted: impl Fn(&Step) -> bool) -> BTreeSet<&'static str> {
    let mut telling = Telling::begin(&POOLED, story, 1).unwrap();
    let module = telling.module.clone();
    let mut called = BTreeSet::new();
    for (at, step) in story.steps.iter().enumerate() {
        let call = telling.call(step);
        let rehearsal = telling.scratch.rehearse(&call).unwrap();
        let name = format!("{} {at} {}", story.name, step.entry);
        if wanted(step) {
            let begun = std::time::Instant::now();
            let (needed, sparse) = sweep(&name, &rehearsal, &module, every_max);
            let below = if sparse > 0 { format!(", one in {STRIDE} below {sparse}") } else { String::new() };
            println!("{name}: every limit up to {needed}{below}, {} ms", begun.elapsed().as_millis());
            let before = (telling.scratch.root(), balances(&telling));
            let short = telling.scratch.invoke(&call.clone().with_fuel(needed - 1)).unwrap();
            assert_eq!(short.trap().map(|trap| trap.kind), Some(TrapKind::OutOfFuel), "{name}");
            assert_eq!((telling.scratch.root(), balances(&telling)), before, "{name}");
        }
        called.extend(telling.tell(step).unwrap().host_calls.into_keys());
    }
    called
}

fn balances(telling: &Telling) -> Vec<i128> {
    let owners = ["ann", "bob"].map(|name| icn_testkit::stories::member(name).to_string());
    let owners = ["treasury", "issuance", "project/1"].into_iter().chain(owners.iter().map(String::as_str));
    let unit = || icn_core::name::Unit::parse("PLN").unwrap();
    owners
        .map(|owner| telling.scratch.balance(icn_core::name::Owner::parse(owner).unwrap(), unit()))
        .collect()
}

#[test]
fn every_limit_is_too_little_without_effects_or_enough_whatever_the_host_is_asked() {
    let called = swept(guests::CALLS.get(), u64::MAX, |_| true);
    let functions: BTreeSet<&str> = FUNCTIONS.iter().map(|function| function.0).collect();
    assert_eq!(called, functions, "every function of the host is called");
}

#[test]
fn every_limit_is_too_little_without_effects_or_enough_whatever_is_executed() {
    let story = guests::OPERATORS.get();
    let classes: BTreeSet<&str> = guests::classes(story.wasm);
    let all: BTreeSet<&str> = costs::OPERATOR_CLASSES.iter().map(|class| class.name).collect();
    assert_eq!(classes, all, "operators of every class");
    swept(story, u64::MAX, |_| true);
}

#[test]
fn every_limit_is_too_little_without_effects_or_enough_for_the_example_guests() {
    for story in &STORIES {
        // Each entry once for each way that it ends; what ends for want of fuel anyway is no news.
        let seen = std::cell::RefCell::new(BTreeSet::new());
        swept(story, swept_fuel_max(), |step| {
            step.end != End::Trapped(TrapKind::OutOfFuel)
                && seen.borrow_mut().insert((step.entry, format!("{:?}", step.end)))
        });
    }
}

#[test]
fn cold_warm_cached_and_replayed_runs_burn_the_same() {
    let mut compared = 0;
    for story in STORIES.iter().chain([guests::CALLS.get(), guests::OPERATORS.get()]) {
        let block = Block::new(Codec::Raw, story.wasm.to_vec());
        let mut telling = Telling::begin(&POOLED, story, 2).unwrap();
        let cold: Vec<Module> =
            ENGINES.iter().map(|(_, engine)| Module::compile(engine, &block).unwrap()).collect();
        let cache = Cache::new(POOLED.clone());
        let mut reruns = Reruns::new(POOLED.clone());
        for step in story.steps {
            let call = telling.call(step);
            let rehearsal = telling.scratch.rehearse(&call).unwrap();
            let mut runs = Vec::new();
            for module in &cold {
                runs.extend((0..2).map(|_| rehearsal.run(module, step.fuel).unwrap()));
            }
            for _ in 0..2 {
                let cached = futures::executor::block_on(cache.get(&block)).unwrap();
                runs.push(rehearsal.run(&cached, step.fuel).unwrap());
                runs.push(rehearsal.rerun(&mut reruns, &block, step.fuel).unwrap());
            }
            let words: Vec<String> = runs.iter().map(said).collect();
            assert!(words.windows(2).all(|two| two[0] == two[1]), "{} {step:?}: {words:#?}", story.name);
            // And what the scope then commits is that.
            let receipt = telling.tell(step).unwrap().receipt;
            assert_eq!((receipt.fuel, &receipt.outcome), (runs[0].fuel, &runs[0].outcome));
            assert_eq!((&receipt.output, receipt.logged), (&runs[0].output, runs[0].logged));
            assert_eq!(receipt.journal, runs[0].journal);
            compared += 1;
        }
    }
    assert!(compared > 60, "{compared} calls");
}
