//! The directory of artefacts: compiled modules on disk, one file for each.
//!
//! A file is read whole into memory, and what was verified is what is loaded: nothing on disk is mapped. A file
//! that is not as this host writes it is removed, reported as a security event, and made anew. The directory stays
//! within its bounds: the oldest files make room. An error here never stops an install; it costs a compilation.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use icn_core::limits;
use icn_core::name::BlockId;

use super::artefact::{HEADER_BYTES, Seal, deserialize};
use crate::engine::Engine;

/// What was found under the name of a module.
pub(crate) enum Found {
    /// No artefact, or one that could not be read.
    Nothing,
    /// An artefact that is not as it must be. It was removed.
    Discarded,
    /// The compiled module.
    Module(wasmtime::Module),
}

/// The directory of artefacts.
pub(crate) struct Artefacts {
    dir: PathBuf,
    seal: Seal,
    /// Bytes that all files may have.
    bytes_max: u64,
    /// Held while a file is written, so that two writers do not both take the last room.
    writing: Mutex<()>,
}

impl Artefacts {
    /// Opens the directory, and makes it if it is missing. Files that a crash left unfinished are removed.
    pub(crate) fn open(dir: &Path, key: &[u8; 32], engine: &Engine, bytes_max: u64) -> std::io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        for file in std::fs::read_dir(dir)? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "new") {
                std::fs::remove_file(&path)?;
            }
        }
        let seal = Seal::new(key, engine);
        Ok(Self { dir: dir.to_owned(), seal, bytes_max, writing: Mutex::new(()) })
    }

    fn path(&self, module: BlockId) -> PathBuf {
        self.dir.join(format!("{module}.cwasm"))
    }

    /// The compiled form of a module, if a sound artefact of it is kept.
    pub(crate) fn load(&self, engine: &Engine, module: BlockId) -> Found {
        let path = self.path(module);
        let bytes = match read(&path) {
            Ok(bytes) => bytes,
            Err(Unread::Absent) => return Found::Nothing,
            Err(Unread::Io(error)) => {
                tracing::warn!(file = %path.display(), %error, "a compiled artefact cannot be read");
                return Found::Nothing;
            }
            Err(Unread::Unsound(why)) => return discard(&path, module, why),
        };
        let code = match self.seal.verified(module, &bytes) {
            Ok(code) => code,
            Err(why) => return discard(&path, module, &why),
        };
        match deserialize(engine, code) {
            Ok(module) => Found::Module(module),
            Err(error) => discard(&path, module, &format!("the engine does not take it: {error:#}")),
        }
    }

    /// Keeps a compiled module. An error is logged; it costs a compilation at the next opening.
    pub(crate) fn store(&self, module: BlockId, compiled: &wasmtime::Module) {
        let written = match compiled.serialize() {
            Ok(code) => self.write(module, &code).map_err(|error| error.to_string()),
            Err(error) => Err(format!("{error:#}")),
        };
        if let Err(error) = written {
            tracing::warn!(%module, %error, "a compiled artefact is not written");
        }
    }

    fn write(&self, module: BlockId, code: &[u8]) -> std::io::Result<()> {
        let length = (HEADER_BYTES + code.len()) as u64;
        if length > limits::ARTEFACT_BYTES_MAX.min(self.bytes_max) {
            return Err(std::io::Error::other(format!("{length} bytes are more than an artefact may have")));
        }
        let header = self.seal.header(module, code);
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&self.dir, self.bytes_max - length)?;
        let path = self.path(module);
        let unfinished = path.with_extension("new");
        let _ = std::fs::remove_file(&unfinished);
        let written = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
            file.write_all(&header)?;
            file.write_all(code)?;
            // Before the rename: a crash must not leave the name on half a file, which would look like tampering.
            file.sync_all()?;
            std::fs::rename(&unfinished, &path)
        }();
        if written.is_err() {
            let _ = std::fs::remove_file(&unfinished);
        }
        written
    }
}

/// Why a file gives no bytes.
enum Unread {
    Absent,
    Io(std::io::Error),
    Unsound(&'static str),
}

/// Reads a whole file, if it is a regular one and not larger than an artefact may be.
fn read(path: &Path) -> Result<Vec<u8>, Unread> {
    let io = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => Unread::Absent,
        _ => Unread::Io(error),
    };
    // Only a regular file is opened: opening a pipe would wait, and a link leads to another place.
    let found = std::fs::symlink_metadata(path).map_err(io)?;
    if !found.is_file() {
        return Err(Unread::Unsound("it is not a regular file"));
    }
    if found.len() > limits::ARTEFACT_BYTES_MAX {
        return Err(Unread::Unsound("it is larger than an artefact may be"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(io)?;
    file.take(limits::ARTEFACT_BYTES_MAX).read_to_end(&mut bytes).map_err(io)?;
    Ok(bytes)
}

/// Removes a file that is not as this host writes it, and reports it as a security event.
fn discard(path: &Path, module: BlockId, why: &str) -> Found {
    let removed = std::fs::remove_file(path).map_or_else(|error| error.to_string(), |()| "yes".to_owned());
    tracing::warn!(
        target: "icn::security",
        event = "artefact_discarded",
        %module,
        file = %path.display(),
        reason = why,
        removed,
        "a compiled artefact is not as this host writes it: the module is compiled anew"
    );
    Found::Discarded
}

/// Removes the oldest files until the rest has at most so many bytes and there is room for one more file.
fn make_room(dir: &Path, bytes_max: u64) -> std::io::Result<()> {
    let mut files = Vec::new();
    for file in std::fs::read_dir(dir)? {
        let file = file?;
        let found = file.metadata()?;
        let written = found.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        files.push((written, file.path(), found.len()));
    }
    // Files of the same time are in the order of their names.
    files.sort();
    let mut bytes: u64 = files.iter().map(|(_, _, length)| length).sum();
    let mut count = files.len();
    for (_, path, length) in files {
        if bytes <= bytes_max && count < limits::ARTEFACTS_MAX {
            break;
        }
        std::fs::remove_file(&path)?;
        bytes -= length;
        count -= 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
