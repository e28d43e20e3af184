//! Answers the questions of a repair about a damaged segment file: which of its bytes are still certain.
//!
//! Every answer is confirmed by a hash. The only exception is called a claim: a header whose check could not be
//! verified. A claim tells a repair where to look, and nothing is kept because of it. Nothing here writes.

use std::path::Path;

use super::format::{self, CONTENT_BYTES, GroupHeader, HEADER_BYTES, SECTOR_BYTES, TableRow};
use super::group::{Found, read_group};
use super::place::Place;
use super::segment_file::SegmentFile;
use crate::disk;
use crate::error::StoreError;

/// A segment file, damaged or not.
#[derive(Debug)]
pub(crate) struct Remains(SegmentFile);

impl Remains {
    /// Opens a segment file; `None` when it does not exist.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, StoreError> {
        disk::open(path)?.map(|file| SegmentFile::new(file, path).map(Self)).transpose()
    }

    /// Bytes of the file.
    pub(crate) const fn length(&self) -> u64 {
        self.0.length()
    }

    /// The group at a place, judged as a reader judges it.
    pub(crate) fn read_group(&self, place: Place) -> Result<Found, StoreError> {
        read_group(&self.0, &place)
    }

    /// The first sector. Bytes that a shorter file lacks are zero.
    pub(crate) fn first_sector(&self) -> Result<[u8; SECTOR_BYTES], StoreError> {
        self.0.first_sector()
    }

    /// Whether any byte from `offset` on is not zero.
    pub(crate) fn is_written_from(&self, offset: u64) -> Result<bool, StoreError> {
        Ok(self.0.bytes_in_use(offset)? > 0)
    }

    /// Content of the group at `offset`, whatever the marks are: `bytes` bytes from byte `from` of the content
    /// on. Fewer where the file ends.
    fn content(&self, offset: u64, from: u64, bytes: u64) -> Result<Vec<u8>, StoreError> {
        let (content, sector) = (CONTENT_BYTES as u64, SECTOR_BYTES as u64);
        let start = offset.saturating_add((from / content).saturating_mul(sector));
        let skipped = from % content;
        let sectors = skipped.saturating_add(bytes).div_ceil(content);
        let there = self.length().saturating_sub(start).min(sectors.saturating_mul(sector));
        let mut taken = Vec::new();
        for sector in self.0.read(start, there)?.chunks(SECTOR_BYTES) {
            taken.extend_from_slice(&sector[..sector.len().min(CONTENT_BYTES)]);
        }
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX).min(taken.len());
        taken.drain(..skipped);
        taken.truncate(usize::try_from(bytes).unwrap_or(usize::MAX));
        Ok(taken)
    }

    /// The header of the group at a place, if its check is right and it states this position.
    pub(crate) fn header(&self, place: Place) -> Result<Option<GroupHeader>, StoreError> {
        let bytes = self.content(place.offset, 0, HEADER_BYTES as u64)?;
        Ok(GroupHeader::parse(&place.chain, &bytes).filter(|header| header.position == place.position))
    }

    /// The table of the group with this header, if the chain hash confirms it.
    pub(crate) fn table(
        &self,
        place: Place,
        header: &GroupHeader,
    ) -> Result<Option<Vec<TableRow>>, StoreError> {
        let start = self.header_and_table(place, header)?;
        let Some((start, table)) = start.split_at_checked(HEADER_BYTES) else { return Ok(None) };
        if format::chain_hash(&place.chain, start, table) != header.chain {
            return Ok(None);
        }
        Ok(format::parse_table(table, header.entries))
    }

    /// The bytes of a group's header and table, as they are in the file.
    pub(crate) fn header_and_table(&self, place: Place, header: &GroupHeader) -> Result<Vec<u8>, StoreError> {
        self.content(place.offset, 0, HEADER_BYTES as u64 + header.table_bytes)
    }

    /// Bytes of a group's body, damaged or not, from byte `from` of the body on.
    pub(crate) fn body(
        &self,
        place: Place,
        header: &GroupHeader,
        from: u64,
        bytes: u64,
    ) -> Result<Vec<u8>, StoreError> {
        self.content(place.offset, HEADER_BYTES as u64 + header.table_bytes + from, bytes)
    }

    /// The next claim behind the sector at `offset`: the byte where a group claims to begin, and its header.
    pub(crate) fn claim_behind(&self, offset: u64) -> Result<Option<(u64, GroupHeader)>, StoreError> {
        let sector = SECTOR_BYTES as u64;
        let mut at = offset + sector;
        while at + sector <= self.length() {
            // The host sets the marks: text that a member wrote cannot look like the begin of a group.
            let bytes = self.0.read(at, sector)?;
            if format::group_begins(&bytes)
                && let Some(claimed) = GroupHeader::claimed(&bytes)
            {
                return Ok(Some((at, claimed)));
            }
            at += sector;
        }
        Ok(None)
    }

    /// The place behind the group at `offset` that has this header, if the next group's check confirms the
    /// header's chain hash.
    pub(crate) fn confirmed_behind(
        &self,
        segment: u64,
        offset: u64,
        header: &GroupHeader,
    ) -> Result<Option<Place>, StoreError> {
        let next = header.group_bytes().and_then(|bytes| offset.checked_add(bytes));
        next.map_or(Ok(None), |next| self.confirmed(segment, next, &header.chain))
    }

    /// The place of the group at `offset`, if its check confirms that `chain` is the chain hash before it.
    pub(crate) fn confirmed(
        &self,
        segment: u64,
        offset: u64,
        chain: &[u8; 32],
    ) -> Result<Option<Place>, StoreError> {
        let bytes = self.content(offset, 0, HEADER_BYTES as u64)?;
        let header = GroupHeader::parse(chain, &bytes);
        Ok(header.map(|header| Place { segment, offset, position: header.position, chain: *chain }))
    }

    /// The place of the first group of the file, if its check confirms the chain hash in the segment's header.
    pub(crate) fn confirmed_first(&self, segment: u64) -> Result<Option<Place>, StoreError> {
        let chain = format::segment_chain(&self.first_sector()?);
        chain.map_or(Ok(None), |chain| self.confirmed(segment, SECTOR_BYTES as u64, &chain))
    }
}
