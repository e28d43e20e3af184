//! The subcommands of `icn`, one file each.

pub(crate) mod abi;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod check;
pub(crate) mod cosign;
pub(crate) mod dag;
pub(crate) mod demo;
pub(crate) mod export;
mod files;
pub(crate) mod fork;
pub(crate) mod import;
pub(crate) mod key;
pub(crate) mod ledger;
pub(crate) mod output;
pub(crate) mod passphrase;
pub(crate) mod proof;
pub(crate) mod publish;
pub(crate) mod repair;
pub(crate) mod run;
mod text;
pub(crate) mod witness;

use std::fmt::Display;
use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use icn_core::log::{TrustPolicy, VerifierKey};
use icn_runtime::StoreError;
use indicatif::{ProgressBar, ProgressStyle};

/// Everything holds.
pub(crate) const OK: ExitCode = ExitCode::SUCCESS;
/// Something does not hold, or could not be done.
pub(crate) const FAILED: u8 = 1;
/// The arguments, or a file that they name, are not right.
pub(crate) const MISUSE: u8 = 2;

/// Prints a report on standard output, as text or as one JSON document, and gives this exit code; or says why it cannot
/// be printed, and gives the one for that. A reader that went away is no error.
pub(crate) fn print_report<R: Display + serde::Serialize>(
    command: &str,
    report: &R,
    json: bool,
    code: ExitCode,
) -> ExitCode {
    let text = if json {
        serde_json::to_string(report).map(|text| text + "\n").map_err(std::io::Error::from)
    } else {
        Ok(report.to_string())
    };
    match text.and_then(|text| output::write(&text)) {
        Ok(_) => code,
        Err(error) => {
            output::tell(command, &format!("standard output: {error}"));
            ExitCode::from(FAILED)
        }
    }
}

/// Says on standard error what is not right, and gives the exit code for it.
pub(crate) fn misuse(command: &str, error: &str) -> ExitCode {
    output::tell(command, &error);
    ExitCode::from(MISUSE)
}

/// Whether a file or a directory that was named is not there, or not for us to read.
pub(crate) fn is_absent(error: &StoreError) -> bool {
    let StoreError::Io { source, .. } = error else { return false };
    matches!(source.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied | ErrorKind::NotADirectory)
}

/// Reads who is trusted, from a file as JSON.
pub(crate) fn trust_policy(file: &Path) -> Result<TrustPolicy, String> {
    let bytes = files::input(Some(file))?;
    let policy: TrustPolicy =
        serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", file.display()))?;
    policy.check().map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(policy)
}

/// Reads a verifier key, `name+id+key`, or a file that has it; `option` says where it was named.
pub(crate) fn verifier_key(option: &str, text: &str) -> Result<VerifierKey, String> {
    let read = |text: &str| VerifierKey::parse(text.trim_end()).map_err(|error| error.to_string());
    match read(text) {
        Ok(key) => Ok(key),
        // A key has two pluses in it, and the file of one seldom has.
        Err(why) if text.matches('+').count() >= 2 => Err(format!("{option}: {why}")),
        Err(_) => {
            let bytes = files::input(Some(Path::new(text)))?;
            read(&String::from_utf8_lossy(&bytes)).map_err(|why| format!("{text}: {why}"))
        }
    }
}

/// A progress bar on standard error; none when that is not a terminal.
pub(crate) fn progress_bar(total: u64, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(total).with_message(what);
    let template = if total == 0 {
        "{msg:>12} {spinner} {human_pos}"
    } else {
        "{msg:>12} {wide_bar} {human_pos}/{human_len} {eta}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}
