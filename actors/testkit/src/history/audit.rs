//! Reads a log as an auditor does.

use icn_core::block::Entry;
use icn_core::fold::{Divergence, Fold, Prepared, Trust};

/// Reads a log as an auditor does; gives the fold, or the first thing that is wrong.
pub(super) fn audit<'e>(log: impl IntoIterator<Item = (u64, &'e Entry)>) -> Result<Fold, Divergence> {
    let mut fold = Fold::default();
    for (position, entry) in log {
        let prepared = Prepared::read(position, entry.clone(), Trust::Nobody)?;
        fold.apply(prepared, None)?;
    }
    Ok(fold)
}
