//! A log's entries as blocks in a row, and back: the order in which an export has them.
//!
//! Each entry gives the blocks that its kind asks for, in one order: what is linked comes before what links it, the
//! envelope that commits the entry comes last, and its payload right before it; the legs of a receipt, which link it,
//! follow it in the same way, as many as it names. A block that stood before is not repeated. So the row is a function of the log, whoever reads it from the front knows every link of a block before
//! the block, and where an entry ends is told by the blocks themselves.

mod error;
mod gather;
mod named;
mod row;
#[cfg(test)]
mod tests;

pub use error::RowError;
pub use gather::{RowEntry, RowReader};
pub use row::RowWriter;
