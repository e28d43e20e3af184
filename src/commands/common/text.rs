//! How text of a guest is printed. It never reaches the terminal as it is: a control character could move the
//! cursor, or hide or imitate a line, and a character that changes the direction of text could show a line in
//! another order.

use icn_core::name::hex;

/// Whether a character is shown as its escape: control characters, separators of lines and paragraphs, and
/// characters that change the direction of text (Unicode Standard Annex 9).
fn is_escaped(char: char) -> bool {
    let is_mark = matches!(char, '\u{61c}' | '\u{200e}' | '\u{200f}');
    let is_directional = is_mark || matches!(char, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    char.is_control() || is_directional || matches!(char, '\u{2028}' | '\u{2029}')
}

/// A text on one line, with escapes.
pub(crate) fn line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if is_escaped(char) { shown.extend(char.escape_default()) } else { shown.push(char) }
    }
    shown
}

/// Bytes as text, if they are UTF-8 without characters to escape. Line feeds and tabs are allowed.
pub(crate) fn printable(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    text.chars().all(|char| !is_escaped(char) || matches!(char, '\n' | '\t')).then_some(text)
}

/// Bytes on one line: as text if they are printable, else in hexadecimal. Long values are cut.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    const SHOWN_BYTES_MAX: usize = 64;
    match printable(bytes).map(line) {
        Some(text) if bytes.len() <= SHOWN_BYTES_MAX => format!("\"{text}\""),
        Some(text) => {
            format!("\"{}\"… ({} bytes)", text.chars().take(SHOWN_BYTES_MAX).collect::<String>(), bytes.len())
        }
        None if bytes.len() <= SHOWN_BYTES_MAX => hex(bytes),
        None => format!("{}… ({} bytes)", hex(&bytes[..SHOWN_BYTES_MAX]), bytes.len()),
    }
}

/// A number with a space between groups of three digits.
pub(crate) fn number(number: impl ToString) -> String {
    let digits = number.to_string();
    let (sign, digits) = digits.split_at(usize::from(digits.starts_with('-')));
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<_> = groups.map(String::from_utf8_lossy).collect();
    format!("{sign}{}", groups.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_cannot_write_to_the_terminal() {
        assert_eq!(line("a\u{1b}[2Jb\nc\u{9b}"), "a\\u{1b}[2Jb\\nc\\u{9b}");
        assert_eq!(line("a\u{202e}b\u{2028}"), "a\\u{202e}b\\u{2028}");
        assert_eq!(printable("a\u{2066}".as_bytes()), None);
        assert_eq!(printable(b"a\tb\n"), Some("a\tb\n"));
        for wrong in [&b"\x1b[2J"[..], b"\xff", b"a\r", b"\0", "\u{85}".as_bytes()] {
            assert_eq!(printable(wrong), None);
        }
        assert_eq!(bytes(b"ab\n"), "\"ab\\n\"");
        assert_eq!(bytes(&[0, 255]), "00ff");
        assert!(bytes(&[0; 100]).ends_with("… (100 bytes)"));
    }

    #[test]
    fn thousands_stand_apart() {
        for (value, shown) in [(0, "0"), (999, "999"), (1_000, "1 000"), (-12_345_678, "-12 345 678")] {
            assert_eq!(number(value), shown);
        }
    }
}
