//! The embedded store: segment files that are appended to and never changed.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use icn_core::block::Entry;
use icn_core::limits;

use super::LogStore;
use super::format::{self, SECTOR_BYTES};
use super::group::Segment;
use super::reader::{End, Reader, Tail};
use crate::error::StoreError;

/// How far ahead zeros are written, so that an append changes no file's length.
const AHEAD_BYTES: u64 = 4 * 1024 * 1024;

/// The write side of a log directory.
///
/// Format: docs/formats.md, "Segment files".
#[derive(Debug)]
pub struct SegmentStore {
    dir: PathBuf,
    file: Option<File>,
    end: End,
    /// The file is written up to here, zeros included.
    length: u64,
    buffer: Vec<u8>,
    /// Bytes of a segment, beyond which the next one is begun.
    bytes_max: u64,
}

impl SegmentStore {
    /// Opens a directory for appending where a reader that read all of it ended. A torn write is overwritten
    /// with zeros; the caller has said so to whoever should know.
    pub fn open(dir: &Path, reader: &Reader) -> Result<Self, StoreError> {
        let end = reader.end();
        let mut store = Self {
            dir: dir.to_owned(),
            file: None,
            end,
            length: 0,
            buffer: Vec::new(),
            bytes_max: limits::SEGMENT_BYTES_MAX,
        };
        let path = format::segment_path(dir, end.segment);
        if end.offset > 0 {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .open(&path)
                .map_err(StoreError::io("opening", &path))?;
            if let Some(Tail::Torn { .. }) = reader.tail() {
                file.set_len(end.offset).map_err(StoreError::io("cutting", &path))?;
                file.sync_all().map_err(StoreError::io("syncing", &path))?;
            }
            store.length = file.metadata().map_err(StoreError::io("reading", &path))?.len();
            store.file = Some(file);
        }
        Ok(store)
    }

    /// Begins a new segment sooner than at [`limits::SEGMENT_BYTES_MAX`]: logs of many small files, for tests.
    #[must_use]
    pub const fn with_segment_bytes(mut self, bytes_max: u64) -> Self {
        self.bytes_max = bytes_max;
        self
    }

    fn path(&self) -> PathBuf {
        format::segment_path(&self.dir, self.end.segment)
    }

    fn create_segment(&mut self, number: u64) -> Result<(), StoreError> {
        self.end.segment = number;
        let path = self.path();
        // Never truncated: what is there may be history.
        let created = OpenOptions::new().read(true).write(true).create_new(true).open(&path);
        let file = match created {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => self.take_unwritten(&path)?,
            created => created.map_err(StoreError::io("creating", &path))?,
        };
        let header = format::segment_header(number, self.end.position, &self.end.chain);
        file.write_all_at(&header, 0).map_err(StoreError::io("writing", &path))?;
        let length = file.metadata().map_err(StoreError::io("reading", &path))?.len();
        self.file = Some(file);
        self.end.offset = SECTOR_BYTES as u64;
        self.length = length;
        let dir = File::open(&self.dir).map_err(StoreError::io("opening", &self.dir))?;
        dir.sync_all().map_err(StoreError::io("syncing", &self.dir))
    }

    /// A segment that is there already: one that a crash left before its header was durable, or it is not touched.
    fn take_unwritten(&self, path: &Path) -> Result<File, StoreError> {
        let open = |options: &mut OpenOptions| options.open(path).map_err(StoreError::io("opening", path));
        let segment = Segment::new(open(OpenOptions::new().read(true))?, path)?;
        if segment.last_byte(0)? == 0 {
            return open(OpenOptions::new().read(true).write(true));
        }
        Err(StoreError::Damaged {
            file: path.to_owned(),
            offset: 0,
            position: self.end.position,
            block: None,
            what: "it was to be begun, and has bytes already: it is left as it is".into(),
        })
    }

    /// Ends this segment and begins the next one, if this one has a group.
    pub(crate) fn begin_segment(&mut self) -> Result<(), StoreError> {
        if self.end.offset <= SECTOR_BYTES as u64 {
            return Ok(());
        }
        self.close()?;
        self.create_segment(self.end.segment + 1)
    }

    /// Makes room for so many bytes: in this segment, zeros written ahead, or in a new one.
    fn make_room(&mut self, bytes: u64) -> Result<(), StoreError> {
        let full = self.end.offset + bytes > self.bytes_max && self.end.offset > SECTOR_BYTES as u64;
        if self.file.is_none() {
            self.create_segment(self.end.segment)?;
        } else if full {
            self.close()?;
            self.create_segment(self.end.segment + 1)?;
        }
        let needed = self.end.offset + bytes;
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
        if expected != self.end.position {
            return Err(StoreError::Position { expected, found: self.end.position });
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let chain = format::encode_group(&mut buffer, &self.end.chain, expected, entries);
        self.make_room(buffer.len() as u64)?;
        let path = self.path();
        if let Some(file) = &self.file {
            file.write_all_at(&buffer, self.end.offset).map_err(StoreError::io("writing", &path))?;
            file.sync_data().map_err(StoreError::io("syncing", &path))?;
        }
        self.end.offset += buffer.len() as u64;
        self.end.position += entries.iter().map(|entry| entry.leaves.len() as u64).sum::<u64>();
        self.end.chain = chain;
        self.buffer = buffer;
        Ok(())
    }

    fn close(&mut self) -> Result<(), StoreError> {
        let path = self.path();
        if let Some(file) = &self.file {
            file.set_len(self.end.offset).map_err(StoreError::io("cutting", &path))?;
            file.sync_all().map_err(StoreError::io("syncing", &path))?;
            self.length = self.end.offset;
        }
        Ok(())
    }
}
