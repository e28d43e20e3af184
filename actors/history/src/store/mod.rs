//! The log on disk: segment files that only ever grow (`docs/formats.md`, "Segment files").
//!
//! One writer appends through [`LogStore`]; the lock file of the data directory keeps a second one away. Any
//! number of readers read the same files through [`Reader`], also while the writer appends.
//!
//! - `format/`: the bytes of a segment
//! - `place.rs`: where a log goes on
//! - `listing.rs`: which segment files there are
//! - `segment_file.rs`: one open file
//! - `group.rs`: reads one group, and says what is wrong with it
//! - `reader.rs`: reads a log from its first group to its last
//! - `salvage.rs`: what is still certain about a damaged file, for repairs
//! - `log_store.rs`, `segment_store.rs`: the writer
//!
//! Nothing here knows what an entry means. Nothing here overwrites bytes of a group that was durable.

pub(crate) mod format;
pub(crate) mod group;
pub(crate) mod listing;
mod log_store;
pub(crate) mod place;
mod reader;
pub(crate) mod salvage;
mod segment_file;
mod segment_store;
#[cfg(test)]
mod tests;

pub use log_store::LogStore;
pub use reader::{Reader, Tail};
pub use segment_store::SegmentStore;
