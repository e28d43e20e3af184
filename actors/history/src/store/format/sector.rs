//! Sectors: 511 bytes of content and a mark.
//!
//! A disk writes a sector whole or not at all, and it was all zeros before. The mark makes every written sector
//! differ from zeros, whatever its content is. So a sector of zeros was never written, and any other wrong
//! sector is damaged. The mark also says whether a header or a group begins in the sector (`5a`) or goes on
//! (`a5`). A group is written only after the one before it is durable: a begin behind a bad sector proves that
//! the bad one was durable.

/// Bytes of a sector.
pub(crate) const SECTOR_BYTES: usize = 512;
/// Bytes of content in a sector. The mark follows them.
pub(crate) const CONTENT_BYTES: usize = SECTOR_BYTES - 1;
/// The mark of a sector in which a header or a group begins.
pub(super) const MARK_FIRST: u8 = 0x5a;
/// The mark of a sector in which a group goes on.
const MARK_REST: u8 = 0xa5;

/// Writes the content of one group into sectors.
pub(super) struct SectorWriter<'a> {
    out: &'a mut Vec<u8>,
    /// Bytes of content in the current sector.
    used: usize,
    /// The mark of the current sector.
    mark: u8,
}

impl<'a> SectorWriter<'a> {
    pub(super) const fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, used: 0, mark: MARK_FIRST }
    }

    pub(super) fn push(&mut self, mut content: &[u8]) {
        while !content.is_empty() {
            let (part, rest) = content.split_at(content.len().min(CONTENT_BYTES - self.used));
            self.out.extend_from_slice(part);
            self.used += part.len();
            content = rest;
            if self.used == CONTENT_BYTES {
                self.out.push(std::mem::replace(&mut self.mark, MARK_REST));
                self.used = 0;
            }
        }
    }

    /// Fills the last sector with zeros and marks it.
    pub(super) fn finish(self) {
        if self.used > 0 {
            self.out.resize(self.out.len() + CONTENT_BYTES - self.used, 0);
            self.out.push(self.mark);
        }
    }
}

/// The content of a group as sectors.
pub(crate) fn sectors_of(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len().div_ceil(CONTENT_BYTES) * SECTOR_BYTES);
    let mut sectors = SectorWriter::new(&mut out);
    sectors.push(content);
    sectors.finish();
    out
}

/// The flaw of a sector, told by its mark alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SectorFlaw {
    /// It was never written: all of it is zero.
    Zeros,
    /// It was written, and its mark is wrong.
    BadMark,
}

/// The content of a group's sectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sectors {
    /// The content of all sectors before the first bad one.
    pub(crate) content: Vec<u8>,
    /// The index of the first bad sector, and what is wrong with it.
    pub(crate) flaw: Option<(usize, SectorFlaw)>,
    /// Whether any sector was never written, also behind the first bad one.
    pub(crate) unwritten: bool,
}

/// Whether a header or a group begins in one of these sectors.
pub(crate) fn group_begins(sectors: &[u8]) -> bool {
    sectors.as_chunks::<SECTOR_BYTES>().0.iter().any(|sector| sector[CONTENT_BYTES] == MARK_FIRST)
}

/// Takes the content out of the sectors of one group, from its first sector on.
pub(crate) fn content(sectors: &[u8]) -> Sectors {
    let (sectors, rest) = sectors.as_chunks::<SECTOR_BYTES>();
    debug_assert!(rest.is_empty(), "callers read whole sectors");
    let is_zero = |sector: &[u8; SECTOR_BYTES]| sector.iter().all(|byte| *byte == 0);
    let unwritten = sectors.iter().any(is_zero);
    let mut content = Vec::with_capacity(sectors.len() * CONTENT_BYTES);
    for (at, sector) in sectors.iter().enumerate() {
        if sector[CONTENT_BYTES] != if at == 0 { MARK_FIRST } else { MARK_REST } {
            let flaw = if is_zero(sector) { SectorFlaw::Zeros } else { SectorFlaw::BadMark };
            return Sectors { content, flaw: Some((at, flaw)), unwritten };
        }
        content.extend_from_slice(&sector[..CONTENT_BYTES]);
    }
    Sectors { content, flaw: None, unwritten }
}
