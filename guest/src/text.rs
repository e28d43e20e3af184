//! Helpers for strict text formats: fields, numbers, and quotation of the input in a refusal.
//!
//! Nothing is trimmed and nothing is guessed. One meaning has one spelling, so that two programs never read one
//! signed input in two ways.

use core::fmt::{self, Write};

/// How many characters a message quotes at most: a hostile input is not sent back whole.
const QUOTED_CHARS_MAX: usize = 64;

/// The fields of a text of one line, separated by `;`. `None` when there are not exactly `N` fields, or more than one
/// line. The line end is optional.
pub fn fields<const N: usize>(input: &str) -> Option<[&str; N]> {
    let line = input.strip_suffix('\n').unwrap_or(input);
    if line.contains('\n') {
        return None;
    }
    let mut rest = line.split(';');
    let mut fields = [""; N];
    for field in &mut fields {
        *field = rest.next()?;
    }
    rest.next().is_none().then_some(fields)
}

/// Whether a text is a whole number, of any size, written plainly: digits, no leading zero, `-` only before a number
/// below zero.
pub fn is_whole_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    match digits.as_bytes() {
        [b'0'] => digits.len() == text.len(),
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    }
}

/// A whole number of 64 bits, written [plainly](is_whole_number).
pub fn whole_number(text: &str) -> Option<i64> {
    if is_whole_number(text) { text.parse().ok() } else { None }
}

/// Quotes an input: in double quotes, with control characters escaped, and cut when it is long.
pub fn quote(text: &str) -> impl fmt::Display {
    fmt::from_fn(move |f| {
        f.write_char('"')?;
        for char in text.chars().take(QUOTED_CHARS_MAX) {
            if char.is_control() {
                write!(f, "{}", char.escape_unicode())?;
            } else {
                f.write_char(char)?;
            }
        }
        f.write_str(if text.chars().nth(QUOTED_CHARS_MAX).is_some() { "…\"" } else { "\"" })
    })
}
