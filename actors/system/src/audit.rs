//! The audit of a data directory, from the stored log alone, trusting nothing else: every name, signature,
//! parent, sequence, root and balance; and, asked to, every run once more.

use std::path::{Path, PathBuf};

use icn_core::block::{Entry, Invocation, Receipt};
use icn_core::checkpoint::verifier_key;
use icn_core::id::{BlockId, Hash, Origin};
use icn_core::replay::{Divergence, Fold, Prepared, Rerunner, Trust};
use icn_sandbox::{Engine, EngineOptions, Reruns};

use crate::directory;
use crate::files::{Layout, Lock, Writers};
use crate::recover::{self, Held, HeldError};
use crate::report::{AuditReport, Finding};
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

/// Hears of each entry that holds, while an audit goes through the log.
pub trait Witness {
    /// A receipt that holds, its envelope's name and its invocation.
    fn receipt(&mut self, id: BlockId, invocation: &Invocation, receipt: &Receipt);
    /// An entry that holds, whatever it is.
    fn entry(&mut self, entry: &Prepared) {
        let _ = entry;
    }
    /// What the log adds up to. Only when all of it holds.
    fn folded(&mut self, fold: &Fold) {
        let _ = fold;
    }
    /// So many leaves hold.
    fn progress(&mut self, leaves: u64) {
        let _ = leaves;
    }
}

impl Witness for () {
    fn receipt(&mut self, _: BlockId, _: &Invocation, _: &Receipt) {}
}

/// Audits a data directory: all of it, or, while a host has it open, what the host's newest checkpoint covers. An
/// error says that it cannot be audited; damage is no error, but in the report.
pub fn audit(options: &AuditOptions, witness: &mut dyn Witness) -> Result<AuditReport, StoreError> {
    let layout = Layout::new(&options.data);
    if !directory::is_a_hosts(&layout)? {
        let missing = std::io::Error::new(
            std::io::ErrorKind::NotFound,
            "no log there: expected a host's data directory",
        );
        return Err(StoreError::io("opening", &layout.log())(missing));
    }
    let mut note = recover::read_checkpoint(&layout)?;
    // Written when there is a checkpoint: a host may have written both since.
    if note.is_none() && layout.verifier_key().exists() {
        note = recover::read_checkpoint(&layout)?;
    }
    let mut fold = Fold::default();
    let mut walk = Walk {
        layout: &layout,
        reader: Reader::new(&layout.log()),
        fold: &mut fold,
        signed: note.is_some(),
        held: Held::new(note.clone()),
        end: End::Covered,
        witness: &mut *witness,
    };
    let walked = match engine(options.replay) {
        Ok(mut reruns) => walk.all(reruns.as_mut().map(|r| r as &mut dyn Rerunner)),
        Err(error) => Err(Stop::Diverged(Finding::of("replay", "an engine", &error))),
    };
    // Its lock lasts until the snapshots were looked at.
    let Walk { reader, end, .. } = walk;
    let in_use = matches!(end, End::InUse);
    let mut finding = match walked {
        Ok(()) => None,
        Err(Stop::Diverged(finding)) => Some(finding),
        Err(Stop::Unreadable(error)) => return Err(error),
    };
    let mut notices = Vec::new();
    if in_use {
        notices.push(format!(
            "a host has this directory open: audited up to position {}, what its newest checkpoint covers",
            fold.log().size()
        ));
    }
    if finding.is_none() && note.is_none() {
        finding = without_checkpoint(&layout, fold.log().size(), &mut notices)?;
    }
    if finding.is_none() && note.is_some() && fold.log().size() == 0 {
        finding = Some(no_entry(&layout, &layout.checkpoint()));
    }
    if finding.is_none() {
        finding = fold.ledger().imbalances().first().map(|(scope, unit, posted, held)| {
            let found = format!("{unit} of {scope} sums to {posted}, and {held} held");
            Finding::of("ledger", "debits equal to credits", &found)
        });
    }
    if let Some(Tail::Torn { file, offset, bytes }) = reader.tail() {
        notices.push(format!(
            "{} ends in a write of {bytes} bytes at byte {offset} that a crash cut short: no checkpoint covers it, and nobody was answered",
            file.display()
        ));
    }
    if finding.is_none() {
        check_snapshots(&layout, &fold, in_use, &mut notices)?;
        if let Some(host) = fold.host() {
            notices.extend(recover::judge_verifier_key(&layout, &verifier_key(&host.log, &host.host))?);
        }
    }
    if finding.is_none() {
        witness.folded(&fold);
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
        in_use,
        notices,
    })
}

/// What to think of a directory without a checkpoint. A host signs one as soon as its log has its first entry, so
/// only one that was killed before has none; it answered nobody, and wrote nothing that comes later.
fn without_checkpoint(
    layout: &Layout,
    size: u64,
    notices: &mut Vec<String>,
) -> Result<Option<Finding>, StoreError> {
    let trace = directory::trace_of_entries(layout)?;
    Ok(match (size, trace) {
        (0, None) => {
            notices.push(
                "the log is empty: its host has not written the first entry, or was stopped before".into(),
            );
            None
        }
        (1, None) => {
            notices.push("no checkpoint covers the log's first entry: its host has not signed one, or was stopped before".into());
            None
        }
        (0, Some(trace)) => Some(no_entry(layout, &trace)),
        _ => Some(Finding {
            place: Some(layout.checkpoint().display().to_string()),
            ..Finding::of("checkpoint", "one beside the log", &"none")
        }),
    })
}

/// A log without entries, which had some.
fn no_entry(layout: &Layout, trace: &Path) -> Finding {
    Finding {
        position: Some(0),
        place: Some(layout.log().display().to_string()),
        ..Finding::of("log", &format!("the entries of which {} is left", trace.display()), &"none")
    }
}

fn engine(replay: bool) -> Result<Option<Reruns>, String> {
    if !replay {
        return Ok(None);
    }
    Engine::new(&EngineOptions::default()).map(|engine| Some(Reruns::new(engine)))
}

/// Why a walk ends early.
enum Stop {
    Diverged(Finding),
    /// The files cannot be read, which says nothing about what is in them.
    Unreadable(StoreError),
}

impl From<Divergence> for Stop {
    fn from(divergence: Divergence) -> Self {
        Self::Diverged(divergence.into())
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Io { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
                Self::Unreadable(error)
            }
            _ => Self::Diverged(error.into()),
        }
    }
}

/// How far the log is read. What a signed checkpoint covers never changes, so it is read without a lock; behind it a
/// host may be writing, and half a write would look like damage.
enum End {
    Covered,
    /// No host writes while this is held.
    Whole(#[expect(dead_code, reason = "held for its lock")] Option<Lock>),
    /// A host has the directory open: nothing behind the checkpoint is read.
    InUse,
}

struct Walk<'a> {
    layout: &'a Layout,
    reader: Reader,
    fold: &'a mut Fold,
    /// Whether there is a checkpoint: then the first entry, which tells whose it is, was durable before.
    signed: bool,
    held: Held,
    end: End,
    witness: &'a mut dyn Witness,
}

impl Walk<'_> {
    /// The next group of what may be read.
    fn next_group(&mut self) -> Result<Option<Vec<(u64, Entry)>>, StoreError> {
        let covered = self.reader.covered().max(u64::from(self.signed));
        if matches!(self.end, End::Covered) && self.reader.position() >= covered {
            self.end = match Lock::share(self.layout)? {
                Writers::Absent(lock) => End::Whole(lock),
                Writers::Present => End::InUse,
            };
            self.reader.look_again()?;
        }
        match self.end {
            End::InUse => Ok(None),
            End::Covered | End::Whole(_) => self.reader.next_group(),
        }
    }

    /// Reads, prepares on all cores, folds in order. The first divergence ends it.
    fn all(&mut self, mut rerunner: Option<&mut dyn Rerunner>) -> Result<(), Stop> {
        // The first group alone: it says who the host is, and so whose checkpoint counts.
        let mut batch_max = 1;
        loop {
            let mut batch = Vec::with_capacity(batch_max);
            let mut end = None;
            while batch.len() < batch_max && end.is_none() {
                match self.next_group() {
                    Ok(Some(group)) => batch.extend(group),
                    Ok(None) => end = Some(Ok(())),
                    // What stands before the damage is still looked at: it may diverge first.
                    Err(error) => end = Some(Err(Stop::from(error))),
                }
            }
            for prepared in prepare(batch) {
                let applied = match rerunner.as_mut() {
                    Some(rerunner) => {
                        self.fold.apply(prepared?, Some(&mut **rerunner)).map_err(Stop::from)?
                    }
                    None => self.fold.apply(prepared?, None)?,
                };
                self.hold().map_err(Stop::Diverged)?;
                self.witness.entry(&applied);
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
        let opened = self.held.open(self.fold, &mut self.reader);
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
fn check_snapshots(
    layout: &Layout,
    fold: &Fold,
    in_use: bool,
    notices: &mut Vec<String>,
) -> Result<(), StoreError> {
    for path in snapshot::list(&layout.snapshots())? {
        let verdict = match snapshot::read(&path) {
            // A host replaces it, or has written one of what it wrote since.
            Err(_) if in_use && !path.exists() => None,
            Ok(snapshot) if in_use && snapshot.size > fold.log().size() => None,
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
    let ledger = (fold.ledger().books(), fold.ledger().remembered());
    let ours = recover::snapshot_of(fold.log(), ledger, chains, fold.engines());
    ours == *snapshot
}
