//! Looks by chance for modules that are accepted and dear to compile.
//!
//! Each genome is grown to the largest function that is accepted, which is compiled here; what the module with the
//! most of them would take is projected. The dearest are kept and changed by chance, most of the time; the rest
//! are new. One that is projected to come near a bound is compiled in full, in a process of its own.

use std::time::{Duration, Instant};

use icn_core::encode::Block;
use icn_core::limits;
use icn_core::name::Codec;
use icn_sandbox::{Engine, EngineOptions, Module, inspect, validate};

use super::genome::{Chance, Genome};
use super::{MIB_MAX, Measured, SECONDS_MAX, cpu_seconds, in_child, largest, likely, weight};

/// Genomes that are kept.
const KEPT: usize = 24;
/// From this projection on a module is compiled in full.
const CONFIRM_FROM: f64 = 0.8 * SECONDS_MAX;
/// What the dearest of the search are printed from.
const PRINTED: usize = 8;

struct Found {
    genome: Genome,
    n: u32,
    k: u32,
    /// Seconds that the whole module is projected to take.
    projected: f64,
}

/// Searches for so long; how many modules break a bound.
pub(crate) fn search(seconds: u64, seed: u64) -> usize {
    let mut chance = Chance(seed);
    let engine = Engine::new(&EngineOptions { pooled: false, ..EngineOptions::default() }).unwrap();
    let empty = compile_seconds(&engine, &Genome::random(&mut Chance(1)).build(0, 1)).unwrap();
    let (mut kept, mut tried, mut broken, mut confirmed): (Vec<Found>, _, _, Vec<(f64, u64)>) =
        (Vec::new(), 0, 0, Vec::new());
    let end = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < end {
        let genome = if kept.len() < KEPT || chance.below(3) == 0 {
            Genome::random(&mut chance)
        } else {
            let at = chance.below(u32::try_from(kept.len()).unwrap()) as usize;
            kept[at].genome.mutated(&mut chance)
        };
        tried += 1;
        let Some(found) = grown(genome, &engine, empty) else { continue };
        if found.projected > CONFIRM_FROM {
            let Measured { seconds, mib } = in_child(&found.genome.build(found.n, found.k));
            confirmed.push((seconds, mib));
            if seconds > SECONDS_MAX || mib > MIB_MAX {
                broken += 1;
                println!("BROKEN {seconds:.3} s {mib} MiB: n {} k {} {:?}", found.n, found.k, found.genome);
            }
        }
        let at = kept.partition_point(|other| other.projected > found.projected);
        kept.insert(at, found);
        kept.truncate(KEPT);
    }
    println!("\nby chance (seed {seed}): {tried} tried in {seconds} s, {} compiled in full", confirmed.len());
    println!("{:>9} {:>6} {:>9} {:>9}", "n", "k", "bytes", "projected");
    for found in kept.iter().take(PRINTED) {
        let bytes = found.genome.build(found.n, found.k).len();
        println!("{:>9} {:>6} {bytes:>9} {:>9.3}  {:?}", found.n, found.k, found.projected, found.genome);
    }
    let dearest = confirmed.iter().map(|(seconds, _)| *seconds).fold(0.0, f64::max);
    let largest = confirmed.iter().map(|(_, mib)| *mib).max().unwrap_or(0);
    println!("of those compiled in full the dearest took {dearest:.3} s, the largest {largest} MiB");
    broken
}

/// The largest function of this kind that is accepted, and what as many as are accepted are projected to take.
fn grown(genome: Genome, engine: &Engine, empty: f64) -> Option<Found> {
    let accepted = |n, k| validate(&genome.build(n, k)).is_ok();
    let n = largest(1 << 14, |n| accepted(n, 1)) / genome.smaller;
    if n == 0 {
        return None;
    }
    let one = genome.build(n, 1);
    let k = largest(limits::MODULE_FUNCTIONS_MAX, |k| likely(&one, k));
    // Functions that are small are compiled some at a time, or the clock tells nothing.
    let some = k.min(genome.smaller);
    let seconds = compile_seconds(engine, &genome.build(n, some))? - empty;
    let projected = empty + seconds * f64::from(k) / f64::from(some);
    debug_assert!(weight(&inspect(&one)) <= limits::MODULE_WEIGHT_MAX);
    // The bounds on the whole, exactly.
    let k = if projected > CONFIRM_FROM { largest(k, |k| accepted(n, k)) } else { k };
    Some(Found { genome, n, k, projected })
}

fn compile_seconds(engine: &Engine, bytes: &[u8]) -> Option<f64> {
    let block = Block::new(Codec::Raw, bytes.to_vec());
    let start = cpu_seconds();
    Module::compile(engine, &block).ok()?;
    Some(cpu_seconds() - start)
}
