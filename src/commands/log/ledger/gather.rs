//! Audits a log, and collects its lines and their sums on the way. With a position it collects only what is
//! before that position, but it audits the whole log.

use std::collections::BTreeMap;
use std::path::Path;

use icn_core::fold::bookkeeping::{Bookkeeper, Difference, Line};
use icn_core::fold::{Fold, Prepared};
use icn_runtime::{Audit, AuditReport, BlockId, Invocation, Listener, Receipt, StoreError, Subject};
use indicatif::ProgressBar;

use super::ruled::Ruled;
use crate::commands::common::progress::progress_bar;

/// The accounts of a log, and where their lines come from.
pub(super) struct Gathered {
    pub(super) report: AuditReport,
    /// The lines before the position, in the order of the log.
    pub(super) lines: Vec<Line>,
    /// The sums of these lines.
    pub(super) books: Bookkeeper,
    /// The rulings of administrators before the position.
    pub(super) ruled: Ruled,
    /// For each entry or leg, by its position: names and values that say where it comes from.
    pub(super) trails: BTreeMap<u64, Vec<(&'static str, String)>>,
    /// The differences between the ledger at the end of the log and the sums of all lines. Empty with a
    /// position.
    pub(super) differences: Vec<Difference>,
}

struct Gathering {
    at: Option<u64>,
    lines: Vec<Line>,
    books: Bookkeeper,
    ruled: Ruled,
    trails: BTreeMap<u64, Vec<(&'static str, String)>>,
    differences: Vec<Difference>,
    bar: ProgressBar,
}

impl Listener for Gathering {
    fn receipt(&mut self, _: BlockId, _: &Invocation, _: &Receipt) {}
    fn progress(&mut self, leaves: u64) {
        self.bar.set_position(leaves);
    }
    fn entry(&mut self, entry: &Prepared) {
        let position = entry.position();
        let Some(block) = entry.entry().leaves.first().copied() else { return };
        if self.at.is_some_and(|at| position >= at) {
            return;
        }
        if let Some(policy) = entry.policy() {
            self.lines.extend(self.books.policy(position, block, policy));
            let trail = vec![("policy", block.to_string()), ("scope", policy.scope.to_string())];
            self.trails.insert(position, trail);
        }
        if let Some((invocation, receipt)) = entry.run() {
            self.lines.extend(self.books.receipt(position, block, receipt));
            self.ruled.receipt(receipt);
            let trail = vec![
                ("receipt", block.to_string()),
                ("scope", receipt.scope.to_string()),
                ("invocation", receipt.invocation.to_string()),
                ("id", invocation.id.to_string()),
                ("caller", invocation.caller.to_string()),
                ("module", invocation.module.to_string()),
                ("entry", invocation.entry.clone()),
                ("engine", receipt.engine.to_string()),
            ];
            self.trails.insert(position, trail);
            let legs = receipt.with.len();
            let first = position + (entry.entry().leaves.len() - legs) as u64;
            for (at, (envelope, leg)) in (first..).zip(entry.legs()) {
                self.lines.extend(self.books.leg(at, envelope, leg));
                let trail = vec![
                    ("leg", envelope.to_string()),
                    ("scope", leg.scope.to_string()),
                    ("receipt", block.to_string()),
                    ("of", leg.of.to_string()),
                    ("invocation", receipt.invocation.to_string()),
                    ("caller", invocation.caller.to_string()),
                ];
                self.trails.insert(at, trail);
            }
        }
    }
    fn folded(&mut self, fold: &Fold) {
        if self.at.is_none() {
            self.differences = self.books.differences(fold.ledger());
        }
    }
}

/// Audits a data directory, and collects what its log says about accounts, up to the position `at`.
pub(super) fn gather(data: &Path, at: Option<u64>) -> Result<Gathered, StoreError> {
    let mut gathering = Gathering {
        at,
        lines: Vec::new(),
        books: Bookkeeper::default(),
        ruled: Ruled::default(),
        trails: BTreeMap::new(),
        differences: Vec::new(),
        bar: progress_bar(0, "reading"),
    };
    let report = Audit::of(Subject::Data(data.to_owned())).run(&mut gathering);
    gathering.bar.finish_and_clear();
    let Gathering { lines, books, ruled, trails, differences, .. } = gathering;
    Ok(Gathered { report: report?, lines, books, ruled, trails, differences })
}
