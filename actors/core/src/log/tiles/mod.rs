//! The tree and its entries as static files (C2SP tlog-tiles): 256 hashes wide, 8 levels of the tree high.
//!
//! Tiles that are read come from anybody: a wrong length or a wrong entry is an error, and a hash is worth nothing
//! before a proof leads from it to a signed root.
//!
//! - `tile`: the name of a tile, and how wide it is in a tree of some size
//! - `tiler`: writes tiles while the leaves go by
//! - `parse`: reads the bytes of a tile
//! - `subtree`: the root of a subtree, from tiles

mod parse;
mod subtree;
mod tile;
mod tiler;

#[cfg(test)]
mod tests;

pub use parse::{TileError, parse_entries, parse_hashes};
pub use subtree::subtree_root;
pub use tile::{TILE_WIDTH, Tile, TileKind};
pub use tiler::{Tiler, Written};
