//! The answers from the definitions: slow, short, and written without a look at how the machines do it.
//!
//! - [`NaiveLog`]: a list of leaves, its root by RFC 6962 as it is written, sequences by search.
//! - [`state_root`] and [`next_key`]: a state's root and its scans, from the list of its contents.
//! - [`Cbor`]: strict dag-cbor, byte by byte from the specification.
//! - [`admission`]: what a gate must say of a request.

use std::collections::BTreeMap;

use icn_core::block::{Entry, Invocation, InvocationTag, Policy};
use icn_core::encode::{Block, Domain, SecretKey};
use icn_core::limits;
use icn_core::log::Link;
use icn_core::name::{BlockId, Bytes, Codec, Did, Hash, Origin};
use icn_core::rules::RefusalCode;
use icn_core::rules::gate::Request;

/// A log: its leaves, and who wrote what.
#[derive(Debug, Clone, Default)]
pub struct NaiveLog {
    /// Leaves in order.
    pub leaves: Vec<BlockId>,
    /// Author, sequence and block of each entry.
    pub entries: Vec<(Did, u64, BlockId)>,
}

impl NaiveLog {
    /// Whether the entry comes next; if so, it does.
    pub fn append(&mut self, entry: &Entry, link: &Link) -> bool {
        let before = self.entries.iter().rev().find(|(author, ..)| *author == link.author);
        let next = before.map_or((0, None), |(_, seq, block)| (seq + 1, Some(*block)));
        let Some(first) = entry.leaves.first() else { return false };
        let here = entry.blocks.iter().any(|block| block.id() == *first);
        if !here || (link.seq, link.prev) != next {
            return false;
        }
        self.entries.push((link.author, link.seq, *first));
        self.leaves.extend(&entry.leaves);
        true
    }

    /// The root of the first `size` leaves.
    #[must_use]
    pub fn root(&self, size: usize) -> Hash {
        let leaves: Vec<&[u8]> = self.leaves[..size].iter().map(|id| &id.as_bytes()[..]).collect();
        merkle_root(&leaves)
    }
}

/// RFC 6962, section 2.1: MTH.
#[must_use]
pub fn merkle_root(leaves: &[&[u8]]) -> Hash {
    match leaves {
        [] => Hash::digest(b""),
        [one] => Hash::digest(&[&[0], *one].concat()),
        _ => {
            // The largest power of two smaller than n.
            let mut k = 1;
            while k * 2 < leaves.len() {
                k *= 2;
            }
            let (left, right) = leaves.split_at(k);
            Hash::digest(&[&[1], &merkle_root(left).0[..], &merkle_root(right).0[..]].concat())
        }
    }
}

/// A state's contents.
pub type Values = BTreeMap<(BlockId, Vec<u8>), Vec<u8>>;

/// The root of a state, from its contents (`icn_core::state`, module text).
#[must_use]
pub fn state_root(values: &Values) -> Hash {
    let leaf = |((module, key), value): (&(BlockId, Vec<u8>), &Vec<u8>)| {
        let place = Hash::digest(&[&module.as_bytes()[..], key].concat());
        (place, Hash::digest(&[&[0], &place.0[..], &Hash::digest(value).0].concat()))
    };
    let leaves: Vec<(Hash, Hash)> = values.iter().map(leaf).collect();
    subtree(&leaves, 0)
}

fn subtree(leaves: &[(Hash, Hash)], depth: usize) -> Hash {
    match leaves {
        [] => Bytes([0; 32]),
        [(_, leaf)] => *leaf,
        _ => {
            let bit = |place: &Hash| place.0[depth / 8] >> (7 - depth % 8) & 1 == 1;
            let (right, left): (Vec<_>, Vec<_>) = leaves.iter().partition(|(place, _)| bit(place));
            Hash::digest(&[&[1], &subtree(&left, depth + 1).0[..], &subtree(&right, depth + 1).0].concat())
        }
    }
}

/// The next key of a module after `after`, among those with the prefix.
#[must_use]
pub fn next_key(values: &Values, module: &BlockId, prefix: &[u8], after: &[u8]) -> Option<Vec<u8>> {
    let keys = values.keys().filter(|(m, key)| m == module && key.starts_with(prefix));
    keys.map(|(_, key)| key.clone()).filter(|key| after.is_empty() || key.as_slice() > after).min()
}

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

    fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }
    fn as_number(&self) -> Option<u64> {
        if let Self::Unsigned(number) = self { Some(*number) } else { None }
    }
    fn as_bytes(&self) -> Option<&[u8]> {
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

/// An invocation out of its payload, if that is one in its one form.
#[must_use]
pub fn read_invocation(payload: &[u8]) -> Option<Invocation> {
    let value = Cbor::read(payload)?;
    let Cbor::Map(items) = &value else { return None };
    let text = |name: &str| value.field(name)?.as_text();
    let link = match value.field("module")? {
        Cbor::Link(cid) => BlockId::from_bytes(cid).ok()?,
        _ => return None,
    };
    let whole = items.len() == 10 && text("typ")? == "icn/invocation/v1";
    let invocation = Invocation {
        typ: InvocationTag,
        log: Origin::parse(text("log")?).ok()?,
        scope: Did::parse(text("scope")?).ok()?,
        module: link,
        entry: text("entry")?.to_owned(),
        input: value.field("input")?.as_bytes()?.to_vec(),
        fuel: value.field("fuel")?.as_number()?,
        id: Bytes(value.field("id")?.as_bytes()?.try_into().ok()?),
        expires: value.field("expires")?.as_number()?,
        caller: Did::parse(text("caller")?).ok()?,
    };
    whole.then_some(invocation)
}

/// Where a request arrives, and whose keys there are.
#[derive(Debug)]
pub struct Place<'a> {
    /// The log.
    pub origin: &'a Origin,
    /// The clock.
    pub now_ms: u64,
    /// The one scope's policy.
    pub policy: &'a Policy,
    /// Who is on each roll.
    pub rolls: &'a BTreeMap<BlockId, Vec<Did>>,
    /// Everyone who can sign.
    pub keys: &'a [SecretKey],
}

/// A signature that may be given to [`admission`]: all of an envelope but the signature and the CID is fixed.
fn read_envelope(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let before = b"\xa2\x63sig\x84\x43\xa1\x01\x27\xa0\xf6\x58\x40";
    let between = b"\x67payload\xd8\x2a\x58\x25\x00";
    let (signature, rest) = bytes.strip_prefix(before)?.split_at_checked(64)?;
    let cid = rest.strip_prefix(between)?;
    (cid.len() == 36 && cid[..4] == [1, 0x71, 0x12, 32]).then_some((signature, cid))
}

/// What a gate must say of a request: the code, or none when it passes. `Malformed` stands for `NotCanonical`
/// too: which of the two a payload is that cannot be read depends on how a decoder reads on.
#[must_use]
pub fn admission(request: &Request, place: &Place<'_>) -> Option<RefusalCode> {
    use RefusalCode as Code;
    let Request { envelope, payload } = request;
    if envelope.len().max(payload.len()) > limits::BLOCK_BYTES_MAX {
        return Some(Code::TooLarge);
    }
    if envelope.is_empty() {
        return Some(Code::Unsigned);
    }
    let Some((signature, cid)) = read_envelope(envelope) else { return Some(Code::Malformed) };
    let Some(invocation) = read_invocation(payload) else { return Some(Code::Malformed) };
    // The only signatures that hold are those that a key makes; Ed25519 has one for each message.
    let block = Block::new(Codec::DagCbor, payload.clone());
    let sealed = place.keys.iter().find(|key| key.did() == invocation.caller).map(|key| {
        let envelope = key.seal(Domain::Invocation, &block).to_block();
        read_envelope(envelope.bytes()) == Some((signature, cid))
    });
    let install = place.policy.modules.iter().find(|install| install.module == invocation.module);
    let role = install.and_then(|install| install.entries.get(&invocation.entry));
    let holds = |role: &String| match role.as_str() {
        "anyone" => true,
        "admin" => place.policy.admins.contains(&invocation.caller),
        _ => place.policy.roles.get(role).is_some_and(|role| {
            let rolled = |id| place.rolls.get(id).is_some_and(|roll| roll.contains(&invocation.caller));
            role.named.contains(&invocation.caller) || role.rolls.iter().any(rolled)
        }),
    };
    let ahead = i128::from(invocation.expires) - i128::from(place.now_ms);
    let wrong = [
        (Code::TooLarge, invocation.input.len() > limits::INPUT_BYTES_MAX),
        (Code::Malformed, !(1..=limits::ENTRY_NAME_BYTES_MAX).contains(&invocation.entry.len())),
        (Code::Malformed, !(1..=limits::FUEL_PER_INVOCATION_MAX).contains(&invocation.fuel)),
        (Code::WrongLog, invocation.log != *place.origin),
        (Code::UnknownScope, invocation.scope != place.policy.scope),
        (Code::Expired, !(1..=i128::from(limits::EXPIRY_AHEAD_MS_MAX)).contains(&ahead)),
        (Code::BadSignature, sealed != Some(true)),
        (Code::UnknownModule, install.is_none()),
        (Code::UnknownEntry, role.is_none()),
        (Code::Denied, !role.is_some_and(holds)),
        (Code::Exhausted, invocation.fuel > place.policy.grant.fuel),
    ];
    wrong.into_iter().filter(|(_, applies)| *applies).map(|(code, _)| code).min()
}
