//! How much worse does a scope's latency get when its neighbour on the same arbiter runs hostile guests without
//! pause, and does the host's memory stay bounded meanwhile?
//!
//! One arbiter. A *victim* submits a small invocation at a fixed rate, from a thread of its own, and notes how long
//! each takes from the call to the durable receipt: first alone, then while a *hostile* scope keeps its mailbox
//! filled with loops, growth bombs, traps, recursions, calls without end and floods of log text, and a third thread
//! floods the host with modules that it must refuse, some of them after a long compilation. Requests are signed before the clock starts. A submission that
//! comes late counts from when it should have been made, so a stalled host cannot hide behind its own slowness.
//!
//! Run: `cargo bench --bench hostile`. It prints a line `RATIO name=hostile_p99 …`, in which *floor* is the latency
//! alone and *ours* the one beside the hostile scope, so that 1 means no difference and a third means three times
//! as long; then the process's memory over 100 000 hostile invocations.

#![allow(
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a bench that cannot go on stops, and its numbers are small"
)]

#[path = "hostile/guests.rs"]
mod guests;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::executor::block_on;
use icn_runtime::{
    Did, Host, HostOptions, Invocation, ModuleSpec, Request, ScopeSpec, SecretKey, invocation_id, now_ms,
};

/// Fuel of a victim's invocation: twice what it burns.
const FUEL: u64 = 300_000;
/// How often the victim submits.
const INTERVAL: Duration = Duration::from_millis(20);
/// Hostile invocations that wait or run at once.
const HOSTILE_IN_FLIGHT: usize = 64;
/// Fuel of any other hostile invocation: as much as some hundred of the victim's.
const HOSTILE_FUEL: u64 = 20_000_000;
/// Fuel of a hostile invocation that calls the host a million times.
const MILLION_CALLS_FUEL: u64 = 1_750_000_000;
/// Of so many modules that are refused, one is compiled first.
const DEAR_EVERY: usize = 1_000;
/// Rounds, each alone and then beside.
const ROUNDS: usize = 9;
/// Hostile invocations over which the memory is watched.
const HOSTILE_INVOCATIONS: usize = 100_000;

struct Neighbour {
    scope: Did,
    spec: ModuleSpec,
    key: SecretKey,
    made: AtomicU64,
}

impl Neighbour {
    fn open(host: &Host, name: &str, n: u8, wasm: Vec<u8>, entries: &[&str]) -> Self {
        let key = SecretKey::from_bytes(&[n; 32]);
        let entries: Vec<(&str, &str)> = entries.iter().map(|entry| (*entry, "admin")).collect();
        let spec = ModuleSpec::of(wasm, &[], &entries).expect("a guest");
        let scope = ScopeSpec::new(name).admin(key.did()).module(spec.clone());
        let scope = block_on(host.open_scope(SecretKey::from_bytes(&[n + 100; 32]), scope)).expect("a scope");
        Self { scope, spec, key, made: AtomicU64::new(0) }
    }

    fn request(&self, host: &Host, entry: &str, fuel: u64) -> Request {
        let n = self.made.fetch_add(1, Ordering::Relaxed);
        let id = invocation_id(&[self.scope.as_str(), &n.to_string()]);
        let expires = now_ms() + 3_600_000;
        let invocation = Invocation::new(
            host.origin(),
            self.scope,
            self.spec.id(),
            entry,
            [],
            id,
            self.key.did(),
            expires,
        )
        .with_fuel(fuel);
        Request::sign(&invocation, &self.key)
    }
}

/// Latencies at the fixed rate, in milliseconds, sorted.
fn latencies(host: &Host, victim: &Neighbour, count: usize) -> Vec<f64> {
    let requests: Vec<Request> = (0..count).map(|_| victim.request(host, "work", FUEL)).collect();
    let mut found = Vec::with_capacity(count);
    let started = Instant::now();
    for (n, request) in requests.into_iter().enumerate() {
        let due = started + INTERVAL * n as u32;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let committed = block_on(host.submit(request).expect("admitted")).expect("a receipt");
        assert!(
            committed.receipt.outcome.is_ok(),
            "the victim's work is done: {:?}",
            committed.receipt.outcome
        );
        found.push(due.elapsed().as_secs_f64() * 1_000.0);
    }
    found.sort_by(f64::total_cmp);
    found
}

fn quantile(sorted: &[f64], of: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * of) as usize]
}

/// Keeps the hostile scope's mailbox filled until told to stop, or until so many were answered.
fn torment(host: &Host, hostile: &Neighbour, fuel: u64, stop: &AtomicBool, count: usize) -> usize {
    let mut waiting = VecDeque::new();
    let mut answered = 0;
    for entry in guests::HOSTILE_ENTRIES.iter().cycle() {
        if stop.load(Ordering::Relaxed) || answered + waiting.len() >= count {
            break;
        }
        if waiting.len() >= HOSTILE_IN_FLIGHT {
            let _ = block_on::<icn_runtime::Pending>(waiting.pop_front().expect("one on its way"));
            answered += 1;
        }
        let fuel = if *entry == "calls" && fuel == HOSTILE_FUEL { MILLION_CALLS_FUEL } else { fuel };
        if let Ok(pending) = host.submit(hostile.request(host, entry, fuel)) {
            waiting.push_back(pending);
        }
    }
    for pending in waiting {
        let _ = block_on(pending);
        answered += 1;
    }
    answered
}

/// Asks for scopes whose modules are refused, without pause: half of them the same, half of them new, and one in a
/// thousand a module that takes long to compile, and is refused after that, because it lacks the entry to be opened.
fn flood_with_installs(host: &Host, stop: &AtomicBool) -> usize {
    let mut refused = 0;
    let key = SecretKey::from_bytes(&[99; 32]);
    let (module, dear) = (guests::refused(), guests::dear());
    while !stop.load(Ordering::Relaxed) {
        let wasm = match refused {
            n if n % DEAR_EVERY == 1 => guests::numbered(&dear, n),
            n if n % 2 == 0 => guests::numbered(&module, 0),
            n => guests::numbered(&module, n),
        };
        let spec = ModuleSpec::of(wasm, &[], &[("run", "admin")]).expect("a module's bytes");
        let spec = ScopeSpec::new("flood").admin(key.did()).module(spec);
        let opened = block_on(host.open_scope(SecretKey::from_bytes(&[98; 32]), spec));
        assert!(opened.is_err(), "a module that breaks a rule is refused");
        refused += 1;
    }
    refused
}

/// Resident memory of this process, in MiB (proc_pid_status(5)).
fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn main() {
    let testing = !std::env::args().any(|argument| argument == "--bench");
    let (samples, rounds, invocations) =
        if testing { (20, 1, 100) } else { (500, ROUNDS, HOSTILE_INVOCATIONS) };
    let dir = tempfile::tempdir().expect("a scratch directory");
    let host = Host::open(HostOptions { arbiters: Some(1), ..HostOptions::new(dir.path()) }).expect("a host");
    let victim = Neighbour::open(&host, "victim", 1, guests::work(), &["work"]);
    let hostile = Neighbour::open(&host, "hostile", 2, guests::hostile(), &guests::HOSTILE_ENTRIES);
    let spec = ModuleSpec::of(guests::dear(), &[], &[("run", "admin")]).expect("a module's bytes");
    let compiled = Instant::now();
    let refused =
        block_on(host.open_scope(SecretKey::from_bytes(&[97; 32]), ScopeSpec::new("dear").module(spec)));
    let why = refused.expect_err("it has no such entry").to_string();
    assert!(!why.contains("weight"), "it is to be compiled: {why}");
    println!("a module that is dear to compile: {:?}, then {why}", compiled.elapsed());
    println!(
        "question: p99 latency of a scope alone and beside a hostile one, {samples} samples, {rounds} rounds, one every {INTERVAL:?}, one arbiter"
    );
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    latencies(&host, &victim, samples / 10);
    for round in 0..rounds {
        let quiet = latencies(&host, &victim, samples);
        let stop = AtomicBool::new(false);
        let (loud, answered, refused) = std::thread::scope(|scope| {
            let tormentor = scope.spawn(|| torment(&host, &hostile, HOSTILE_FUEL, &stop, usize::MAX));
            let flood = scope.spawn(|| flood_with_installs(&host, &stop));
            let loud = latencies(&host, &victim, samples);
            stop.store(true, Ordering::Relaxed);
            (loud, tormentor.join().expect("torment"), flood.join().expect("flood"))
        });
        println!(
            "round {round}: alone p50 {:.2} p99 {:.2} max {:.2} ms; beside p50 {:.2} p99 {:.2} max {:.2} ms, with {answered} hostile invocations and {refused} refused installs",
            quantile(&quiet, 0.5),
            quantile(&quiet, 0.99),
            quantile(&quiet, 1.0),
            quantile(&loud, 0.5),
            quantile(&loud, 0.99),
            quantile(&loud, 1.0)
        );
        alone.push(quantile(&quiet, 0.99));
        beside.push(quantile(&loud, 0.99));
    }
    alone.sort_by(f64::total_cmp);
    beside.sort_by(f64::total_cmp);
    let (floor, ours) = (alone[rounds / 2], beside[rounds / 2]);
    println!(
        "RATIO name=hostile_p99 ours={ours:.2} floor={floor:.2} unit=milliseconds_inverted ratio={:.3}",
        floor / ours
    );
    let stop = AtomicBool::new(false);
    let mut done = 0;
    println!("memory: {:.0} MiB before", resident_mib());
    for _ in 0..10 {
        done += torment(&host, &hostile, 200_000, &stop, invocations / 10);
        println!("memory: {:.0} MiB after {done} hostile invocations", resident_mib());
    }
    host.close().expect("closed");
}
