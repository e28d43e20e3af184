//! Checks that bytes are strict dag-cbor (IPLD dag-cbor specification, "Strictness") without decoding them into
//! values.
//!
//! One pass, no recursion, no copy: an explicit stack counts nested items. [`scan`] judges by the specification
//! alone; [`strict`] accepts only what this runtime writes: no floats, and links to its own kinds of blocks only.

use crate::limits;
use crate::name::{BlockId, IdError};

/// Why bytes are not strict dag-cbor, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not strict dag-cbor at offset {offset}: {why}")]
pub struct CborError {
    /// The offset at which the wrong item begins.
    pub offset: usize,
    /// The fault of that item.
    pub why: CborFlaw,
}

/// The fault of an item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CborFlaw {
    /// The bytes end within it.
    #[error("the bytes end within an item")]
    Truncated,
    /// More bytes follow the one item.
    #[error("bytes follow the item")]
    Trailing,
    /// A number or a length in a longer form than it needs.
    #[error("a number or a length that has a shorter form")]
    NotShortest,
    /// A length that is not stated at the start.
    #[error("an item of indefinite length")]
    Indefinite,
    /// Another simple value than `false`, `true` and `null`, or a float that does not have 64 bits.
    #[error("a simple value other than false, true and null, or a float of other than 64 bits")]
    Simple,
    /// A float that is not a finite number.
    #[error("a float that is not a finite number")]
    NotFinite,
    /// Another tag than 42, or 42 on something that is not a link.
    #[error("a tag other than 42 on the bytes of a link")]
    Tag,
    /// A link whose content is not a zero byte and a CID.
    #[error("a link that is not a zero byte and a CID")]
    Link,
    /// Text that is not UTF-8.
    #[error("text that is not UTF-8")]
    Text,
    /// A map's key that is not text.
    #[error("a map's key that is not text")]
    Key,
    /// A map's key that is not greater than the key before it, by length and then by bytes.
    #[error("a map's key that is not greater than the key before it, by length and then by bytes")]
    KeyOrder,
    /// Too many items inside each other.
    #[error("more than {0} items inside each other")]
    Depth(usize),
    /// More bytes than a block may have.
    #[error("more than {0} bytes")]
    Size(usize),
    /// A float. No block of this runtime has one.
    #[error("a float")]
    Float,
    /// A link to a kind of block that this runtime does not have.
    #[error("a link to another kind of block: {0}")]
    ForeignLink(IdError),
}

/// The findings of a scan of valid dag-cbor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scan<'a> {
    /// The CIDs of all links, in their order.
    pub links: Vec<&'a [u8]>,
    /// The offset of the first float, if there is one.
    pub float: Option<usize>,
}

/// A map or a list that the scan is inside of.
struct Open<'a> {
    /// The number of items still to come. In a map each key and each value counts as one.
    left: u64,
    /// The key before, in a map.
    key: Option<&'a [u8]>,
    is_map: bool,
}

/// Scans one item, which must be all of the bytes.
///
/// # Errors
/// The first fault, with its offset.
pub fn scan(bytes: &[u8], depth_max: usize) -> Result<Scan<'_>, CborError> {
    let mut scan = Scan::default();
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut at = 0;
    loop {
        let start = at;
        let fail = |why| CborError { offset: start, why };
        let (major, argument, behind) = head(bytes, at).map_err(fail)?;
        at = behind;
        let takes_key = open.last().is_some_and(|open| open.is_map && open.left % 2 == 0);
        if takes_key && major != 3 {
            return Err(fail(CborFlaw::Key));
        }
        let mut opened = None;
        match major {
            0 | 1 => {}
            2 | 3 => {
                let content = take(bytes, at, argument).ok_or_else(|| fail(CborFlaw::Truncated))?;
                at += content.len();
                if major == 3 && std::str::from_utf8(content).is_err() {
                    return Err(fail(CborFlaw::Text));
                }
                if let (true, Some(map)) = (takes_key, open.last_mut()) {
                    let before = map.key.replace(content);
                    if before.is_some_and(|before| (before.len(), before) >= (content.len(), content)) {
                        return Err(fail(CborFlaw::KeyOrder));
                    }
                }
            }
            4 | 5 => {
                // Each item has at least one byte, so a length beyond the bytes that are left is wrong.
                let items = if major == 5 { argument.checked_mul(2) } else { Some(argument) };
                let items = items.filter(|items| *items <= (bytes.len() - at) as u64);
                let left = items.ok_or_else(|| fail(CborFlaw::Truncated))?;
                opened = Some(Open { left, key: None, is_map: major == 5 });
            }
            6 => {
                let (tagged, length, behind) = head(bytes, at).map_err(fail)?;
                if argument != 42 || tagged != 2 {
                    return Err(fail(CborFlaw::Tag));
                }
                let content = take(bytes, behind, length).ok_or_else(|| fail(CborFlaw::Truncated))?;
                at = behind + content.len();
                scan.links.push(link(content).ok_or_else(|| fail(CborFlaw::Link))?);
            }
            _ => match bytes[start] {
                0xf4..=0xf6 => {}
                0xfb if f64::from_bits(argument).is_finite() => {
                    scan.float.get_or_insert(start);
                }
                0xfb => return Err(fail(CborFlaw::NotFinite)),
                _ => return Err(fail(CborFlaw::Simple)),
            },
        }
        if let Some(top) = open.last_mut() {
            top.left -= 1;
        }
        if let Some(opened) = opened {
            if open.len() >= depth_max {
                return Err(fail(CborFlaw::Depth(depth_max)));
            }
            open.push(opened);
        }
        while open.last().is_some_and(|open| open.left == 0) {
            open.pop();
        }
        if open.is_empty() {
            break;
        }
    }
    if at == bytes.len() { Ok(scan) } else { Err(CborError { offset: at, why: CborFlaw::Trailing }) }
}

/// Checks that bytes could be a block of this runtime, and lists the blocks that they link.
///
/// Format: docs/formats.md, "Blocks and CIDs".
///
/// # Errors
/// The first fault, with its offset.
pub fn strict(bytes: &[u8]) -> Result<Vec<BlockId>, CborError> {
    if bytes.len() > limits::BLOCK_BYTES_MAX {
        return Err(CborError { offset: 0, why: CborFlaw::Size(limits::BLOCK_BYTES_MAX) });
    }
    let scan = scan(bytes, limits::BLOCK_DEPTH_MAX)?;
    if let Some(offset) = scan.float {
        return Err(CborError { offset, why: CborFlaw::Float });
    }
    let ours = |cid: &&[u8]| {
        BlockId::from_bytes(cid).map_err(|why| CborError {
            offset: (cid.as_ptr() as usize).saturating_sub(bytes.as_ptr() as usize),
            why: CborFlaw::ForeignLink(why),
        })
    };
    scan.links.iter().map(ours).collect()
}

/// Reads an item's major type and argument. The third value is the offset behind them (RFC 8949, section 3).
fn head(bytes: &[u8], at: usize) -> Result<(u8, u64, usize), CborFlaw> {
    let first = *bytes.get(at).ok_or(CborFlaw::Truncated)?;
    let (major, low) = (first >> 5, first & 0x1f);
    let width = match low {
        0..=23 => return Ok((major, u64::from(low), at + 1)),
        24..=27 => 1 << (low - 24),
        31 if major != 7 => return Err(CborFlaw::Indefinite),
        _ => return Err(CborFlaw::Simple),
    };
    if major == 7 && low != 27 {
        return Err(CborFlaw::Simple);
    }
    let digits = bytes.get(at + 1..at + 1 + width).ok_or(CborFlaw::Truncated)?;
    let argument = digits.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    let shortest = match width {
        1 => 24,
        2 => 1 << 8,
        4 => 1 << 16,
        _ => 1 << 32,
    };
    if major != 7 && argument < shortest {
        return Err(CborFlaw::NotShortest);
    }
    Ok((major, argument, at + 1 + width))
}

fn take(bytes: &[u8], at: usize, length: u64) -> Option<&[u8]> {
    let end = at.checked_add(usize::try_from(length).ok()?)?;
    bytes.get(at..end)
}

/// The CID behind the zero byte of a link.
fn link(content: &[u8]) -> Option<&[u8]> {
    let cid = content.strip_prefix(&[0])?;
    let read = cid::Cid::try_from(cid).ok()?;
    (read.to_bytes() == cid).then_some(cid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_that_promises_more_than_there_is_ends_at_once() {
        let head = |major: u8| [&[major << 5 | 27][..], &[0xff; 8]].concat();
        for major in 2..6 {
            assert_eq!(scan(&head(major), 10).unwrap_err().why, CborFlaw::Truncated, "major type {major}");
        }
    }

    #[test]
    fn what_is_nested_deeper_than_the_limit_is_refused_and_not_one_less() {
        let nested = |depth: usize| [vec![0x81; depth], vec![0x00]].concat();
        assert!(scan(&nested(5), 5).is_ok());
        assert_eq!(scan(&nested(6), 5).unwrap_err(), CborError { offset: 5, why: CborFlaw::Depth(5) });
        assert!(strict(&nested(limits::BLOCK_DEPTH_MAX)).is_ok());
        assert!(strict(&nested(limits::BLOCK_DEPTH_MAX + 1)).is_err());
        assert!(strict(&vec![0x81; 1_000_000]).is_err(), "and no stack runs over");
    }

    #[test]
    fn floats_and_links_to_other_blocks_are_dag_cbor_but_not_ours() {
        let float = b"\xfb\x3f\xf8\0\0\0\0\0\0";
        assert_eq!(scan(float, 1).unwrap().float, Some(0));
        assert_eq!(strict(float).unwrap_err().why, CborFlaw::Float);
        // A link to a dag-pb block.
        let foreign = [&b"\x81\xd8\x2a\x58\x25\0\x01\x70\x12\x20"[..], &[7; 32]].concat();
        assert_eq!(scan(&foreign, 1).unwrap().links.len(), 1);
        let error = strict(&foreign).unwrap_err();
        assert!(matches!(error.why, CborFlaw::ForeignLink(_)) && error.offset == 6, "{error}");
    }
}
