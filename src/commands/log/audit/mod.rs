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

use std::fmt::Write as _;
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
    let text = if json { serde_json::to_string(report) } else { Ok(to_text(report)) };
    match text {
        Ok(text) => print("audit", &text),
        Err(error) => {
            tell("audit", &error);
            false
        }
    }
}

/// The report for a person.
fn to_text(report: &AuditReport) -> String {
    let mut text = String::new();
    for notice in &report.notices {
        let _ = writeln!(text, "note: {notice}");
    }
    let origin = report.origin.as_deref().unwrap_or("(unknown)");
    let again = match report.level {
        "structure" => ", structure alone",
        "replay" => ", every run repeated",
        _ => "",
    };
    let _ = writeln!(
        text,
        "log {origin}: {} entries hold, of {} scopes with {} invocations{again}",
        report.size, report.scopes, report.invocations
    );
    let _ = writeln!(text, "root {}", report.root);
    if let Some(cosigned) = &report.cosigned {
        let names: Vec<&str> = cosigned.witnesses.iter().map(|(name, _)| name.as_str()).collect();
        let _ = writeln!(text, "size {} is cosigned by {}", cosigned.size, names.join(", "));
    }
    let _ = match &report.divergence {
        None => write!(text, "audit passed"),
        Some(finding) => write!(text, "AUDIT FAILED at {finding}"),
    };
    text
}
