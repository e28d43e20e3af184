//! The audit of a data directory, from the stored log alone, trusting nothing else: every name, signature,
//! parent, sequence, root and balance; and, asked to, every run once more.

use std::path::PathBuf;

use icn_core::block::{Entry, Invocation, Receipt};
use icn_core::id::{BlockId, Hash, Origin};
use icn_core::replay::{Divergence, Fold, Prepared, Rerunner, Trust};
use icn_sandbox::{Engine, EngineOptions, Reruns};

use crate::files::Layout;
use crate::recover::{self, Held, HeldError};
use crate::store::{Reader, StoreError, Tail, snapshot};

/// Entries that are looked at together, on all cores.
const BATCH_ENTRIES: usize = 2048;

/// What an audit looks at.
#[derive(Debug, Clone)]
pub struct AuditOptions {
    /// The data directory. It is only read.
    pub data: PathBuf,
    /// Run every invocation again and compare the receipts byte for byte.
    pub replay: bool,
}

/// What an audit found.
#[derive(Debug, Clone, serde::Serialize)]
pub struct AuditReport {
    /// Whether everything holds.
    pub ok: bool,
    /// The log, when its first entry could be read.
    pub origin: Option<String>,
    /// Leaves that hold.
    pub size: u64,
    /// The root over them, in hexadecimal.
    pub root: String,
    /// Scopes.
    pub scopes: u64,
    /// Receipts.
    pub invocations: u64,
    /// Whether every run was run again.
    pub replayed: bool,
    /// The first thing that does not hold.
    pub divergence: Option<Finding>,
    /// What was set aside and derived again, and what else a person should know.
    pub notices: Vec<String>,
}

/// The first thing that does not hold, and where.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Finding {
    /// The log position of the entry, where there is one.
    pub position: Option<u64>,
    /// The block, where there is one.
    pub block: Option<String>,
    /// What does not hold.
    pub what: String,
    /// What would be right.
    pub expected: String,
    /// What is there.
    pub found: String,
    /// The file and the byte, where the bytes themselves are damaged.
    pub place: Option<String>,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(position) = self.position {
            write!(f, "position {position}, ")?;
        }
        if let Some(block) = &self.block {
            write!(f, "block {block}, ")?;
        }
        if let Some(place) = &self.place {
            write!(f, "{place}, ")?;
        }
        write!(f, "{}: expected {}, found {}", self.what, self.expected, self.found)
    }
}

impl From<Divergence> for Finding {
    fn from(divergence: Divergence) -> Self {
        let Divergence { position, block, what, expected, found } = divergence;
        Self { position: Some(position), block: Some(block.to_string()), what, expected, found, place: None }
    }
}

impl From<StoreError> for Finding {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Damaged { file, offset, position, what } => Self {
                position: Some(position),
                block: None,
                what: "stored bytes".into(),
                expected: "those that were written".into(),
                found: what,
                place: Some(format!("{} at byte {offset}", file.display())),
            },
            other => Self::of("reading the log", "an answer of the disk", &other),
        }
    }
}

impl Finding {
    fn of(what: &str, expected: &str, found: &dyn std::fmt::Display) -> Self {
        let (what, expected, found) = (what.to_owned(), expected.to_owned(), found.to_string());
        Self { position: None, block: None, what, expected, found, place: None }
    }
}

/// Hears of each entry that holds, while an audit goes through the log.
pub trait Witness {
    /// A receipt that holds, its envelope's name and its invocation.
    fn receipt(&mut self, id: BlockId, invocation: &Invocation, receipt: &Receipt);
    /// So many leaves hold.
    fn progress(&mut self, leaves: u64) {
        let _ = leaves;
    }
}

impl Witness for () {
    fn receipt(&mut self, _: BlockId, _: &Invocation, _: &Receipt) {}
}

/// Audits a data directory.
pub fn audit(options: &AuditOptions, witness: &mut dyn Witness) -> Result<AuditReport, StoreError> {
    let layout = Layout::new(&options.data);
    let log = layout.log();
    if !log.is_dir() {
        let missing = std::io::Error::new(
            std::io::ErrorKind::NotFound,
            "no log there: expected a host's data directory",
        );
        return Err(StoreError::io("opening", &log)(missing));
    }
    let note = recover::read_checkpoint(&layout)?;
    let mut held = Held::new(note.clone());
    let mut fold = Fold::default();
    let mut reader = Reader::new(&log);
    let mut notices = Vec::new();
    let mut finding = match engine(options.replay) {
        Ok(mut reruns) => {
            let mut walk = Walk { reader: &mut reader, fold: &mut fold, held: &mut held, witness };
            walk.all(reruns.as_mut().map(|r| r as &mut dyn Rerunner)).err()
        }

        Err(error) => Some(Finding::of("replay", "an engine", &error)),
    };
    if finding.is_none() && note.is_none() {
        finding = Some(Finding::of("checkpoint", "one beside the log", &"none"));
    }
    if finding.is_none() && fold.log().size() == 0 {
        finding = Some(Finding::of("log", "the host's first entry", &"nothing"));
    }
    if finding.is_none() {
        finding = fold.ledger().imbalances().first().map(|(scope, unit, sum)| {
            Finding::of("ledger", "debits equal to credits", &format!("{unit} of {scope} sums to {sum}"))
        });
    }
    if let Some(Tail::Torn { file, offset, bytes }) = reader.tail() {
        notices.push(format!(
            "{} ends in a write of {bytes} bytes at byte {offset} that a crash cut short: no checkpoint covers it, and nobody was answered",
            file.display()
        ));
    }
    if finding.is_none() {
        check_snapshots(&layout, &fold, &mut notices)?;
    }
    let (size, root): (u64, Hash) = (fold.log().size(), fold.log().frontier().root());
    Ok(AuditReport {
        ok: finding.is_none(),
        origin: fold.host().map(|host| Origin::to_string(&host.log)),
        size,
        root: root.to_hex(),
        scopes: fold.chains().len() as u64,
        invocations: fold.invocations(),
        replayed: options.replay,
        divergence: finding,
        notices,
    })
}

fn engine(replay: bool) -> Result<Option<Reruns>, String> {
    if !replay {
        return Ok(None);
    }
    Engine::new(&EngineOptions::default()).map(|engine| Some(Reruns::new(engine)))
}

struct Walk<'a> {
    reader: &'a mut Reader,
    fold: &'a mut Fold,
    held: &'a mut Held,
    witness: &'a mut dyn Witness,
}

impl Walk<'_> {
    /// Reads, prepares on all cores, folds in order. The first divergence ends it.
    fn all(&mut self, mut rerunner: Option<&mut dyn Rerunner>) -> Result<(), Finding> {
        // The first group alone: it says who the host is, and so whose checkpoint counts.
        let mut batch_max = 1;
        loop {
            let mut batch = Vec::with_capacity(batch_max);
            let mut end = None;
            while batch.len() < batch_max && end.is_none() {
                match self.reader.next_group() {
                    Ok(Some(group)) => batch.extend(group),
                    Ok(None) => end = Some(Ok(())),
                    // What stands before the damage is still looked at: it may diverge first.
                    Err(error) => end = Some(Err(Finding::from(error))),
                }
            }
            for prepared in prepare(batch) {
                let applied = match rerunner.as_mut() {
                    Some(rerunner) => self.fold.apply(prepared?, Some(&mut **rerunner))?,
                    None => self.fold.apply(prepared?, None)?,
                };
                self.hold()?;
                if let Some((invocation, receipt)) = applied.run() {
                    self.witness.receipt(applied.entry().leaves[0], invocation, receipt);
                }
            }
            self.witness.progress(self.fold.log().size());
            if let Some(end) = end {
                return end;
            }
            batch_max = BATCH_ENTRIES;
        }
    }

    /// Holds the checkpoint against the log.
    fn hold(&mut self) -> Result<(), Finding> {
        let opened = self.held.open(self.fold, self.reader);
        opened.and_then(|()| self.held.pass(self.fold.log().frontier())).map_err(|error| match error {
            HeldError::Unusable(error) => Finding::of("checkpoint", "one that the host signed", &error),
            HeldError::OtherHistory { size, signed, found } => Finding {
                position: Some(size),
                ..Finding::of("root of the signed checkpoint", &signed, &found)
            },
        })
    }
}

/// Looks at entries alone, on all cores; the results are in order.
fn prepare(batch: Vec<(u64, Entry)>) -> Vec<Result<Prepared, Divergence>> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = batch.len().div_ceil(cores).max(1);
    let mut shares: Vec<Vec<(u64, Entry)>> = Vec::new();
    let mut batch = batch.into_iter();
    loop {
        let next: Vec<_> = batch.by_ref().take(share).collect();
        if next.is_empty() {
            break;
        }
        shares.push(next);
    }
    let read = |share: Vec<(u64, Entry)>| -> Vec<_> {
        share.into_iter().map(|(position, entry)| Prepared::read(position, entry, Trust::Nobody)).collect()
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = shares.into_iter().map(|share| scope.spawn(move || read(share))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    })
}

/// Snapshots are derived: one that does not hold is named, and what it says was derived again by this audit.
fn check_snapshots(layout: &Layout, fold: &Fold, notices: &mut Vec<String>) -> Result<(), StoreError> {
    for path in snapshot::list(&layout.snapshots())? {
        let verdict = match snapshot::read(&path) {
            Err(unusable) => Some(unusable.why),
            Ok(snapshot) if snapshot.size == fold.log().size() => {
                (!same(&snapshot, fold)).then(|| "it is not what the log adds up to".to_owned())
            }
            Ok(snapshot) if snapshot.size > fold.log().size() => Some(format!(
                "it is of size {}, the log has {}: was the log cut?",
                snapshot.size,
                fold.log().size()
            )),
            Ok(_) => None,
        };
        if let Some(why) = verdict {
            notices.push(format!(
                "snapshot {} does not hold ({why}): it is derived, and what it says was rebuilt from the log",
                path.display()
            ));
        }
    }
    Ok(())
}

fn same(snapshot: &snapshot::Snapshot, fold: &Fold) -> bool {
    let chains: Vec<_> = fold.chains().iter().map(|(scope, chain)| (*scope, chain.parts())).collect();
    let ours = recover::snapshot_of(fold.log(), fold.ledger().posted(), chains, fold.engines());
    ours == *snapshot
}
