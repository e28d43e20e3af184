//! Changes to bytes, to dag-cbor values and to text: what a broken line, a liar or a careless person makes of them.

use icn_core::log::Checkpoint;
use icn_core::name::Hash;

use super::names::{key, origin};
use super::source::ByteSource;
use crate::oracle::Cbor;

/// Changes bytes as a line or a liar does: flips, sets, removes, inserts, cuts, repeats.
#[must_use]
pub fn mutate(source: &mut ByteSource<'_>, bytes: &[u8]) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    for _ in 0..=source.below(3) {
        let len = changed.len();
        let at = source.index(len);
        match source.below(6) {
            0 if len > 0 => changed[at] ^= 1 << source.below(8),
            1 if len > 0 => changed[at] = source.byte(),
            2 if len > 0 => {
                changed.remove(at);
            }
            3 => changed.insert(at, source.byte()),
            4 => changed.truncate(at),
            _ => {
                let again = changed[at..(at + source.below(16)).min(len)].to_vec();
                changed.splice(at..at, again);
            }
        }
    }
    changed
}

/// Changes one value of a block to another that is written well: a field that need not be there, one that is
/// missing, a list in another order or with an item twice.
pub fn restructure(source: &mut ByteSource<'_>, value: &mut Cbor) {
    match value {
        Cbor::Map(items) => {
            if !items.is_empty() && source.flag() {
                let at = source.below(items.len());
                return restructure(source, &mut items[at].1);
            }
            let absent = [
                ("memo", Cbor::Text(String::new())),
                ("terms", Cbor::Null),
                ("writes", Cbor::List(Vec::new())),
                ("journal", Cbor::List(Vec::new())),
                ("nodes", Cbor::List(Vec::new())),
                ("anchors", Cbor::List(Vec::new())),
                ("rolls", Cbor::List(Vec::new())),
                ("logged", Cbor::Null),
                ("extra", Cbor::Unsigned(0)),
            ];
            if source.flag() && !items.is_empty() {
                items.remove(source.below(items.len()));
            } else {
                let (name, value) = source.pick(&absent);
                items.retain(|(key, _)| key != name);
                items.push((name.to_owned(), value));
                items.sort_by(|(a, _), (b, _)| (a.len(), a).cmp(&(b.len(), b)));
            }
        }
        Cbor::List(items) if !items.is_empty() => {
            let at = source.below(items.len());
            match source.below(4) {
                0 => items.reverse(),
                1 => items.insert(at, items[at].clone()),
                2 => drop(items.remove(at)),
                _ => restructure(source, &mut items[at]),
            }
        }
        Cbor::Unsigned(number) => *number = source.number(),
        Cbor::Text(text) => *text = source.text(8),
        Cbor::Bytes(bytes) => *bytes = source.short(34),
        Cbor::Link(cid) if !cid.is_empty() => {
            let at = source.below(cid.len());
            cid[at] ^= 1;
        }
        other => *other = if source.flag() { Cbor::Null } else { Cbor::List(Vec::new()) },
    }
}

/// A name or a signed note as text, changed as people change texts: another case, a sign, a blank, a line end.
#[must_use]
pub fn misspell(source: &mut ByteSource<'_>) -> String {
    let checkpoint =
        Checkpoint { origin: origin(), size: source.number(), root: Hash::digest(&[source.byte()]) };
    let text = match source.below(6) {
        0 => source.member().to_string(),
        1 => source.id().to_string(),
        2 => format!("module:{}", source.id()),
        3 => source.owner().to_string(),
        4 => source.unit().to_string(),
        _ => checkpoint.sign(key(0)),
    };
    let at = source.index(text.len() + 1);
    if !text.is_char_boundary(at) {
        return text;
    }
    let (before, after) = text.split_at(at);
    match source.below(5) {
        0 => text,
        1 => text.to_uppercase(),
        2 => text.to_lowercase(),
        3 => text.replacen('\n', "\r\n", source.below(5)),
        _ => format!(
            "{before}{}{after}",
            source.pick(&["+", "0", " ", "\n", "\r", "=", "A", "\u{2014} x y\n"])
        ),
    }
}
