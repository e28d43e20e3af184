//! The audit of an export: the blocks of the CAR are the log, and every tile, every bundle of entries and the
//! checkpoint must be what they give. Nothing of the host's data directory is needed.
//!
//! A publication is an export that grows: what stands behind its checkpoint is being written, so the audit
//! stops there.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use icn_core::block::Entry;
use icn_core::fold::Fold;
use icn_core::limits;
use icn_core::log::{Checkpoint, KeyKind, Tiler, TrustPolicy, Trusted, VerifierKey};
use icn_core::name::BlockId;

use super::asked::{Asked, imbalance};
use super::evidence;
use super::known::KnownCheckpoints;
use super::listener::Listener;
use super::tiles::compare;
use super::walk::{Source, Stop};
use crate::cosigned;
use crate::error::StoreError;
use crate::export::{CarLog, ExportLayout};
use crate::finding::Finding;
use crate::report::{AuditReport, Cosigned, unwitnessed};

/// Bytes of a small file that are read, at most. The largest one is a policy, which names some witnesses.
const SMALL_FILE_BYTES_MAX: u64 = 1024 * 1024;

const _: () = assert!((limits::NOTE_BYTES_MAX as u64) < SMALL_FILE_BYTES_MAX, "a checkpoint is a small file");

// Format: docs/formats.md, "Exports".
pub(super) fn audit(
    dir: &Path,
    asked: &mut Asked<'_>,
    listener: &mut dyn Listener,
) -> Result<AuditReport, StoreError> {
    let layout = ExportLayout::new(dir);
    let cosigned = cosigned::read_note(&layout.cosigned())?;
    let mut source = ExportSource {
        log: CarLog::open(&layout.car())?,
        layout: &layout,
        trust: asked.audit.trust.as_ref(),
        tiler: Tiler::default(),
        checkpoint: None,
        trusted: None,
        known: KnownCheckpoints::new(&asked.audit.seen, &layout.cosigned(), cosigned.as_deref()),
        cosigned,
        first: None,
    };
    let mut fold = asked.fold();
    let walked = asked.walk(&mut source, &mut fold, listener)?;
    let finding = walked.or_else(|| source.finish(&fold)).or_else(|| imbalance(&fold));
    let ExportSource { trusted, known, .. } = source;
    let notice = trusted.as_ref().and_then(|trusted| unwitnessed(trusted, fold.log().size()));
    let fork = known.forked().and_then(|other| evidence::of(&asked.audit.subject, &fold, other));
    let (cosigned, fork) = (trusted.as_ref().and_then(Cosigned::of), fork.map(|fork| fork.to_text()));
    let report = asked.report(&fold, finding, listener);
    Ok(AuditReport { notices: notice.into_iter().collect(), cosigned, fork, ..report })
}

/// The log of an export.
struct ExportSource<'a> {
    log: CarLog,
    layout: &'a ExportLayout,
    trust: Option<&'a TrustPolicy>,
    tiler: Tiler,
    /// The export's checkpoint, once the log's first entry was read.
    checkpoint: Option<Checkpoint>,
    /// The policy's verdict, once the log's first entry was read.
    trusted: Option<Trusted>,
    /// The checkpoint that witnesses cosigned.
    cosigned: Option<String>,
    known: KnownCheckpoints,
    /// The log's first leaf.
    first: Option<BlockId>,
}

impl Source for ExportSource<'_> {
    fn next(&mut self) -> Result<Option<Vec<(u64, Entry)>>, Stop> {
        let signed = self.checkpoint.as_ref().map(|checkpoint| checkpoint.size);
        if self.is_published() && signed == Some(self.log.position()) {
            return Ok(None);
        }
        match self.log.next_entry() {
            Ok(entry) => Ok(entry.map(|entry| vec![entry])),
            Err(error) => {
                let (path, position) = (self.log.path(), self.log.position());
                Err(Stop::Diverged(error.finding(path, position).map_err(Stop::Unreadable)?))
            }
        }
    }

    fn folded(&mut self, fold: &Fold, entry: &Entry) -> Result<(), Finding> {
        if self.checkpoint.is_none() {
            self.first = entry.leaves.first().copied();
            self.checkpoint = Some(self.open_checkpoint(fold)?);
        }
        for leaf in &entry.leaves {
            self.tiler.push(leaf).iter().try_for_each(|written| compare(self.layout, written))?;
        }
        self.known.compare(fold)?;
        let Some(checkpoint) = &self.checkpoint else { return Ok(()) };
        let (size, root) = (fold.log().size(), fold.log().frontier().root());
        if size == checkpoint.size && root != checkpoint.root {
            let (expected, found) = (checkpoint.root.to_hex(), root.to_hex());
            let finding = Finding::of("root of the signed checkpoint", &expected, &found).at_position(size);
            return Err(finding.at_place(self.layout.checkpoint().display()));
        }
        if size > checkpoint.size {
            return Err(end_of_log(checkpoint.size, size));
        }
        Ok(())
    }
}

impl ExportSource<'_> {
    /// Whether this is a publication. Its CAR grows at the end alone, so it names the log's first leaf as its
    /// only root.
    fn is_published(&self) -> bool {
        let first = self.first.as_ref().map(|first| first.as_bytes().to_vec());
        first.is_some_and(|first| self.log.roots() == [first])
    }

    /// Opens the checkpoint, once the log's first entry names the host: the export's key and its policy must
    /// name the same key. Applies the auditor's own policy, if there is one.
    fn open_checkpoint(&mut self, fold: &Fold) -> Result<Checkpoint, Finding> {
        let host = fold.host().ok_or_else(|| Finding::of("first entry", "the host's block", &"another"))?;
        let key = VerifierKey::new(host.log.as_str(), KeyKind::Log, host.host);
        let key = key.ok_or_else(|| Finding::of("origin", "a name that a note can have", &host.log))?;
        let path = self.layout.verifier_key();
        let found = read_small(&path)?;
        if found.strip_suffix('\n') != Some(key.to_string().as_str()) {
            let finding = Finding::of("verifier key", &key.to_string(), &found.trim_end());
            return Err(finding.at_place(path.display()));
        }
        let must_have_key = |policy: &TrustPolicy, place: &Path| {
            let finding = || Finding::of("log key", &policy.log.to_string(), &key).at_place(place.display());
            if policy.log == key { Ok(()) } else { Err(finding()) }
        };
        let path = self.layout.policy();
        let policy: TrustPolicy = serde_json::from_str(&read_small(&path)?).map_err(|error| {
            Finding::of("trust policy", "a policy as JSON", &error).at_place(path.display())
        })?;
        let note = read_small(&self.layout.checkpoint())?;
        must_have_key(&policy, &path)?;
        let newest = policy.open(&note).map_err(|error| Finding::from(&error).at_place(path.display()))?;
        if let Some(policy) = self.trust {
            let place = self.layout.checkpoint();
            must_have_key(policy, &place)?;
            let judged = cosigned::judge(policy, &note, self.cosigned.as_deref());
            let judged = judged.map_err(|error| Finding::from(&error).at_place(place.display()));
            self.trusted = Some(judged?);
        }
        Ok(newest.checkpoint)
    }

    /// Checks the end of the log: the checkpoint's size is reached, the partial tiles and the CAR's roots are
    /// right, and the known checkpoints were reached.
    fn finish(&mut self, fold: &Fold) -> Option<Finding> {
        let is_published = self.is_published();
        let size = fold.log().size();
        let signed = self.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size);
        if size < signed || size == 0 {
            return Some(end_of_log(signed, size).at_place(self.log.path().display()));
        }
        let partial = std::mem::take(&mut self.tiler).finish();
        let compared = partial.iter().try_for_each(|written| compare(self.layout, written));
        if let Err(finding) = compared {
            return Some(finding);
        }
        let heads = fold.log().heads().values().map(|head| head.block.as_bytes().to_vec());
        if !is_published && !heads.eq(self.log.roots().iter().cloned()) {
            let found = format!("{} others", self.log.roots().len());
            let expected = "each author's last envelope, in the order of their keys";
            let finding = Finding::of("CAR roots", expected, &found);
            return Some(finding.at_place(self.log.path().display()));
        }
        self.known.finish(size)
    }
}

/// The finding for a log of another size than its checkpoint.
fn end_of_log(signed: u64, size: u64) -> Finding {
    let expected = format!("the {signed} leaves that are signed");
    Finding::of("end of the log", &expected, &size).at_position(size)
}

/// Reads a small text file of an export. One that cannot be read is a finding: it is not what was exported.
fn read_small(path: &Path) -> Result<String, Finding> {
    let failed = |error: &dyn std::fmt::Display| {
        Finding::of("file of the export", "the text that was exported", error).at_place(path.display())
    };
    let mut text = String::new();
    let read =
        File::open(path).and_then(|file| file.take(SMALL_FILE_BYTES_MAX + 1).read_to_string(&mut text));
    read.map_err(|error| failed(&error))?;
    if text.len() as u64 > SMALL_FILE_BYTES_MAX {
        return Err(failed(&format!("more than {SMALL_FILE_BYTES_MAX} bytes")));
    }
    Ok(text)
}
