//! How many invocations a second does a host take, from a signed request to a durable receipt, and how far is
//! that from the work that nobody can leave out?
//!
//! *Ours*: requests that were signed before the clock starts are submitted to a host by as many threads as there
//! are cores; the clock stops when the last receipt is durable. *Floor*: the same requests in the same process,
//! bare: strict verification, the same guest's same entry in a fresh pooled instance with host functions that do
//! nothing but copy, a receipt encoded, hashed and signed, and appended with one sync for as many as the host's
//! own groups had on average. It knows no isolation, no ledger, no policy, no replay protection and no order.
//!
//! Run: `cargo bench --bench flow`. It prints a line `RATIO name=… ours=… floor=… unit=… ratio=…` for one scope and
//! for 21.

#![allow(
    clippy::expect_used,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a bench that cannot go on stops, and its numbers are small"
)]

#[path = "common/bare.rs"]
mod bare;
#[path = "flow/floor.rs"]
mod floor;
#[path = "flow/ours.rs"]
mod ours;

use icn_runtime::{Invocation, Request, SecretKey};

/// Invocations of one measurement.
const INVOCATIONS: usize = 42_000;
/// Measurements of each kind; the medians are reported.
const ROUNDS: usize = 5;

/// The guest that both sides run.
pub(crate) const BALLOT: &[u8] = include_bytes!("../guest/prebuilt/ballot.wasm");

/// An election of 77 projects, as a large city holds it: each ballot names one.
pub(crate) fn election() -> String {
    let mut text = String::from("vote_type;approval\nbudget;16000000\nunit;PLN\nmax_length;1\nPROJECTS\n");
    (1..=77).for_each(|n| text.push_str(&format!("{n};{}\n", 250_000 + n * 1_000)));
    text
}

/// A member's key.
pub(crate) fn member(n: usize) -> SecretKey {
    let mut secret = [7; 32];
    secret[..8].copy_from_slice(&(n as u64).to_le_bytes());
    SecretKey::from_bytes(&secret)
}

/// A request with what the floor needs of it.
pub(crate) struct Signed {
    pub(crate) request: Request,
    pub(crate) invocation: Invocation,
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    // `cargo test --benches` runs this too: then a small run shows that both sides work.
    let testing =
        std::env::args().any(|argument| argument == "--test") || !std::env::args().any(|a| a == "--bench");
    let (invocations, rounds) = if testing { (210, 1) } else { (INVOCATIONS, ROUNDS) };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!(
        "question: invocations a second, signed request to durable receipt; {invocations} of them, {rounds} rounds, {cores} cores"
    );
    for (name, scopes) in [("flow_1_scope", 1), ("flow_21_scopes", 21)] {
        let (mut ours, mut floors, mut groups) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds {
            let round = ours::measure(scopes, invocations, cores);
            let floor = floor::measure(&round.requests, cores, round.group_entries.max(1));
            ours.push(round.per_second);
            floors.push(floor);
            groups.push(round.group_entries as f64);
        }
        println!("{name}: ours {ours:.0?} floor {floors:.0?} group size {:.0}", median(groups));
        let (ours, floor) = (median(ours), median(floors));
        println!(
            "RATIO name={name} ours={ours:.0} floor={floor:.0} unit=invocations_per_second ratio={:.3}",
            ours / floor
        );
    }
}
