//! The audit of a data directory.
//!
//! The part of the log that a signed checkpoint covers never changes, so it is read without a lock. Behind it a
//! host may be writing, and half a write would look like damage: that part is read under the shared lock, or,
//! when a host has the directory open, not at all.

use std::path::Path;

use icn_core::block::Entry;
use icn_core::fold::Fold;
use icn_core::log::{TrustPolicy, Trusted, verifier_key};

use super::ask::Audit;
use super::asked::{Asked, imbalance};
use super::evidence;
use super::known::KnownCheckpoints;
use super::listener::Listener;
use super::snapshots;
use super::walk::{Source, Stop};
use crate::checkpoint::{Comparison, judge_verifier_key, read_checkpoint};
use crate::cosigned;
use crate::directory::{self, Layout, Lock, Writers};
use crate::error::StoreError;
use crate::finding::Finding;
use crate::report::{AuditReport, Cosigned, unwitnessed};
use crate::store::{Reader, Tail};

pub(super) fn audit(
    data: &Path,
    asked: &mut Asked<'_>,
    listener: &mut dyn Listener,
) -> Result<AuditReport, StoreError> {
    let layout = Layout::new(data);
    if !directory::is_a_hosts(&layout)? {
        return Err(StoreError::no_log(&layout.log()));
    }
    let mut source = DataSource::open(&layout, asked.audit)?;
    let mut fold = asked.fold();
    let walked = asked.walk(&mut source, &mut fold, listener)?;
    // The lock in `end` is held until the snapshots were read.
    let DataSource { reader, end, known, trusted, note, .. } = source;
    let (in_use, size) = (matches!(end, End::InUse), fold.log().size());
    let mut notices = Vec::new();
    if in_use {
        notices.push(format!(
            "a host has this directory open: audited up to position {size}, what its newest checkpoint covers"
        ));
    }
    let mut finding = walked.or_else(|| known.finish(size));
    if finding.is_none() && note.is_none() {
        finding = without_checkpoint(&layout, size, &mut notices)?;
    }
    if finding.is_none() && note.is_some() && size == 0 {
        finding = Some(no_entry(&layout, &layout.checkpoint()));
    }
    finding = finding.or_else(|| imbalance(&fold));
    if let Some(Tail::Torn { file, offset, bytes }) = reader.tail() {
        notices.push(format!(
            "{} ends in a write of {bytes} bytes at byte {offset} that a crash cut short: no checkpoint covers it, and nobody was told that it succeeded",
            file.display()
        ));
    }
    if finding.is_none() {
        if !asked.is_of_structure() {
            notices.extend(snapshots::check(&layout, &fold, in_use)?);
        }
        if let Some(host) = fold.host() {
            notices.extend(judge_verifier_key(&layout, &verifier_key(&host.log, &host.host))?);
        }
    }
    notices.extend(trusted.as_ref().and_then(|trusted| unwitnessed(trusted, size)));
    let fork = known.forked().and_then(|other| evidence::of(&asked.audit.subject, &fold, other));
    let report = asked.report(&fold, finding, listener);
    let (cosigned, fork) = (trusted.as_ref().and_then(Cosigned::of), fork.map(|fork| fork.to_text()));
    Ok(AuditReport { in_use, notices, cosigned, fork, ..report })
}

/// The verdict on a log without a checkpoint. A host signs a checkpoint as soon as its log has its first entry.
/// So a log without one has at most that entry, of a host that was killed before; it wrote nothing else and
/// answered nobody.
fn without_checkpoint(
    layout: &Layout,
    size: u64,
    notices: &mut Vec<String>,
) -> Result<Option<Finding>, StoreError> {
    let trace = directory::trace_of_entries(layout)?;
    let notice = match (size, trace) {
        (0, None) => "the log is empty: its host has not written the first entry, or was stopped before",
        (1, None) => {
            "no checkpoint covers the log's first entry: its host has not signed one, or was stopped before"
        }
        (0, Some(trace)) => return Ok(Some(no_entry(layout, &trace))),
        _ => {
            let finding = Finding::of("checkpoint", "one beside the log", &"none");
            return Ok(Some(finding.at_place(layout.checkpoint().display())));
        }
    };
    notices.push(notice.into());
    Ok(None)
}

/// The finding for a log without entries that had some: `trace` is a file that shows it.
fn no_entry(layout: &Layout, trace: &Path) -> Finding {
    let expected = format!("the entries that {} shows there were", trace.display());
    Finding::of("log", &expected, &"none").at_position(0).at_place(layout.log().display())
}

/// How far the log is read.
enum End {
    /// To the end of what the checkpoint covers, without a lock. Then the lock decides.
    Covered,
    /// To the end of the log. No host writes while the lock is held.
    Whole(#[expect(dead_code, reason = "held for its lock")] Option<Lock>),
    /// No further: a host has the directory open.
    InUse,
}

/// The log of a data directory.
struct DataSource<'a> {
    layout: &'a Layout,
    reader: Reader,
    /// The newest checkpoint, as it was read.
    note: Option<String>,
    comparison: Comparison,
    trust: Option<&'a TrustPolicy>,
    /// The policy's verdict, once the log's first entry was read.
    trusted: Option<Trusted>,
    /// The checkpoint that witnesses cosigned.
    cosigned: Option<String>,
    known: KnownCheckpoints,
    end: End,
}

impl<'a> DataSource<'a> {
    fn open(layout: &'a Layout, audit: &'a Audit) -> Result<Self, StoreError> {
        // Read before the newest checkpoint, which then is not older.
        let cosigned = cosigned::read_note(&layout.cosigned())?;
        let mut note = read_checkpoint(layout)?;
        // A host writes this key after its checkpoint: both may have been written since the first look.
        if note.is_none() && layout.verifier_key().exists() {
            note = read_checkpoint(layout)?;
        }
        let known = KnownCheckpoints::new(&audit.seen, &layout.cosigned(), cosigned.as_deref());
        Ok(Self {
            layout,
            reader: Reader::new(&layout.log()),
            comparison: Comparison::new(note.clone()),
            note,
            trust: audit.trust.as_ref(),
            trusted: None,
            cosigned,
            known,
            end: End::Covered,
        })
    }
}

impl Source for DataSource<'_> {
    fn next(&mut self) -> Result<Option<Vec<(u64, Entry)>>, Stop> {
        // With a checkpoint the first entry is durable: it says whose checkpoint it is, and how far it covers.
        let covered = self.reader.covered().max(u64::from(self.note.is_some()));
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
        let covered = self.comparison.verify(fold).map_err(Finding::from)?;
        if let Some(size) = covered {
            self.reader.must_reach(size);
        }
        self.comparison.compare(fold.log().frontier())?;
        self.known.compare(fold)
    }
}
