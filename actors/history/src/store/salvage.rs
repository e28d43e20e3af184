//! What can still be told of a damaged segment file: for repairs. Nothing here is believed that a hash does not vouch
//! for, but what is called a claim.

use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

use super::format::{self, CONTENT_BYTES, GroupHeader, HEADER_BYTES, SECTOR_BYTES, TableRow};
use super::group::{Found, Segment, read_group};
use super::reader::End;
use crate::error::StoreError;

/// A segment file, damaged or not.
#[derive(Debug)]
pub(crate) struct Remains(Segment);

/// Where a log goes on: a place in a segment file, its position, and the chain hash of the group before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) segment: u64,
    pub(crate) offset: u64,
    pub(crate) position: u64,
    pub(crate) chain: [u8; 32],
}

impl From<Place> for End {
    fn from(Place { segment, offset, position, chain }: Place) -> Self {
        Self { segment, offset, position, chain }
    }
}

impl From<End> for Place {
    fn from(End { segment, offset, position, chain }: End) -> Self {
        Self { segment, offset, position, chain }
    }
}

impl Remains {
    /// Opens a segment file, if there is one.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, StoreError> {
        match File::open(path) {
            Ok(file) => Segment::new(file, path).map(Self).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io("opening", path)(error)),
        }
    }

    /// Bytes of the file.
    pub(crate) const fn length(&self) -> u64 {
        self.0.length()
    }

    /// What stands at a place: [`read_group`].
    pub(crate) fn read_group(&self, place: Place) -> Result<Found, StoreError> {
        read_group(&self.0, &place.into())
    }

    /// The first sector; what a shorter file lacks of it is zero.
    pub(crate) fn first_sector(&self) -> Result<[u8; SECTOR_BYTES], StoreError> {
        self.0.first_sector()
    }

    /// Whether anything but zeros stands behind an offset.
    pub(crate) fn has_bytes_behind(&self, offset: u64) -> Result<bool, StoreError> {
        Ok(self.0.last_byte(offset)? > 0)
    }

    /// So much of a group's content, whatever its marks are, from a byte of the content on; shorter where the file ends.
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

    /// The header of a group at this place, when its check holds and it is for this position.
    pub(crate) fn header(&self, place: Place) -> Result<Option<GroupHeader>, StoreError> {
        let bytes = self.content(place.offset, 0, HEADER_BYTES as u64)?;
        Ok(GroupHeader::parse(&place.chain, &bytes).filter(|header| header.position == place.position))
    }

    /// The table of a group with this header, when the chain hash vouches for it: which entries it had.
    pub(crate) fn table(
        &self,
        place: Place,
        header: &GroupHeader,
    ) -> Result<Option<Vec<TableRow>>, StoreError> {
        let start = self.content(place.offset, 0, HEADER_BYTES as u64 + header.table_bytes)?;
        let Some((start, table)) = start.split_at_checked(HEADER_BYTES) else { return Ok(None) };
        if format::chain_hash(&place.chain, start, table) != header.chain {
            return Ok(None);
        }
        Ok(format::parse_table(table, header.entries))
    }

    /// Header and table of a group whose table holds, as they stand in its content.
    pub(crate) fn start(&self, place: Place, header: &GroupHeader) -> Result<Vec<u8>, StoreError> {
        self.content(place.offset, 0, HEADER_BYTES as u64 + header.table_bytes)
    }

    /// Bytes of a group's body, damaged or not.
    pub(crate) fn body(
        &self,
        place: Place,
        header: &GroupHeader,
        from: u64,
        bytes: u64,
    ) -> Result<Vec<u8>, StoreError> {
        self.content(place.offset, HEADER_BYTES as u64 + header.table_bytes + from, bytes)
    }

    /// The next place behind an offset where a group claims to begin, and what its header claims.
    pub(crate) fn claim_behind(&self, offset: u64) -> Result<Option<(u64, GroupHeader)>, StoreError> {
        let sector = SECTOR_BYTES as u64;
        let mut at = offset + sector;
        while at + sector <= self.length() {
            // The mark is the host's own: what a member wrote cannot claim to be a group.
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

    /// Where the group behind one that claims to be at this offset begins, when its check vouches for the claimed chain
    /// hash.
    pub(crate) fn vouched_behind(
        &self,
        segment: u64,
        offset: u64,
        claimed: &GroupHeader,
    ) -> Result<Option<Place>, StoreError> {
        let length = claimed.sectors().and_then(|sectors| sectors.checked_mul(SECTOR_BYTES as u64));
        let Some(behind) = length.and_then(|length| offset.checked_add(length)) else { return Ok(None) };
        self.vouched(segment, behind, &claimed.chain)
    }

    /// The place of a group at this offset, when its check says that this is the chain hash before it.
    pub(crate) fn vouched(
        &self,
        segment: u64,
        offset: u64,
        chain: &[u8; 32],
    ) -> Result<Option<Place>, StoreError> {
        let bytes = self.content(offset, 0, HEADER_BYTES as u64)?;
        let header = GroupHeader::parse(chain, &bytes);
        Ok(header.map(|header| Place { segment, offset, position: header.position, chain: *chain }))
    }

    /// Where the file's first group begins, when that group vouches for what the segment's header says.
    pub(crate) fn vouched_first(&self, segment: u64) -> Result<Option<Place>, StoreError> {
        let Some((_, _, chain)) = format::parse_segment_header(&self.first_sector()?) else {
            return Ok(None);
        };
        self.vouched(segment, SECTOR_BYTES as u64, &chain)
    }
}
