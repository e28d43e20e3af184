//! Asks witnesses to cosign the newest checkpoint of a data directory, and keeps what they gave beside it. Runs beside the
//! host, in its process or in another: the host commits and signs as if there were no witnesses, however slow they are.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use icn_core::log::cosign::{cosignature, request, size};
use icn_core::log::{KeyKind, TreeHead, Verdict, VerifierKey};
use icn_core::name::Hash;
pub use icn_history::cosigned::{CosignedError, read as read_cosigned};
use icn_history::cosigned::{CosignedFile, Newest, consistency, newest};

use crate::http::client::{Answered, post};
pub use crate::http::client::{HttpUrl, UrlError};
use crate::limits;

/// How long a witness may take to answer.
const ANSWER_TIME: Duration = crate::http::MESSAGE_TIME;
/// How much longer is waited for one whose host is not found.
const LOOKUP_TIME: Duration = Duration::from_secs(5);

/// A witness, and where it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessAt {
    /// The submission prefix.
    pub url: HttpUrl,
    /// The key that verifies its cosignatures.
    pub key: VerifierKey,
}

impl WitnessAt {
    /// Reads `URL=KEY`: where it is asked, and its verifier key.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (url, key) = text.split_once('=').ok_or_else(|| {
            format!("{text}: expected http://HOST:PORT=KEY, the key as the witness's witness.vkey has it")
        })?;
        let url = HttpUrl::parse(url).map_err(|error| error.to_string())?;
        let key = VerifierKey::parse(key).map_err(|error| format!("{key}: {error}"))?;
        if key.kind() != KeyKind::Witness {
            return Err(format!("{key}: expected the key of a witness (type 4), found one of a log"));
        }
        Ok(Self { url, key })
    }
}

/// Why one witness did not cosign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WitnessFailure {
    /// No answer, or none of the protocol.
    #[error("no answer of a witness: {0}")]
    Answer(String),
    /// It does not know the log.
    #[error("it does not watch this log: its operator must name it the log's key {0}")]
    Unknown(String),
    /// It has another key of the log.
    #[error("it does not take the signature: its operator must name it the log's key {0}")]
    Key(String),
    /// It has seen more than there is.
    #[error(
        "it cosigned this log at size {seen}, and the newest checkpoint here has {size}: the log was rolled back, or another host signs with its key. Run `icn audit`, and keep the witness's checkpoint"
    )]
    Ahead {
        /// What it cosigned last.
        seen: u64,
        /// What is here.
        size: u64,
    },
    /// It says that the log forked.
    #[error(
        "it says that this checkpoint does not follow from the one it cosigned: {0}. Keep this directory as it is, and the witness's checkpoint"
    )]
    Inconsistent(String),
}

/// What a round of requests gave.
#[derive(Debug, Clone)]
pub struct Round {
    /// Leaves of the checkpoint.
    pub size: u64,
    /// The witnesses whose cosignatures it has, each with its time in seconds since the Unix epoch.
    pub cosigned: Vec<(String, u64)>,
    /// Those that did not cosign, and why.
    pub failed: Vec<(String, WitnessFailure)>,
    /// Whether as many as were asked for have cosigned it: then it is kept.
    pub is_kept: bool,
}

/// Asks witnesses, round by round.
#[derive(Debug)]
pub struct Cosigning {
    data: PathBuf,
    witnesses: Vec<WitnessAt>,
    quorum: usize,
    file: CosignedFile,
    /// What each witness is thought to have cosigned last, by its key.
    sizes: BTreeMap<VerifierKey, u64>,
}

/// A witness's signature line and the time in it.
type Line = (String, u64);

/// What came of one request.
enum Outcome {
    Signed(Line),
    /// It goes on from another size.
    From(u64),
    Failed(WitnessFailure),
}

impl Cosigning {
    /// Of this directory by these witnesses; a checkpoint that `quorum` of them cosigned is kept.
    pub fn new(data: &Path, witnesses: Vec<WitnessAt>, quorum: usize) -> Result<Self, CosignedError> {
        // That there is a host's directory, before anything is written.
        newest(data)?;
        let file = CosignedFile::take(data)?;
        Ok(Self { data: data.to_owned(), witnesses, quorum, file, sizes: BTreeMap::new() })
    }

    /// Asks each witness that has not cosigned the newest checkpoint, all at once, and keeps the checkpoint with what they
    /// gave if that is enough. An error says that nobody could be asked, or that it could not be kept.
    pub fn round(&mut self) -> Result<Round, CosignedError> {
        let newest = newest(&self.data)?;
        let mut lines = self.kept(&newest)?;
        let before = lines.len();
        let mut failed: BTreeMap<VerifierKey, WitnessFailure> = BTreeMap::new();
        let mut waiting: Vec<WitnessAt> =
            self.witnesses.iter().filter(|witness| !lines.contains_key(&witness.key)).cloned().collect();
        // The second time for those that go on from another size than was thought.
        for _ in 0..2 {
            let answers = self.ask(&newest, std::mem::take(&mut waiting))?;
            for (witness, outcome) in answers {
                let key = witness.key.clone();
                match outcome {
                    Outcome::Signed(line) => {
                        failed.remove(&key);
                        self.sizes.insert(key.clone(), newest.size);
                        lines.insert(key, line);
                    }
                    Outcome::From(seen) if seen > newest.size => {
                        failed.insert(key, WitnessFailure::Ahead { seen, size: newest.size });
                    }
                    Outcome::From(seen) => {
                        let why = format!("it goes on from size {seen}, and again from another");
                        failed.insert(key.clone(), WitnessFailure::Answer(why));
                        self.sizes.insert(key, seen);
                        waiting.push(witness);
                    }
                    Outcome::Failed(why) => {
                        failed.insert(key, why);
                    }
                }
            }
        }
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

    /// The cosignatures of the newest checkpoint that are kept already; and what the kept one tells of the witnesses.
    fn kept(&mut self, newest: &Newest) -> Result<BTreeMap<VerifierKey, Line>, CosignedError> {
        let mut lines = BTreeMap::new();
        // What is not a note is replaced.
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

    /// Asks these, each on a thread of its own, with one pass over the log for all proofs.
    fn ask(
        &self,
        newest: &Newest,
        witnesses: Vec<WitnessAt>,
    ) -> Result<Vec<(WitnessAt, Outcome)>, CosignedError> {
        let (mut outcomes, mut asked) = (Vec::new(), Vec::new());
        for witness in witnesses {
            let old = self.sizes.get(&witness.key).copied().unwrap_or(0);
            if old > newest.size {
                outcomes.push((witness, Outcome::From(old)))
            } else {
                asked.push((witness, old))
            }
        }
        let olds: BTreeSet<u64> = asked.iter().map(|(_, old)| *old).collect();
        let proofs = consistency(&self.data, &olds, newest.size)?;
        let (give, answers) = mpsc::channel();
        let mut waiting: BTreeMap<usize, WitnessAt> = BTreeMap::new();
        for (at, (witness, old)) in asked.into_iter().enumerate() {
            let (newest, proof) = (newest.clone(), proofs.get(&old).cloned().unwrap_or_default());
            let (give, asked) = (give.clone(), witness.clone());
            waiting.insert(at, witness);
            // A thread whose host is not found is left behind; what it finds nobody waits for.
            let _ = std::thread::Builder::new().name("icn-cosign".into()).spawn(move || {
                let _ = give.send((at, ask_one(&asked, &newest, old, &proof)));
            });
        }
        drop(give);
        let until = Instant::now() + ANSWER_TIME + LOOKUP_TIME;
        while !waiting.is_empty() {
            let Ok((at, outcome)) = answers.recv_timeout(until.saturating_duration_since(Instant::now()))
            else {
                break;
            };
            outcomes.extend(waiting.remove(&at).map(|witness| (witness, outcome)));
        }
        let late = || Outcome::Failed(WitnessFailure::Answer("it took too long".into()));
        outcomes.extend(waiting.into_values().map(|witness| (witness, late())));
        Ok(outcomes)
    }
}

fn ask_one(witness: &WitnessAt, newest: &Newest, old: u64, proof: &[Hash]) -> Outcome {
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
