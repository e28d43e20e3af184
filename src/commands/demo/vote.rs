//! Holds one election on a host: opens its scope, opens the election, submits every ballot, tallies.
//!
//! Nothing is done again that the log has already. The guest's answers are read from the log later
//! (`collect.rs`), in this run and in every later one.

use std::collections::VecDeque;
use std::fmt::Display;

use futures::executor::block_on;
use icn_runtime::{Amount, Host, ModuleSpec, ScopeError, ScopeSpec, SecretKey};
use indicatif::ProgressBar;

use super::answers::Answers;
use super::election::{Election, administrator_key, member_key};
use super::queue::Queue;
use super::step::Step;

/// The guest that holds elections, as it is shipped.
const BALLOT: &[u8] = include_bytes!("../../../guest/prebuilt/ballot.wasm");
/// The most invocations of one scope that wait for an answer.
const IN_FLIGHT_MAX: usize = 256;
/// The guest's key of the election. It has a value once the election is opened.
const ELECTION_KEY: &[u8] = b"election";

/// Does for an election what the log does not have yet. An election that the guest refused to open ends
/// there, and that is no error.
pub(super) fn hold(
    election: &Election,
    host: &Host,
    answers: &Answers,
    bar: &ProgressBar,
) -> Result<(), String> {
    let admin = administrator_key();
    let keys: Vec<SecretKey> = election.ballots().iter().map(|ballot| member_key(&ballot.voter_id)).collect();
    let guest = guest()?;
    let (scope, module) = (election.did(), guest.id());
    let is_new = !host.scopes().contains(&scope);
    if is_new {
        open_scope(election, host, guest, &keys)?;
    }
    let digest = election.digest();
    let mut queue = Queue { host, scope, module, digest, answers, is_new, waiting: VecDeque::new() };
    let is_opened = || block_on(host.value(&scope, module, ELECTION_KEY)).is_some();
    // The file's name decides the scope, and its content decides the ids of the invocations.
    if !is_new && is_opened() && !queue.has(Step::Open) {
        let why = "the data directory has another election under this file's name: use another directory or another \
                   file name for a file that was changed";
        return Err(why.to_owned());
    }
    queue.push(Step::Open, &election.opening(), &admin)?;
    queue.drain(0)?;
    if !is_opened() {
        return Ok(());
    }
    for (ballot, key) in election.ballots().iter().zip(&keys) {
        queue.push(Step::Vote(ballot), &election.ballot_input(ballot), key)?;
        queue.drain(IN_FLIGHT_MAX - 1)?;
        bar.inc(1);
    }
    queue.drain(0)?;
    queue.push(Step::Tally, "", &admin)?;
    queue.drain(0)
}

/// The guest, its capabilities, and who may call which entry.
fn guest() -> Result<ModuleSpec, String> {
    ModuleSpec::of(
        BALLOT.to_vec(),
        &["state", "dag", "transfer", "treasury"],
        &[("open", "admin"), ("vote", "member"), ("tally", "admin")],
    )
    .map_err(|error| failed("the ballot guest", &error))
}

/// Opens the election's scope with its voters as members and its budget in the treasury.
fn open_scope(election: &Election, host: &Host, guest: ModuleSpec, keys: &[SecretKey]) -> Result<(), String> {
    let budget = u64::try_from(election.budget()).map_err(|error| failed("the budget", &error))?;
    let spec = ScopeSpec::new(&election.scope_name())
        .admin(administrator_key().did())
        .role("member", keys.iter().map(SecretKey::did))
        .module(guest)
        .token(election.unit().clone(), Amount(budget));
    match block_on(host.open_scope(election.scope_key(), spec)) {
        Ok(_) | Err(ScopeError::Exists(_)) => Ok(()),
        Err(error) => Err(failed("opening the scope", &error)),
    }
}

fn failed(what: &str, why: &dyn Display) -> String {
    format!("{what}: {why}")
}
