//! `SegmentStore`: writes the log to segment files on the local disk.
//!
//! An append writes one group behind the last one and syncs it. The order inside an append: make room (zeros
//! written ahead, or a new segment), write the group, sync, advance. Bytes of a durable group are never written
//! again, and a file is shortened only by zeros or by a torn write.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use icn_core::block::Entry;
use icn_core::limits;

use super::format::{self, SECTOR_BYTES};
use super::log_store::LogStore;
use super::place::Place;
use super::reader::{Reader, Tail};
use super::segment_file::SegmentFile;
use crate::disk;
use crate::error::StoreError;

/// Bytes of zeros that are written ahead, so that most appends do not change the length of the file.
const AHEAD_BYTES: u64 = 4 * 1024 * 1024;

/// The write side of a log directory.
///
/// Format: docs/formats.md, "Segment files".
#[derive(Debug)]
pub struct SegmentStore {
    dir: PathBuf,
    /// The segment at `place`, once it exists.
    file: Option<File>,
    place: Place,
    /// Length of the file, with the zeros that were written ahead.
    length: u64,
    /// The encoded group; kept to use its memory again.
    buffer: Vec<u8>,
    /// Bytes of a segment, at most, unless one group alone is larger.
    bytes_max: u64,
}

impl SegmentStore {
    /// Opens a directory for appending. `reader` must have read the log to its end. A torn write behind the end
    /// is cut off; the caller reports it.
    pub fn open(dir: &Path, reader: &Reader) -> Result<Self, StoreError> {
        let place = reader.place();
        let mut store = Self {
            dir: dir.to_owned(),
            file: None,
            place,
            length: 0,
            buffer: Vec::new(),
            bytes_max: limits::SEGMENT_BYTES_MAX,
        };
        let path = format::segment_path(dir, place.segment);
        if place.offset > 0 {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .open(&path)
                .map_err(StoreError::io("opening", &path))?;
            if let Some(Tail::Torn { .. }) = reader.tail() {
                file.set_len(place.offset).map_err(StoreError::io("cutting", &path))?;
                file.sync_all().map_err(StoreError::io("syncing", &path))?;
            }
            store.length = file.metadata().map_err(StoreError::io("reading", &path))?.len();
            store.file = Some(file);
        }
        Ok(store)
    }

    /// Begins new segments sooner than at [`limits::SEGMENT_BYTES_MAX`], so that tests get logs of many small files.
    #[must_use]
    pub const fn with_segment_bytes(mut self, bytes_max: u64) -> Self {
        self.bytes_max = bytes_max;
        self
    }

    fn path(&self) -> PathBuf {
        format::segment_path(&self.dir, self.place.segment)
    }

    fn create_segment(&mut self, number: u64) -> Result<(), StoreError> {
        self.place.segment = number;
        let path = self.path();
        // An existing file is not truncated: it may be history.
        let created = OpenOptions::new().read(true).write(true).create_new(true).open(&path);
        let file = match created {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => self.take_unwritten(&path)?,
            created => created.map_err(StoreError::io("creating", &path))?,
        };
        let header = format::segment_header(number, self.place.position, &self.place.chain);
        file.write_all_at(&header, 0).map_err(StoreError::io("writing", &path))?;
        let length = file.metadata().map_err(StoreError::io("reading", &path))?.len();
        self.file = Some(file);
        self.place.offset = SECTOR_BYTES as u64;
        self.length = length;
        disk::sync_dir(&self.dir)
    }

    /// Takes a segment file that exists already, if a crash left it before its header was durable: all of it is zero.
    fn take_unwritten(&self, path: &Path) -> Result<File, StoreError> {
        let open = |options: &mut OpenOptions| options.open(path).map_err(StoreError::io("opening", path));
        let segment = SegmentFile::new(open(OpenOptions::new().read(true))?, path)?;
        if segment.bytes_in_use(0)? == 0 {
            return open(OpenOptions::new().read(true).write(true));
        }
        Err(StoreError::Damaged {
            file: path.to_owned(),
            offset: 0,
            position: self.place.position,
            block: None,
            what: "a new segment was to begin here, and the file has bytes already: it was not changed"
                .into(),
        })
    }

    /// Ends this segment and begins the next one. Does nothing while this segment has no group.
    pub(crate) fn begin_segment(&mut self) -> Result<(), StoreError> {
        if self.place.offset <= SECTOR_BYTES as u64 {
            return Ok(());
        }
        self.close()?;
        self.create_segment(self.place.segment + 1)
    }

    /// Makes room for this many bytes: zeros written ahead in this segment, or a new segment.
    fn make_room(&mut self, bytes: u64) -> Result<(), StoreError> {
        let full = self.place.offset + bytes > self.bytes_max && self.place.offset > SECTOR_BYTES as u64;
        if self.file.is_none() {
            self.create_segment(self.place.segment)?;
        } else if full {
            self.close()?;
            self.create_segment(self.place.segment + 1)?;
        }
        let needed = self.place.offset + bytes;
        if needed <= self.length {
            return Ok(());
        }
        let path = self.path();
        let Some(file) = &self.file else { return Ok(()) };
        let length = (needed + AHEAD_BYTES).min(self.bytes_max.max(needed));
        let zeros = vec![0u8; usize::try_from(length - self.length).unwrap_or(0)];
        file.write_all_at(&zeros, self.length).map_err(StoreError::io("writing", &path))?;
        file.sync_all().map_err(StoreError::io("syncing", &path))?;
        self.length = length;
        Ok(())
    }
}

impl LogStore for SegmentStore {
    fn append(&mut self, expected: u64, entries: &[&Entry]) -> Result<(), StoreError> {
        if expected != self.place.position {
            return Err(StoreError::Position { expected, found: self.place.position });
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let chain = format::encode_group(&mut buffer, &self.place.chain, expected, entries);
        self.make_room(buffer.len() as u64)?;
        let path = self.path();
        if let Some(file) = &self.file {
            file.write_all_at(&buffer, self.place.offset).map_err(StoreError::io("writing", &path))?;
            file.sync_data().map_err(StoreError::io("syncing", &path))?;
        }
        self.place.offset += buffer.len() as u64;
        self.place.position += entries.iter().map(|entry| entry.leaves.len() as u64).sum::<u64>();
        self.place.chain = chain;
        self.buffer = buffer;
        Ok(())
    }

    fn close(&mut self) -> Result<(), StoreError> {
        let path = self.path();
        if let Some(file) = &self.file {
            file.set_len(self.place.offset).map_err(StoreError::io("cutting", &path))?;
            file.sync_all().map_err(StoreError::io("syncing", &path))?;
            self.length = self.place.offset;
        }
        Ok(())
    }
}
