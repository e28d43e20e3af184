//! Prints a command's result, as text for a person or as one JSON document for a program.

use std::fmt::Display;
use std::process::ExitCode;

use super::exit::failed;
use super::output;

/// Prints a report on standard output and returns `code`. If the report cannot be written, it says why on
/// standard error and returns the code for a failure. A reader that closed the stream early is no failure.
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
        Err(error) => failed(command, &format!("standard output: {error}")),
    }
}
