//! One pass over the bytes, item by item.

use super::error::{CborError, CborFlaw};

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

impl Open<'_> {
    const fn takes_key(&self) -> bool {
        self.is_map && self.left.is_multiple_of(2)
    }
}

/// Bytes that are read item by item.
struct Reader<'a> {
    bytes: &'a [u8],
    /// Where the next item begins.
    at: usize,
    /// The maps and lists that it stands in, the outermost first.
    open: Vec<Open<'a>>,
    seen: Scan<'a>,
}

/// Scans one item, which must be all of the bytes.
///
/// # Errors
/// The first fault, with its offset.
pub fn scan(bytes: &[u8], depth_max: usize) -> Result<Scan<'_>, CborError> {
    let mut reader = Reader { bytes, at: 0, open: Vec::new(), seen: Scan::default() };
    loop {
        let offset = reader.at;
        let opened = reader.item().map_err(|why| CborError { offset, why })?;
        if let Some(top) = reader.open.last_mut() {
            top.left -= 1;
        }
        if let Some(opened) = opened {
            if reader.open.len() >= depth_max {
                return Err(CborError { offset, why: CborFlaw::Depth(depth_max) });
            }
            reader.open.push(opened);
        }
        while reader.open.last().is_some_and(|open| open.left == 0) {
            reader.open.pop();
        }
        if reader.open.is_empty() {
            break;
        }
    }
    let offset = reader.at;
    if offset == bytes.len() { Ok(reader.seen) } else { Err(CborError { offset, why: CborFlaw::Trailing }) }
}

impl<'a> Reader<'a> {
    /// Reads what comes next: a whole item, or the head of a map or a list, which it gives.
    fn item(&mut self) -> Result<Option<Open<'a>>, CborFlaw> {
        let start = self.at;
        let (major, argument, behind) = head(self.bytes, start)?;
        self.at = behind;
        if major != 3 && self.open.last().is_some_and(Open::takes_key) {
            return Err(CborFlaw::Key);
        }
        match major {
            0 | 1 => {}
            2 => drop(self.content(argument)?),
            3 => self.text(argument)?,
            4 | 5 => return self.begin(major == 5, argument).map(Some),
            6 => self.tagged(argument)?,
            _ => match self.bytes[start] {
                0xf4..=0xf6 => {}
                0xfb if f64::from_bits(argument).is_finite() => {
                    self.seen.float.get_or_insert(start);
                }
                0xfb => return Err(CborFlaw::NotFinite),
                _ => return Err(CborFlaw::Simple),
            },
        }
        Ok(None)
    }

    /// The content of a string of this length.
    fn content(&mut self, length: u64) -> Result<&'a [u8], CborFlaw> {
        let content = take(self.bytes, self.at, length).ok_or(CborFlaw::Truncated)?;
        self.at += content.len();
        Ok(content)
    }

    /// Text, which may be a map's key and then comes behind the key before.
    fn text(&mut self, length: u64) -> Result<(), CborFlaw> {
        let content = self.content(length)?;
        if std::str::from_utf8(content).is_err() {
            return Err(CborFlaw::Text);
        }
        if let Some(map) = self.open.last_mut().filter(|open| open.takes_key()) {
            let before = map.key.replace(content);
            if before.is_some_and(|before| (before.len(), before) >= (content.len(), content)) {
                return Err(CborFlaw::KeyOrder);
            }
        }
        Ok(())
    }

    /// A map or a list of so many entries or elements.
    fn begin(&self, is_map: bool, length: u64) -> Result<Open<'a>, CborFlaw> {
        // Each item has at least one byte, so a length beyond the bytes that are left is wrong.
        let items = if is_map { length.checked_mul(2) } else { Some(length) };
        let left = items.filter(|items| *items <= (self.bytes.len() - self.at) as u64);
        Ok(Open { left: left.ok_or(CborFlaw::Truncated)?, key: None, is_map })
    }

    /// A link: tag 42 on a byte string.
    fn tagged(&mut self, tag: u64) -> Result<(), CborFlaw> {
        let (major, length, behind) = head(self.bytes, self.at)?;
        if tag != 42 || major != 2 {
            return Err(CborFlaw::Tag);
        }
        self.at = behind;
        let content = self.content(length)?;
        self.seen.links.push(link(content).ok_or(CborFlaw::Link)?);
        Ok(())
    }
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
