//! Makes key files, and changes the passphrase of key files. No other file of `icn key` writes a secret.

use std::path::{Path, PathBuf};

use icn_runtime::key_file::{self, RekeyError};
use icn_runtime::random_key;

use super::failure::Failure;
use super::report::Report;
use crate::commands::common::passphrase::{PassphraseArguments, new_of};

/// Writes a new random key to the file `out`, encrypted when a passphrase is asked for.
pub(super) fn new(out: &Path, encrypt: Option<&PassphraseArguments>) -> Result<Report, Failure> {
    let passphrase = encrypt.map(|passphrase| passphrase.of_new(out)).transpose();
    let passphrase = passphrase.map_err(|why| Failure::Misuse(format!("the passphrase: {why}")))?;
    let key = random_key().map_err(Failure::failed)?;
    key_file::create(out, &key, passphrase.as_ref()).map_err(Failure::failed)?;
    Ok(Report::Key { did: key.did().to_string() })
}

/// The new passphrase of key files.
pub(super) enum NewPassphrase<'a> {
    /// The files get no passphrase.
    None,
    /// It is typed twice.
    Typed,
    /// It is the first line of this file.
    InFile(&'a Path),
}

/// Changes the passphrase of all keys of a data directory, or of the files. All files are opened before the
/// first is written, so a wrong passphrase changes nothing.
pub(super) fn rekey(
    files: &[PathBuf],
    data: Option<&Path>,
    passphrase: &PassphraseArguments,
    new: &NewPassphrase<'_>,
) -> Result<Report, Failure> {
    let files = match data {
        Some(data) => key_file::key_files(data).map_err(Failure::misuse)?,
        None => files.to_vec(),
    };
    let what = data.or(files.first().map(PathBuf::as_path)).unwrap_or(Path::new("the keys")).to_owned();
    let wrong = |why| Failure::Misuse(format!("the passphrase of {}: {why}", what.display()));
    let is_encrypted = key_file::is_any_encrypted(&files).map_err(Failure::misuse)?;
    let old = is_encrypted.then(|| passphrase.of(&what)).transpose().map_err(wrong)?;
    let ask_new = |file| new_of(&what.display().to_string(), file).map(Some).map_err(wrong);
    let new = match new {
        NewPassphrase::None => None,
        NewPassphrase::Typed => ask_new(None)?,
        NewPassphrase::InFile(file) => ask_new(Some(*file))?,
    };
    let done = match data {
        Some(data) => key_file::rekey_directory(data, old.as_ref(), new.as_ref()),
        None => key_file::rekey(&files, old.as_ref(), new.as_ref()).map_err(RekeyError::File),
    };
    match done {
        Ok(written) => Ok(Report::Rewritten { files: written, encrypted: new.is_some() }),
        Err(error @ (RekeyError::Lock(_) | RekeyError::None(_))) => Err(Failure::misuse(error)),
        Err(error) => Err(Failure::failed(error)),
    }
}
