//! Bounds on an election file. They limit the memory that a file can take, and keep every sum within an
//! `i64`.

/// Size of a file, in bytes.
pub(crate) const MAX_FILE_BYTES: usize = 256 * 1024 * 1024;
/// Size of a field, in bytes of the file between its quotes or separators.
pub(crate) const MAX_FIELD_BYTES: usize = 64 * 1024;
/// Columns of a table.
pub(crate) const MAX_COLUMNS: usize = 256;
/// Rows of META.
pub(crate) const MAX_META_KEYS: usize = 1024;
/// Projects of an election.
pub(crate) const MAX_PROJECTS: usize = 4096;
/// Ballots of an election.
pub(crate) const MAX_VOTES: usize = 5_000_000;
/// Project ids and points in all ballots of an election together.
pub(crate) const MAX_BALLOT_ITEMS: usize = 40_000_000;
/// The largest budget or cost, in whole units of the currency. The sum of `MAX_PROJECTS` of them fits an
/// `i64`.
pub(crate) const MAX_AMOUNT: i64 = 1_000_000_000_000_000;
