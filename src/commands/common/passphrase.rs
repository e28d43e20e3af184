//! Passphrases of key files. They are read from a file, or typed at a terminal that does not show them. A
//! passphrase is never an argument, because other processes can read arguments.

use std::path::{Path, PathBuf};

use console::Term;
use icn_runtime::key_file::{self, Passphrase, PassphraseError};

/// The argument `--passphrase-file`.
#[derive(clap::Args, Debug, Clone)]
pub(crate) struct PassphraseArguments {
    /// A file whose first line is the passphrase of the key file. Without it you are asked at the terminal
    #[arg(long, value_name = "FILE", global = true)]
    passphrase_file: Option<PathBuf>,
}

impl PassphraseArguments {
    /// Reads or asks for the passphrase of an encrypted key file.
    pub(crate) fn of(&self, key: &Path) -> Result<Passphrase, PassphraseError> {
        match &self.passphrase_file {
            Some(file) => Passphrase::from_file(file),
            None => ask(&format!("Passphrase of {}: ", key.display())),
        }
    }

    /// Reads the passphrase for a new key file, or asks for it twice.
    pub(crate) fn of_new(&self, key: &Path) -> Result<Passphrase, PassphraseError> {
        new_of(&key.display().to_string(), self.passphrase_file.as_deref())
    }

    /// The passphrase of a data directory's keys. `None` when no key is encrypted and the user named no file.
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

/// Reads a new passphrase for `what` from a file, or asks for it twice.
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
    // The text is moved into the passphrase, which erases it when it is dropped.
    Passphrase::new(terminal.read_secure_line().map_err(fail)?)
}
