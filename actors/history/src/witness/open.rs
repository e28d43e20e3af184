//! Opens a witness's directory, in this order: the lock; the memory's own name and key; the witness's key,
//! which is made the first time; the last cosigned note of each log.
//!
//! Whatever does not fit is an error: a witness never goes on with half a memory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use icn_core::encode::SecretKey;
use icn_core::log::VerifierKey;
use icn_core::log::witness::{Cosigner, Watched};

use super::dir::{WatchedLog, WitnessDir};
use super::error::WitnessError;
use super::memory::{Memory, read_cosigned, write_cosigned};
use super::options::{NewPassphrase, WitnessOptions};
use crate::directory::{Layout, Lock};
use crate::disk;
use crate::key_file::{self, KeyFileError, Passphrase, PassphraseError, random_key};

impl WitnessDir {
    /// Opens a witness's directory, or makes a new one: with a new key, unless a key file is named.
    /// `passphrase` is called when an existing key is encrypted.
    pub fn open(
        options: WitnessOptions,
        passphrase: impl FnOnce(&Path) -> Result<Passphrase, PassphraseError>,
    ) -> Result<Self, WitnessError> {
        let WitnessOptions { dir, name, key, new_passphrase, begin, logs, steps } = options;
        let watched = watch(logs)?;
        disk::create_dir(&dir)?;
        let lock = Lock::take(&Layout::new(&dir))?;
        let vkey = dir.join("witness.vkey");
        let said = disk::read_text(&vkey)?;
        let path = key.clone().unwrap_or_else(|| dir.join("witness.key"));
        if said.is_none() && path.exists() && !begin {
            return Err(WitnessError::NoMemory { key: path, vkey });
        }
        let name = name_of(said.as_deref(), name)?;
        let is_made = said.is_none() && key.is_none() && !path.exists();
        let secret = if is_made {
            make_key(&path, new_passphrase)?
        } else {
            key_file::read(&path, || passphrase(&path))?
        };
        let cosigner = Cosigner::new(&name, secret).ok_or_else(|| {
            WitnessError::Name(format!(
                "a note cannot carry the witness's name {name:?}: expected one without spaces and `+`"
            ))
        })?;
        expect_same_witness(vkey, said.as_deref(), &cosigner.key().to_string())?;
        disk::create_dir(&dir.join("logs"))?;
        let listed = read_cosigned(&dir)?;
        let (logs, with_note) = restore(&dir, watched, &cosigner, &listed)?;
        let cosigned: BTreeSet<String> = listed.union(&with_note).cloned().collect();
        if cosigned != listed {
            // A crash came between a note and the list.
            write_cosigned(&dir, &cosigned, &*steps)?;
        }
        Ok(Self { dir, cosigner, logs, cosigned: Mutex::new(cosigned), steps, _lock: lock })
    }
}

/// The name of the witness: the given one, or the one in its verifier key.
fn name_of(said: Option<&str>, given: Option<String>) -> Result<String, WitnessError> {
    let said = said.map(|said| said.split('+').next().unwrap_or_default().to_owned());
    given.or(said).ok_or_else(|| {
        let why = "the witness has no name yet: give it one with --name, as `example.org/witness`";
        WitnessError::Name(why.into())
    })
}

fn make_key(path: &Path, passphrase: NewPassphrase) -> Result<SecretKey, WitnessError> {
    let passphrase = passphrase.map(|ask| ask(path)).transpose();
    let passphrase = passphrase.map_err(|why| KeyFileError::Passphrase(path.to_owned(), why))?;
    let secret = random_key().map_err(WitnessError::Name)?;
    key_file::create(path, &secret, passphrase.as_ref())?;
    Ok(secret)
}

/// Checks that the verifier key in the directory is this witness's. The first time it is written.
fn expect_same_witness(path: PathBuf, said: Option<&str>, ours: &str) -> Result<(), WitnessError> {
    match said.map(str::trim_end) {
        Some(said) if said != ours => {
            Err(WitnessError::OtherWitness { path, expected: ours.to_owned(), found: said.to_owned() })
        }
        Some(_) => Ok(()),
        None => Ok(disk::replace(&path, format!("{ours}\n").as_bytes())?),
    }
}

/// The watched logs by their origins. Keys with the same name are keys of one log.
fn watch(keys: Vec<VerifierKey>) -> Result<BTreeMap<String, Watched>, WitnessError> {
    let mut logs: BTreeMap<String, Watched> = BTreeMap::new();
    for key in keys {
        let (name, place) = (key.name().to_owned(), key.to_string());
        let added = match logs.get_mut(&name) {
            Some(log) => log.trust(key),
            None => Watched::new(key).map(|log| drop(logs.insert(name, log))),
        };
        added.map_err(|why| WitnessError::Watch { place, why })?;
    }
    if logs.is_empty() { Err(WitnessError::NoLog) } else { Ok(logs) }
}

/// The logs by their origins, and the hashes of those that have a note.
type Restored = (BTreeMap<String, Mutex<WatchedLog>>, BTreeSet<String>);

/// Restores the last cosigned note of each log. A log in the list `cosigned` must have one.
fn restore(
    dir: &Path,
    watched: BTreeMap<String, Watched>,
    cosigner: &Cosigner,
    cosigned: &BTreeSet<String>,
) -> Result<Restored, WitnessError> {
    let (mut logs, mut with_note) = (BTreeMap::new(), BTreeSet::new());
    for (origin, mut watched) in watched {
        let memory = Memory::new(dir, &origin);
        memory.create_dir()?;
        match memory.read()? {
            Some(note) => {
                let restored = watched.restore(&note, cosigner.key());
                let place = memory.path().display().to_string();
                restored.map_err(|why| WitnessError::Watch { place, why })?;
                with_note.insert(memory.hash().to_owned());
            }
            None if cosigned.contains(memory.hash()) => {
                return Err(WitnessError::Lost { path: memory.path().to_owned(), origin });
            }
            None => {}
        }
        logs.insert(origin, Mutex::new(WatchedLog { watched, memory, is_broken: false }));
    }
    Ok((logs, with_note))
}
