//! Writes an export. The log is read twice: first whole, so that nothing is written of a log that does not hold its
//! checkpoint, and because a CAR begins with its roots. One entry, one tile a level and the names of blocks that may
//! come again are in memory. The checkpoint is written last: without it, an export is not finished.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use icn_core::block::{Entry, Payload};
use icn_core::encode::Envelope;
use icn_core::limits;
use icn_core::log::{
    EntriesError, KeyKind, Link, RowWriter, Tiler, TrustPolicy, VerifierKey, Written, car, verifier_key,
};
use icn_core::name::{BlockId, Did, Hash};

use super::{ExportError, ExportLayout, is_free};
use crate::cosigned::{self, Along};
use crate::disk;
use crate::error::StoreError;
use crate::signed_log::SignedLog;

/// What was exported.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Exported {
    /// The log.
    pub origin: String,
    /// Leaves.
    pub size: u64,
    /// Root over them, in hexadecimal.
    pub root: String,
    /// Entries.
    pub entries: u64,
    /// Blocks in the CAR.
    pub blocks: u64,
    /// Bytes of the CAR.
    pub car_bytes: u64,
    /// Tiles and bundles of entries.
    pub tiles: u64,
}

/// Exports what the newest checkpoint of a data directory covers, also while a host has it open. `progress` hears of
/// leaves that were written. Nothing of the directory's secrets is read.
pub fn export(data: &Path, out: &Path, progress: &mut dyn FnMut(u64)) -> Result<Exported, ExportError> {
    if !is_free(out)? {
        return Err(ExportError::NotEmpty(out.to_owned()));
    }
    // Before the newest checkpoint, which then is not older.
    let cosigned = cosigned::read(data)?;
    let (roots, cosigned) = heads(data, cosigned)?;
    let header = car::header(&roots);
    if header.len() as u64 > limits::CAR_HEADER_BYTES_MAX {
        return Err(ExportError::Authors(roots.len()));
    }
    let layout = ExportLayout::new(out);
    disk::create_dir(out)?;
    let written = write(data, &layout, &header, cosigned.as_deref(), progress);
    if written.is_err() {
        // The directory was empty: these are ours. What cannot be removed lacks a checkpoint, and is not taken for an
        // export.
        for file in [layout.car(), layout.verifier_key(), layout.policy()] {
            let _ = std::fs::remove_file(file);
        }
        let _ = std::fs::remove_dir_all(layout.tiles());
    }
    written
}

/// Each author's last envelope, in the order of the authors' keys; that the log holds its checkpoint; and the cosigned
/// one, when it is of this log.
fn heads(data: &Path, cosigned: Option<String>) -> Result<(Vec<BlockId>, Option<String>), ExportError> {
    let mut log = SignedLog::open(data)?;
    let mut cosigned = Along::of(data, cosigned, &log)?;
    let mut heads = std::collections::BTreeMap::<Did, BlockId>::new();
    while let Some((position, entry)) = log.next_entry()? {
        heads.extend(authors_of(&entry).map_err(|why| ExportError::Entry { position, why })?);
        cosigned.as_mut().map_or(Ok(()), |cosigned| cosigned.pass(log.frontier()))?;
    }
    let note = match cosigned {
        Some(cosigned) => {
            cosigned.finish()?;
            Some(cosigned.note().to_owned())
        }
        None => None,
    };
    Ok((heads.into_values().collect(), note))
}

/// Who signed leaves of an entry, each with the leaf.
fn authors_of(entry: &Entry) -> Result<Vec<(Did, BlockId)>, EntriesError> {
    let first = *entry.leaves.first().ok_or(EntriesError::Empty)?;
    let block = |id: &BlockId| entry.block(id).ok_or(EntriesError::Missing(*id));
    let envelope = Envelope::from_bytes(block(&first)?.bytes());
    let id = envelope.map_err(|error| EntriesError::Envelope(first, error))?.payload();
    let payload = Payload::from_bytes(block(&id)?.bytes());
    let payload = payload.map_err(|error| EntriesError::Payload(id, error))?;
    let mut authors = vec![(Link::of(&payload).author, first)];
    if let Payload::Receipt(receipt) = &payload {
        let legs = entry.leg_leaves(receipt.with.len()).iter();
        authors.extend(receipt.with.iter().map(|place| place.scope).zip(legs.copied()));
    }
    Ok(authors)
}

fn write(
    data: &Path,
    layout: &ExportLayout,
    header: &[u8],
    cosigned: Option<&str>,
    progress: &mut dyn FnMut(u64),
) -> Result<Exported, ExportError> {
    let mut log = SignedLog::open(data)?;
    let path = layout.car();
    let failed = || StoreError::io("writing", &path);
    let mut car = BufWriter::new(File::create_new(&path).map_err(StoreError::io("creating", &path))?);
    car.write_all(header).map_err(failed())?;
    let checkpoint = log.checkpoint().clone();
    let mut done = Exported {
        origin: checkpoint.origin.to_string(),
        size: checkpoint.size,
        root: Hash::to_hex(&checkpoint.root),
        entries: 0,
        blocks: 0,
        car_bytes: header.len() as u64,
        tiles: 0,
    };
    let (mut row, mut tiler, mut section) = (RowWriter::default(), Tiler::default(), Vec::new());
    while let Some((position, entry)) = log.next_entry()? {
        for block in row.next(&entry).map_err(|why| ExportError::Entry { position, why })? {
            section.clear();
            car::push_section(&mut section, block);
            car.write_all(&section).map_err(failed())?;
            done.blocks += 1;
            done.car_bytes += section.len() as u64;
        }
        done.entries += 1;
        for leaf in &entry.leaves {
            done.tiles += write_tiles(layout, tiler.push(leaf))?;
        }
        progress(tiler.size());
    }
    done.tiles += write_tiles(layout, tiler.finish())?;
    let file = car.into_inner().map_err(|error| failed()(error.into_error()))?;
    file.sync_all().map_err(StoreError::io("syncing", &path))?;
    let (host, note) = (log.host(), log.note());
    disk::replace(
        &layout.verifier_key(),
        format!("{}\n", verifier_key(&checkpoint.origin, &host.host)).as_bytes(),
    )?;
    disk::replace(&layout.policy(), policy_of(host.log.as_str(), host.host).as_bytes())?;
    disk::create_dir(&layout.tiles())?;
    if let Some(cosigned) = cosigned {
        disk::replace(&layout.cosigned(), cosigned.as_bytes())?;
    }
    disk::replace(&layout.checkpoint(), note.as_bytes())?;
    Ok(done)
}

fn write_tiles(layout: &ExportLayout, tiles: Vec<Written>) -> Result<u64, StoreError> {
    let count = tiles.len() as u64;
    for (tile, bytes) in tiles {
        let path = layout.tile(&tile);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(StoreError::io("creating", parent))?;
        }
        std::fs::write(&path, bytes).map_err(StoreError::io("writing", &path))?;
    }
    Ok(count)
}

/// A policy that takes the log's own word, as JSON: the host knows of no witnesses yet.
pub(super) fn policy_of(origin: &str, host: Did) -> String {
    let key = VerifierKey::new(origin, KeyKind::Log, host);
    let policy = key.map(TrustPolicy::log_alone);
    // An origin is always a note's name, and a policy always JSON; were it not, the file would say `null`.
    serde_json::to_string_pretty(&policy).unwrap_or_else(|_| "null".into()) + "\n"
}
