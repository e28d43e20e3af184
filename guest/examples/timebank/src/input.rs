//! Reads and checks the callers' input: fields, numbers, memos.

use alloc::string::String;
use icn_guest::text::{self, quote};
use icn_guest::{Failure, HostError};

use crate::refusal::{
    BAD_MEMO, INPUT_NOT_EMPTY, MALFORMED_INPUT, NOT_A_NUMBER, NOT_UTF8, OUT_OF_RANGE, refuse,
};

/// The longest memo.
pub const MEMO_BYTES_MAX: usize = 128;

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

/// A whole number.
pub fn number(text: &str, what: &str) -> Result<i64, Failure> {
    text::whole_number(text).ok_or_else(|| {
        let text = quote(text);
        refuse(NOT_A_NUMBER, format_args!("{what} {text} is not a plainly written whole number of 64 bits"))
    })
}

/// A number of minutes above zero.
pub fn minutes(text: &str) -> Result<i64, Failure> {
    match number(text, "the amount")? {
        minutes @ 1.. => Ok(minutes),
        other => Err(refuse(OUT_OF_RANGE, format_args!("the amount {other} is not above zero"))),
    }
}

/// A credit limit of zero or more.
pub fn limit(text: &str) -> Result<i64, Failure> {
    match number(text, "the limit")? {
        limit @ 0.. => Ok(limit),
        other => Err(refuse(OUT_OF_RANGE, format_args!("the limit {other} is below zero"))),
    }
}

/// The memo of a payment.
pub fn memo(text: &str) -> Result<&str, Failure> {
    if text.len() > MEMO_BYTES_MAX || text.chars().any(char::is_control) {
        let what =
            format_args!("the memo {} has over {MEMO_BYTES_MAX} bytes or a control character", quote(text));
        return Err(refuse(BAD_MEMO, what));
    }
    Ok(text)
}
