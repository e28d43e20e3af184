//! `icn-audit`: checks a log and prints the report. It is the auditor's whole program, built from `icn-history`
//! alone.
//!
//! It reads a data directory or an export, writes nothing, and needs no secret. Without the feature `replay` it
//! has no engine in it, and no code of the host that wrote the log but the definition of what a log says.
//!
//! Exit code, as `icn audit` has it: 0 everything holds; 1 something does not, or the report could not be
//! printed; 2 there is nothing to audit, or the arguments are not right.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::ExitCode;

use icn_history::{Audit, AuditReport, Level, Subject};

const FAILED: u8 = 1;
const MISUSE: u8 = 2;

#[cfg(not(feature = "replay"))]
const USAGE: &str = "usage: icn-audit [--structure] [--json] DIR";
#[cfg(feature = "replay")]
const USAGE: &str = "usage: icn-audit [--structure | --replay] [--json] DIR";

/// What the arguments ask for.
struct Asked {
    audit: Audit,
    is_json: bool,
}

fn main() -> ExitCode {
    let Some(asked) = parse(std::env::args_os().skip(1)) else {
        tell(USAGE);
        return ExitCode::from(MISUSE);
    };
    let report = match asked.audit.run(&mut ()) {
        Ok(report) => report,
        Err(error) => {
            tell(&error.to_string());
            return ExitCode::from(MISUSE);
        }
    };
    let is_printed = print(&report, asked.is_json);
    if is_printed && report.ok { ExitCode::SUCCESS } else { ExitCode::from(FAILED) }
}

/// Reads the arguments; `None` when they are not right.
fn parse(arguments: impl Iterator<Item = OsString>) -> Option<Asked> {
    let (mut dir, mut level, mut is_json) = (None, Level::Ledger, false);
    for argument in arguments {
        match argument.to_str() {
            Some("--json") => is_json = true,
            Some("--structure") if level == Level::Ledger => level = Level::Structure,
            #[cfg(feature = "replay")]
            Some("--replay") if level == Level::Ledger => level = Level::Replay,
            Some(option) if option.starts_with('-') => return None,
            _ if dir.is_none() => dir = Some(argument),
            _ => return None,
        }
    }
    let subject = Subject::at(Path::new(&dir?));
    Some(Asked { audit: Audit { level, ..Audit::of(subject) }, is_json })
}

/// Prints the report on standard output. False when it could not be written.
fn print(report: &AuditReport, is_json: bool) -> bool {
    let text = if is_json { serde_json::to_string(report) } else { Ok(report.to_string()) };
    let written = text.map_err(std::io::Error::from).and_then(|text| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{text}").and_then(|()| out.flush())
    });
    match written {
        Ok(()) => true,
        // Whoever reads has read enough, as in `icn-audit DIR | head -1`.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => true,
        Err(error) => {
            tell(&format!("writing the report: {error}"));
            false
        }
    }
}

/// Says a line on standard error. Where that is closed nothing can be said.
fn tell(what: &str) {
    let _ = writeln!(std::io::stderr().lock(), "icn-audit: {what}");
}
