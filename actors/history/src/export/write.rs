//! Makes an export from a data directory, also while a host has it open.
//!
//! The log is read twice. The first reading finds each author's last envelope, because a CAR begins with its
//! roots; and it makes sure that the log has the checkpoint's root, before anything is written. The second
//! reading writes. In memory are one entry, one tile of each level, and the names of blocks that may come
//! again.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use icn_core::block::{Entry, Payload};
use icn_core::encode::Envelope;
use icn_core::limits;
use icn_core::log::{Link, RowError, RowWriter, Tiler, WrittenTile, car};
use icn_core::name::{BlockId, Did};

use super::error::ExportError;
use super::layout::ExportLayout;
use super::texts::{key_text, policy_text};
use crate::copy_error::CopyError;
use crate::cosigned::{self, CosignedCopy};
use crate::disk;
use crate::error::StoreError;
use crate::signed_log::SignedLog;

/// A finished export.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Exported {
    /// The name of the log.
    pub origin: String,
    /// Leaves of the log.
    pub size: u64,
    /// Root over them, in hexadecimal.
    pub root: String,
    /// Entries of the log.
    pub entries: u64,
    /// Blocks in the CAR.
    pub blocks: u64,
    /// Bytes of the CAR.
    pub car_bytes: u64,
    /// Tiles and bundles of entries.
    pub tiles: u64,
}

/// Exports what the newest checkpoint of a data directory covers. `out` must be a new or an empty directory.
/// `progress` hears how many leaves were written.
///
/// Format: docs/formats.md, "Exports".
pub fn export(data: &Path, out: &Path, progress: &mut dyn FnMut(u64)) -> Result<Exported, ExportError> {
    if !disk::is_free(out)? {
        return Err(CopyError::NotEmpty(out.to_owned()).into());
    }
    // Read before the newest checkpoint, so that it is not newer.
    let cosigned = cosigned::read(data)?;
    let (roots, cosigned) = roots_of(data, cosigned)?;
    let header = car::header(&roots);
    if header.len() as u64 > limits::CAR_HEADER_BYTES_MAX {
        return Err(ExportError::Authors(roots.len()));
    }
    let layout = ExportLayout::new(out);
    disk::create_dir(out)?;
    let written = write(data, &layout, &header, cosigned.as_deref(), progress);
    if written.is_err() {
        // The directory was empty, so these files are ours. Where they cannot be removed, the checkpoint is
        // missing, and nobody takes them for an export.
        for file in [layout.car(), layout.verifier_key(), layout.policy()] {
            let _ = std::fs::remove_file(file);
        }
        let _ = std::fs::remove_dir_all(layout.tiles());
    }
    written
}

/// The roots of the CAR: each author's last envelope, in the order of the authors' keys; and the cosigned
/// checkpoint, if there is one. Both the newest and the cosigned checkpoint are compared with the log.
fn roots_of(data: &Path, cosigned: Option<String>) -> Result<(Vec<BlockId>, Option<String>), ExportError> {
    let mut log = SignedLog::open(data)?;
    let mut cosigned = CosignedCopy::of(data, cosigned, &log)?;
    let mut heads = BTreeMap::<Did, BlockId>::new();
    while let Some((position, entry)) = log.next_entry()? {
        heads.extend(authors_of(&entry).map_err(|why| ExportError::Entry { position, why })?);
        cosigned.as_mut().map_or(Ok(()), |cosigned| cosigned.compare(log.frontier()))?;
    }
    cosigned.as_ref().map_or(Ok(()), CosignedCopy::finish)?;
    let note = cosigned.map(|cosigned| cosigned.note().to_owned());
    Ok((heads.into_values().collect(), note))
}

/// The authors of an entry, each with the leaf that it signed: of a receipt its scope, and the scopes of its legs.
fn authors_of(entry: &Entry) -> Result<Vec<(Did, BlockId)>, RowError> {
    let first = *entry.leaves.first().ok_or(RowError::Empty)?;
    let block = |id: &BlockId| entry.block(id).ok_or(RowError::Missing(*id));
    let envelope = Envelope::from_bytes(block(&first)?.bytes());
    let id = envelope.map_err(|error| RowError::Envelope(first, error))?.payload();
    let payload = Payload::from_bytes(block(&id)?.bytes());
    let payload = payload.map_err(|error| RowError::Payload(id, error))?;
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
    let checkpoint = log.checkpoint();
    let mut done = Exported {
        origin: checkpoint.origin.to_string(),
        size: checkpoint.size,
        root: checkpoint.root.to_hex(),
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
    write_small_files(layout, &log, cosigned)?;
    Ok(done)
}

/// Writes the small files, the checkpoint last.
fn write_small_files(
    layout: &ExportLayout,
    log: &SignedLog,
    cosigned: Option<&str>,
) -> Result<(), StoreError> {
    disk::replace(&layout.verifier_key(), key_text(log.host()).as_bytes())?;
    disk::replace(&layout.policy(), policy_text(log.host()).as_bytes())?;
    disk::create_dir(&layout.tiles())?;
    if let Some(cosigned) = cosigned {
        disk::replace(&layout.cosigned(), cosigned.as_bytes())?;
    }
    disk::replace(&layout.checkpoint(), log.note().as_bytes())
}

/// Writes these tiles, and gives their number.
fn write_tiles(layout: &ExportLayout, tiles: Vec<WrittenTile>) -> Result<u64, StoreError> {
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
