//! Passphrases of key files: from a file, or typed at a terminal without an echo. Never an argument: other processes can
//! read those.

use std::path::{Path, PathBuf};

use console::Term;
use icn_runtime::key_file::{self, Passphrase, PassphraseError};

/// Where a passphrase comes from.
#[derive(clap::Args, Debug, Clone)]
pub(crate) struct PassphraseArguments {
    /// A file whose first line is the passphrase of the key file; asked for at the terminal without it
    #[arg(long, value_name = "FILE", global = true)]
    passphrase_file: Option<PathBuf>,
}

impl PassphraseArguments {
    /// The passphrase of a key file that is encrypted.
    pub(crate) fn of(&self, key: &Path) -> Result<Passphrase, PassphraseError> {
        match &self.passphrase_file {
            Some(file) => Passphrase::from_file(file),
            None => ask(&format!("Passphrase of {}: ", key.display())),
        }
    }

    /// The passphrase that a new key file gets, typed twice at a terminal.
    pub(crate) fn of_new(&self, key: &Path) -> Result<Passphrase, PassphraseError> {
        new_of(&key.display().to_string(), self.passphrase_file.as_deref())
    }

    /// The passphrase of a data directory's keys, when they are encrypted or one was named.
    pub(crate) fn of_directory(&self, data: &Path) -> Result<Option<Passphrase>, String> {
        let files = key_file::key_files(data).map_err(|error| error.to_string())?;
        let is_encrypted = key_file::is_any_encrypted(&files).map_err(|error| error.to_string())?;
        if !is_encrypted && self.passphrase_file.is_none() {
            return Ok(None);
        }
        let passphrase = self.of(data);
        passphrase.map(Some).map_err(|why| format!("the passphrase of the keys in {}: {why}", data.display()))
    }
}

/// A new passphrase from a file, or typed twice.
pub(crate) fn new_of(what: &str, file: Option<&Path>) -> Result<Passphrase, PassphraseError> {
    if let Some(file) = file {
        return Passphrase::from_file(file);
    }
    let passphrase = ask(&format!("New passphrase of {what}: "))?;
    let again = ask("The same again: ")?;
    if passphrase.is_same(&again) { Ok(passphrase) } else { Err(PassphraseError::Differ) }
}

fn ask(prompt: &str) -> Result<Passphrase, PassphraseError> {
    let terminal = Term::stderr();
    if !terminal.is_term() {
        return Err(PassphraseError::Nobody);
    }
    let fail = |error| PassphraseError::Io("the terminal".into(), error);
    terminal.write_str(prompt).map_err(fail)?;
    // The text becomes the passphrase, and is wiped with it.
    Passphrase::new(terminal.read_secure_line().map_err(fail)?)
}
