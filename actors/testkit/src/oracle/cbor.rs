//! Strict dag-cbor without floats, byte by byte from the specifications of CBOR (RFC 8949) and of dag-cbor.
//!
//! It shares no code with the decoder under test. It reads only the one canonical encoding of a value.

/// Strict dag-cbor without floats, as this runtime uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cbor {
    /// Zero or more.
    Unsigned(u64),
    /// Minus one, less this.
    Negative(u64),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Text.
    Text(String),
    /// A list.
    List(Vec<Self>),
    /// A map, its keys in order.
    Map(Vec<(String, Self)>),
    /// The bytes of a CID.
    Link(Vec<u8>),
    /// A boolean.
    Bool(bool),
    /// Null.
    Null,
}

/// How deep [`Cbor::read`] looks; deeper than any decoder here.
const DEPTH_MAX: usize = 400;

impl Cbor {
    /// Reads one value that is all of these bytes and canonical; floats are refused.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let value = Self::item(&mut rest, DEPTH_MAX)?;
        rest.is_empty().then_some(value)
    }

    fn item(rest: &mut &[u8], depth: usize) -> Option<Self> {
        let depth = depth.checked_sub(1)?;
        let (major, info) = (rest.first()? >> 5, rest.first()? & 31);
        if major == 7 {
            *rest = &rest[1..];
            return match info {
                20 => Some(Self::Bool(false)),
                21 => Some(Self::Bool(true)),
                22 => Some(Self::Null),
                _ => None,
            };
        }
        let argument = Self::argument(rest)?;
        match major {
            0 => Some(Self::Unsigned(argument)),
            1 => Some(Self::Negative(argument)),
            2 => Self::chunk(rest, argument).map(|bytes| Self::Bytes(bytes.to_vec())),
            3 => Self::text(rest, argument).map(Self::Text),
            4 => {
                let mut items = Vec::new();
                for _ in 0..argument {
                    items.push(Self::item(rest, depth)?);
                }
                Some(Self::List(items))
            }
            5 => {
                let mut items: Vec<(String, Self)> = Vec::new();
                for _ in 0..argument {
                    if rest.first()? >> 5 != 3 {
                        return None;
                    }
                    let length = Self::argument(rest)?;
                    let key = Self::text(rest, length)?;
                    let in_order =
                        |before: &String| (before.len(), before.as_bytes()) < (key.len(), key.as_bytes());
                    if !items.last().is_none_or(|(before, _)| in_order(before)) {
                        return None;
                    }
                    items.push((key, Self::item(rest, depth)?));
                }
                Some(Self::Map(items))
            }
            _ => {
                if argument != 42 || rest.first()? >> 5 != 2 {
                    return None;
                }
                let length = Self::argument(rest)?;
                let (zero, cid) = Self::chunk(rest, length)?.split_first()?;
                (*zero == 0).then(|| Self::Link(cid.to_vec()))
            }
        }
    }

    /// A head's argument, in its shortest form.
    fn argument(rest: &mut &[u8]) -> Option<u64> {
        let info = rest.first()? & 31;
        *rest = &rest[1..];
        let (bytes, least) = match info {
            0..=23 => return Some(u64::from(info)),
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            _ => return None,
        };
        let argument = Self::chunk(rest, bytes)?.iter().fold(0, |n, b| n << 8 | u64::from(*b));
        (argument >= least).then_some(argument)
    }

    fn chunk<'b>(rest: &mut &'b [u8], length: u64) -> Option<&'b [u8]> {
        let length = usize::try_from(length).ok()?;
        let (chunk, after) = rest.split_at_checked(length)?;
        *rest = after;
        Some(chunk)
    }

    fn text(rest: &mut &[u8], length: u64) -> Option<String> {
        String::from_utf8(Self::chunk(rest, length)?.to_vec()).ok()
    }

    /// The one encoding. Maps are written in the order that they have here.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_to(&mut out);
        out
    }

    fn write_to(&self, out: &mut Vec<u8>) {
        let mut head = |major: u8, argument: u64| {
            let bytes = argument.to_be_bytes();
            let (info, tail) = match argument {
                0..24 => (bytes[7], &bytes[8..]),
                24..0x100 => (24, &bytes[7..]),
                0x100..0x1_0000 => (25, &bytes[6..]),
                0x1_0000..0x1_0000_0000 => (26, &bytes[4..]),
                _ => (27, &bytes[..]),
            };
            out.push(major << 5 | info);
            out.extend_from_slice(tail);
        };
        match self {
            Self::Unsigned(number) => head(0, *number),
            Self::Negative(number) => head(1, *number),
            Self::Bytes(bytes) => {
                head(2, bytes.len() as u64);
                out.extend_from_slice(bytes);
            }
            Self::Text(text) => {
                head(3, text.len() as u64);
                out.extend_from_slice(text.as_bytes());
            }
            Self::List(items) => {
                head(4, items.len() as u64);
                items.iter().for_each(|item| item.write_to(out));
            }
            Self::Map(items) => {
                head(5, items.len() as u64);
                for (key, value) in items {
                    Self::Text(key.clone()).write_to(out);
                    value.write_to(out);
                }
            }
            Self::Link(cid) => {
                head(6, 42);
                Self::Bytes([&[0], &cid[..]].concat()).write_to(out);
            }
            Self::Bool(value) => head(7, 20 + u64::from(*value)),
            Self::Null => head(7, 22),
        }
    }

    /// A map's value.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Self> {
        let Self::Map(items) = self else { return None };
        items.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
    pub(super) fn as_number(&self) -> Option<u64> {
        if let Self::Unsigned(number) = self { Some(*number) } else { None }
    }
    pub(super) fn as_bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    /// Whether every link is a CID of this runtime: version 1, raw or dag-cbor, sha2-256.
    #[must_use]
    pub fn links_are_ours(&self) -> bool {
        match self {
            Self::Link(cid) => {
                cid.len() == 36 && cid[0] == 1 && matches!(cid[1], 0x55 | 0x71) && cid[2..4] == [0x12, 32]
            }
            Self::List(items) => items.iter().all(Self::links_are_ours),
            Self::Map(items) => items.iter().all(|(_, value)| value.links_are_ours()),
            _ => true,
        }
    }
}
