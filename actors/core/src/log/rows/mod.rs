//! The entries of a log as blocks in a row, and back: the order in which an export has them (docs/formats.md,
//! "Exports").
//!
//! Each entry gives the blocks that its kind asks for, in one order:
//! 1. the invocation of a receipt, its payload and its envelope;
//! 2. blocks that several entries may share: rolls, modules, UCANs, nodes, engines;
//! 3. the payload of the block that commits the entry, and the block's envelope;
//! 4. for each leg of a receipt, its payload and its envelope.
//!
//! A block that stood earlier in the row is not repeated. So a log has one row, every link points backwards,
//! and the blocks themselves tell where an entry ends. A row that is read comes from anybody: a reader keeps
//! no more than one entry, and no more than an entry may have.
//!
//! - `error`: why an entry has no row, or a row no entry
//! - `named`: the blocks that an entry has, and their order
//! - `writer`: entries into a row
//! - `reader`: a row into entries

mod error;
mod named;
mod reader;
mod writer;

#[cfg(test)]
mod tests;

pub use error::EntriesError;
pub use reader::{ReadEntry, RowReader};
pub use writer::RowWriter;
