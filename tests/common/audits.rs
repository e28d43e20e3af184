//! Audits of a directory, and a listener that keeps the receipts.

use std::collections::BTreeSet;
use std::path::Path;

use icn_runtime::{Audit, AuditReport, BlockId, Invocation, Level, Listener, Receipt, Subject};

/// Keeps every receipt that holds, in the order of the log.
#[derive(Debug, Default)]
pub(crate) struct Kept(pub(crate) Vec<(BlockId, Invocation, Receipt)>);

impl Listener for Kept {
    fn receipt(&mut self, id: BlockId, invocation: &Invocation, receipt: &Receipt) {
        self.0.push((id, invocation.clone(), receipt.clone()));
    }
}

impl Kept {
    /// The names of all receipts, as the receipts' file of the demo has them.
    pub(crate) fn ids(&self) -> BTreeSet<String> {
        self.0.iter().map(|(id, ..)| id.to_string()).collect()
    }
}

/// Audits a directory.
pub(crate) fn audit_of(data: &Path, replay: bool) -> (AuditReport, Kept) {
    let mut kept = Kept::default();
    let level = if replay { Level::Replay } else { Level::Ledger };
    let asked = Audit { level, ..Audit::of(Subject::Data(data.to_owned())) };
    let report = asked.run(&mut kept).unwrap();
    (report, kept)
}

/// Audits a directory that must hold.
pub(crate) fn sound(data: &Path, replay: bool) -> (AuditReport, Kept) {
    let (report, kept) = audit_of(data, replay);
    assert!(report.ok, "{}", report.divergence.unwrap());
    (report, kept)
}
