//! Compares the snapshots of a directory with the audited log. A snapshot is derived, so one that does not fit
//! is a notice and no finding: a host rebuilds it from the log.

use icn_core::fold::Fold;

use crate::directory::Layout;
use crate::error::StoreError;
use crate::snapshot::{self, Snapshot, Unusable};

/// Notices for snapshots that do not fit the log. While a host has the directory open (`in_use`), it may
/// replace a snapshot, and may have written one of a larger log.
pub(super) fn check(layout: &Layout, fold: &Fold, in_use: bool) -> Result<Vec<String>, StoreError> {
    let mut notices = Vec::new();
    for path in snapshot::list(&layout.snapshots())? {
        let read = snapshot::read(&path);
        if in_use && read.is_err() && !path.exists() {
            continue;
        }
        if let Some(why) = judge(read, fold, in_use) {
            notices.push(format!(
                "snapshot {} does not hold ({why}): it is derived, and what it says was rebuilt from the log",
                path.display()
            ));
        }
    }
    Ok(notices)
}

/// The flaw of a snapshot; `None` when there is none, or when it cannot be told.
fn judge(read: Result<Snapshot, Unusable>, fold: &Fold, in_use: bool) -> Option<String> {
    let size = fold.log().size();
    match read {
        Err(unusable) => Some(unusable.why),
        Ok(snapshot) if snapshot.size > size && in_use => None,
        Ok(snapshot) if snapshot.size > size => {
            Some(format!("it is of size {}, the log has {size}: was the log cut?", snapshot.size))
        }
        Ok(snapshot) if snapshot.size == size => {
            (!is_of(&snapshot, fold)).then(|| "it is not what the log adds up to".to_owned())
        }
        // An older one: nobody folded the log up to there.
        Ok(_) => None,
    }
}

/// Whether a snapshot is the one of this fold.
fn is_of(snapshot: &Snapshot, fold: &Fold) -> bool {
    let ledger = (fold.ledger().books(), fold.ledger().remembered());
    // Without the scopes: they are compared one by one, because each comparison copies the whole scope.
    let ours = Snapshot::of(fold.log(), ledger, Vec::new(), fold.engines());
    let Snapshot { size, frontier, heads, books, commands, chains, engines } = snapshot;
    let has_same_scopes = chains.len() == fold.chains().len()
        && fold
            .chains()
            .iter()
            .zip(chains)
            .all(|((scope, chain), (named, parts))| scope == named && chain.parts() == *parts);
    has_same_scopes
        && (*size, frontier, heads) == (ours.size, &ours.frontier, &ours.heads)
        && (books, commands, engines) == (&ours.books, &ours.commands, &ours.engines)
}
