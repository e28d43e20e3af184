//! Reads and writes key files. A file that others can read is refused; a file that exists is never written
//! over, but for the same key in another form.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use icn_core::encode::SecretKey;
use zeroize::Zeroizing;

use super::error::KeyFileError;
use super::form::{self, FormError};
use super::passphrase::{Passphrase, PassphraseError};
use crate::disk;

/// Bytes of a key file, at most: a hundred times the usual length.
const FILE_BYTES_MAX: usize = 16 * 1024;

/// Reads a key. `passphrase` is called only when the file is encrypted. Where nobody can be asked, pass
/// [`no_passphrase`].
pub fn read(
    path: &Path,
    passphrase: impl FnOnce() -> Result<Passphrase, PassphraseError>,
) -> Result<SecretKey, KeyFileError> {
    let text = read_text(path)?;
    if form::is_encrypted(&text) {
        let passphrase = passphrase().map_err(|why| KeyFileError::Passphrase(path.to_owned(), why))?;
        return form::decrypt(&text, &passphrase).map_err(KeyFileError::form(path));
    }
    form::parse(&text).map_err(KeyFileError::form(path))
}

/// Reads a key. The passphrase is used only when the file is encrypted.
pub fn read_with(path: &Path, passphrase: &Passphrase) -> Result<SecretKey, KeyFileError> {
    let text = read_text(path)?;
    let is_encrypted = form::is_encrypted(&text);
    let key = if is_encrypted { form::decrypt(&text, passphrase) } else { form::parse(&text) };
    key.map_err(KeyFileError::form(path))
}

/// For [`read`] where nobody can be asked: an encrypted file is refused.
pub const fn no_passphrase() -> Result<Passphrase, PassphraseError> {
    Err(PassphraseError::Nobody)
}

/// Whether a key file is encrypted.
pub fn is_encrypted(path: &Path) -> Result<bool, KeyFileError> {
    Ok(form::is_encrypted(&read_text(path)?))
}

/// Writes a key to a new file, durably and with mode 0600. With a passphrase the key is encrypted.
pub fn create(path: &Path, key: &SecretKey, passphrase: Option<&Passphrase>) -> Result<(), KeyFileError> {
    let text = form::to_text(key, passphrase).map_err(KeyFileError::form(path))?;
    let mut file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return Err(KeyFileError::Exists(path.to_owned()));
        }
        Err(error) => return Err(KeyFileError::io("creating", path)(error)),
    };
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if let Err(error) = written {
        // Half a key is of no use.
        let _ = std::fs::remove_file(path);
        return Err(KeyFileError::io("writing", path)(error));
    }
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(KeyFileError::io("making durable", path))
}

/// Replaces a key file with the same key under another passphrase, or under none.
pub fn rewrite(path: &Path, key: &SecretKey, passphrase: Option<&Passphrase>) -> Result<(), KeyFileError> {
    let text = form::to_text(key, passphrase).map_err(KeyFileError::form(path))?;
    disk::replace_secret(path, text.as_bytes())
        .map_err(|error| KeyFileError::io("writing", path)(std::io::Error::other(error.to_string())))
}

/// Reads the text of a key file, if nobody else can read it.
pub(super) fn read_text(path: &Path) -> Result<Zeroizing<String>, KeyFileError> {
    let file = File::open(path).map_err(KeyFileError::io("opening", path))?;
    let found = file.metadata().map_err(KeyFileError::io("reading", path))?;
    let mode = found.permissions().mode() & 0o7777;
    // Something that is not a regular file, as a pipe of a shell, keeps no bytes.
    if found.is_file() && mode & 0o077 != 0 {
        return Err(KeyFileError::Mode(path.to_owned(), mode));
    }
    // Room for all bytes at once: a buffer that grows leaves copies of the secret behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(FILE_BYTES_MAX + 1));
    file.take(FILE_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(KeyFileError::io("reading", path))?;
    let other = || KeyFileError::form(path)(FormError::Other);
    if bytes.len() > FILE_BYTES_MAX {
        return Err(other());
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| other())?;
    Ok(Zeroizing::new(text.to_owned()))
}
