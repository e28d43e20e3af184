//! Exports: a log as files that other tools read, without any secret of its host.
//!
//! - `log.car`: every block, in the order of [`icn_core::dag::entries`]; its roots are each author's last envelope
//! - `tiles/`: the tree, the entries' names and the signed `checkpoint`, laid out for static serving (C2SP tlog-tiles); and
//!   `checkpoint.cosigned`, when there is one, which witnesses cosigned
//! - `log.vkey`: the key that verifies the checkpoint
//! - `policy.json`: what a verifier asks of it
//!
//! `write.rs` makes one from a data directory, `publish.rs` keeps one up to date while its host runs, `read.rs` takes the CAR apart again, `import.rs` makes a data directory.

mod import;
mod publish;
pub(crate) mod read;
mod write;

use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

use icn_core::log::{RowError, TILE_WIDTH, Tile};

pub use import::{ImportError, Imported, import};
pub use publish::{PublishError, Published, Publisher};
pub use write::{Exported, export};

use crate::error::StoreError;
use crate::signed_log::SignedLogError;

/// Paths inside an export.
#[derive(Debug, Clone)]
pub struct ExportLayout(PathBuf);

impl ExportLayout {
    /// The layout of this directory.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self(dir.to_owned())
    }
    /// The directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.0
    }
    /// All blocks.
    #[must_use]
    pub fn car(&self) -> PathBuf {
        self.0.join("log.car")
    }
    /// What may be served as it is.
    #[must_use]
    pub fn tiles(&self) -> PathBuf {
        self.0.join("tiles")
    }
    /// A tile, or a bundle of entries.
    #[must_use]
    pub fn tile(&self, tile: &Tile) -> PathBuf {
        self.tiles().join(tile.to_string())
    }
    /// Reads a tile: as many bytes as it has, and one more where there are more. One that a growing log has filled since is
    /// read from the full tile, as C2SP tlog-tiles has it.
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
    /// The signed checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> PathBuf {
        self.tiles().join("checkpoint")
    }
    /// The checkpoint that witnesses cosigned, when there is one: that one, or one before it.
    #[must_use]
    pub fn cosigned(&self) -> PathBuf {
        self.tiles().join("checkpoint.cosigned")
    }
    /// The key that verifies the checkpoint.
    #[must_use]
    pub fn verifier_key(&self) -> PathBuf {
        self.0.join("log.vkey")
    }
    /// What a verifier asks of the checkpoint.
    #[must_use]
    pub fn policy(&self) -> PathBuf {
        self.0.join("policy.json")
    }
}

/// Why a log is not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The log cannot be read up to its checkpoint.
    #[error(transparent)]
    Log(#[from] SignedLogError),
    /// A file cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is something already.
    #[error("{} is not empty: name a new or an empty directory", .0.display())]
    NotEmpty(PathBuf),
    /// An entry that has no place in an export.
    #[error("position {position}: {why}: run `icn audit`")]
    Entry {
        /// The entry's position.
        position: u64,
        /// What is not right with it.
        why: RowError,
    },
    /// More authors than a CAR's header names.
    #[error("{0} authors, and a CAR's header names fewer")]
    Authors(usize),
}

/// That a directory is not there or has nothing in it.
pub(crate) fn is_free(dir: &Path) -> Result<bool, StoreError> {
    match std::fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(dir.symlink_metadata().is_err()),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => Ok(false),
        Err(error) => Err(StoreError::io("listing", dir)(error)),
    }
}
