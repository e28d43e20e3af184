//! The tree and its entries as static files (C2SP tlog-tiles): 256 hashes wide, 8 levels of the tree high.

mod read;
mod subtree;
#[cfg(test)]
mod tests;
mod tile;
mod tiler;

pub use read::{TileError, parse_entries, parse_hashes};
pub use subtree::subtree_root;
pub use tile::{TILE_WIDTH, Tile, TileKind};
pub use tiler::{Tiler, WrittenTile};
