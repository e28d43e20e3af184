//! Keeps an export up to date while its host runs, for any web server that serves files. The CAR grows at its end alone:
//! so its header names one root for ever, the log's first entry. Tiles are written once. The checkpoint is replaced last,
//! whole and only when all that it covers is durable, so whoever reads it first finds the rest; behind it alone comes the one
//! that witnesses cosigned, which is not newer. What a crash left behind
//! the last checkpoint is written again; begun anew, a publication is compared with the log byte by byte.

use std::fs::{File, OpenOptions};
use std::io::{BufReader, BufWriter, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use icn_core::block::Entry;
use icn_core::log::{Checkpoint, RowWriter, TILE_WIDTH, Tiler, Written, car, verifier_key};

use super::write::policy_of;
use super::{ExportError, ExportLayout};
use crate::cosigned::{self, Along};
use crate::disk;
use crate::error::StoreError;
use crate::signed_log::{SignedLog, SignedLogError};

/// Why a log is not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The log cannot be read, or a file not be written.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// What is there is not this log's.
    #[error("{} is not what this log gives, at {place}: publish to a new directory, or, if this one is damaged, remove it", path.display())]
    Another {
        /// The file.
        path: PathBuf,
        /// Where.
        place: String,
    },
}

impl From<StoreError> for PublishError {
    fn from(error: StoreError) -> Self {
        Self::Export(error.into())
    }
}

/// What was published.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Published {
    /// The log.
    pub origin: String,
    /// Leaves that the published checkpoint covers.
    pub size: u64,
    /// Root over them, in hexadecimal.
    pub root: String,
    /// Bytes of the CAR.
    pub car_bytes: u64,
}

/// A publication of a log.
#[derive(Debug)]
pub struct Publisher {
    data: PathBuf,
    layout: ExportLayout,
    log: SignedLog,
    row: RowWriter,
    tiler: Tiler,
    car: Car,
    /// The checkpoint that witnesses cosigned.
    cosigned: Option<Along>,
    /// Leaves that were published before it was begun anew.
    published: u64,
    /// Partial tiles that are full now.
    filled: Vec<PathBuf>,
}

/// The CAR: what is there is compared first, then written.
#[derive(Debug)]
struct Car {
    path: PathBuf,
    length: u64,
    /// What is there already; none once something is written.
    old: Option<BufReader<File>>,
    new: Option<BufWriter<File>>,
}

impl Car {
    /// Adds bytes. False when other bytes stand there.
    fn push(&mut self, bytes: &[u8], may_differ: bool) -> Result<bool, StoreError> {
        if let Some(old) = &mut self.old {
            let mut there = Vec::new();
            let read = old.by_ref().take(bytes.len() as u64).read_to_end(&mut there);
            read.map_err(StoreError::io("reading", &self.path))?;
            if there == bytes {
                self.length += bytes.len() as u64;
                return Ok(true);
            }
            if !may_differ {
                return Ok(false);
            }
            self.old = None;
        }
        if self.new.is_none() {
            let mut options = OpenOptions::new();
            let file = options.write(true).create(true).truncate(false).open(&self.path);
            let mut file = file.map_err(StoreError::io("opening", &self.path))?;
            // A write that was cut short.
            file.set_len(self.length).map_err(StoreError::io("cutting", &self.path))?;
            file.seek(SeekFrom::Start(self.length)).map_err(StoreError::io("writing", &self.path))?;
            self.new = Some(BufWriter::new(file));
        }
        let Some(new) = &mut self.new else { return Ok(true) };
        new.write_all(bytes).map_err(StoreError::io("writing", &self.path))?;
        self.length += bytes.len() as u64;
        Ok(true)
    }

    fn sync(&mut self) -> Result<(), StoreError> {
        let Some(new) = &mut self.new else { return Ok(()) };
        new.flush().map_err(StoreError::io("writing", &self.path))?;
        new.get_ref().sync_all().map_err(StoreError::io("syncing", &self.path))
    }
}

impl Publisher {
    /// Publishes what a data directory's checkpoint covers to a directory: a new one, or one that this log was published to
    /// before. `progress` hears of leaves that were read.
    pub fn open(
        data: &Path,
        out: &Path,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(Self, Published), PublishError> {
        // Before the newest checkpoint, which then is not older.
        let cosigned = cosigned::read(data)?;
        let log = SignedLog::open(data).map_err(ExportError::from)?;
        let cosigned = Along::of(data, cosigned, &log).map_err(ExportError::from)?;
        let layout = ExportLayout::new(out);
        let published = published_before(&log, &layout)?;
        disk::create_dir(out)?;
        let path = layout.car();
        let old = match File::open(&path) {
            Ok(file) => Some(BufReader::new(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(StoreError::io("opening", &path)(error).into()),
        };
        if old.is_none() && published > 0 {
            return Err(PublishError::Another { path, place: "its begin: it is missing".into() });
        }
        let car = Car { path, length: 0, old, new: None };
        let (data, row, tiler) = (data.to_owned(), RowWriter::default(), Tiler::default());
        let mut publisher =
            Self { data, layout, log, row, tiler, car, cosigned, published, filled: Vec::new() };
        let said = publisher.write(progress)?;
        Ok((publisher, said))
    }

    /// Publishes what a newer checkpoint covers, and a newer cosigned one, if there is one.
    pub fn update(&mut self, progress: &mut dyn FnMut(u64)) -> Result<Option<Published>, PublishError> {
        let cosigned = cosigned::read(&self.data)?;
        let has_grown = self.log.renew(&self.data).map_err(ExportError::from)?;
        let is_cosigned = self.take_cosigned(cosigned).map_err(ExportError::from)?;
        if !has_grown && !is_cosigned {
            return Ok(None);
        }
        self.write(progress).map(Some)
    }

    /// Takes the cosigned checkpoint where it is another than before: whether it is.
    fn take_cosigned(&mut self, note: Option<String>) -> Result<bool, SignedLogError> {
        if note.is_none() || note.as_deref() == self.cosigned.as_ref().map(Along::note) {
            return Ok(false);
        }
        self.cosigned = Along::of(&self.data, note, &self.log)?;
        let read = self.log.frontier();
        if let Some(cosigned) = &mut self.cosigned {
            if cosigned.size() < read.size() {
                cosigned.look_back(&self.data)?;
            } else {
                cosigned.pass(read)?;
            }
        }
        Ok(true)
    }

    fn write(&mut self, progress: &mut dyn FnMut(u64)) -> Result<Published, PublishError> {
        while let Some((position, entry)) = self.log.next_entry().map_err(ExportError::from)? {
            self.entry(position, &entry)?;
            let frontier = self.log.frontier();
            let passed = self.cosigned.as_mut().map_or(Ok(()), |cosigned| cosigned.pass(frontier));
            passed.map_err(ExportError::from)?;
            progress(self.tiler.size());
        }
        for written in self.tiler.clone().finish() {
            self.tile(&written)?;
        }
        self.car.sync()?;
        self.cosigned.as_ref().map_or(Ok(()), Along::finish).map_err(ExportError::from)?;
        let (host, checkpoint) = (self.log.host(), self.log.checkpoint());
        let key = format!("{}\n", verifier_key(&checkpoint.origin, &host.host));
        let cosigned = self.cosigned.as_ref().map(|cosigned| cosigned.note().to_owned());
        let cosigned = cosigned.map(|note| (self.layout.cosigned(), note));
        let texts = [
            (self.layout.verifier_key(), key),
            (self.layout.policy(), policy_of(host.log.as_str(), host.host)),
            (self.layout.checkpoint(), self.log.note().to_owned()),
        ];
        for (path, text) in texts.into_iter().chain(cosigned) {
            // Whoever looks at when a file was changed sees no change where there is none.
            if std::fs::read(&path).ok().as_deref() != Some(text.as_bytes()) {
                if let Some(parent) = path.parent() {
                    disk::create_dir(parent)?;
                }
                disk::replace(&path, text.as_bytes())?;
            }
        }
        for partial in self.filled.drain(..) {
            // Readers of the checkpoint before find the full tile. One that cannot be removed is no harm.
            let _ = std::fs::remove_dir_all(partial);
        }
        Ok(Published {
            origin: checkpoint.origin.to_string(),
            size: checkpoint.size,
            root: checkpoint.root.to_hex(),
            car_bytes: self.car.length,
        })
    }

    fn entry(&mut self, position: u64, entry: &Entry) -> Result<(), PublishError> {
        let fail = |why| ExportError::Entry { position, why };
        let mut bytes = Vec::new();
        if position == 0 {
            let first = entry.leaves.first().copied();
            bytes = car::header(&first.into_iter().collect::<Vec<_>>());
        }
        for block in self.row.next(entry).map_err(fail)? {
            car::push_section(&mut bytes, block);
        }
        let place = self.car.length;
        if !self.car.push(&bytes, position >= self.published)? {
            let path = self.car.path.clone();
            return Err(PublishError::Another { path, place: format!("byte {place} or behind") });
        }
        for leaf in &entry.leaves {
            for written in self.tiler.push(leaf) {
                self.tile(&written)?;
                let path = self.layout.tile(&written.0);
                let partial = path.with_file_name(format!("{:03}.p", written.0.index % 1000));
                self.filled.push(partial);
            }
        }
        Ok(())
    }

    /// Writes a tile, unless it is there.
    fn tile(&self, (tile, bytes): &Written) -> Result<(), PublishError> {
        let path = self.layout.tile(tile);
        if std::fs::read(&path).is_ok_and(|there| there == *bytes) {
            return Ok(());
        }
        let signed = tile.index.saturating_mul(TILE_WIDTH).saturating_add(tile.width);
        let is_leaf = matches!(tile.kind, icn_core::log::TileKind::Entries);
        if path.exists() && is_leaf && signed <= self.published {
            return Err(PublishError::Another { path, place: "its begin or behind".into() });
        }
        if let Some(parent) = path.parent() {
            disk::create_dir(parent)?;
        }
        Ok(disk::replace(&path, bytes)?)
    }
}

/// Leaves that a directory has published of this log; 0 of a new one.
fn published_before(log: &SignedLog, layout: &ExportLayout) -> Result<u64, PublishError> {
    let path = layout.checkpoint();
    let note = match std::fs::read_to_string(&path) {
        Ok(note) => note,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // Nothing was published: at most a first publication was begun.
            let is_ours = layout.car().exists() || super::is_free(layout.dir())?;
            return if is_ours { Ok(0) } else { Err(ExportError::NotEmpty(layout.dir().to_owned()).into()) };
        }
        Err(error) => return Err(StoreError::io("reading", &path)(error).into()),
    };
    let (host, ours) = (log.host(), log.checkpoint());
    let another = |place: String| PublishError::Another { path: path.clone(), place };
    let theirs =
        Checkpoint::open(&note, &host.log, &host.host).map_err(|error| another(error.to_string()))?;
    if theirs.size > ours.size {
        return Err(another(format!("size {}: the log has {}", theirs.size, ours.size)));
    }
    Ok(theirs.size)
}
