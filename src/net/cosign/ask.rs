//! Asks witnesses, all at once, each on a thread of its own. No witness can delay the others, and nobody
//! waits longer than [`ANSWER_TIME`] and [`LOOKUP_TIME`] together.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use icn_core::limits;
use icn_core::log::cosign::{cosignature, request, size};
use icn_core::name::Hash;
use icn_history::cosigned::Newest;

use super::super::http::bounds::MESSAGE_TIME;
use super::super::http::client::{Answered, post};
use super::peer::{WitnessAt, WitnessFailure};

/// How long a witness may take to answer.
const ANSWER_TIME: Duration = MESSAGE_TIME;
/// How much longer to wait for the look-up of a host's name.
const LOOKUP_TIME: Duration = Duration::from_secs(5);

/// A witness's signature line, and the time in it, in seconds since the Unix epoch.
pub(super) type Line = (String, u64);

/// The result of one request.
pub(super) enum Outcome {
    /// The witness cosigned.
    Signed(Line),
    /// The witness cosigned this size last, and needs a proof from there.
    From(u64),
    /// The witness did not cosign.
    Failed(WitnessFailure),
}

/// A witness, the size that it cosigned last, and the proof from that size to the newest.
pub(super) type Question = (WitnessAt, u64, Vec<Hash>);

/// Asks all of these for the newest checkpoint.
pub(super) fn ask_all(newest: &Newest, questions: Vec<Question>) -> Vec<(WitnessAt, Outcome)> {
    let (sender, answers) = mpsc::channel();
    let mut waiting: BTreeMap<usize, WitnessAt> = BTreeMap::new();
    for (at, (witness, old, proof)) in questions.into_iter().enumerate() {
        let (newest, sender) = (newest.clone(), sender.clone());
        waiting.insert(at, witness.clone());
        // The look-up of a name cannot be stopped. Then the thread is left alone, and nobody waits for its
        // answer.
        let _ = std::thread::Builder::new().name("icn-cosign".into()).spawn(move || {
            let _ = sender.send((at, ask(&witness, &newest, old, &proof)));
        });
    }
    drop(sender);
    let mut outcomes = Vec::new();
    let until = Instant::now() + ANSWER_TIME + LOOKUP_TIME;
    while !waiting.is_empty() {
        let left = until.saturating_duration_since(Instant::now());
        let Ok((at, outcome)) = answers.recv_timeout(left) else { break };
        outcomes.extend(waiting.remove(&at).map(|witness| (witness, outcome)));
    }
    let late = || Outcome::Failed(WitnessFailure::Answer("it took too long".into()));
    outcomes.extend(waiting.into_values().map(|witness| (witness, late())));
    outcomes
}

/// Asks one witness (C2SP tlog-witness, add-checkpoint).
fn ask(witness: &WitnessAt, newest: &Newest, old: u64, proof: &[Hash]) -> Outcome {
    let body = request(old, proof, &newest.note);
    let failed = |why: String| Outcome::Failed(WitnessFailure::Answer(why));
    let answered =
        post(&witness.url, "/add-checkpoint", &body, limits::WITNESS_ANSWER_BYTES_MAX, ANSWER_TIME);
    let Answered { status, content_type, body } = match answered {
        Ok(answered) => answered,
        Err(why) => return failed(format!("{}: {why}", witness.url)),
    };
    let said = || {
        let line: String =
            body.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(200).collect();
        format!("status {status}: {line}")
    };
    match status {
        200 => match cosignature(&newest.note, &body, &witness.key) {
            Ok(line) => Outcome::Signed(line),
            Err(why) => failed(why.to_string()),
        },
        409 if content_type.starts_with("text/x.tlog.size") => {
            size(&body).map_or_else(|| failed(format!("{}, expected a size", said())), Outcome::From)
        }
        403 => Outcome::Failed(WitnessFailure::Key(newest.log.to_string())),
        404 => Outcome::Failed(WitnessFailure::Unknown(newest.log.to_string())),
        422 => Outcome::Failed(WitnessFailure::Inconsistent(said())),
        _ => failed(said()),
    }
}
