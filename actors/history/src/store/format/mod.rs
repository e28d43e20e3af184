//! The bytes of a segment file (`docs/formats.md`, "Segment files").
//!
//! A segment is a row of sectors of 512 bytes. The first sector is the segment's header. Groups follow; each
//! group begins in a sector of its own. Behind the groups there may be sectors of zeros: they are written
//! ahead, so that a durable append changes no metadata of the file. Integers are little endian. Content behind
//! the end of a header or a group is zero.
//!
//! - `sector.rs`: sectors and their marks, which separate a torn write from damage
//! - `header.rs`: headers of segments and groups, and the hash chain through them
//! - `table.rs`: the table of a group: its entries, their leaves and blocks
//! - `encode.rs`: a whole group
//!
//! Nothing here touches a file. Encoding and parsing of one form stand in one file, so that they change together.

mod encode;
mod header;
mod sector;
mod table;

pub(crate) use encode::encode_group;
pub(crate) use header::{
    CHAIN_START, GroupHeader, HEADER_BYTES, chain_hash, segment_chain, segment_header, segment_path,
};
pub(crate) use sector::{CONTENT_BYTES, SECTOR_BYTES, SectorFlaw, content, group_begins, sectors_of};
pub(crate) use table::{TableRow, parse_table};
