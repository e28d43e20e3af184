//! What the subcommands say: results on standard output, everything else on standard error.
//!
//! A stream may be closed or full at any time. No print here panics: a result that cannot be written is a
//! failure, and what cannot be said on standard error is lost.

use std::fmt::Display;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

/// Says a line on standard error, after the subcommand's name.
pub(crate) fn tell(command: &str, what: &dyn Display) {
    let program = format!("icn {command}");
    // There is nowhere left to say that this does not work.
    let _ = writeln!(std::io::stderr().lock(), "{}: {what}", program.trim_end());
}

/// Prints a result on standard output, with a line break behind it. False when it did not get there; a reader
/// that went away early (`icn … | head -1`) is no news to anybody.
pub(crate) fn print(command: &str, text: &str) -> bool {
    write(&format!("{text}\n")).unwrap_or_else(|error| {
        tell(command, &format!("writing the result: {error}"));
        false
    })
}

/// Writes this on standard output, to the last byte. False when the reader went away before that.
pub(crate) fn write(text: &str) -> std::io::Result<bool> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true),
    }
}

/// A path as a shell takes it for one word.
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
