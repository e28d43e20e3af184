//! Backups: what the newest checkpoint of a data directory covers, copied while a host may be writing. It never changes, so
//! no lock is needed. Groups are copied as they are, in the same segment files: a backup is byte for byte what the log was,
//! up to the checkpoint. The checkpoint that witnesses cosigned goes along, when it is this log's.

use std::fs;
use std::path::{Path, PathBuf};

use icn_core::block::Entry;
use icn_core::log::{Frontier, verifier_key};

use crate::cosigned::{self, Along};
use crate::directory::{Layout, Lock, LockError};
use crate::disk;
use crate::error::StoreError;
use crate::export::is_free;
use crate::signed_log::{SignedLog, SignedLogError};
use crate::store::{LogStore as _, Reader, SegmentStore};

/// What a backup is asked.
#[derive(Debug, Clone)]
pub struct Backup {
    /// The data directory. It is only read.
    pub data: PathBuf,
    /// Where the backup goes: a new or an empty directory.
    pub out: PathBuf,
    /// Whether the secrets of host and scopes go along: without them no host can open it.
    pub has_keys: bool,
}

/// What was backed up.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Backed {
    /// The log.
    pub origin: String,
    /// Leaves.
    pub size: u64,
    /// Root over them, in hexadecimal.
    pub root: String,
    /// Entries.
    pub entries: u64,
    /// Segment files.
    pub segments: u64,
    /// Secret keys.
    pub keys: u64,
}

/// Why a directory is not backed up.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The log cannot be read up to its checkpoint.
    #[error(transparent)]
    Log(#[from] SignedLogError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is something already.
    #[error("{} is not empty: name a new or an empty directory", .0.display())]
    NotEmpty(PathBuf),
    /// The new directory is open elsewhere.
    #[error(transparent)]
    Lock(#[from] LockError),
}

impl Backup {
    /// Backs up. `progress` hears of leaves that were written.
    pub fn run(&self, progress: &mut dyn FnMut(u64)) -> Result<Backed, BackupError> {
        if !is_free(&self.out)? {
            return Err(BackupError::NotEmpty(self.out.clone()));
        }
        // Before the newest checkpoint, which then is not older.
        let cosigned = cosigned::read(&self.data)?;
        let signed = SignedLog::open(&self.data)?;
        let cosigned = Along::of(&self.data, cosigned, &signed)?;
        let layout = Layout::new(&self.out);
        disk::create_dir(&self.out)?;
        let lock = Lock::take(&layout)?;
        let made = self.write(&signed, cosigned, &layout, progress);
        if made.is_err() {
            // The directory was empty: these are ours. What cannot be removed lacks a checkpoint.
            for dir in [layout.log(), layout.scopes()] {
                let _ = fs::remove_dir_all(dir);
            }
            for file in [layout.host_key(), layout.verifier_key(), layout.cosigned()] {
                let _ = fs::remove_file(file);
            }
        }
        drop(lock);
        made
    }

    fn write(
        &self,
        signed: &SignedLog,
        mut cosigned: Option<Along>,
        layout: &Layout,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Backed, BackupError> {
        let (host, checkpoint) = (signed.host(), signed.checkpoint());
        let (entries, segments) = copy_log(&self.data, layout, signed, cosigned.as_mut(), progress)?;
        // A scope's key is there before the log names the scope, so those of all that is covered are there by now.
        let keys = if self.has_keys { copy_keys(&Layout::new(&self.data), layout)? } else { 0 };
        let key = verifier_key(&checkpoint.origin, &host.host);
        disk::replace(&layout.verifier_key(), format!("{key}\n").as_bytes())?;
        if let Some(cosigned) = &cosigned {
            disk::replace(&layout.cosigned(), cosigned.note().as_bytes())?;
        }
        disk::replace(&layout.checkpoint(), signed.note().as_bytes())?;
        Ok(Backed {
            origin: checkpoint.origin.to_string(),
            size: checkpoint.size,
            root: checkpoint.root.to_hex(),
            entries,
            segments,
            keys,
        })
    }
}

/// Copies the log up to its checkpoint, group by group; gives the numbers of entries and of segments.
fn copy_log(
    data: &Path,
    layout: &Layout,
    signed: &SignedLog,
    mut cosigned: Option<&mut Along>,
    progress: &mut dyn FnMut(u64),
) -> Result<(u64, u64), BackupError> {
    let checkpoint = signed.checkpoint();
    disk::create_dir(&layout.log())?;
    let mut nothing = Reader::new(&layout.log());
    nothing.next_group()?;
    let mut store = SegmentStore::open(&layout.log(), &nothing)?;
    let mut reader = Reader::new(&Layout::new(data).log());
    reader.must_reach(checkpoint.size);
    let (mut frontier, mut count, mut segment) = (Frontier::default(), 0, 0);
    while frontier.size() < checkpoint.size {
        // The reader was told how far the log must reach: where it ends before, it says so.
        let Some(group) = reader.next_group()? else { break };
        let expected = frontier.size();
        let mut covered: Vec<&Entry> = Vec::new();
        for (_, entry) in &group {
            if frontier.size() < checkpoint.size {
                entry.leaves.iter().for_each(|leaf| frontier.append(leaf));
                covered.push(entry);
                cosigned.as_mut().map_or(Ok(()), |cosigned| cosigned.pass(&frontier))?;
            }
        }
        let now = reader.end().segment;
        if now != segment {
            store.begin_segment()?;
            segment = now;
        }
        store.append(expected, &covered)?;
        count += covered.len() as u64;
        progress(frontier.size());
    }
    store.close()?;
    let (found, size) = (frontier.root(), frontier.size());
    if (size, found) != (checkpoint.size, checkpoint.root) {
        return Err(SignedLogError::OtherHistory {
            size: checkpoint.size,
            signed: checkpoint.root.to_hex(),
            found: if size == checkpoint.size { found.to_hex() } else { "no entry that ends".into() },
        }
        .into());
    }
    cosigned.map_or(Ok(()), |cosigned| cosigned.finish())?;
    Ok((count, segment + 1))
}

/// Copies the secret keys of the host and its scopes, each for its owner's eyes alone.
fn copy_keys(from: &Layout, to: &Layout) -> Result<u64, StoreError> {
    let mut keys = vec![(from.host_key(), to.host_key())];
    let scopes = from.scopes();
    if scopes.is_dir() {
        for entry in fs::read_dir(&scopes).map_err(StoreError::io("listing", &scopes))? {
            let path = entry.map_err(StoreError::io("listing", &scopes))?.path();
            let name =
                path.file_name().filter(|_| path.extension().is_some_and(|extension| extension == "key"));
            if let Some(name) = name {
                keys.push((path.clone(), to.scopes().join(name)));
            }
        }
        disk::create_dir(&to.scopes())?;
    }
    for (from, to) in &keys {
        let bytes = zeroize::Zeroizing::new(fs::read(from).map_err(StoreError::io("reading", from))?);
        disk::replace_secret(to, &bytes)?;
    }
    Ok(keys.len() as u64)
}
