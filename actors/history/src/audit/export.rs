//! The audit of an export: the CAR's blocks are the log; every tile, every bundle of entries and the checkpoint must be
//! what they give. Nothing of the host's is needed.

use std::io::{ErrorKind, Read as _};
use std::path::Path;

use icn_core::block::Entry;
use icn_core::fold::Fold;
use icn_core::limits;
use icn_core::log::{
    Checkpoint, KeyKind, TILE_WIDTH, TileKind, Tiler, TrustPolicy, Trusted, VerifierKey, Written,
    parse_entries, parse_hashes,
};
use icn_core::name::BlockId;

use super::rerun::Asked;
use super::seen::Seen;
use super::walk::{Source, Stop};
use super::{Audit, AuditReport, Cosigned, Listener, behind, evidence, imbalance};
use crate::cosigned;
use crate::error::StoreError;
use crate::export::ExportLayout;
use crate::export::read::CarLog;
use crate::report::Finding;

/// Bytes of a small file that are read, at most: a policy names some witnesses.
const SMALL_FILE_BYTES_MAX: u64 = 1024 * 1024;

// Format: docs/formats.md, "Exports".
pub(super) fn audit(
    dir: &Path,
    asked: &mut Asked<'_>,
    listener: &mut dyn Listener,
) -> Result<AuditReport, StoreError> {
    let layout = ExportLayout::new(dir);
    let cosigned = cosigned::read_note(&layout.cosigned())?;
    let mut source = Exported {
        log: CarLog::open(&layout.car())?,
        layout: &layout,
        asked: asked.audit,
        tiler: Tiler::default(),
        checkpoint: None,
        trusted: None,
        seen: Seen::new(&asked.audit.seen).with_cosigned(&layout.cosigned(), cosigned.as_deref()),
        cosigned,
        first: None,
    };
    let mut fold = asked.fold();
    let mut finding = asked.walk(&mut source, &mut fold, listener)?;
    if finding.is_none() {
        finding = source.finish(&fold)?;
    }
    finding = finding.or_else(|| imbalance(&fold));
    let Exported { trusted, seen, .. } = source;
    let notices = trusted.as_ref().and_then(|trusted| behind(trusted, fold.log().size()));
    let fork = seen.forked().and_then(|seen| evidence::of(&asked.audit.subject, &fold, seen));
    let (cosigned, fork) = (trusted.as_ref().and_then(Cosigned::of), fork.map(|fork| fork.to_text()));
    let report = asked.report(&fold, finding, listener);
    Ok(AuditReport { notices: notices.into_iter().collect(), cosigned, fork, ..report })
}

/// The log of an export.
struct Exported<'a> {
    log: CarLog,
    layout: &'a ExportLayout,
    asked: &'a Audit,
    tiler: Tiler,
    checkpoint: Option<Checkpoint>,
    /// What the auditor's policy says of the checkpoints.
    trusted: Option<Trusted>,
    /// The checkpoint that witnesses cosigned.
    cosigned: Option<String>,
    seen: Seen,
    /// The log's first leaf.
    first: Option<BlockId>,
}

impl Source for Exported<'_> {
    fn next(&mut self) -> Result<Option<Vec<(u64, Entry)>>, Stop> {
        let signed = self.checkpoint.as_ref().map(|checkpoint| checkpoint.size);
        if self.is_published() && signed == Some(self.log.position()) {
            // What comes behind its checkpoint is being written.
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
        self.seen.folded(fold)?;
        let Some(checkpoint) = &self.checkpoint else { return Ok(()) };
        let (size, root) = (fold.log().size(), fold.log().frontier().root());
        if size == checkpoint.size && root != checkpoint.root {
            return Err(Finding {
                position: Some(size),
                place: Some(self.layout.checkpoint().display().to_string()),
                ..Finding::of("root of the signed checkpoint", &checkpoint.root.to_hex(), &root.to_hex())
            });
        }
        if size > checkpoint.size {
            return Err(Finding {
                position: Some(size),
                ..Finding::of(
                    "end of the log",
                    &format!("the {} leaves that are signed", checkpoint.size),
                    &size,
                )
            });
        }
        Ok(())
    }
}

impl Exported<'_> {
    /// Whether a host keeps it up to date: then the CAR, which grows at its end alone, names the first entry as its root.
    fn is_published(&self) -> bool {
        let first = self.first.as_ref().map(|first| first.as_bytes().to_vec());
        first.is_some_and(|first| self.log.roots() == [first])
    }

    /// Once the host is known from the first entry: the key, the policy and the checkpoint are its.
    fn open_checkpoint(&mut self, fold: &Fold) -> Result<Checkpoint, Finding> {
        let host = fold.host().ok_or_else(|| Finding::of("first entry", "the host's block", &"another"))?;
        let key = VerifierKey::new(host.log.as_str(), KeyKind::Log, host.host);
        let key = key.ok_or_else(|| Finding::of("origin", "a name that a note can have", &host.log))?;
        let path = self.layout.verifier_key();
        let said = text(&path)?;
        if said.strip_suffix('\n') != Some(key.to_string().as_str()) {
            return Err(at(&path, Finding::of("verifier key", &key.to_string(), &said.trim_end())));
        }
        let path = self.layout.policy();
        let policy: TrustPolicy = serde_json::from_str(&text(&path)?)
            .map_err(|error| at(&path, Finding::of("trust policy", "a policy as JSON", &error)))?;
        let note = text(&self.layout.checkpoint())?;
        let of_key = |policy: &TrustPolicy, place: &Path| {
            let (expected, found) = (policy.log.to_string(), &key);
            if policy.log == key { Ok(()) } else { Err(at(place, Finding::of("log key", &expected, found))) }
        };
        of_key(&policy, &path)?;
        let newest = policy.open(&note).map_err(|error| at(&path, Finding::from(&error)))?;
        if let Some(policy) = &self.asked.trust {
            let place = self.layout.checkpoint();
            of_key(policy, &place)?;
            let judged = cosigned::judge(policy, &note, self.cosigned.as_deref());
            self.trusted = Some(judged.map_err(|error| at(&place, Finding::from(&error)))?);
        }
        Ok(newest.checkpoint)
    }

    /// At the log's end: the checkpoint's size is reached, the partial tiles are right, and the CAR's roots.
    fn finish(&mut self, fold: &Fold) -> Result<Option<Finding>, StoreError> {
        let is_published = self.is_published();
        let Self { log, layout, tiler, checkpoint, seen, .. } = self;
        let size = fold.log().size();
        let signed = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.size);
        if size < signed || size == 0 {
            return Ok(Some(Finding {
                position: Some(size),
                place: Some(log.path().display().to_string()),
                ..Finding::of("end of the log", &format!("the {signed} leaves that are signed"), &size)
            }));
        }
        if let Some(Err(finding)) =
            std::mem::take(tiler).finish().iter().map(|written| compare(layout, written)).find(Result::is_err)
        {
            return Ok(Some(finding));
        }
        let heads = fold.log().heads().values().map(|head| head.block.as_bytes().to_vec());
        if !is_published && !heads.eq(log.roots().iter().cloned()) {
            let found = format!("{} others", log.roots().len());
            let expected = "each author's last envelope, in the order of their keys";
            return Ok(Some(at(log.path(), Finding::of("CAR roots", expected, &found))));
        }
        Ok(seen.finish(size))
    }
}

fn at(path: &Path, finding: Finding) -> Finding {
    Finding { place: Some(path.display().to_string()), ..finding }
}

/// A small text of an export; what cannot be read is not what was exported.
fn text(path: &Path) -> Result<String, Finding> {
    let file = std::fs::File::open(path);
    let mut text = String::new();
    let read = file.and_then(|file| file.take(SMALL_FILE_BYTES_MAX + 1).read_to_string(&mut text));
    let failed = |error: &dyn std::fmt::Display| {
        at(path, Finding::of("file of the export", "the text that was exported", error))
    };
    read.map_err(|error| failed(&error))?;
    if text.len() as u64 > SMALL_FILE_BYTES_MAX {
        return Err(failed(&format!("more than {SMALL_FILE_BYTES_MAX} bytes")));
    }
    Ok(text)
}

/// Compares a tile with what the log gives, and names the first leaf or hash that is another.
fn compare(layout: &ExportLayout, (tile, expected): &Written) -> Result<(), Finding> {
    let path = layout.tile(tile);
    let first = tile.index * TILE_WIDTH;
    let (what, length) = match tile.kind {
        TileKind::Entries => ("entry bundle", "entry bundle's length"),
        TileKind::Tree(_) => ("tile", "tile's length"),
    };
    let finding = |what: &str, at: u64, expected: &str, found: &dyn std::fmt::Display| Finding {
        position: matches!(tile.kind, TileKind::Entries | TileKind::Tree(0)).then_some(first + at),
        place: Some(path.display().to_string()),
        ..Finding::of(what, expected, found)
    };
    let found = match layout.read_tile(tile, expected.len() as u64) {
        Ok(found) if found == *expected => return Ok(()),
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(finding(what, 0, "a file", &"none"));
        }
        Err(error) => return Err(finding(what, 0, "a file that can be read", &error)),
    };
    if found.len() != expected.len() {
        let (expected, found) = (format!("{} bytes", expected.len()), &found.len());
        return Err(finding(length, 0, &expected, found));
    }
    let differs = |one: &[String], other: &[String]| {
        let at = one.iter().zip(other).position(|(one, other)| one != other).unwrap_or(0);
        finding(what, at as u64, &one[at], &other[at])
    };
    let texts = |bytes: &[u8]| -> Option<Vec<String>> {
        Some(match tile.kind {
            TileKind::Entries => parse_entries(tile, bytes).ok()?.iter().map(ToString::to_string).collect(),
            TileKind::Tree(_) => {
                parse_hashes(tile, bytes).ok()?.iter().map(icn_core::name::Hash::to_hex).collect()
            }
        })
    };
    match (texts(expected), texts(&found)) {
        (Some(expected), Some(found)) => Err(differs(&expected, &found)),
        _ => Err(finding(what, 0, "names of blocks, each with its length", &"other bytes")),
    }
}

const _: () = assert!((limits::NOTE_BYTES_MAX as u64) < SMALL_FILE_BYTES_MAX, "a checkpoint is a small file");
