//! The audit of a log, from a data directory or from an export, trusting nothing else: every name, signature,
//! parent, sequence, root and balance; and, asked to, every run once more.
//!
//! - here: what an audit is asked and says, and the audit of a data directory
//! - `export.rs`: that of an export
//! - `walk.rs`: what both do with the entries, wherever they come from
//! - `seen.rs`: checkpoints that the auditor brings along, and the one that witnesses cosigned
//! - `evidence.rs`: what shows others that one of them is not of this log's history

mod evidence;
mod export;
mod rerun;
mod seen;
mod walk;

use std::path::{Path, PathBuf};

use icn_core::block::{Entry, Invocation, Receipt};
use icn_core::fold::{Fold, Prepared, Rerunner};
use icn_core::log::{TrustPolicy, Trusted, verifier_key};
use icn_core::name::BlockId;

use crate::checkpoint::{self, Held};
use crate::cosigned;
use crate::directory;
use crate::directory::{Layout, Lock, Writers};
use crate::error::StoreError;
use crate::export::ExportLayout;
use crate::report::{AuditReport, Cosigned, Finding};
use crate::snapshot;
use crate::store::{Reader, Tail};
use rerun::Asked;
use seen::Seen;
use walk::{Source, Stop};

/// How much an audit looks at; each level has all of the ones before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// Names, encodings, signatures, sequences, the tree and the checkpoint.
    Structure,
    /// Authority, states, roots and balances too.
    #[default]
    Ledger,
    /// Every invocation is run again as well, on this program's own engine, and its receipt compared byte for byte.
    #[cfg(feature = "replay")]
    Replay,
}

impl Level {
    /// The level's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Ledger => "ledger",
            #[cfg(feature = "replay")]
            Self::Replay => rerun::LEVEL,
        }
    }
}

/// Where the log is that an audit looks at. It is only read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A host's data directory.
    Data(PathBuf),
    /// What [`crate::export`] wrote, wherever it is now.
    Export(PathBuf),
}

impl Subject {
    /// What is in this directory: an export when its CAR is there, else a data directory.
    #[must_use]
    pub fn at(dir: &Path) -> Self {
        let is_export = ExportLayout::new(dir).car().is_file();
        if is_export { Self::Export(dir.to_owned()) } else { Self::Data(dir.to_owned()) }
    }
}

/// What an audit is asked.
#[derive(Debug, Clone)]
pub struct Audit {
    /// The log.
    pub subject: Subject,
    /// How much of it is looked at.
    pub level: Level,
    /// Signed checkpoints of the log that the auditor has from elsewhere, each with a name for a person: the log must
    /// have been what each of them says.
    pub seen: Vec<(String, String)>,
    /// Whose checkpoint counts. Without it, it is that of the host that the log's first entry names, and an export's
    /// own policy.
    pub trust: Option<TrustPolicy>,
}

impl Audit {
    /// An audit of this log at the usual level.
    #[must_use]
    pub const fn of(subject: Subject) -> Self {
        Self { subject, level: Level::Ledger, seen: Vec::new(), trust: None }
    }

    /// Goes through the log: of a data directory all of it, or, while a host has it open, what the host's newest
    /// checkpoint covers. An error says that it cannot be audited; damage is no error, but in the report.
    pub fn run(&self, listener: &mut dyn Listener) -> Result<AuditReport, StoreError> {
        #[cfg(feature = "replay")]
        if self.level == Level::Replay {
            return match rerun::engine() {
                Ok(mut reruns) => self.go(&mut Asked::rerun_by(self, &mut reruns), listener),
                Err(why) => self.go(&mut Asked::without_engine(self, why), listener),
            };
        }
        self.go(&mut Asked::of(self), listener)
    }

    /// The same at the level `replay`, whatever the level asked for: `rerunner` runs every invocation again.
    pub fn run_with(
        &self,
        rerunner: &mut dyn Rerunner,
        listener: &mut dyn Listener,
    ) -> Result<AuditReport, StoreError> {
        self.go(&mut Asked::rerun_by(self, rerunner), listener)
    }

    fn go(&self, asked: &mut Asked<'_>, listener: &mut dyn Listener) -> Result<AuditReport, StoreError> {
        match &self.subject {
            Subject::Data(data) => directory(data, asked, listener),
            Subject::Export(dir) => export::audit(dir, asked, listener),
        }
    }
}

/// Hears of each entry that holds, while an audit goes through the log.
pub trait Listener {
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

impl Listener for () {
    fn receipt(&mut self, _: BlockId, _: &Invocation, _: &Receipt) {}
}

fn directory(
    data: &Path,
    asked: &mut Asked<'_>,
    listener: &mut dyn Listener,
) -> Result<AuditReport, StoreError> {
    let layout = Layout::new(data);
    if !directory::is_a_hosts(&layout)? {
        let missing = std::io::Error::new(
            std::io::ErrorKind::NotFound,
            "no log there: expected a host's data directory",
        );
        return Err(StoreError::io("opening", &layout.log())(missing));
    }
    // Before the newest checkpoint, which then is not older.
    let cosigned = cosigned::read_note(&layout.cosigned())?;
    let mut note = checkpoint::read_checkpoint(&layout)?;
    // Written when there is a checkpoint: a host may have written both since.
    if note.is_none() && layout.verifier_key().exists() {
        note = checkpoint::read_checkpoint(&layout)?;
    }
    let mut fold = asked.fold();
    let mut source = Stored {
        layout: &layout,
        reader: Reader::new(&layout.log()),
        signed: note.is_some(),
        note: note.clone(),
        held: Held::new(note.clone()),
        trust: asked.audit.trust.as_ref(),
        trusted: None,
        seen: Seen::new(&asked.audit.seen).with_cosigned(&layout.cosigned(), cosigned.as_deref()),
        cosigned,
        end: End::Covered,
    };
    let walked = asked.walk(&mut source, &mut fold, listener)?;
    // Its lock lasts until the snapshots were looked at.
    let Stored { reader, end, seen, trusted, .. } = source;
    let in_use = matches!(end, End::InUse);
    let mut finding = walked.or_else(|| seen.finish(fold.log().size()));
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
    finding = finding.or_else(|| imbalance(&fold));
    if let Some(Tail::Torn { file, offset, bytes }) = reader.tail() {
        notices.push(format!(
            "{} ends in a write of {bytes} bytes at byte {offset} that a crash cut short: no checkpoint covers it, and nobody was answered",
            file.display()
        ));
    }
    if finding.is_none() {
        if !asked.is_of_structure() {
            check_snapshots(&layout, &fold, in_use, &mut notices)?;
        }
        if let Some(host) = fold.host() {
            notices.extend(checkpoint::judge_verifier_key(&layout, &verifier_key(&host.log, &host.host))?);
        }
    }
    notices.extend(trusted.as_ref().and_then(|trusted| behind(trusted, fold.log().size())));
    let fork = seen.forked().and_then(|seen| evidence::of(&asked.audit.subject, &fold, seen));
    let report = asked.report(&fold, finding, listener);
    let (cosigned, fork) = (trusted.as_ref().and_then(Cosigned::of), fork.map(|fork| fork.to_text()));
    Ok(AuditReport { in_use, notices, cosigned, fork, ..report })
}

/// What a person should know of a log that goes on behind what witnesses cosigned.
fn behind(trusted: &Trusted, size: u64) -> Option<String> {
    let (cosigned, count) = (trusted.checkpoint.size, trusted.cosigned.len());
    (count > 0 && cosigned < size).then(|| {
        format!("{count} of the policy's witnesses cosigned the log up to size {cosigned}: what comes after is its host's word alone")
    })
}

/// A unit that does not sum to zero.
fn imbalance(fold: &Fold) -> Option<Finding> {
    let (scope, unit, posted, held) = fold.ledger().imbalances().into_iter().next()?;
    let found = format!("{unit} of {scope} sums to {posted}, and {held} held");
    Some(Finding::of("ledger", "debits equal to credits", &found))
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

/// How far the log is read. What a signed checkpoint covers never changes, so it is read without a lock; behind it a
/// host may be writing, and half a write would look like damage.
enum End {
    Covered,
    /// No host writes while this is held.
    Whole(#[expect(dead_code, reason = "held for its lock")] Option<Lock>),
    /// A host has the directory open: nothing behind the checkpoint is read.
    InUse,
}

/// The log of a data directory.
struct Stored<'a> {
    layout: &'a Layout,
    reader: Reader,
    /// Whether there is a checkpoint: then the first entry, which tells whose it is, was durable before.
    signed: bool,
    note: Option<String>,
    held: Held,
    trust: Option<&'a TrustPolicy>,
    /// What the policy says of the checkpoints, once the log is known.
    trusted: Option<Trusted>,
    /// The checkpoint that witnesses cosigned.
    cosigned: Option<String>,
    seen: Seen,
    end: End,
}

impl Source for Stored<'_> {
    fn next(&mut self) -> Result<Option<Vec<(u64, Entry)>>, Stop> {
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
            End::Covered | End::Whole(_) => Ok(self.reader.next_group()?),
        }
    }

    fn folded(&mut self, fold: &Fold, _: &Entry) -> Result<(), Finding> {
        if fold.log().size() == 1
            && let (Some(trust), Some(note)) = (self.trust, &self.note)
        {
            let judged = cosigned::judge(trust, note, self.cosigned.as_deref());
            self.trusted = Some(judged.map_err(|error| Finding::from(&error))?);
        }
        let opened = self.held.open(fold).map_err(Finding::from)?;
        if let Some(size) = opened {
            self.reader.must_reach(size);
        }
        self.held.pass(fold.log().frontier())?;
        self.seen.folded(fold)
    }
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
    let ledger = (fold.ledger().books(), fold.ledger().remembered());
    let ours = snapshot::snapshot_of(fold.log(), ledger, Vec::new(), fold.engines());
    let snapshot::Snapshot { size, frontier, heads, books, commands, chains, engines } = snapshot;
    // One chain after the other: each has a copy of all that it is made of.
    let same_chains = chains.len() == fold.chains().len()
        && fold
            .chains()
            .iter()
            .zip(chains)
            .all(|((scope, chain), (named, parts))| scope == named && chain.parts() == *parts);
    same_chains
        && (*size, frontier, heads) == (ours.size, &ours.frontier, &ours.heads)
        && (books, commands, engines) == (&ours.books, &ours.commands, &ours.engines)
}
