//! Fetches a publication from a web server over plain HTTP: what `icn publish` wrote, as a directory that is audited and read
//! like an export. Nothing that the server says is believed: sizes, times and the number of bad answers are bounded here,
//! and what the files say is the audit's to judge.
//!
//! The cosigned checkpoint is fetched first, then the checkpoint, then what it covers: a host that publishes meanwhile
//! changes none of that but to fill a partial tile, and then the full one has it.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use icn_core::log::{Note, TILE_WIDTH, Tile, TileKind, TreeHead};
use icn_core::name::CID_BYTES;
use icn_history::export::ExportLayout;

use crate::http::client::{GetError, get};
pub use crate::http::client::{HttpUrl, UrlError};
use crate::limits;

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrored {
    /// Leaves that the checkpoint says the log has. Nobody verified it.
    pub size: u64,
    /// Files.
    pub files: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Tiles that the server has not.
    pub missing: u64,
    /// Answers that were no use, after which the file was asked for again.
    pub bad_answers: u64,
    /// The last of them: where, and why.
    pub last_bad_answer: Option<String>,
}

/// Why a publication is not fetched.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// The server does not give a file.
    #[error(
        "{url}: {why} (bad answers: {count}); expected what `icn publish` writes, served as files below that address"
    )]
    Answer {
        /// The file.
        url: String,
        /// What was wrong.
        why: String,
        /// Answers of the server that were no use.
        count: u64,
    },
    /// The server answers, and what it gives is no publication.
    #[error("{url}: {why}")]
    Publication {
        /// The file.
        url: String,
        /// What was wrong, and what would be right.
        why: String,
    },
    /// More than is taken.
    #[error("{url}: more than the {bytes_max} bytes that may be fetched: give a higher --bytes-max")]
    Large {
        /// The file at which it was too much.
        url: String,
        /// The limit.
        bytes_max: u64,
    },
    /// What was fetched cannot be written.
    #[error("writing {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
}

impl MirrorError {
    /// Whether there is nothing to audit, rather than something that does not hold or cannot be written.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        !matches!(self, Self::Publication { .. } | Self::Write { .. })
    }
}

/// Fetches a publication into a directory, which is made. No more than `bytes_max` bytes are taken of all answers together.
/// `progress` hears of files and bytes.
pub fn mirror(
    url: &HttpUrl,
    dir: &Path,
    bytes_max: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Mirrored, MirrorError> {
    let done = Mirrored { size: 0, files: 0, bytes: 0, missing: 0, bad_answers: 0, last_bad_answer: None };
    let mut fetch = Fetch { url, dir, bytes_max, left: bytes_max, done, progress };
    let layout = ExportLayout::new(dir);
    let note_bytes = limits::NOTE_BYTES_MAX as u64;
    fetch.file(&layout.cosigned(), note_bytes)?;
    fetch.needed(&layout.checkpoint(), note_bytes)?;
    let size = fetch.size(&layout.checkpoint())?;
    for path in [layout.verifier_key(), layout.policy()] {
        fetch.needed(&path, limits::FETCH_TEXT_BYTES_MAX)?;
    }
    let car = layout.car();
    fetch.needed(&car, bytes_max)?;
    let bytes = fs::metadata(&car).map_err(|source| MirrorError::Write { path: car.clone(), source })?.len();
    if size > bytes / CID_BYTES as u64 {
        // Or a server could send us for tiles without end.
        let why = format!(
            "it has {bytes} bytes, too few for the {size} leaves that tiles/checkpoint covers: expected a log.car that is published with it"
        );
        return Err(MirrorError::Publication { url: fetch.name(&car), why });
    }
    for kind in (0..8).map(TileKind::Tree).chain([TileKind::Entries]) {
        for tile in (0..).map_while(|index| Tile::at(kind, index, size)) {
            fetch.tile(&layout, &tile)?;
        }
    }
    fetch.done.size = size;
    Ok(fetch.done)
}

struct Fetch<'a> {
    url: &'a HttpUrl,
    dir: &'a Path,
    bytes_max: u64,
    /// Bytes that may still be taken.
    left: u64,
    done: Mirrored,
    progress: &'a mut dyn FnMut(u64, u64),
}

impl Fetch<'_> {
    fn below(&self, path: &Path) -> String {
        format!("/{}", path.strip_prefix(self.dir).unwrap_or(path).display())
    }
    /// Where a file is fetched from.
    fn name(&self, path: &Path) -> String {
        format!("{}{}", self.url, self.below(path))
    }

    fn needed(&mut self, path: &Path, bytes_max: u64) -> Result<(), MirrorError> {
        if self.file(path, bytes_max)? {
            return Ok(());
        }
        let (url, count) = (self.name(path), self.done.bad_answers + 1);
        Err(MirrorError::Answer { url, why: "status 404: it is not there".into(), count })
    }

    /// A tile; a partial one that a growing log has filled since is the beginning of the full one.
    fn tile(&mut self, layout: &ExportLayout, tile: &Tile) -> Result<(), MirrorError> {
        let full = Tile { width: TILE_WIDTH, ..*tile };
        let has = self.file(&layout.tile(tile), limits::FETCH_TILE_BYTES_MAX)?
            || (tile.width < TILE_WIDTH && self.file(&layout.tile(&full), limits::FETCH_TILE_BYTES_MAX)?);
        // The audit says which one it lacks.
        self.done.missing += u64::from(!has);
        Ok(())
    }

    /// Fetches a file; false when the server has none.
    fn file(&mut self, path: &Path, bytes_max: u64) -> Result<bool, MirrorError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let url = self.name(path);
            let why = match self.once(path, bytes_max.min(self.left)) {
                Ok(true) => {
                    self.done.files += 1;
                    (self.progress)(self.done.files, self.done.bytes);
                    return Ok(true);
                }
                Ok(false) => return Ok(false),
                Err(GetError::Sink(source)) => {
                    return Err(MirrorError::Write { path: path.to_owned(), source });
                }
                Err(GetError::Long) if self.left < bytes_max || bytes_max == self.bytes_max => {
                    return Err(MirrorError::Large { url, bytes_max: self.bytes_max });
                }
                Err(GetError::Long) => format!("more than {bytes_max} bytes, the most that such a file has"),
                Err(GetError::Moved(to)) => {
                    let why =
                        format!("it redirects to {to}, and redirects are not followed: name that address");
                    let count = self.done.bad_answers + 1;
                    return Err(MirrorError::Answer { url, why, count });
                }
                Err(GetError::Answer(why)) => why,
            };
            self.done.bad_answers += 1;
            self.done.last_bad_answer = Some(format!("{url}: {why}"));
            if tries == limits::FETCH_TRIES_MAX || self.done.bad_answers >= limits::FETCH_BAD_ANSWERS_MAX {
                return Err(MirrorError::Answer { url, why, count: self.done.bad_answers });
            }
        }
    }

    fn once(&mut self, path: &Path, bytes_max: u64) -> Result<bool, GetError> {
        let below = self.below(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(GetError::Sink)?;
        }
        let mut file = BufWriter::new(File::create(path).map_err(GetError::Sink)?);
        let mut came = 0;
        let got = get(self.url, &below, bytes_max, &mut |bytes| {
            came += bytes.len() as u64;
            file.write_all(bytes)
        });
        // What came of an answer that was no use counts as well.
        self.left = self.left.saturating_sub(came);
        match got {
            Ok(true) => {
                file.flush().map_err(GetError::Sink)?;
                self.done.bytes += came;
                Ok(true)
            }
            not => {
                fs::remove_file(path).map_err(GetError::Sink)?;
                not
            }
        }
    }

    /// How many leaves the checkpoint says that the log has.
    fn size(&self, path: &Path) -> Result<u64, MirrorError> {
        let fail = |why: &dyn std::fmt::Display| MirrorError::Publication {
            url: self.name(path),
            why: format!("{why}: expected a signed checkpoint, as `icn publish` writes it"),
        };
        let text = fs::read_to_string(path).map_err(|error| fail(&error))?;
        let note = Note::parse(&text).map_err(|error| fail(&error))?;
        Ok(TreeHead::parse(note.text()).map_err(|error| fail(&error))?.size)
    }
}
