//! The program as a child process, and what it prints.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The program, not run yet.
pub(crate) fn icn() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_icn"));
    command.stdin(Stdio::null()).env_remove("ICN_LOG");
    command
}

/// Runs the program with these arguments.
pub(crate) fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    icn().args(arguments).output().unwrap()
}

/// Runs `icn demo` on these files; the arguments that come behind them follow.
pub(crate) fn demo(files: &[PathBuf], data: &Path, more: &[&str]) -> Output {
    icn().arg("demo").args(files).arg("--data").arg(data).args(more).output().unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The JSON document that a run printed, alone on standard output.
pub(crate) fn json(output: &Output) -> serde_json::Value {
    let text = stdout(output);
    assert!(text.ends_with('\n') && text.trim_end().lines().count() == 1, "one line: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}\n{}", stderr(output)))
}
