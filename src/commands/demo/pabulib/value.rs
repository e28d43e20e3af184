//! The values of fields: lists, names and amounts, and how a message quotes them.

use super::bounds::MAX_AMOUNT;

/// How many characters of the file a message quotes.
const SHOWN_CHARS: usize = 40;

/// The items of a list; commas separate them.
pub(super) fn items(text: &str) -> Vec<String> {
    if text.is_empty() { Vec::new() } else { text.split(',').map(|item| item.trim().to_owned()).collect() }
}

/// Text on one line, without control characters.
pub(super) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Text of the file for a message: quoted, escaped and cut when it is long.
pub(super) fn shown(text: &str) -> String {
    let mut start: String = text.chars().take(SHOWN_CHARS).collect();
    if start.len() < text.len() {
        start.push('…');
    }
    format!("{start:?}")
}

/// Whether a text is one or more decimal digits.
pub(super) fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A whole number of units above zero, or why it is none.
pub(super) fn positive(text: &str) -> Result<i64, String> {
    match amount(text)? {
        0 => Err("is not above zero: write one or more".to_owned()),
        amount => Ok(amount),
    }
}

/// A whole number of units, or why it is none. A fraction of one or two zeros is allowed, after a point or a
/// comma. Three zeros could mean thousands, so they are refused.
pub(super) fn amount(text: &str) -> Result<i64, String> {
    let (whole, fraction) = match text.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    if text.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        return Err("is below zero: write zero or more".to_owned());
    }
    let parts_are_digits = |rest: &str| rest.split(['.', ',']).all(digits);
    if !digits(whole) || !fraction.is_none_or(parts_are_digits) {
        return Err("is not a number: write whole units in digits, as in 2367122".to_owned());
    }
    if !fraction.is_none_or(|fraction| matches!(fraction, "0" | "00")) {
        let why = "is not in whole units: write whole units without a fraction and without separators between \
                   thousands, as in 2367122";
        return Err(why.to_owned());
    }
    match whole.parse() {
        Ok(amount) if amount <= MAX_AMOUNT => Ok(amount),
        _ => Err(format!("is too large: the largest amount is {MAX_AMOUNT}")),
    }
}
