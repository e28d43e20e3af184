//! The codes of the host ABI that calls answer.

/// `INVALID_ARGUMENT`.
pub const INVALID_ARGUMENT: i64 = -1;
/// `INVALID_UTF8`.
pub const INVALID_UTF8: i64 = -2;
/// `TOO_LARGE`.
pub const TOO_LARGE: i64 = -3;
/// `NOT_FOUND`.
pub const NOT_FOUND: i64 = -4;
/// `DENIED`.
pub const DENIED: i64 = -5;
/// `EXHAUSTED`.
pub const EXHAUSTED: i64 = -6;
/// `CONFLICT`.
pub const CONFLICT: i64 = -7;
/// `LIMIT`.
pub const LIMIT: i64 = -9;
