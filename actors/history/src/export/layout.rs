//! `ExportLayout`: the paths in an export.
//!
//! - `log.car`: every block, in the order of [`icn_core::log::RowWriter`]. Its roots are each author's last
//!   envelope; of a publication, the log's first leaf
//! - `tiles/`: the tree and the names of the leaves, laid out for a web server (C2SP tlog-tiles), with the
//!   signed `checkpoint`; and `checkpoint.cosigned`, if witnesses cosigned one
//! - `log.vkey`: the key that verifies the checkpoint
//! - `policy.json`: a trust policy that names that key

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use icn_core::log::{TILE_WIDTH, Tile};

/// The paths in an export.
#[derive(Debug, Clone)]
pub struct ExportLayout(PathBuf);

impl ExportLayout {
    /// The layout of this directory, which need not exist.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self(dir.to_owned())
    }
    /// The directory itself.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.0
    }
    /// The CAR with all blocks.
    #[must_use]
    pub fn car(&self) -> PathBuf {
        self.0.join("log.car")
    }
    /// The directory that a web server may serve.
    #[must_use]
    pub fn tiles(&self) -> PathBuf {
        self.0.join("tiles")
    }
    /// A tile, or a bundle of entries.
    #[must_use]
    pub fn tile(&self, tile: &Tile) -> PathBuf {
        self.tiles().join(tile.to_string())
    }
    /// The signed checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> PathBuf {
        self.tiles().join("checkpoint")
    }
    /// The checkpoint that witnesses cosigned: the signed one, or an earlier one. It may be missing.
    #[must_use]
    pub fn cosigned(&self) -> PathBuf {
        self.tiles().join("checkpoint.cosigned")
    }
    /// The key that verifies the checkpoint.
    #[must_use]
    pub fn verifier_key(&self) -> PathBuf {
        self.0.join("log.vkey")
    }
    /// The trust policy.
    #[must_use]
    pub fn policy(&self) -> PathBuf {
        self.0.join("policy.json")
    }

    /// Reads a tile that should have `bytes` bytes: those, and one more where the file is longer. A partial
    /// tile that a growing log has filled since is read from the full tile (C2SP tlog-tiles, "Partial Tiles").
    pub(crate) fn read_tile(&self, tile: &Tile, bytes: u64) -> std::io::Result<Vec<u8>> {
        let mut read = Vec::new();
        match File::open(self.tile(tile)) {
            Ok(file) => file.take(bytes + 1).read_to_end(&mut read)?,
            Err(error) if error.kind() == ErrorKind::NotFound && tile.width < TILE_WIDTH => {
                let full = File::open(self.tile(&Tile { width: TILE_WIDTH, ..*tile })).map_err(|_| error)?;
                full.take(bytes).read_to_end(&mut read)?
            }
            Err(error) => return Err(error),
        };
        Ok(read)
    }
}
