//! Reading a CAR, fed as its bytes come.

use super::error::{CarError, CarFlaw};
use super::number::{push_head, varint};
use crate::encode::{Block, cbor};
use crate::limits;
use crate::name::{BlockId, CID_BYTES, Codec};

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
