//! Reads a CAR: its roots, then its sections, as the bytes come. They may come from anybody.
//!
//! A length is checked before the bytes that it announces are waited for, so a file cannot make the buffer
//! larger than the largest section and the part that was fed last.

use super::error::{CarError, CarFlaw};
use super::head::{push_head, varint};
use crate::encode::{Block, cbor};
use crate::limits;
use crate::name::{BlockId, CID_BYTES, Codec};

const _: () = assert!(
    limits::CAR_HEADER_BYTES_MAX < limits::ENTRY_BYTES_MAX as u64,
    "a header takes less memory than the entries behind it"
);

/// A block in a CAR, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The place in the file where the section begins, in bytes. It begins with its length.
    pub offset: u64,
    /// The bytes of the CID, which may be of any kind.
    pub cid: Vec<u8>,
    /// The bytes of the block. They were not compared with the CID.
    pub bytes: Vec<u8>,
}

impl Section {
    /// The block, if it is one of this runtime: its name is the hash of its bytes, and dag-cbor is strict.
    pub fn into_block(self) -> Result<Block, CarError> {
        let fail = |why| CarError { offset: self.offset, why };
        let named = BlockId::from_bytes(&self.cid).map_err(|error| fail(error.into()))?;
        let block =
            Block::verified(named, self.bytes).map_err(|found| fail(CarFlaw::Hash { named, found }))?;
        if named.codec() == Codec::DagCbor {
            cbor::strict(block.bytes()).map_err(|why| fail(CarFlaw::NotCanonical { named, why }))?;
        }
        assert_eq!(block.id(), named, "a block keeps the name under which it was verified");
        Ok(block)
    }
}

/// One item of a CAR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// The CIDs of the roots. They come first, and once.
    Roots(Vec<Vec<u8>>),
    /// A block.
    Section(Section),
}

/// Reads a CAR whose bytes come in parts.
#[derive(Debug, Default)]
pub struct Sections {
    buffer: Vec<u8>,
    /// How many bytes of the buffer were given as items.
    used: usize,
    /// The place in the file where the buffer begins.
    start: u64,
    has_header: bool,
}

impl Sections {
    /// Takes the bytes that come next in the file.
    pub fn feed(&mut self, bytes: &[u8]) {
        assert!(self.used <= self.buffer.len(), "no more is given than came");
        self.start += self.used as u64;
        self.buffer.drain(..self.used);
        self.used = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The place in the file where the next section begins, in bytes.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.start + self.used as u64
    }

    fn fail(&self, why: CarFlaw) -> CarError {
        CarError { offset: self.offset(), why }
    }

    /// The next item, or `None` if it is not complete yet.
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
            assert!(content.ends_with(behind), "a block's bytes follow its CID");
            let offset = self.offset();
            Item::Section(Section { offset, cid: cid.to_bytes(), bytes: behind.to_vec() })
        } else {
            Item::Roots(roots(content).map_err(|why| self.fail(CarFlaw::Header(why)))?)
        };
        self.used += at + content.len();
        assert!(self.used <= self.buffer.len(), "an item is given when all of it came");
        self.has_header = true;
        Ok(Some(item))
    }

    /// Checks that the file ended where a section ended.
    pub fn finish(&self) -> Result<(), CarError> {
        if self.used < self.buffer.len() || !self.has_header {
            return Err(self.fail(CarFlaw::Truncated));
        }
        Ok(())
    }
}

/// The CIDs of the roots in the bytes of a header.
fn roots(bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    let scan = cbor::scan(bytes, 2).map_err(|error| error.to_string())?;
    // A header has one encoding, so it is compared with the one that its links give.
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
