//! Copies a data directory, up to its newest checkpoint, while a host may be writing. What the checkpoint
//! covers never changes, so no lock of the host is needed.
//!
//! Groups are copied as they are, into the same segment files: up to the checkpoint the backup is the log byte
//! for byte. The secret keys go along unless the caller leaves them out, and so does the cosigned checkpoint,
//! if it is this log's. The checkpoint is written last.

use std::fs;
use std::path::{Path, PathBuf};

use icn_core::block::Entry;
use icn_core::log::{Frontier, verifier_key};
use zeroize::Zeroizing;

use crate::checkpoint::check_root;
use crate::copy_error::CopyError;
use crate::cosigned::{self, CosignedCopy};
use crate::directory::{Layout, Lock, LockError, is_key_file};
use crate::disk;
use crate::error::StoreError;
use crate::signed_log::{SignedLog, SignedLogError};
use crate::store::{LogStore as _, Reader, SegmentStore};

/// What a backup is asked.
#[derive(Debug, Clone)]
pub struct Backup {
    /// The data directory. It is only read.
    pub data: PathBuf,
    /// The directory of the backup, new or empty.
    pub out: PathBuf,
    /// Whether the secret keys of the host and its scopes are copied. Without them no host can open the backup.
    pub has_keys: bool,
}

/// A finished backup.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Backed {
    /// The name of the log.
    pub origin: String,
    /// Leaves of the log.
    pub size: u64,
    /// Root over them, in hexadecimal.
    pub root: String,
    /// Number of entries.
    pub entries: u64,
    /// Number of segment files.
    pub segments: u64,
    /// Number of secret keys.
    pub keys: u64,
}

/// Why a directory is not backed up.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The log cannot be read, or a file cannot be written.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The new directory is open in another process.
    #[error(transparent)]
    Lock(#[from] LockError),
}

impl From<StoreError> for BackupError {
    fn from(error: StoreError) -> Self {
        Self::Copy(error.into())
    }
}

impl From<SignedLogError> for BackupError {
    fn from(error: SignedLogError) -> Self {
        Self::Copy(error.into())
    }
}

impl Backup {
    /// Makes the backup. `progress` hears how many leaves were written.
    pub fn run(&self, progress: &mut dyn FnMut(u64)) -> Result<Backed, BackupError> {
        if !disk::is_free(&self.out)? {
            return Err(CopyError::NotEmpty(self.out.clone()).into());
        }
        // Read before the newest checkpoint, so that it is not newer.
        let cosigned = cosigned::read(&self.data)?;
        let signed = SignedLog::open(&self.data)?;
        let cosigned = CosignedCopy::of(&self.data, cosigned, &signed)?;
        let layout = Layout::new(&self.out);
        disk::create_dir(&self.out)?;
        let lock = Lock::take(&layout)?;
        let made = self.write(&signed, cosigned, &layout, progress);
        if made.is_err() {
            // The directory was empty, so these files are ours. Where they cannot be removed, the checkpoint is
            // missing.
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
        mut cosigned: Option<CosignedCopy>,
        layout: &Layout,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Backed, BackupError> {
        let (host, checkpoint) = (signed.host(), signed.checkpoint());
        let (entries, segments) = copy_log(&self.data, layout, signed, cosigned.as_mut(), progress)?;
        // A host writes a scope's key before the log names the scope: all keys of the copied log exist by now.
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

/// Copies the log up to its checkpoint, group by group. Gives the numbers of entries and of segments.
fn copy_log(
    data: &Path,
    layout: &Layout,
    signed: &SignedLog,
    mut cosigned: Option<&mut CosignedCopy>,
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
        // The reader knows the checkpoint's size: it reports a log that ends before.
        let Some(group) = reader.next_group()? else { break };
        let expected = frontier.size();
        let mut covered: Vec<&Entry> = Vec::new();
        for (_, entry) in &group {
            if frontier.size() < checkpoint.size {
                entry.leaves.iter().for_each(|leaf| frontier.append(leaf));
                covered.push(entry);
                cosigned.as_mut().map_or(Ok(()), |cosigned| cosigned.compare(&frontier))?;
            }
        }
        let of_group = reader.place().segment;
        if of_group != segment {
            store.begin_segment()?;
            segment = of_group;
        }
        store.append(expected, &covered)?;
        count += covered.len() as u64;
        progress(frontier.size());
    }
    store.close()?;
    check_root(checkpoint, &frontier).map_err(SignedLogError::from)?;
    cosigned.map_or(Ok(()), |cosigned| cosigned.finish())?;
    Ok((count, segment + 1))
}

/// Copies the secret keys of the host and its scopes, each for its owner alone. Gives their number.
fn copy_keys(from: &Layout, to: &Layout) -> Result<u64, StoreError> {
    let mut keys = vec![(from.host_key(), to.host_key())];
    let scopes = from.scopes();
    if scopes.is_dir() {
        for path in disk::list(&scopes)? {
            let name = path.file_name().filter(|_| is_key_file(&path));
            if let Some(name) = name {
                keys.push((path.clone(), to.scopes().join(name)));
            }
        }
        disk::create_dir(&to.scopes())?;
    }
    for (from, to) in &keys {
        let bytes = Zeroizing::new(fs::read(from).map_err(StoreError::io("reading", from))?);
        disk::replace_secret(to, &bytes)?;
    }
    Ok(keys.len() as u64)
}
