//! Compiled modules on disk: machine code that this host made, and will run again without compiling it.
//!
//! A file is loaded only when everything about it is as this host would write it now: a header that names the
//! format, the engine's compatibility hash, the engine's description, the compile recipe and the module, and a MAC
//! over all of it and the code, keyed by the host's own secret. All of this is compared before the engine sees a
//! byte. What differs in anything is deleted, written down as a security event, and compiled anew.
//!
//! The file is read once into memory, and what was verified is what is loaded: nothing on disk is mapped. Never
//! here: an artefact that nobody asked for, a directory that grows without bound, an error that stops an install.
//! The format is described in `docs/formats.md`.

use std::fs::{DirBuilder, File, OpenOptions};
use std::hash::{Hash as _, Hasher};
use std::io::{ErrorKind, Read as _, Write as _};
use std::ops::Range;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use hmac::{Hmac, KeyInit as _, Mac as _};
use icn_core::limits;
use icn_core::name::BlockId;
use sha2::{Digest as _, Sha256};

use crate::engine::Engine;
use crate::instrument::INSTRUMENTATION_VERSION;

/// The first bytes of each file.
const MAGIC: [u8; 8] = *b"ICNCWASM";
/// The version of the file's format.
const FORMAT_VERSION: u32 = 1;
const MAC_BYTES: usize = 32;

/// What the header names, and where. The MAC follows, then the code.
const FIELDS: [(&str, Range<usize>); 7] = [
    ("magic", 0..8),
    ("format version", 8..12),
    ("engine compatibility hash", 12..44),
    ("engine description", 44..80),
    ("compile recipe", 80..112),
    ("module", 112..148),
    ("length", 148..156),
];
const NAMED_BYTES: usize = 156;
const HEADER_BYTES: usize = NAMED_BYTES + MAC_BYTES;

/// What was found under a module's name.
pub(crate) enum Found {
    /// No artefact, or one that could not be read.
    Nothing,
    /// One that is not as it must be; it is gone now.
    Discarded,
    /// The compiled module.
    Module(wasmtime::Module),
}

/// The directory of artefacts.
pub(crate) struct Artefacts {
    dir: PathBuf,
    mac: Hmac<Sha256>,
    /// The header's fields that are the same for each module of this engine, in order, up to the module.
    engine_fields: Vec<u8>,
    bytes_max: u64,
    /// Held while a file is written, so that two writers do not both take the last room.
    writing: Mutex<()>,
}

impl Artefacts {
    /// Opens the directory, and makes it where it is not; what a crash left half written is removed.
    pub(crate) fn open(dir: &Path, key: &[u8; 32], engine: &Engine, bytes_max: u64) -> std::io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        for file in std::fs::read_dir(dir)? {
            let path = file?.path();
            if path.extension().is_some_and(|extension| extension == "new") {
                std::fs::remove_file(&path)?;
            }
        }
        // HMAC fills a key up with zeros to the hash's block.
        let mut block = [0u8; 64];
        block[..32].copy_from_slice(key);
        let mac = Hmac::<Sha256>::new(&block.into());
        Ok(Self {
            dir: dir.to_owned(),
            mac,
            engine_fields: engine_fields(engine),
            bytes_max,
            writing: Mutex::new(()),
        })
    }

    fn path(&self, module: BlockId) -> PathBuf {
        self.dir.join(format!("{module}.cwasm"))
    }

    /// The compiled form of a module, where a sound one is kept.
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
        let code = match self.verified(module, &bytes) {
            Ok(code) => code,
            Err(why) => return discard(&path, module, &why),
        };
        match deserialize(engine, code) {
            Ok(module) => Found::Module(module),
            Err(error) => discard(&path, module, &format!("the engine does not take it: {error:#}")),
        }
    }

    /// The code of a file whose every byte is this host's own, for this module and this engine.
    fn verified<'a>(&self, module: BlockId, bytes: &'a [u8]) -> Result<Verified<'a>, String> {
        let (Some(named), Some(code)) = (bytes.get(..NAMED_BYTES), bytes.get(HEADER_BYTES..)) else {
            return Err(format!("{} bytes, a header has {HEADER_BYTES}", bytes.len()));
        };
        let expected = self.named(module, code.len());
        let differs = |(_, at): &&(&str, Range<usize>)| named.get(at.clone()) != expected.get(at.clone());
        if let Some((what, _)) = FIELDS.iter().find(differs) {
            return Err(format!("its {what} differs"));
        }
        // Compares in constant time, so that nobody finds a MAC byte by byte.
        let mac = self.mac.clone().chain_update(named).chain_update(code);
        mac.verify_slice(&bytes[NAMED_BYTES..HEADER_BYTES]).map_err(|_| "its MAC differs".to_owned())?;
        Ok(Verified(code))
    }

    fn named(&self, module: BlockId, code_bytes: usize) -> Vec<u8> {
        let mut named = self.engine_fields.clone();
        named.extend(module.as_bytes());
        named.extend((code_bytes as u64).to_le_bytes());
        named
    }

    /// Keeps a compiled module. What goes wrong is logged, and costs a compilation at the next opening.
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
        let named = self.named(module, code.len());
        let mac = self.mac.clone().chain_update(&named).chain_update(code).finalize();
        let length = (HEADER_BYTES + code.len()) as u64;
        if length > limits::ARTEFACT_BYTES_MAX.min(self.bytes_max) {
            return Err(std::io::Error::other(format!("{length} bytes are more than an artefact may have")));
        }
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        make_room(&self.dir, self.bytes_max - length)?;
        let path = self.path(module);
        let beside = path.with_extension("new");
        let _ = std::fs::remove_file(&beside);
        let written = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
            file.write_all(&named)?;
            file.write_all(&mac.into_bytes())?;
            file.write_all(code)?;
            // Before the rename: a crash must not leave the name on half a file, which would look like tampering.
            file.sync_all()?;
            std::fs::rename(&beside, &path)
        }();
        if written.is_err() {
            let _ = std::fs::remove_file(&beside);
        }
        written
    }
}

/// Code whose MAC holds: only [`Artefacts::verified`] makes one.
struct Verified<'a>(&'a [u8]);

/// Gives the engine code that was verified.
#[expect(unsafe_code, reason = "the one way to load compiled code; see SAFETY")]
fn deserialize(engine: &Engine, Verified(code): Verified<'_>) -> wasmtime::Result<wasmtime::Module> {
    // SAFETY: the engine asks for bytes that `Module::serialize` gave, unchanged. The MAC over them holds, and only
    // `Artefacts::write` computes it, over what `Module::serialize` gave, under a key that this host alone has. They
    // are of an engine whose compatibility hash is this one's, and they are in memory that nobody else can write.
    unsafe { wasmtime::Module::deserialize(&engine.engine, code) }
}

/// Why there are no bytes.
enum Unread {
    Absent,
    Io(std::io::Error),
    Unsound(&'static str),
}

/// Reads a file whole, if it is one and not larger than an artefact may be.
fn read(path: &Path) -> Result<Vec<u8>, Unread> {
    let io = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => Unread::Absent,
        _ => Unread::Io(error),
    };
    // What is not a file is not opened: a pipe would be waited for, and a link leads elsewhere.
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

/// Removes the oldest files until the rest has no more than so many bytes, and there is room for one more.
fn make_room(dir: &Path, bytes_max: u64) -> std::io::Result<()> {
    let mut files = Vec::new();
    for file in std::fs::read_dir(dir)? {
        let file = file?;
        let found = file.metadata()?;
        let written = found.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        files.push((written, file.path(), found.len()));
    }
    // By name where two are of one time.
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

/// The header's fields up to the module.
fn engine_fields(engine: &Engine) -> Vec<u8> {
    let description = engine.description().id();
    let mut compatibility = Sha256Hasher(Sha256::new());
    engine.engine.precompile_compatibility_hash().hash(&mut compatibility);
    let mut recipe = Sha256::new();
    recipe.update(b"icn/compile-recipe/v1");
    recipe.update(description.as_bytes());
    recipe.update(INSTRUMENTATION_VERSION.to_le_bytes());
    let mut fields = Vec::with_capacity(HEADER_BYTES);
    fields.extend(MAGIC);
    fields.extend(FORMAT_VERSION.to_le_bytes());
    fields.extend(compatibility.0.finalize());
    fields.extend(description.as_bytes());
    fields.extend(recipe.finalize());
    fields
}

/// Takes what a type hashes of itself into a SHA-256: the engine's compatibility is a `Hash`, and 64 bits of it
/// would be few.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        digest.iter().take(8).fold(0, |word, byte| word << 8 | u64::from(*byte))
    }
}

#[cfg(test)]
mod tests;
