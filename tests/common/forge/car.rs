//! CARs taken apart and written again, and single files of an export changed.

use std::fs;
use std::path::{Path, PathBuf};

use icn_core::log::car;
use icn_core::log::car::{Item, Sections};
use icn_history::store::LogStore as _;
use icn_runtime::BlockId;
use icn_runtime::export::ExportLayout;

/// A CAR's header and its sections' CIDs and bytes.
pub(crate) type CarParts = (Vec<Vec<u8>>, Vec<(Vec<u8>, Vec<u8>)>);

/// Takes a CAR apart.
pub(crate) fn car_parts(path: &Path) -> CarParts {
    let mut sections = Sections::default();
    sections.feed(&fs::read(path).unwrap());
    let (mut roots, mut blocks) = (Vec::new(), Vec::new());
    while let Some(item) = sections.next_item().unwrap() {
        match item {
            Item::Roots(found) => roots = found,
            Item::Section(section) => blocks.push((section.cid, section.bytes)),
        }
    }
    (roots, blocks)
}

/// Puts a CAR together, whatever its blocks are.
pub(crate) fn write_car(path: &Path, (roots, blocks): &CarParts) {
    let roots: Vec<BlockId> = roots.iter().map(|root| BlockId::from_bytes(root).unwrap()).collect();
    let mut bytes = car::header(&roots);
    for (cid, block) in blocks {
        let mut length = (cid.len() + block.len()) as u64;
        while length >= 0x80 {
            bytes.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
            length >>= 7;
        }
        bytes.push(u8::try_from(length).unwrap());
        bytes.extend_from_slice(cid);
        bytes.extend_from_slice(block);
    }
    fs::write(path, bytes).unwrap();
}

pub(super) fn change_file(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// The only tile of this kind in a small export.
pub(super) fn small_tile(layout: &ExportLayout, level: &str) -> PathBuf {
    let dir = layout.tiles().join("tile").join(level).join("000.p");
    fs::read_dir(dir).unwrap().next().unwrap().unwrap().path()
}
