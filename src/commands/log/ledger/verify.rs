//! `icn ledger verify`: compares what the lines of the log add up to with the ledger that the audit computed.

use std::fmt::{Display, Formatter};
use std::process::ExitCode;

use icn_core::fold::bookkeeping::Difference;
use icn_runtime::Finding;

use super::gather::Gathered;
use crate::commands::common::exit::ok_if;
use crate::commands::common::report::print_report;

/// The result. Its fields are those of the JSON document.
#[derive(serde::Serialize)]
struct Verdict<'a> {
    ok: bool,
    size: u64,
    root: &'a str,
    invocations: u64,
    lines: usize,
    accounts: usize,
    open_holds: usize,
    divergence: &'a Option<Finding>,
    differences: &'a [Difference],
}

pub(super) fn verify(gathered: &Gathered, json: bool) -> ExitCode {
    let report = &gathered.report;
    let ok = report.ok && gathered.differences.is_empty();
    let verdict = Verdict {
        ok,
        size: report.size,
        root: &report.root,
        invocations: report.invocations,
        lines: gathered.lines.len(),
        accounts: gathered.books.accounts().count(),
        open_holds: gathered.books.open_holds(),
        divergence: &report.divergence,
        differences: &gathered.differences,
    };
    print_report("ledger", &verdict, json, ok_if(ok))
}

impl Display for Verdict<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "log of size {}: {} lines on {} accounts, {} open holds, {} invocations",
            self.size, self.lines, self.accounts, self.open_holds, self.invocations
        )?;
        if let Some(finding) = self.divergence {
            writeln!(f, "LEDGER FAILED: the log does not hold at {finding}")?;
        }
        for difference in self.differences {
            writeln!(f, "DIFFERS: {difference}")?;
        }
        if self.ok { writeln!(f, "ledger, receipts and consumption agree") } else { Ok(()) }
    }
}
