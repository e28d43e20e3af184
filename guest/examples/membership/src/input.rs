//! Reads and checks the callers' input.

use alloc::string::String;
use icn_guest::text::{self, quote};
use icn_guest::{Failure, HostError};

use crate::refusal::{INPUT_NOT_EMPTY, MALFORMED_INPUT, NOT_A_NUMBER, NOT_UTF8, OUT_OF_RANGE, refuse};

/// The input as text.
pub fn input() -> Result<String, Failure> {
    icn_guest::input_text().map_err(|error| match error {
        HostError::InvalidUtf8 => Failure::new(NOT_UTF8, "the input is not UTF-8"),
        other => other.into(),
    })
}

/// Refuses an input where none is expected.
pub fn none() -> Result<(), Failure> {
    if icn_guest::input()?.is_empty() {
        return Ok(());
    }
    Err(Failure::new(INPUT_NOT_EMPTY, "this entry has no input"))
}

/// The fields of an input; `form` is what it should look like.
pub fn fields<'t, const N: usize>(input: &'t str, form: &str) -> Result<[&'t str; N], Failure> {
    text::fields(input).ok_or_else(|| {
        refuse(MALFORMED_INPUT, format_args!("{} is not one line of the form {form}", quote(input)))
    })
}

/// A whole number from `least` to `most`.
pub fn number(text: &str, what: &str, least: i64, most: i64) -> Result<i64, Failure> {
    let value = text::whole_number(text).ok_or_else(|| {
        let text = quote(text);
        refuse(NOT_A_NUMBER, format_args!("{what} {text} is not a plainly written whole number of 64 bits"))
    })?;
    if !(least..=most).contains(&value) {
        return Err(refuse(OUT_OF_RANGE, format_args!("{what} {value} is not within {least} and {most}")));
    }
    Ok(value)
}
