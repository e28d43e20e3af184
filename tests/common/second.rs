//! The second verifier, `tests/interop/verify.py`: what it says of an export.

use std::path::Path;
use std::process::{Command, Output};

use super::program::stderr;
use super::program::stdout;

/// Whether there is a Python; when not, says so.
pub(crate) fn has_python() -> bool {
    let found = Command::new("python3").arg("--version").output().is_ok_and(|said| said.status.success());
    if !found {
        println!("SKIPPED: there is no python3 here, so the second verifier was not asked");
    }
    found
}

/// The second verifier's word on an export.
pub(crate) fn second(words: &[&str], export: &Path) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/verify.py");
    Command::new("python3").arg("-B").arg(script).args(words).arg(export).output().unwrap()
}

/// What the second verifier says of an export that it refuses: code, position, and the first word of the rest.
pub(crate) fn refusal(export: &Path) -> (String, Option<u64>, String) {
    let output = second(&[], export);
    let said = stdout(&output);
    let mut parts = said.trim_end().splitn(4, ": ");
    assert_eq!((output.status.code(), parts.next()), (Some(1), Some("refused")), "{said}{}", stderr(&output));
    let code = parts.next().unwrap().to_owned();
    let position = parts.next().and_then(|text| text.strip_prefix("position ")).map(|at| at.parse().unwrap());
    (code, position, first_word(parts.next().unwrap_or_default()))
}

pub(crate) fn first_word(text: &str) -> String {
    text.split(',').next().unwrap_or_default().to_owned()
}
