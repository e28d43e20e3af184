//! How long does an audit of a city's election take, beside the checks of its signatures and the runs of its guests,
//! bare? And does its memory stay the same when the log gets longer?
//!
//! The election is Wrocław's of 2021 (84 611 ballots), whose file is looked for beside the project
//! (`../shared/data/pabulib`) or where `ICN_ELECTION` says; without it that is said, and what needs it is left out. The
//! program's demo holds it once, in a temporary directory. Each audit is a process of its own (this program again), which
//! says how long it took and its peak of resident memory.
//!
//! - *signatures*, the floor of `structure` and `ledger`: both signatures of every receipt's entry, strictly, on all
//!   cores, from keys and messages that are in memory already.
//! - *guests*, the other part of the floor of `replay`: every ballot once more on bare wasmtime, in a fresh pooled
//!   instance with host functions that copy, on all cores; the election is the state that it reads, nothing is written.
//!   An audit with `replay` does both, so its floor is the sum. Runs of one scope follow each other, and so the auditor
//!   runs them on one core; the floor does not.
//! - *memory*: a log in which 1000 members overwrite one value each, again and again, and one four times as long, so that
//!   the state is the same; then the election, and four of it. What has to grow are the ids that were applied, which are
//!   remembered for ever: how many bytes the peak grew by for each
//!   invocation more is said.
//!
//! Run: `cargo bench --workspace --bench audit`. `RATIO` lines compare times as *floor / ours*, so 0.667 is 1.5 times as
//! long.

#![allow(clippy::expect_used, clippy::cast_precision_loss, reason = "a bench that cannot go on stops")]

#[path = "common/bare.rs"]
mod bare;
mod common;
#[path = "common/signed.rs"]
mod signed;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use common::{cores, median, tell_load, testing};
use icn_runtime::{Audit, Invocation, Level, Subject};
use signed::Check;

/// The program's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BALLOT: &[u8] = include_bytes!("../guest/prebuilt/ballot.wasm");
const LEVELS: [Level; 3] = [Level::Structure, Level::Ledger, Level::Replay];
const ROUNDS: usize = 3;
/// Invocations of the log in which values are overwritten, and who makes them.
const OVERWRITES: usize = 20_000;
const MEMBERS: usize = 1_000;

/// What an audit took.
#[derive(Clone, Copy)]
struct Took {
    seconds: f64,
    /// The peak of resident memory.
    mib: f64,
}

/// The audit's process: says what it took.
fn child(data: &str, level: &str) {
    let level = LEVELS.into_iter().find(|known| known.as_str() == level).expect("a level");
    let started = Instant::now();
    let asked = Audit { level, ..Audit::of(Subject::Data(data.into())) };
    let report = asked.run(&mut ()).expect("a log");
    let seconds = started.elapsed().as_secs_f64();
    assert!(report.ok, "{:?}", report.divergence);
    // proc_pid_status(5)
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    println!("{seconds} {}", peak.trim().trim_end_matches(" kB"));
}

fn audit(data: &Path, level: Level) -> Took {
    let program = std::env::current_exe().expect("this program");
    let output =
        Command::new(program).arg("audit-of").arg(data).arg(level.as_str()).output().expect("a process");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut numbers = said.split_whitespace().map(|number| number.parse::<f64>().expect("a number"));
    let (seconds, kib) = (numbers.next().expect("seconds"), numbers.next().unwrap_or(0.0));
    Took { seconds, mib: kib / 1024.0 }
}

/// The election's file, if it is here.
fn election() -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    if testing() {
        return Ok(root.join("src/commands/demo/sample/river-city.pb"));
    }
    let beside = || root.join("../shared/data/pabulib/poland_wroclaw_2021_.pb");
    let path = std::env::var_os("ICN_ELECTION").map_or_else(beside, PathBuf::from);
    if path.is_file() { Ok(path) } else { Err(format!("no election at {}", path.display())) }
}

/// Has the demo hold these elections.
fn hold(files: &[PathBuf], data: &Path) {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_icn"));
    let output = demo.arg("demo").args(files).arg("--data").arg(data).output().expect("the program");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What every core does with its share, in seconds.
fn on_all_cores<T: Sync>(all: &[T], each: impl Fn(&T) + Sync) -> f64 {
    let started = Instant::now();
    std::thread::scope(|scope| {
        for share in all.chunks(all.len().div_ceil(cores())) {
            let each = &each;
            scope.spawn(move || share.iter().for_each(each));
        }
    });
    started.elapsed().as_secs_f64()
}

/// All signatures, and all ballots with what the election was opened with.
fn bare_parts(data: &Path) -> (Vec<Check>, Vec<Invocation>, Vec<u8>) {
    let (mut checks, mut ballots, mut opening) = (Vec::new(), Vec::new(), Vec::new());
    for (position, entry) in signed::entries(data) {
        let Some((both, invocation)) = signed::checks(position, &entry) else { continue };
        checks.extend(both);
        match invocation.entry.as_str() {
            "vote" => ballots.push(invocation),
            "open" => opening = invocation.input,
            _ => {}
        }
    }
    (checks, ballots, opening)
}

/// Gives the number of ballots.
fn times(data: &Path, rounds: usize) -> usize {
    let (checks, ballots, opening) = bare_parts(data);
    let (engine, pre) = bare::instance(BALLOT);
    let values = bare::opened(&engine, &pre, &opening);
    println!("{} signatures, {} ballots", checks.len(), ballots.len());
    let (mut signatures, mut guests, mut ours) = (Vec::new(), Vec::new(), [const { Vec::new() }; 3]);
    for _ in 0..rounds {
        signatures.push(on_all_cores(&checks, |check| assert!(check.holds())));
        guests.push(on_all_cores(&ballots, |ballot| {
            drop(bare::run(&engine, &pre, &values, &ballot.input, ballot.caller.as_str(), "vote"));
        }));
        for (level, ours) in LEVELS.into_iter().zip(&mut ours) {
            ours.push(audit(data, level));
        }
    }
    println!("signatures {signatures:.2?} s, guests {guests:.2?} s");
    let (signatures, guests) = (median(signatures), median(guests));
    for (level, took) in LEVELS.into_iter().zip(ours) {
        let floor = signatures + if level == Level::Replay { guests } else { 0.0 };
        let seconds: Vec<f64> = took.iter().map(|took| took.seconds).collect();
        let mib = median(took.iter().map(|took| took.mib).collect());
        println!("audit_{}: {seconds:.2?} s, peak {mib:.0} MiB", level.as_str());
        let ours = median(seconds);
        println!(
            "RATIO name=audit_{} ours={ours:.2} floor={floor:.2} unit=seconds_inverted ratio={:.3}",
            level.as_str(),
            floor / ours
        );
    }
    ballots.len()
}

/// Peaks with a log and with one four times as long.
fn memory(what: &str, levels: &[Level], (once, length): (&Path, usize), four_times: &Path) {
    for level in levels {
        let (short, long) = (audit(once, *level).mib, audit(four_times, *level).mib);
        println!(
            "memory of {what} ({length}), {}: {short:.0} MiB, of four times the length {long:.0} MiB",
            level.as_str()
        );
        println!(
            "RATIO name=audit_memory_{what}_{} ours={long:.0} floor={short:.0} unit=MiB_inverted ratio={:.3}",
            level.as_str(),
            short / long
        );
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, what, data, level] = arguments.as_slice()
        && what == "audit-of"
    {
        return child(data, level);
    }
    let (rounds, overwrites, members) = if testing() { (1, 60, 3) } else { (ROUNDS, OVERWRITES, MEMBERS) };
    println!("an audit beside its signatures and its guests, bare; {rounds} rounds, {} cores", cores());
    tell_load();
    let dir = tempfile::tempdir().expect("a scratch directory");
    let [once, four_times] = ["election", "election-4"].map(|name| dir.path().join(name));
    // A scope follows from its file's name.
    let copies: Vec<PathBuf> = (0..4).map(|n| dir.path().join(format!("election-{n}.pb"))).collect();
    let file = election().inspect_err(|why| println!("SKIPPED the election: {why}"));
    let mut ballots = 0;
    if let Ok(file) = &file {
        for copy in &copies {
            std::fs::copy(file, copy).expect("a copy");
        }
        hold(&copies[..1], &once);
        ballots = times(&once, rounds);
    }
    let [short, long] = ["overwritten", "overwritten-4"].map(|name| dir.path().join(name));
    signed::write_log(&short, overwrites, members);
    signed::write_log(&long, 4 * overwrites, members);
    memory("overwritten", &LEVELS, (&short, overwrites), &long);
    if file.is_ok() {
        hold(&copies, &four_times);
        memory("election", &[Level::Ledger], (&once, ballots), &four_times);
    }
}
