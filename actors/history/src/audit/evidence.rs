//! Evidence of a fork: the log's newest checkpoint and another signed one do not agree, and a third party can
//! see it from the evidence alone. The log is read once more to make it. Evidence that would not verify is not
//! given.

use std::path::Path;

use icn_core::fold::Fold;
use icn_core::log::{
    Fork, Frontier, KeyKind, Note, Prover, TreeHead, VerifierKey, consistency_ranges, leaf_hash,
};
use icn_core::name::BlockId;

use super::ask::Subject;
use crate::disk;
use crate::export::{CarLog, ExportLayout};
use crate::signed_log::SignedLog;

/// The evidence that the host of the log also signed the checkpoint `other`; `None` when the newest checkpoint
/// does not show it.
pub(super) fn of(subject: &Subject, fold: &Fold, other: &str) -> Option<Fork> {
    let host = fold.host()?;
    let key = VerifierKey::new(host.log.as_str(), KeyKind::Log, host.host)?;
    let fork = match subject {
        Subject::Data(dir) => of_data(dir, key, other)?,
        Subject::Export(dir) => of_export(&ExportLayout::new(dir), key, other)?,
    };
    fork.verify(&fork.log).ok()?;
    Some(fork)
}

fn of_data(data: &Path, key: VerifierKey, other: &str) -> Option<Fork> {
    let mut log = SignedLog::open(data).ok()?;
    let newest = log.note().to_owned();
    between(key, other, &newest, &mut || Some(log.next_entry().ok()??.1.leaves))
}

fn of_export(layout: &ExportLayout, key: VerifierKey, other: &str) -> Option<Fork> {
    let newest = disk::read_text(&layout.checkpoint()).ok()??;
    let mut log = CarLog::open(&layout.car()).ok()?;
    between(key, other, &newest, &mut || Some(log.next_entry().ok()??.1.leaves))
}

/// The evidence from two checkpoints and the leaves of the log, which `next` gives entry by entry: the log's
/// own root at the earlier size, and a proof that the later checkpoint grew from that root.
fn between(
    log: VerifierKey,
    earlier: &str,
    later: &str,
    next: &mut dyn FnMut() -> Option<Vec<BlockId>>,
) -> Option<Fork> {
    let size = |note: &str| Some(TreeHead::parse(Note::parse(note).ok()?.text()).ok()?.size);
    let (old, new) = (size(earlier)?, size(later)?);
    let mut prover = Prover::new(consistency_ranges(old, new).ok()?);
    let (mut frontier, mut position) = (Frontier::default(), 0);
    while position < new {
        for leaf in next()? {
            if position < old {
                frontier.append(&leaf);
            }
            prover.push(leaf_hash(leaf.as_bytes()));
            position += 1;
        }
    }
    let proof = prover.finish().ok()?;
    Some(Fork { log, root: frontier.root(), proof, earlier: earlier.to_owned(), later: later.to_owned() })
}
