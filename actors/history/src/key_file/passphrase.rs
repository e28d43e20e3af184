//! Passphrases: from a file, or from whoever asks a person. Never from an argument, which other processes can read.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

/// Bytes of a passphrase, at most.
const BYTES_MAX: usize = 1024;

/// What a key file is encrypted under. Its debug form says nothing; it is wiped when dropped.
pub struct Passphrase(Zeroizing<Vec<u8>>);

/// Why there is no passphrase.
#[derive(Debug, thiserror::Error)]
pub enum PassphraseError {
    /// Nobody can be asked.
    #[error("the file is encrypted: give a file with its passphrase, or run this at a terminal")]
    Nobody,
    /// Nothing in it.
    #[error("expected at least one character, found none")]
    Empty,
    /// Too much in it.
    #[error("expected one line of {BYTES_MAX} bytes at most, found more")]
    Long,
    /// The file with the passphrase, or the terminal, cannot be read.
    #[error("{0}: {1}")]
    Io(String, #[source] std::io::Error),
    /// Typed twice, and not the same.
    #[error("the two are not the same: type it again")]
    Differ,
}

impl Passphrase {
    /// A passphrase of these bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, PassphraseError> {
        let bytes = Zeroizing::new(bytes.into());
        match bytes.len() {
            0 => Err(PassphraseError::Empty),
            1..=BYTES_MAX => Ok(Self(bytes)),
            _ => Err(PassphraseError::Long),
        }
    }

    /// The first line of a file, without its line break.
    pub fn from_file(path: &Path) -> Result<Self, PassphraseError> {
        let fail = |error| PassphraseError::Io(path.display().to_string(), error);
        let mut bytes = Zeroizing::new(Vec::with_capacity(BYTES_MAX + 3));
        let file = File::open(path).map_err(fail)?;
        // The longest one with its line break, and a byte more, so that a longer one is seen to be longer.
        file.take(BYTES_MAX as u64 + 3).read_to_end(&mut bytes).map_err(fail)?;
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
        let line = &bytes[..end];
        Self::new(line.strip_suffix(b"\r").unwrap_or(line))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether both are the same, as one that is typed twice must be.
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
