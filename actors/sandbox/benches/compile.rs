//! How long does the dearest module that is accepted take to compile, and how much memory?
//!
//! For each shape of hostile module it finds, for large, middling and small functions, the most of them that the
//! validator accepts, compiles that module in a process of its own, and prints its processor time and its
//! peak of memory. It ends with an error when one takes more than 2 s or 512 MiB, or when a refusal
//! takes more than 50 ms. Processor time, not the clock's: other work on the machine hardly counts.
//!
//! Then it looks by chance for dear modules that nobody thought of (`compile/search.rs`).
//!
//! `cargo bench --workspace --bench compile`, with a part of a shape's name to measure that alone; with
//! `search SECONDS SEED` it only searches.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that cannot go on stops")]
#![allow(clippy::print_stdout, reason = "it prints a table")]

#[path = "compile/genome.rs"]
mod genome;
#[path = "compile/search.rs"]
mod search;
#[path = "../tests/shapes/mod.rs"]
mod shapes;

use std::process::{Command, ExitCode};

use icn_core::encode::Block;
use icn_core::limits;
use icn_core::name::Codec;
use icn_sandbox::{Engine, EngineOptions, Inspection, Module, inspect, validate};
use shapes::Shape;

/// Processor time that a module may take to compile.
const SECONDS_MAX: f64 = 2.0;
/// Memory that a process which compiles a module may have at its peak.
const MIB_MAX: u64 = 512;
/// Processor time that a refusal may take.
const REFUSAL_SECONDS_MAX: f64 = 0.050;
/// How long the search by chance goes on.
const SEARCH_SECONDS: u64 = 300;
/// Functions are tried as large as they may be, and then smaller by this factor.
const SMALLER: u32 = 8;

/// What one compilation took.
struct Measured {
    seconds: f64,
    mib: u64,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--child", file] => return child(std::path::Path::new(file)),
        ["search", seconds, seed] => {
            let broken = search::search(seconds.parse().unwrap(), seed.parse().unwrap());
            return if broken > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
        _ => {}
    }
    let wanted = args.first().map_or("", String::as_str);
    let mut broken = 0;
    println!(
        "{:42} {:>7} {:>6} {:>9} {:>9} {:>8} {:>6}",
        "the most that is accepted", "n", "k", "bytes", "weight", "seconds", "MiB"
    );
    for shape in shapes::all().iter().filter(|shape| shape.0.contains(wanted)) {
        broken += worst(shape);
    }
    println!("\n{:42} {:>9} {:>10}", "what is refused", "bytes", "seconds");
    for (name, bytes) in shapes::bombs::all().iter().filter(|bomb| bomb.0.contains(wanted)) {
        let start = cpu_seconds();
        let refused = validate(bytes).err();
        let seconds = cpu_seconds() - start;
        let said: String = refused.as_ref().map_or("accepted".to_owned(), ToString::to_string);
        println!(
            "{name:42} {:>9} {seconds:>10.6}  {}",
            bytes.len(),
            said.chars().take(100).collect::<String>()
        );
        broken += usize::from(refused.is_none() || seconds > REFUSAL_SECONDS_MAX);
    }
    if wanted.is_empty() {
        broken += search::search(SEARCH_SECONDS, 1);
    }
    if broken > 0 {
        println!("\n{broken} bounds are broken");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Measures the dearest modules of a shape that are accepted; how many of them break a bound.
fn worst((name, build): &Shape) -> usize {
    let accepted = |n, k| validate(&build(n, k)).is_ok();
    let most = largest(1 << 17, |n| accepted(n, 1));
    let mut broken = 0;
    let mut n = most;
    while n > 0 {
        let k = largest(limits::MODULE_FUNCTIONS_MAX, |k| likely(&build(n, 1), k) && accepted(n, k));
        let bytes = build(n, k);
        let Measured { seconds, mib } = in_child(&bytes);
        println!(
            "{name:42} {n:>7} {k:>6} {:>9} {:>9} {seconds:>8.3} {mib:>6}",
            bytes.len(),
            weight(&inspect(&bytes))
        );
        broken += usize::from(seconds > SECONDS_MAX || mib > MIB_MAX);
        n /= SMALLER;
        if most / n.max(1) > SMALLER.pow(3) {
            break;
        }
    }
    broken
}

fn weight(inspection: &Inspection) -> u64 {
    inspection.sizes.iter().find(|size| size.name == "weight of all functions").unwrap().found
}

/// Whether so many functions like this one can be within the module's bounds; spares building what cannot.
fn likely(one: &[u8], k: u32) -> bool {
    weight(&inspect(one)) * u64::from(k) <= limits::MODULE_WEIGHT_MAX
        && one.len().saturating_sub(200) * k as usize <= limits::MODULE_BYTES_MAX
}

/// The largest number up to `most` that is accepted, if each smaller one is.
fn largest(most: u32, accepted: impl Fn(u32) -> bool) -> u32 {
    let (mut low, mut high) = (0, most + 1);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if accepted(middle) { low = middle } else { high = middle }
    }
    low
}

/// What a module takes to compile, in a process of its own.
fn in_child(bytes: &[u8]) -> Measured {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let child =
        Command::new(std::env::current_exe().unwrap()).arg("--child").arg(file.path()).output().unwrap();
    let said = String::from_utf8(child.stdout).unwrap();
    let mut words = said.split_whitespace();
    let mut next = || words.next().unwrap_or_else(|| panic!("the child said {said:?}"));
    Measured { seconds: next().parse().unwrap(), mib: next().parse().unwrap() }
}

/// Compiles one module and says what it took.
fn child(file: &std::path::Path) -> ExitCode {
    let block = Block::new(Codec::Raw, std::fs::read(file).unwrap());
    let engine = Engine::new(&EngineOptions { pooled: false, ..EngineOptions::default() }).unwrap();
    let start = cpu_seconds();
    let compiled = Module::compile(&engine, &block);
    println!("{} {}", cpu_seconds() - start, peak_mib());
    compiled.map_or_else(|e| panic!("{}: {e}", file.display()), |_| ExitCode::SUCCESS)
}

/// Processor time of this thread: compilation runs on the one that asks for it.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds: u64 = text.split(' ').next().unwrap().parse().unwrap();
    std::time::Duration::from_nanos(nanoseconds).as_secs_f64()
}

/// The most memory that this process ever had.
fn peak_mib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap().div_ceil(1024)
}
