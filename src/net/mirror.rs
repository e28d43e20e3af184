//! Fetches a publication, as `icn publish` wrote it, from a web server over plain HTTP. The result is a
//! directory that is audited and read like an export.
//!
//! The server is not trusted. Sizes, times and the number of bad answers are bounded here. The audit checks
//! what the files say.
//!
//! The order is: the cosigned checkpoint, the checkpoint, and then what the checkpoint covers. A host may
//! publish more in between. That changes none of these files, except that a partial tile may be replaced by a
//! full tile, which has all of the partial one.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use icn_core::limits;
use icn_core::log::{Note, TILE_WIDTH, Tile, TileKind, TreeHead};
use icn_core::name::CID_BYTES;
use icn_history::export::ExportLayout;

use super::http::client::{GetError, get};

pub use super::http::url::{HttpUrl, UrlError};

/// The result of a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrored {
    /// The number of leaves that the checkpoint claims. It is not verified.
    pub size: u64,
    /// How many files were fetched.
    pub files: u64,
    /// How many bytes these files have.
    pub bytes: u64,
    /// How many tiles the server does not have.
    pub missing: u64,
    /// How many answers were no use, so that the file was requested again.
    pub bad_answers: u64,
    /// The last bad answer: the address, and what was wrong.
    pub last_bad_answer: Option<String>,
}

/// Why a publication is not fetched.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// The server does not deliver a file.
    #[error(
        "{url}: {why} (bad answers: {count}); expected what `icn publish` writes, served as files below that address"
    )]
    Answer {
        /// The file.
        url: String,
        /// What was wrong.
        why: String,
        /// How many answers were no use.
        count: u64,
    },
    /// The server delivers a file that does not belong to a publication.
    #[error("{url}: {why}")]
    Publication {
        /// The file.
        url: String,
        /// What was wrong, and what would be right.
        why: String,
    },
    /// The publication is larger than the caller allows.
    #[error("{url}: more than the {bytes_max} bytes that may be fetched: give a higher --bytes-max")]
    Large {
        /// The file at which the limit was reached.
        url: String,
        /// The limit in bytes.
        bytes_max: u64,
    },
    /// A file that was fetched cannot be written.
    #[error("writing {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
}

impl MirrorError {
    /// Whether there is nothing to audit: the server does not deliver it. Otherwise a file is wrong, or
    /// cannot be written.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        !matches!(self, Self::Publication { .. } | Self::Write { .. })
    }
}

/// Fetches a publication into a directory, which it creates. All answers together have at most `bytes_max`
/// bytes. `progress` is called after each file with the number of files and bytes so far.
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
        // Without this check a server could make us request tiles without end.
        let why = format!(
            "it has {bytes} bytes, too few for the {size} leaves that tiles/checkpoint covers: expected the log.car of \
             the same publication"
        );
        return Err(MirrorError::Publication { url: fetch.address(&car), why });
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
    /// The path of a file below the address of the publication.
    fn below(&self, path: &Path) -> String {
        format!("/{}", path.strip_prefix(self.dir).unwrap_or(path).display())
    }
    /// The address of a file.
    fn address(&self, path: &Path) -> String {
        format!("{}{}", self.url, self.below(path))
    }

    /// Fetches a file that every publication has.
    fn needed(&mut self, path: &Path, bytes_max: u64) -> Result<(), MirrorError> {
        if self.file(path, bytes_max)? {
            return Ok(());
        }
        let (url, count) = (self.address(path), self.done.bad_answers + 1);
        Err(MirrorError::Answer { url, why: "status 404: it is not there".into(), count })
    }

    /// Fetches a tile. If the log grew, a partial tile may be replaced by a full one, which begins with the
    /// same hashes.
    fn tile(&mut self, layout: &ExportLayout, tile: &Tile) -> Result<(), MirrorError> {
        let full = Tile { width: TILE_WIDTH, ..*tile };
        let has = self.file(&layout.tile(tile), limits::FETCH_TILE_BYTES_MAX)?
            || (tile.width < TILE_WIDTH && self.file(&layout.tile(&full), limits::FETCH_TILE_BYTES_MAX)?);
        // The audit reports which tile is missing.
        self.done.missing += u64::from(!has);
        Ok(())
    }

    /// Fetches a file, in several tries if needed. False when the server has no such file.
    fn file(&mut self, path: &Path, bytes_max: u64) -> Result<bool, MirrorError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let url = self.address(path);
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
                Err(GetError::Long) => {
                    format!("more than {bytes_max} bytes, the most that such a file may have")
                }
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

    /// Requests a file once.
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
        // The bytes of a bad answer count too.
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

    /// The number of leaves that the checkpoint claims.
    fn size(&self, path: &Path) -> Result<u64, MirrorError> {
        let fail = |why: &dyn std::fmt::Display| MirrorError::Publication {
            url: self.address(path),
            why: format!("{why}: expected a signed checkpoint, as `icn publish` writes it"),
        };
        let text = fs::read_to_string(path).map_err(|error| fail(&error))?;
        let note = Note::parse(&text).map_err(|error| fail(&error))?;
        Ok(TreeHead::parse(note.text()).map_err(|error| fail(&error))?.size)
    }
}
