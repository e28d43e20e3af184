//! Passphrases: from a file, or from a person at a terminal. They never come from a program's argument, which other
//! processes can read.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

/// Bytes of a passphrase, at most.
const BYTES_MAX: usize = 1024;

/// A passphrase of a key file. It is wiped when dropped, and its `Debug` text does not show it.
pub struct Passphrase(Zeroizing<Vec<u8>>);

/// Why there is no passphrase.
#[derive(Debug, thiserror::Error)]
pub enum PassphraseError {
    /// No passphrase was given, and there is no terminal to ask at.
    #[error("the file is encrypted: give a file with its passphrase, or run this at a terminal")]
    Nobody,
    /// It is empty.
    #[error("expected at least one character, found none")]
    Empty,
    /// It is too long.
    #[error("expected one line of {BYTES_MAX} bytes at most, found more")]
    Long,
    /// The file with the passphrase, or the terminal, cannot be read.
    #[error("{0}: {1}")]
    Io(String, #[source] std::io::Error),
    /// A person typed it twice, and not the same.
    #[error("the two passphrases differ: type it again")]
    Differ,
}

impl Passphrase {
    /// Takes these bytes as a passphrase.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, PassphraseError> {
        let bytes = Zeroizing::new(bytes.into());
        match bytes.len() {
            0 => Err(PassphraseError::Empty),
            1..=BYTES_MAX => Ok(Self(bytes)),
            _ => Err(PassphraseError::Long),
        }
    }

    /// Reads the first line of a file, without its line break.
    pub fn from_file(path: &Path) -> Result<Self, PassphraseError> {
        let fail = |error| PassphraseError::Io(path.display().to_string(), error);
        let mut bytes = Zeroizing::new(Vec::with_capacity(BYTES_MAX + 3));
        let file = File::open(path).map_err(fail)?;
        // The longest passphrase, its line break of two bytes, and one byte more to notice a longer one.
        file.take(BYTES_MAX as u64 + 3).read_to_end(&mut bytes).map_err(fail)?;
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
        let line = &bytes[..end];
        Self::new(line.strip_suffix(b"\r").unwrap_or(line))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether both are the same. A person who sets a passphrase types it twice.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase(…)")
    }
}
