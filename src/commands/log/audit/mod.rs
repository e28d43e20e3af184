//! `icn audit`: checks a log, from a data directory, from an export, or from a web server.
//!
//! 1. A publication is fetched when a URL is given (`fetch.rs`).
//! 2. The log is audited; the library does that.
//! 3. Evidence of a fork is written when the audit found one (`evidence.rs`).
//! 4. The report is printed.
//!
//! The command decides nothing about the log. Whatever it adds for a person (progress, names of files on a
//! server) changes no finding.

mod arguments;
mod evidence;
mod fetch;

use std::process::ExitCode;

use icn_runtime::export::ExportLayout;
use icn_runtime::{AuditReport, Layout, Subject};

use self::fetch::Fetched;
use crate::commands::common::exit::{misuse, ok_if};
use crate::commands::common::output::{print, tell};
use crate::commands::common::progress::AuditBar;

pub(crate) use self::arguments::Arguments;

/// How many leaves a log's checkpoint claims; 0 when there is no such number. Nobody verified it: it is for
/// the bar only.
fn claimed_size(subject: &Subject) -> u64 {
    let path = match subject {
        Subject::Data(data) => Layout::new(data).checkpoint(),
        Subject::Export(dir) => ExportLayout::new(dir).checkpoint(),
    };
    let note = std::fs::read_to_string(path).unwrap_or_default();
    note.lines().nth(1).and_then(|size| size.parse().ok()).unwrap_or(0)
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let fetched = match &arguments.url {
        None => None,
        Some(url) => match fetch::fetch(url, arguments.keep.as_deref(), arguments.bytes_max) {
            Ok(fetched) => Some(fetched),
            Err(code) => return code,
        },
    };
    let audit = match arguments.audit(fetched.as_ref().map(Fetched::dir)) {
        Ok(audit) => audit,
        Err(why) => return misuse("audit", &why),
    };
    let mut bar = AuditBar::new(claimed_size(&audit.subject), arguments.progress);
    let report = audit.run(&mut bar);
    bar.finish();
    let report = match report {
        Ok(report) => report,
        Err(error) => return misuse("audit", &error),
    };
    let report = match &fetched {
        Some(fetched) => fetched.name(report),
        None => report,
    };
    if let Some(fork) = &report.fork {
        evidence::keep(arguments.evidence.as_deref(), fork);
    }
    ok_if(print_report(&report, arguments.json) && report.ok)
}

/// Prints the report; false when it could not be written.
fn print_report(report: &AuditReport, json: bool) -> bool {
    let text = if json { serde_json::to_string(report) } else { Ok(report.to_string()) };
    match text {
        Ok(text) => print("audit", &text),
        Err(error) => {
            tell("audit", &error);
            false
        }
    }
}
