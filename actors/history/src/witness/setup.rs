//! Opens a witness's directory: its key, its name, its memory.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

use icn_core::log::VerifierKey;
use icn_core::log::witness::{Cosigner, Watched};

use super::{Log, Memory, Steps, WitnessDir, WitnessError, WitnessOptions};
use crate::directory::{Layout, Lock};
use crate::disk;
use crate::error::StoreError;
use crate::key_file::{self, KeyFileError, Passphrase, PassphraseError};

pub(super) fn open(
    options: WitnessOptions,
    passphrase: impl FnOnce(&Path) -> Result<Passphrase, PassphraseError>,
) -> Result<WitnessDir, WitnessError> {
    let WitnessOptions { dir, name, key, new_passphrase, begin, logs, steps } = options;
    let watched = watch(logs)?;
    disk::create_dir(&dir)?;
    let lock = Lock::take(&Layout::new(&dir))?;
    let vkey = dir.join("witness.vkey");
    let said = read_text(&vkey)?;
    let path = key.clone().unwrap_or_else(|| dir.join("witness.key"));
    let is_new = said.is_none();
    if is_new && path.exists() && !begin {
        return Err(WitnessError::NoMemory { key: path, vkey });
    }
    let name = match (&said, name) {
        (_, Some(name)) => name,
        (Some(said), None) => said.split('+').next().unwrap_or_default().to_owned(),
        (None, None) => {
            let why = "the witness has no name yet: give it one with --name, as `example.org/witness`";
            return Err(WitnessError::Name(why.into()));
        }
    };
    let secret = if is_new && key.is_none() && !path.exists() {
        let passphrase = new_passphrase.map(|ask| ask(&path)).transpose();
        let passphrase = passphrase.map_err(|why| KeyFileError::Passphrase(path.clone(), why))?;
        let secret = key_file::random_key().map_err(WitnessError::Name)?;
        key_file::create(&path, &secret, passphrase.as_ref())?;
        secret
    } else {
        key_file::read(&path, || passphrase(&path))?
    };
    let cosigner = Cosigner::new(&name, secret).ok_or_else(|| {
        WitnessError::Name(format!("{name:?} is no name of a witness: expected one without spaces and `+`"))
    })?;
    let ours = cosigner.key().to_string();
    match said {
        Some(said) if said.trim_end() != ours => {
            let found = said.trim_end().to_owned();
            return Err(WitnessError::OtherWitness { path: vkey, expected: ours, found });
        }
        Some(_) => {}
        None => disk::replace(&vkey, format!("{ours}\n").as_bytes())?,
    }
    disk::create_dir(&dir.join("logs"))?;
    let cosigned = read_cosigned(&dir)?;
    let with = restore(&dir, watched, &cosigner, &cosigned)?;
    let known: BTreeSet<String> = cosigned.union(&with.1).cloned().collect();
    if known != cosigned {
        // A crash came between a note and this list.
        write_cosigned(&dir, &known, &*steps)?;
    }
    Ok(WitnessDir { dir, cosigner, logs: with.0, cosigned: Mutex::new(known), steps, _lock: lock })
}

/// The logs by their origins; keys of one name are one log's.
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

type Restored = (BTreeMap<String, Mutex<Log>>, BTreeSet<String>);

/// What was cosigned last of each log; and of which there is something.
fn restore(
    dir: &Path,
    watched: BTreeMap<String, Watched>,
    cosigner: &Cosigner,
    cosigned: &BTreeSet<String>,
) -> Result<Restored, WitnessError> {
    let (mut logs, mut with) = (BTreeMap::new(), BTreeSet::new());
    for (origin, mut watched) in watched {
        let memory = Memory::new(dir, &origin);
        memory.make_room()?;
        match memory.read()? {
            Some(note) => {
                let restored = watched.restore(&note, cosigner.key());
                let place = memory.path().display().to_string();
                restored.map_err(|why| WitnessError::Watch { place, why })?;
                with.insert(memory.hash().to_owned());
            }
            None if cosigned.contains(memory.hash()) => {
                return Err(WitnessError::Lost { path: memory.path().to_owned(), origin });
            }
            None => {}
        }
        logs.insert(origin, Mutex::new(Log { watched, memory, is_broken: false }));
    }
    Ok((logs, with))
}

fn read_text(path: &Path) -> Result<Option<String>, StoreError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io("reading", path)(error)),
    }
}

fn read_cosigned(dir: &Path) -> Result<BTreeSet<String>, StoreError> {
    let text = read_text(&dir.join("cosigned"))?.unwrap_or_default();
    Ok(text.lines().map(str::to_owned).collect())
}

pub(super) fn write_cosigned(
    dir: &Path,
    hashes: &BTreeSet<String>,
    steps: &dyn Steps,
) -> Result<(), StoreError> {
    let path = dir.join("cosigned");
    let text: String = hashes.iter().map(|hash| format!("{hash}\n")).collect();
    disk::replace_in_steps(&path, text.as_bytes(), &mut |step| steps.at(&path, step))
}
