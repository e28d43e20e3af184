//! Asks witnesses to cosign the newest checkpoint of a data directory, and keeps their cosignatures in the
//! file `cosigned`.
//!
//! It runs beside the host, in the host's process or in another one. The host does not wait for it: it
//! commits and signs as if there were no witnesses, however slow they are.
//!
//! One round:
//!
//! 1. Read the newest signed checkpoint, and the cosignatures of it that are kept already.
//! 2. Ask every other witness (`ask.rs`). A witness that cosigned another size than expected is asked a
//!    second time.
//! 3. Keep the checkpoint with its cosignatures when the quorum is reached. Otherwise the file stays as it
//!    was.

mod ask;
mod peer;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use icn_core::log::{TreeHead, Verdict, VerifierKey};
use icn_history::cosigned::{CosignedFile, Newest, consistency, newest};

use self::ask::{Line, Outcome, ask_all};

pub use self::peer::{WitnessAt, WitnessFailure};
pub use super::http::url::{HttpUrl, UrlError};
pub use icn_history::cosigned::{CosignedError, read as read_cosigned};

/// The result of one round.
#[derive(Debug, Clone)]
pub struct Round {
    /// The number of leaves of the checkpoint.
    pub size: u64,
    /// The witnesses that cosigned it, each with the time in seconds since the Unix epoch.
    pub cosigned: Vec<(String, u64)>,
    /// The witnesses that did not cosign it, and why.
    pub failed: Vec<(String, WitnessFailure)>,
    /// Whether the quorum is reached, so that the checkpoint is kept.
    pub is_kept: bool,
}

/// Asks the witnesses of one data directory, round by round.
#[derive(Debug)]
pub struct Cosigning {
    data: PathBuf,
    witnesses: Vec<WitnessAt>,
    quorum: usize,
    file: CosignedFile,
    /// The size that each witness probably cosigned last.
    sizes: BTreeMap<VerifierKey, u64>,
}

/// The answers of a round, by witness.
#[derive(Default)]
struct Answers {
    lines: BTreeMap<VerifierKey, Line>,
    failed: BTreeMap<VerifierKey, WitnessFailure>,
}

impl Cosigning {
    /// For this data directory and these witnesses. A checkpoint is kept when `quorum` of them cosigned it.
    /// Fails when the directory has no signed checkpoint, or when another process is doing the same.
    pub fn new(data: &Path, witnesses: Vec<WitnessAt>, quorum: usize) -> Result<Self, CosignedError> {
        // A directory without a checkpoint is refused before anything is written to it.
        newest(data)?;
        let file = CosignedFile::take(data)?;
        Ok(Self { data: data.to_owned(), witnesses, quorum, file, sizes: BTreeMap::new() })
    }

    /// Asks all witnesses that have not cosigned the newest checkpoint. An error means that the log could not
    /// be read, or that the result could not be written. A witness that fails is no error.
    pub fn round(&mut self) -> Result<Round, CosignedError> {
        let newest = newest(&self.data)?;
        let mut answers = Answers { lines: self.kept(&newest)?, ..Answers::default() };
        let before = answers.lines.len();
        let has_line = |witness: &&WitnessAt| answers.lines.contains_key(&witness.key);
        let waiting = self.witnesses.iter().filter(|witness| !has_line(witness)).cloned().collect();
        let again = self.ask(&newest, waiting, &mut answers)?;
        self.ask(&newest, again, &mut answers)?;
        let Answers { lines, failed } = answers;
        let is_kept = lines.len() >= self.quorum;
        if is_kept && lines.len() > before {
            let signed: String =
                self.witnesses.iter().filter_map(|w| Some(lines.get(&w.key)?.0.as_str())).collect();
            self.file.write(&format!("{}{signed}", newest.note))?;
        }
        let name = |key: &VerifierKey| key.name().to_owned();
        Ok(Round {
            size: newest.size,
            cosigned: lines.iter().map(|(key, (_, time))| (name(key), *time)).collect(),
            failed: failed.iter().map(|(key, why)| (name(key), why.clone())).collect(),
            is_kept,
        })
    }

    /// The cosignatures of the newest checkpoint that the file has already. It also learns from the file
    /// which size each witness cosigned last.
    fn kept(&mut self, newest: &Newest) -> Result<BTreeMap<VerifierKey, Line>, CosignedError> {
        let mut lines = BTreeMap::new();
        // A file that is no note will be replaced.
        let Ok(Some(note)) = self.file.read() else { return Ok(lines) };
        let Ok(head) = TreeHead::parse(note.text()) else { return Ok(lines) };
        for WitnessAt { key, .. } in &self.witnesses {
            let Verdict::Signed(Some(time)) = note.by(key) else { continue };
            self.sizes.entry(key.clone()).or_insert(head.size);
            let is_newest = newest.note.strip_prefix(note.text()).is_some_and(|rest| rest.starts_with('\n'));
            if let Some(line) = note.signatures().iter().rfind(|line| line.is_of(key)).filter(|_| is_newest) {
                lines.insert(key.clone(), (line.to_line(), time));
            }
        }
        Ok(lines)
    }

    /// Asks these witnesses once. One pass over the log gives all proofs. Returns the witnesses that cosigned
    /// another size than expected, and should be asked again.
    fn ask(
        &mut self,
        newest: &Newest,
        witnesses: Vec<WitnessAt>,
        answers: &mut Answers,
    ) -> Result<Vec<WitnessAt>, CosignedError> {
        let (mut outcomes, mut questions) = (Vec::new(), Vec::new());
        for witness in witnesses {
            let old = self.sizes.get(&witness.key).copied().unwrap_or(0);
            if old > newest.size {
                outcomes.push((witness, Outcome::From(old)));
            } else {
                questions.push((witness, old));
            }
        }
        let olds: BTreeSet<u64> = questions.iter().map(|(_, old)| *old).collect();
        let proofs = consistency(&self.data, &olds, newest.size)?;
        let questions = questions
            .into_iter()
            .map(|(witness, old)| (witness, old, proofs.get(&old).cloned().unwrap_or_default()));
        outcomes.extend(ask_all(newest, questions.collect()));
        let again = outcomes
            .into_iter()
            .filter_map(|(witness, outcome)| self.note(newest, witness, outcome, answers))
            .collect();
        Ok(again)
    }

    /// Takes note of an outcome. Returns the witness when it should be asked again.
    fn note(
        &mut self,
        newest: &Newest,
        witness: WitnessAt,
        outcome: Outcome,
        answers: &mut Answers,
    ) -> Option<WitnessAt> {
        let key = witness.key.clone();
        let failure = match outcome {
            Outcome::Signed(line) => {
                answers.failed.remove(&key);
                self.sizes.insert(key.clone(), newest.size);
                answers.lines.insert(key, line);
                return None;
            }
            Outcome::From(seen) if seen > newest.size => WitnessFailure::Ahead { seen, size: newest.size },
            Outcome::From(seen) => {
                // This failure stays if the witness, asked again, names a third size.
                let why = format!("it asks for a proof from size {seen}, and then from another size");
                answers.failed.insert(key.clone(), WitnessFailure::Answer(why));
                self.sizes.insert(key, seen);
                return Some(witness);
            }
            Outcome::Failed(why) => why,
        };
        answers.failed.insert(key, failure);
        None
    }
}
