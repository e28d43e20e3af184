//! `KeyFileError`: why there is no key from a file, or no file from a key. It never contains a byte of a file.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::form::FormError;
use super::passphrase::PassphraseError;

/// Why there is no key from a file, or no file from a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The operating system refused.
    #[error("{what} the key file {}: {source}", path.display())]
    Io {
        /// The action that failed, as in `opening`.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The file exists, and a key is never written over.
    #[error("the key file {} exists already, and a key is never written over: name another file", .0.display())]
    Exists(PathBuf),
    /// Others can read the file.
    #[error(
        "the key file {path} has mode {mode:04o}, expected 0600: others could read it. Run `chmod 600 {path}`, and replace the key if somebody may have read it",
        path = .0.display(), mode = .1
    )]
    Mode(PathBuf, u32),
    /// The file has no key, or none that this passphrase opens.
    #[error("the key file {}: {}", .0.display(), .1)]
    Form(PathBuf, #[source] FormError),
    /// The file is encrypted, and there is no passphrase.
    #[error("the passphrase of the key file {}: {}", .0.display(), .1)]
    Passphrase(PathBuf, #[source] PassphraseError),
}

impl KeyFileError {
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }

    pub(super) fn form(path: &Path) -> impl FnOnce(FormError) -> Self {
        let path = path.to_owned();
        move |why| Self::Form(path, why)
    }

    /// Whether the file does not exist.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == ErrorKind::NotFound)
    }
}
