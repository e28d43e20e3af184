//! The output of the commands: results on standard output, everything else on standard error.
//!
//! A stream may be closed or full at any time. So no command may use `println!`, which would panic. A result
//! that cannot be written is a failure. A message that cannot be written on standard error is lost.

use std::fmt::Display;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

/// Prints a line on standard error, after the command's name.
pub(crate) fn tell(command: &str, what: &dyn Display) {
    let program = format!("icn {command}");
    // There is no other place to report that this failed.
    let _ = writeln!(std::io::stderr().lock(), "{}: {what}", program.trim_end());
}

/// Prints a result and a line break on standard output. False when the result was not written completely. It
/// says why on standard error, except when the reader closed the stream early (`icn … | head -1`).
pub(crate) fn print(command: &str, text: &str) -> bool {
    write(&format!("{text}\n")).unwrap_or_else(|error| {
        tell(command, &format!("writing the result: {error}"));
        false
    })
}

/// Writes all of this on standard output. False when the reader closed the stream before the end.
pub(crate) fn write(text: &str) -> std::io::Result<bool> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true),
    }
}

/// A path, quoted so that a shell reads it as one word.
pub(crate) fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | ',' | '@' | '%');
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_of_a_shell() {
        for (path, word) in [
            ("city/2026_a.b-c", "city/2026_a.b-c"),
            ("a dir/x y", "'a dir/x y'"),
            ("it's", "'it'\\''s'"),
            ("$HOME", "'$HOME'"),
            ("a;b", "'a;b'"),
            ("", "''"),
        ] {
            assert_eq!(shell_word(Path::new(path)), word);
        }
    }
}
