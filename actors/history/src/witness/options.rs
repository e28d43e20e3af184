//! What a witness is opened with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use icn_core::log::VerifierKey;

use super::steps::StepListener;
use crate::key_file::{Passphrase, PassphraseError};

/// Gives the passphrase of the key file that is made. `None` makes one that is not encrypted.
pub type NewPassphrase = Option<Box<dyn FnOnce(&Path) -> Result<Passphrase, PassphraseError>>>;

/// What a witness is opened with.
pub struct WitnessOptions {
    /// The witness's directory. It is created if it does not exist.
    pub dir: PathBuf,
    /// The name in signature lines. It is needed the first time; later it must be the same.
    pub name: Option<String>,
    /// The key file, if it is outside of the directory. It must exist.
    pub key: Option<PathBuf>,
    /// The passphrase of a key that is made.
    pub new_passphrase: NewPassphrase,
    /// Begin without a memory, with a key that exists. That is right only if the key never cosigned anything.
    pub begin: bool,
    /// The keys of the logs that are watched. The name of a key is the log's origin.
    pub logs: Vec<VerifierKey>,
    /// Hears of each step of a write. Outside of tests it is `()`.
    pub steps: Arc<dyn StepListener>,
}

impl WitnessOptions {
    /// A witness in this directory that watches these logs.
    #[must_use]
    pub fn new(dir: &Path, logs: Vec<VerifierKey>) -> Self {
        Self {
            dir: dir.to_owned(),
            name: None,
            key: None,
            new_passphrase: None,
            begin: false,
            logs,
            steps: Arc::new(()),
        }
    }
}
