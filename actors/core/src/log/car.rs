//! CAR version 1 (IPLD "Specification: Content Addressable aRchives (CAR / .car) v1"): a header with roots, then
//! blocks, each behind its length and its CID.
//!
//! [`Sections`] is fed bytes as they come and gives what is complete, so a file of any length takes one section's
//! memory. It reads any CAR; [`Section::into_block`] takes the blocks of this runtime alone, and compares their bytes
//! with their names.

use crate::encode::cbor::CborError;
use crate::encode::{Block, cbor};
use crate::limits;
use crate::name::{BlockId, CID_BYTES, Codec, IdError};

/// Why bytes are not a CAR, or a block in one is not ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("CAR, byte {offset}: {why}")]
pub struct CarError {
    /// Where the header or the section begins.
    pub offset: u64,
    /// What is not right.
    pub why: CarFlaw,
}

/// What is not right with a section.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CarFlaw {
    /// The header is not the one encoding of `{"roots": [CID…], "version": 1}`.
    #[error("the header is not `{{\"roots\": [CID…], \"version\": 1}}` in strict dag-cbor: {0}")]
    Header(String),
    /// A length that is 0, has a shorter form, or is more than a block may have.
    #[error("a length that is 0, not in its shortest form, or more than {0}")]
    Length(u64),
    /// The file ends within it.
    #[error("the file ends within it: it was cut")]
    Truncated,
    /// Not a CID.
    #[error("it does not begin with a CID: {0}")]
    Cid(String),
    /// A CID of another version, codec or hash.
    #[error(transparent)]
    Codec(#[from] IdError),
    /// Bytes that are not those that the CID names.
    #[error("the block named {named} hashes to {found}")]
    Hash {
        /// What it says.
        named: BlockId,
        /// What its bytes give.
        found: BlockId,
    },
    /// The CID says dag-cbor, and the bytes are another encoding of something, or none.
    #[error("the block {named}: {why}")]
    NotCanonical {
        /// The block.
        named: BlockId,
        /// Why.
        why: CborError,
    },
}

/// The header of a CAR with these roots.
#[must_use]
pub fn header(roots: &[BlockId]) -> Vec<u8> {
    let mut map = vec![0xa2, 0x65];
    map.extend_from_slice(b"roots");
    push_head(&mut map, 0x80, roots.len() as u64);
    for root in roots {
        // Tag 42 on 37 bytes: a zero, and the CID.
        map.extend_from_slice(&[0xd8, 0x2a, 0x58, 0x25, 0x00]);
        map.extend_from_slice(root.as_bytes());
    }
    map.push(0x67);
    map.extend_from_slice(b"version\x01");
    let mut bytes = Vec::with_capacity(map.len() + 5);
    push_varint(&mut bytes, map.len() as u64);
    bytes.extend_from_slice(&map);
    bytes
}

/// Writes a block's section behind what is there.
pub fn push_section(out: &mut Vec<u8>, block: &Block) {
    push_varint(out, (CID_BYTES + block.bytes().len()) as u64);
    out.extend_from_slice(block.id().as_bytes());
    out.extend_from_slice(block.bytes());
}

/// A CBOR item's first bytes, the shortest (RFC 8949, section 4.2.1).
fn push_head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let digits = argument.to_be_bytes();
    match argument {
        0..=23 => out.push(major | digits[7]),
        24..=0xff => out.extend_from_slice(&[major | 24, digits[7]]),
        0x100..=0xffff => out.extend_from_slice(&[major | 25, digits[6], digits[7]]),
        _ => {
            out.push(major | 27);
            out.extend_from_slice(&digits);
        }
    }
}

/// An unsigned LEB128 number.
fn push_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push((number & 0x7f) as u8);
}

/// A number at the start of these bytes and how many it takes; nothing when it is not complete, an error when it is
/// not the shortest form of a number of 64 bits.
fn varint(bytes: &[u8]) -> Result<Option<(u64, usize)>, ()> {
    let mut number = 0u64;
    for (at, byte) in bytes.iter().enumerate().take(10) {
        let digit = u64::from(byte & 0x7f);
        if at == 9 && digit > 1 {
            return Err(());
        }
        number |= digit << (7 * at);
        if byte & 0x80 == 0 {
            return if digit == 0 && at > 0 { Err(()) } else { Ok(Some((number, at + 1))) };
        }
    }
    if bytes.len() >= 10 { Err(()) } else { Ok(None) }
}

/// A block in a CAR, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The byte of the file where it begins, with its length.
    pub offset: u64,
    /// The CID's bytes, whatever kind of CID it is.
    pub cid: Vec<u8>,
    /// The block's bytes, which nobody has compared with the CID.
    pub bytes: Vec<u8>,
}

impl Section {
    /// The block, when it is one of this runtime and its bytes are those that its name names, in the one encoding.
    pub fn into_block(self) -> Result<Block, CarError> {
        let fail = |why| CarError { offset: self.offset, why };
        let named = BlockId::from_bytes(&self.cid).map_err(|error| fail(error.into()))?;
        let block =
            Block::verified(named, self.bytes).map_err(|found| fail(CarFlaw::Hash { named, found }))?;
        if named.codec() == Codec::DagCbor {
            cbor::strict(block.bytes()).map_err(|why| fail(CarFlaw::NotCanonical { named, why }))?;
        }
        Ok(block)
    }
}

/// What a CAR gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// The roots' CIDs, first and once.
    Roots(Vec<Vec<u8>>),
    /// A block.
    Section(Section),
}

/// A reader that is fed.
///
/// Format: docs/formats.md, "Proofs, tiles, cosignatures, CAR".
#[derive(Debug, Default)]
pub struct Sections {
    buffer: Vec<u8>,
    /// Of the buffer, what was given already.
    used: usize,
    /// Of the file, where the buffer begins.
    start: u64,
    has_header: bool,
}

impl Sections {
    /// Takes the bytes that come next in the file.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.start += self.used as u64;
        self.buffer.drain(..self.used);
        self.used = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The byte of the file where the next section begins.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.start + self.used as u64
    }

    fn fail(&self, why: CarFlaw) -> CarError {
        CarError { offset: self.offset(), why }
    }

    /// The next item that is complete; nothing when more bytes are needed first.
    pub fn next_item(&mut self) -> Result<Option<Item>, CarError> {
        let rest = &self.buffer[self.used..];
        let max = if self.has_header {
            (limits::BLOCK_BYTES_MAX + CID_BYTES) as u64
        } else {
            limits::CAR_HEADER_BYTES_MAX
        };
        let wrong = || self.fail(CarFlaw::Length(max));
        let Some((length, at)) = varint(rest).map_err(|()| wrong())? else { return Ok(None) };
        if length == 0 || length > max {
            return Err(wrong());
        }
        let Some(content) = rest.get(at..at + usize::try_from(length).map_err(|_| wrong())?) else {
            return Ok(None);
        };
        let item = if self.has_header {
            let mut behind = content;
            let cid =
                cid::Cid::read_bytes(&mut behind).map_err(|e| self.fail(CarFlaw::Cid(e.to_string())))?;
            let offset = self.offset();
            Item::Section(Section { offset, cid: cid.to_bytes(), bytes: behind.to_vec() })
        } else {
            Item::Roots(roots(content).map_err(|why| self.fail(CarFlaw::Header(why)))?)
        };
        self.used += at + content.len();
        self.has_header = true;
        Ok(Some(item))
    }

    /// That the file ended where a section ended.
    pub fn finish(&self) -> Result<(), CarError> {
        if self.used < self.buffer.len() || !self.has_header {
            return Err(self.fail(CarFlaw::Truncated));
        }
        Ok(())
    }
}

/// The roots in a header's bytes.
fn roots(bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let scan = cbor::scan(bytes, 2).map_err(|error| error.to_string())?;
    let whole = |links: &[&[u8]]| {
        let mut again = b"\xa2\x65roots".to_vec();
        push_head(&mut again, 0x80, links.len() as u64);
        for link in links {
            again.extend_from_slice(&[0xd8, 0x2a]);
            push_head(&mut again, 0x40, 1 + link.len() as u64);
            again.push(0);
            again.extend_from_slice(link);
        }
        again.extend_from_slice(b"\x67version\x01");
        again
    };
    if whole(&scan.links) != bytes {
        return Err("it has other fields".to_owned());
    }
    Ok(scan.links.into_iter().map(<[u8]>::to_vec).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks() -> Vec<Block> {
        let raw = |n: usize| Block::new(Codec::Raw, vec![7; n]);
        vec![Block::encode(&"a"), raw(0), raw(1), raw(91), raw(92), raw(20_000), Block::encode(&vec![1u8, 2])]
    }
    fn file() -> Vec<u8> {
        let all = blocks();
        let mut bytes = header(&[all[0].id(), all[6].id()]);
        all.iter().for_each(|block| push_section(&mut bytes, block));
        bytes
    }
    fn read(bytes: &[u8], step: usize) -> Result<(Vec<Vec<u8>>, Vec<Block>), CarError> {
        let (mut sections, mut roots, mut found) = (Sections::default(), Vec::new(), Vec::new());
        for part in bytes.chunks(step) {
            sections.feed(part);
            while let Some(item) = sections.next_item()? {
                match item {
                    Item::Roots(given) => roots = given,
                    Item::Section(section) => found.push(section.into_block()?),
                }
            }
        }
        sections.finish()?;
        Ok((roots, found))
    }

    #[test]
    fn what_is_written_is_read_however_the_bytes_come() {
        let all = blocks();
        for step in [1, 3, 1000, usize::MAX] {
            let (roots, found) = read(&file(), step).unwrap();
            assert_eq!(found, all);
            assert_eq!(roots, [all[0].id().as_bytes().to_vec(), all[6].id().as_bytes().to_vec()]);
        }
    }

    #[test]
    fn every_changed_bit_and_every_cut_is_noticed() {
        let whole = file();
        let ends: Vec<usize> = {
            let (mut sections, mut ends) = (Sections::default(), Vec::new());
            sections.feed(&whole);
            while sections.next_item().unwrap().is_some() {
                ends.push(usize::try_from(sections.offset()).unwrap());
            }
            ends
        };
        for cut in 0..whole.len() {
            assert_eq!(read(&whole[..cut], 4096).is_ok(), ends.contains(&cut), "cut at {cut}");
        }
        let head = header(&[]).len() + 2 * 41;
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1 << (at % 8);
            // A root is a name like another: whether it is the right one is told by who knows the log.
            let verdict = read(&changed, 4096).map(|(_, blocks)| blocks);
            assert!(verdict.is_err() || (at < head && verdict == Ok(blocks())), "byte {at}");
        }
    }

    #[test]
    fn lengths_are_in_their_shortest_form_and_within_bounds() {
        let section = |length: &[u8]| [&header(&[])[..], length, &[0; 64]].concat();
        let max = (limits::BLOCK_BYTES_MAX + CID_BYTES) as u64;
        let mut beyond = Vec::new();
        push_varint(&mut beyond, max + 1);
        for length in [&[0][..], &[0x80, 0], &[0xa4, 0x80, 0], &[0xff; 10], &beyond] {
            let error = read(&section(length), 4096).unwrap_err();
            assert_eq!(error.why, CarFlaw::Length(max), "{length:?}");
        }
        for number in [0, 1, 127, 128, 16_383, 16_384, u64::MAX] {
            let mut bytes = Vec::new();
            push_varint(&mut bytes, number);
            assert_eq!(varint(&bytes), Ok(Some((number, bytes.len()))));
            assert_eq!(varint(&bytes[..bytes.len() - 1]), Ok(None));
        }
    }

    #[test]
    fn another_encoding_of_the_same_data_is_refused_though_its_name_is_right() {
        // 24 as two bytes is right, 1 as two bytes is not.
        for (bytes, holds) in [(vec![0x18, 24], true), (vec![0x18, 1], false)] {
            let block = Block::new(Codec::DagCbor, bytes);
            let mut file = header(&[]);
            push_section(&mut file, &block);
            let verdict = read(&file, 4096);
            assert_eq!(verdict.is_ok(), holds);
            if let Err(error) = verdict {
                assert!(matches!(error.why, CarFlaw::NotCanonical { .. }), "{error}");
            }
        }
    }
}
