//! The rules of the guest `ballot` for the opening of an election.
//!
//! The guest checks every opening itself. But it sees a text that was made from the file, so its errors
//! cannot name lines of the file. Therefore a file that the guest would refuse is refused here too, with its
//! line and column, before anything is created. Names, ranges and defaults must be those of
//! `guest/examples/ballot/src/election.rs`.

use super::bounds::{MAX_AMOUNT, MAX_FIELD_BYTES, MAX_PROJECTS};

/// Longest project id, in bytes.
pub(crate) const MAX_ID_BYTES: usize = 32;

/// The vote types that the guest counts.
pub(crate) const VOTE_TYPES: [&str; 3] = ["approval", "cumulative", "scoring"];

/// The META keys that are rules for ballots.
pub(crate) const RULE_KEYS: [&str; 9] = [
    "min_length",
    "max_length",
    "min_sum_cost",
    "max_sum_cost",
    "min_points",
    "max_points",
    "min_sum_points",
    "max_sum_points",
    "default_score",
];

/// Pairs of a lower and an upper bound of the same thing.
pub(crate) const PAIRS: [(&str, &str); 4] = [
    ("min_length", "max_length"),
    ("min_sum_cost", "max_sum_cost"),
    ("min_points", "max_points"),
    ("min_sum_points", "max_sum_points"),
];

/// The most bytes that the lines before the projects can have: three keys and nine rules, each below 40
/// bytes.
const HEAD_BYTES_MAX: usize = 12 * 40 + "PROJECTS\n".len();
/// The most bytes that a project's line can have: its id, its cost in sixteen digits, a separator and a line
/// break.
const PROJECT_LINE_BYTES_MAX: usize = MAX_ID_BYTES + 16 + 2;

const _: () = {
    assert!(MAX_AMOUNT < 10_000_000_000_000_000, "a cost has at most sixteen digits");
    assert!(
        HEAD_BYTES_MAX + MAX_PROJECTS * PROJECT_LINE_BYTES_MAX <= icn_runtime::limits::INPUT_BYTES_MAX,
        "an election that is read is opened with one invocation"
    );
    assert!(
        2 * MAX_FIELD_BYTES < icn_runtime::limits::INPUT_BYTES_MAX,
        "a ballot that is read is cast with one invocation"
    );
    assert!(MAX_PROJECTS <= icn_runtime::limits::TRANSFERS_MAX, "every project can be paid");
    assert!(i64::MAX / MAX_AMOUNT >= 4096 && MAX_PROJECTS == 4096, "all costs add up");
};

/// Whether a text may be a project's id. The alphabet is the guest's: no id can contain the end of a field,
/// an item or a line.
pub(crate) fn is_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'/' | b'-');
    (1..=MAX_ID_BYTES).contains(&text.len()) && text.bytes().all(allowed)
}

/// The lowest and the highest value of a rule under a vote type; `None` when the rule does not belong to it.
pub(crate) fn range(rule: &str, vote_type: &str) -> Option<(i64, i64)> {
    /// Points have 32 bits.
    const POINTS_MIN: i64 = i32::MIN as i64;
    const POINTS_MAX: i64 = i32::MAX as i64;
    match (rule, vote_type) {
        ("min_length" | "max_length", _)
        | ("min_sum_cost" | "max_sum_cost", "approval")
        | ("min_sum_points" | "max_sum_points", "cumulative") => Some((0, MAX_AMOUNT)),
        ("min_points" | "max_points", "cumulative") => Some((0, POINTS_MAX)),
        ("min_points" | "max_points" | "default_score", "scoring") => Some((POINTS_MIN, POINTS_MAX)),
        _ => None,
    }
}
