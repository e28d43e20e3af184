//! The text that members write: lines, fields, numbers.

use icn_guest::text::{is_whole_number, quote};
use icn_guest::{Failure, HostError};

use crate::refusal::{MALFORMED_LINE, NOT_A_NUMBER, NOT_UTF8, OUT_OF_RANGE, at_line};

/// The input as text.
pub fn input() -> Result<alloc::string::String, Failure> {
    icn_guest::input_text().map_err(|error| match error {
        HostError::InvalidUtf8 => Failure::new(NOT_UTF8, "the input is not UTF-8"),
        other => other.into(),
    })
}

/// The lines of a text with their numbers, from 1. The `\n` of the last line is optional. Empty lines count
/// too.
pub fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    (1..).zip(text.split('\n'))
}

/// The two fields of a line.
pub fn two_fields<'t>(line: usize, text: &'t str, form: &str) -> Result<(&'t str, &'t str), Failure> {
    match text.split_once(';') {
        Some((first, second)) if !second.contains(';') => Ok((first, second)),
        _ => Err(at_line(line, MALFORMED_LINE, format_args!("{} is not of the form {form}", quote(text)))),
    }
}

/// The items of a field, separated by commas; an empty field has none.
pub fn items(field: &str) -> impl Iterator<Item = &str> {
    field.split(',').take(if field.is_empty() { 0 } else { usize::MAX })
}

/// A whole number in its only allowed spelling.
pub fn number(line: usize, text: &str) -> Result<i64, Failure> {
    if !is_whole_number(text) {
        let quoted = quote(text);
        return Err(at_line(
            line,
            NOT_A_NUMBER,
            format_args!("{quoted} is not a plainly written whole number"),
        ));
    }
    text.parse().map_err(|_| at_line(line, OUT_OF_RANGE, format_args!("{} is out of range", quote(text))))
}

/// Whether a text may be the name of a project or a unit: 1 to 32 bytes of `[A-Za-z0-9._/-]`.
pub fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'/' | b'-');
    (1..=crate::election::NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(allowed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn a_number_has_one_spelling() {
        for (text, value) in [
            ("0", 0),
            ("7", 7),
            ("-7", -7),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(number(1, text).unwrap(), value);
        }
        for text in ["", "-", "-0", "+1", "01", "-01", " 1", "1 ", "1.0", "1e3", "1_000", "٣", "0x1", "1\r"]
        {
            assert_eq!(number(3, text).unwrap_err().code(), NOT_A_NUMBER, "{text:?}");
        }
        for text in ["9223372036854775808", "-9223372036854775809", "99999999999999999999999999"] {
            assert_eq!(number(3, text).unwrap_err().code(), OUT_OF_RANGE, "{text:?}");
        }
        assert_eq!(
            number(3, "x").unwrap_err().message(),
            "line 3: \"x\" is not a plainly written whole number"
        );
    }

    #[test]
    fn only_the_last_line_end_may_be_missing() {
        let all = |text| lines(text).collect::<Vec<_>>();
        assert_eq!(all("a\nb\n"), [(1, "a"), (2, "b")]);
        assert_eq!(all("a\nb"), [(1, "a"), (2, "b")]);
        assert_eq!(all("a\n\n"), [(1, "a"), (2, "")]);
        assert_eq!(all(""), [(1, "")]);
    }

    #[test]
    fn a_name_is_short_and_of_few_characters() {
        for name in ["1", "a.b_c-d/E9", &"x".repeat(32)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", " ", "a b", "ł", "a;b", "a,b", "a\0", &"x".repeat(33)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
