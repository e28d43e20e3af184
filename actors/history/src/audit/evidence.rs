//! Evidence of a fork: of a checkpoint that the log has another root for, and the log's own newest one, what a third party
//! needs to see that both were signed and do not agree. The log is read once more for it.

use std::path::Path;

use icn_core::fold::Fold;
use icn_core::log::{
    Fork, Frontier, KeyKind, Note, Prover, TreeHead, VerifierKey, consistency_ranges, leaf_hash,
};
use icn_core::name::BlockId;

use super::Subject;
use crate::export::ExportLayout;
use crate::export::read::CarLog;
use crate::signed_log::SignedLog;

/// The evidence against the log, that it signed `seen`; nothing when its newest checkpoint does not show it.
pub(super) fn of(subject: &Subject, fold: &Fold, seen: &str) -> Option<Fork> {
    let host = fold.host()?;
    let key = VerifierKey::new(host.log.as_str(), KeyKind::Log, host.host)?;
    let fork = match subject {
        Subject::Data(data) => of_data(data, key, seen)?,
        Subject::Export(dir) => of_export(&ExportLayout::new(dir), key, seen)?,
    };
    fork.verify(&fork.log).ok()?;
    Some(fork)
}

fn of_data(data: &Path, key: VerifierKey, seen: &str) -> Option<Fork> {
    let mut log = SignedLog::open(data).ok()?;
    let newest = log.note().to_owned();
    between(key, seen, &newest, &mut || Some(log.next_entry().ok()??.1.leaves))
}

fn of_export(layout: &ExportLayout, key: VerifierKey, seen: &str) -> Option<Fork> {
    let newest = std::fs::read_to_string(layout.checkpoint()).ok()?;
    let mut log = CarLog::open(&layout.car()).ok()?;
    between(key, seen, &newest, &mut || Some(log.next_entry().ok()??.1.leaves))
}

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
