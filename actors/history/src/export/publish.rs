//! Keeps an export up to date while its host runs, for any web server that serves files.
//!
//! A reader may come at any moment, so the order of writes matters: the CAR grows at its end, tiles are written
//! once, all of it is made durable, then the checkpoint is replaced as a whole, and last the cosigned
//! checkpoint, which is not newer. A reader that fetches the checkpoint first finds everything that it covers.
//!
//! After a crash the bytes behind the published checkpoint are written again. A publication that is opened
//! again is compared with the log byte by byte: a directory of another log is never changed.

use std::path::{Path, PathBuf};

use icn_core::block::Entry;
use icn_core::log::{Checkpoint, RowWriter, TILE_WIDTH, TileKind, Tiler, WrittenTile, car};

use super::car_file::CarFile;
use super::error::{ExportError, PublishError};
use super::layout::ExportLayout;
use super::texts::{key_text, policy_text};
use crate::copy_error::CopyError;
use crate::cosigned::{self, CosignedCopy};
use crate::disk;
use crate::signed_log::{SignedLog, SignedLogError};

/// The state of a publication.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Published {
    /// The name of the log.
    pub origin: String,
    /// Leaves that the published checkpoint covers.
    pub size: u64,
    /// Root over them, in hexadecimal.
    pub root: String,
    /// Bytes of the CAR.
    pub car_bytes: u64,
}

/// A publication of a log.
///
/// Format: docs/formats.md, "Exports".
#[derive(Debug)]
pub struct Publisher {
    data: PathBuf,
    layout: ExportLayout,
    log: SignedLog,
    row: RowWriter,
    tiler: Tiler,
    car: CarFile,
    /// The checkpoint that witnesses cosigned.
    cosigned: Option<CosignedCopy>,
    /// Leaves that were published before this publication was opened.
    published: u64,
    /// Partial tiles that full ones replace: they are removed when the checkpoint is written.
    filled: Vec<PathBuf>,
}

impl Publisher {
    /// Publishes what a data directory's checkpoint covers to a directory: a new one, or one to which this log
    /// was published before. `progress` hears how many leaves were read.
    pub fn open(
        data: &Path,
        out: &Path,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(Self, Published), PublishError> {
        // Read before the newest checkpoint, so that it is not newer.
        let cosigned = cosigned::read(data)?;
        let log = SignedLog::open(data)?;
        let cosigned = CosignedCopy::of(data, cosigned, &log)?;
        let layout = ExportLayout::new(out);
        let published = published_before(&log, &layout)?;
        disk::create_dir(out)?;
        let car = CarFile::open(&layout.car())?;
        if !car.has_old() && published > 0 {
            let place = "its begin: it is missing".into();
            return Err(PublishError::OtherLog { path: layout.car(), place });
        }
        let (data, row, tiler) = (data.to_owned(), RowWriter::default(), Tiler::default());
        let mut publisher =
            Self { data, layout, log, row, tiler, car, cosigned, published, filled: Vec::new() };
        let state = publisher.write(progress)?;
        Ok((publisher, state))
    }

    /// Publishes a newer checkpoint, or a newer cosigned one. `None` when there is neither.
    pub fn update(&mut self, progress: &mut dyn FnMut(u64)) -> Result<Option<Published>, PublishError> {
        let cosigned = cosigned::read(&self.data)?;
        let has_grown = self.log.renew(&self.data)?;
        let is_cosigned = self.take_cosigned(cosigned)?;
        if !has_grown && !is_cosigned {
            return Ok(None);
        }
        self.write(progress).map(Some)
    }

    /// Takes the cosigned checkpoint if it changed, and says whether it did.
    fn take_cosigned(&mut self, note: Option<String>) -> Result<bool, SignedLogError> {
        if note.is_none() || note.as_deref() == self.cosigned.as_ref().map(CosignedCopy::note) {
            return Ok(false);
        }
        self.cosigned = CosignedCopy::of(&self.data, note, &self.log)?;
        let read = self.log.frontier();
        if let Some(cosigned) = &mut self.cosigned {
            if cosigned.size() < read.size() {
                cosigned.compare_from_begin(&self.data)?;
            } else {
                cosigned.compare(read)?;
            }
        }
        Ok(true)
    }

    /// Writes all entries up to the checkpoint, then the small files.
    fn write(&mut self, progress: &mut dyn FnMut(u64)) -> Result<Published, PublishError> {
        while let Some((position, entry)) = self.log.next_entry()? {
            self.write_entry(position, &entry)?;
            let frontier = self.log.frontier();
            self.cosigned.as_mut().map_or(Ok(()), |cosigned| cosigned.compare(frontier))?;
            progress(self.tiler.size());
        }
        for partial in self.tiler.clone().finish() {
            self.write_tile(&partial)?;
        }
        self.car.sync()?;
        self.cosigned.as_ref().map_or(Ok(()), CosignedCopy::finish)?;
        self.write_small_files()?;
        for partial in self.filled.drain(..) {
            // Readers of the checkpoint before find the full tile. One that cannot be removed does no harm.
            let _ = std::fs::remove_dir_all(partial);
        }
        let checkpoint = self.log.checkpoint();
        Ok(Published {
            origin: checkpoint.origin.to_string(),
            size: checkpoint.size,
            root: checkpoint.root.to_hex(),
            car_bytes: self.car.length(),
        })
    }

    /// Writes the small files in their order. A file that has its bytes already is not touched: readers may
    /// look at the time of its last change.
    fn write_small_files(&self) -> Result<(), PublishError> {
        let host = self.log.host();
        let texts = [
            (self.layout.verifier_key(), key_text(host)),
            (self.layout.policy(), policy_text(host)),
            (self.layout.checkpoint(), self.log.note().to_owned()),
        ];
        let cosigned = self.cosigned.as_ref();
        let cosigned = cosigned.map(|cosigned| (self.layout.cosigned(), cosigned.note().to_owned()));
        for (path, text) in texts.into_iter().chain(cosigned) {
            if std::fs::read(&path).ok().as_deref() != Some(text.as_bytes()) {
                if let Some(parent) = path.parent() {
                    disk::create_dir(parent)?;
                }
                disk::replace(&path, text.as_bytes())?;
            }
        }
        Ok(())
    }

    /// Adds the blocks of an entry to the CAR, and writes the tiles that it fills.
    fn write_entry(&mut self, position: u64, entry: &Entry) -> Result<(), PublishError> {
        let mut bytes = Vec::new();
        if position == 0 {
            let first = entry.leaves.first().copied();
            bytes = car::header(&first.into_iter().collect::<Vec<_>>());
        }
        for block in self.row.next(entry).map_err(|why| ExportError::Entry { position, why })? {
            car::push_section(&mut bytes, block);
        }
        let place = self.car.length();
        if !self.car.push(&bytes, position >= self.published)? {
            let path = self.car.path().to_owned();
            return Err(PublishError::OtherLog { path, place: format!("byte {place} or behind") });
        }
        for leaf in &entry.leaves {
            for written in self.tiler.push(leaf) {
                self.write_tile(&written)?;
                let path = self.layout.tile(&written.0);
                let partial = path.with_file_name(format!("{:03}.p", written.0.index % 1000));
                self.filled.push(partial);
            }
        }
        Ok(())
    }

    /// Writes a tile, unless it has its bytes already.
    fn write_tile(&self, (tile, bytes): &WrittenTile) -> Result<(), PublishError> {
        let path = self.layout.tile(tile);
        if std::fs::read(&path).is_ok_and(|there| there == *bytes) {
            return Ok(());
        }
        let covers = tile.index.saturating_mul(TILE_WIDTH).saturating_add(tile.width);
        let is_bundle = matches!(tile.kind, TileKind::Entries);
        if path.exists() && is_bundle && covers <= self.published {
            return Err(PublishError::OtherLog { path, place: "its begin or behind".into() });
        }
        if let Some(parent) = path.parent() {
            disk::create_dir(parent)?;
        }
        Ok(disk::replace(&path, bytes)?)
    }
}

/// Leaves of this log that were published to a directory before; 0 when nothing was.
fn published_before(log: &SignedLog, layout: &ExportLayout) -> Result<u64, PublishError> {
    let path = layout.checkpoint();
    let Some(note) = disk::read_text(&path)? else {
        // At most a first publication was begun and not finished.
        if layout.car().exists() || disk::is_free(layout.dir())? {
            return Ok(0);
        }
        return Err(ExportError::from(CopyError::NotEmpty(layout.dir().to_owned())).into());
    };
    let (host, ours) = (log.host(), log.checkpoint());
    let other = |place: String| PublishError::OtherLog { path: path.clone(), place };
    let theirs = Checkpoint::open(&note, &host.log, &host.host).map_err(|error| other(error.to_string()))?;
    if theirs.size > ours.size {
        return Err(other(format!("size {}: the log has {}", theirs.size, ours.size)));
    }
    Ok(theirs.size)
}
