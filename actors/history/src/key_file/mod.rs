//! Key files: a secret key on disk, for its owner's eyes alone.
//!
//! A file is written with mode 0600, as PKCS#8 in PEM (RFC 5958, RFC 7468, RFC 8410): `PRIVATE KEY`, or, under a
//! passphrase, `ENCRYPTED PRIVATE KEY` (PBES2 of RFC 8018 with scrypt and AES-256-CBC), as `openssl pkey` reads and
//! writes them. It is refused when others could read it. The form of a host's own keys, 64 hexadecimal digits, is read
//! too. What is read into memory is wiped; no error and no debug form has a byte of it.
//!
//! - here: files
//! - `pem.rs`: their form
//! - `passphrase.rs`: passphrases
//! - `random.rs`: new keys
//! - `rekey.rs`: other passphrases
//!
//! Format: docs/formats.md, "Key files".

mod passphrase;
mod pem;
mod random;
mod rekey;
#[cfg(test)]
mod tests;

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use icn_core::encode::SecretKey;
use zeroize::Zeroizing;

use crate::disk;
pub use passphrase::{Passphrase, PassphraseError};
pub use pem::FormError;
pub use random::random_key;
pub use rekey::{is_any_encrypted, rekey};

/// Bytes of a key file, at most: a hundred times what one has.
const FILE_BYTES_MAX: usize = 16 * 1024;

/// Why there is no key from a file, or no file from a key. It never says what is in the file.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The operating system's word.
    #[error("{what} the key file {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which file.
        path: PathBuf,
        /// What it answered.
        source: std::io::Error,
    },
    /// One is there already.
    #[error("the key file {} is there already, and a key is never written over: name another file", .0.display())]
    Exists(PathBuf),
    /// Others could read it.
    #[error(
        "the key file {path} has mode {mode:04o}, expected 0600: others could read it. Run `chmod 600 {path}`, and replace the key if somebody may have",
        path = .0.display(), mode = .1
    )]
    Mode(PathBuf, u32),
    /// Not a key, or not one that this passphrase opens.
    #[error("the key file {}: {}", .0.display(), .1)]
    Form(PathBuf, #[source] FormError),
    /// It is encrypted, and there is no passphrase.
    #[error("the passphrase of the key file {}: {}", .0.display(), .1)]
    Passphrase(PathBuf, #[source] PassphraseError),
}

impl KeyFileError {
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }

    /// Whether there is no such file.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == ErrorKind::NotFound)
    }
}

/// Reads a key. The passphrase is asked for only when the file is encrypted; without a way to have one, pass
/// [`no_passphrase`].
pub fn read(
    path: &Path,
    passphrase: impl FnOnce() -> Result<Passphrase, PassphraseError>,
) -> Result<SecretKey, KeyFileError> {
    let text = read_text(path)?;
    let form = |why| KeyFileError::Form(path.to_owned(), why);
    if pem::is_encrypted(&text) {
        let passphrase = passphrase().map_err(|why| KeyFileError::Passphrase(path.to_owned(), why))?;
        return pem::decrypt(&text, &passphrase).map_err(form);
    }
    pem::parse(&text).map_err(form)
}

/// The same, with a passphrase for the case that it is encrypted.
pub fn read_with(path: &Path, passphrase: &Passphrase) -> Result<SecretKey, KeyFileError> {
    let text = read_text(path)?;
    let key = if pem::is_encrypted(&text) { pem::decrypt(&text, passphrase) } else { pem::parse(&text) };
    key.map_err(|why| KeyFileError::Form(path.to_owned(), why))
}

/// For [`read`] where nobody can be asked: an encrypted file is refused.
pub const fn no_passphrase() -> Result<Passphrase, PassphraseError> {
    Err(PassphraseError::Nobody)
}

/// Whether a key file is encrypted.
pub fn is_encrypted(path: &Path) -> Result<bool, KeyFileError> {
    Ok(pem::is_encrypted(&read_text(path)?))
}

/// Writes a key to a file that is not there yet, durably, with mode 0600; encrypted under a passphrase if there is one.
pub fn create(path: &Path, key: &SecretKey, passphrase: Option<&Passphrase>) -> Result<(), KeyFileError> {
    let text = pem::to_text(key, passphrase).map_err(|why| KeyFileError::Form(path.to_owned(), why))?;
    let mut file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(KeyFileError::Exists(path.to_owned()));
        }
        Err(error) => return Err(KeyFileError::io("creating", path)(error)),
    };
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // Half a key is none.
        let _ = std::fs::remove_file(path);
        return Err(KeyFileError::io("writing", path)(error));
    }
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(KeyFileError::io("making durable", path))
}

/// Writes a key in the place of the same key: under another passphrase, or under none.
pub fn rewrite(path: &Path, key: &SecretKey, passphrase: Option<&Passphrase>) -> Result<(), KeyFileError> {
    let text = pem::to_text(key, passphrase).map_err(|why| KeyFileError::Form(path.to_owned(), why))?;
    disk::replace_secret(path, text.as_bytes())
        .map_err(|error| KeyFileError::io("writing", path)(std::io::Error::other(error.to_string())))
}

/// A key file's text, if nobody else could read it.
pub(crate) fn read_text(path: &Path) -> Result<Zeroizing<String>, KeyFileError> {
    let file = File::open(path).map_err(KeyFileError::io("opening", path))?;
    let found = file.metadata().map_err(KeyFileError::io("reading", path))?;
    let mode = found.permissions().mode() & 0o7777;
    // What is no file (a pipe of a shell, say) has no bytes at rest.
    if found.is_file() && mode & 0o077 != 0 {
        return Err(KeyFileError::Mode(path.to_owned(), mode));
    }
    // Room for all of it at once: what grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(FILE_BYTES_MAX + 1));
    file.take(FILE_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(KeyFileError::io("reading", path))?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(KeyFileError::Form(path.to_owned(), FormError::Other));
    }
    let text =
        std::str::from_utf8(&bytes).map_err(|_| KeyFileError::Form(path.to_owned(), FormError::Other))?;
    Ok(Zeroizing::new(text.to_owned()))
}
