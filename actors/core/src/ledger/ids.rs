//! The memory of clients' ids: it answers a group that is sent again, and says how another group with the
//! same id differs.
//!
//! For each id it keeps, for ever: 4 bytes of digest for the place and 4 for the value of every field of the
//! group, and the answer (a refusal, or the group's number, its time and what each command moved). That is
//! some hundred bytes a group. A group that is sent again is never applied again, and a refused one is
//! refused again.

use std::collections::BTreeMap;

use super::actor::Actor;
use super::code::LedgerCode;
use super::event::Applied;
use super::group::{CommandId, Group};
use super::refusal::LedgerRefusal;
use crate::block::Command;
use crate::encode;
use crate::name::{Did, Hash};

/// The answer that a group was given.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// The group was applied: its number, its time, and what each command moved.
    Applied(u64, u64, Vec<u64>),
    /// The group was refused.
    Refused(LedgerRefusal),
}

/// What is remembered about one id.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remembered {
    /// For each field, the digests of its place and of its value.
    pub fields: Vec<(u32, u32)>,
    /// The answer.
    pub answer: Answer,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Ids(pub(super) BTreeMap<(Did, CommandId), Remembered>);

/// The parts of a group that are compared: who asks, and the commands.
#[derive(serde::Serialize)]
struct Compared<'a> {
    actor: &'a Actor,
    commands: &'a [Command],
}

/// The first 4 bytes of the SHA-256.
fn digest_32(bytes: &[u8]) -> u32 {
    let Hash { 0: digest } = Hash::digest(bytes);
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

/// The fields of a group, each with its place in words and the digest of its value.
fn fields(group: &Group, actor: &Actor) -> Vec<(String, u32)> {
    let bytes = encode::to_bytes(&Compared { actor, commands: &group.commands });
    let mut walk = Walk { bytes: &bytes, fields: Vec::new() };
    walk.item("");
    assert!(walk.bytes.is_empty(), "the walk goes through everything that was encoded");
    walk.fields
}

/// A walk through dag-cbor that this crate wrote.
struct Walk<'a> {
    bytes: &'a [u8],
    fields: Vec<(String, u32)>,
}

impl<'a> Walk<'a> {
    /// The next bytes.
    fn take(&mut self, len: usize) -> &'a [u8] {
        debug_assert!(len <= self.bytes.len(), "no item is longer than what was encoded");
        let (taken, rest) = self.bytes.split_at(len.min(self.bytes.len()));
        self.bytes = rest;
        taken
    }
    /// The head of the next item: its major type and its argument (RFC 8949, section 3).
    fn head(&mut self) -> (u8, usize) {
        let first = self.take(1).first().copied().unwrap_or_default();
        let (kind, small) = (first >> 5, first & 31);
        let len = match small {
            0..=23 => return (kind, usize::from(small)),
            24 => 1,
            25 => 2,
            26 => 4,
            _ => 8,
        };
        let number = self.take(len).iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        (kind, usize::try_from(number).unwrap_or(usize::MAX))
    }
    /// Goes through the next item, which is at this place.
    fn item(&mut self, place: &str) {
        let all = self.bytes;
        let below = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
        match self.head() {
            (4, len) => {
                self.fields.push((below("length"), digest_32(&len.to_be_bytes())));
                (0..len).for_each(|at| self.item(&below(&at.to_string())));
            }
            (5, len) => (0..len).for_each(|_| {
                let (_, bytes) = self.head();
                let name = String::from_utf8_lossy(self.take(bytes)).into_owned();
                self.item(&below(&name));
            }),
            (kind, len) => {
                if kind == 2 || kind == 3 {
                    self.take(len);
                } else if kind == 6 {
                    let (_, len) = self.head();
                    self.take(len);
                }
                let value = &all[..all.len() - self.bytes.len()];
                self.fields.push((place.to_owned(), digest_32(value)));
            }
        }
    }
}

impl Ids {
    /// The answer that the id was given before, or a refusal if the id was given to another group. `None` if
    /// it is new.
    pub(super) fn recall(&self, group: &Group, actor: &Actor) -> Option<Result<Applied, LedgerRefusal>> {
        let known = self.0.get(&(group.scope, group.id?))?;
        let ours = fields(group, actor);
        let same = |(place, value): &(String, u32), theirs: &(u32, u32)| {
            (digest_32(place.as_bytes()), *value) == *theirs
        };
        let differs = (0..ours.len().max(known.fields.len())).find(|at| {
            let (ours, theirs) = (ours.get(*at), known.fields.get(*at));
            !ours.zip(theirs).is_some_and(|(ours, theirs)| same(ours, theirs))
        });
        if let Some(at) = differs {
            let field = ours.get(at).map_or("commands", |(place, _)| place.as_str());
            let what = format!("the id was given to a command whose `{field}` is another");
            return Some(Err(LedgerRefusal::new(LedgerCode::IdTaken, what)));
        }
        Some(match &known.answer {
            Answer::Applied(seq, time, moved) => {
                let (seq, time, moved) = (*seq, *time, moved.clone());
                Ok(Applied { seq, time, moved, repeated: true, events: Vec::new() })
            }
            Answer::Refused(refusal) => Err(refusal.clone()),
        })
    }

    /// Remembers the answer to a group that has an id.
    pub(super) fn remember(&mut self, group: &Group, actor: &Actor, answer: &Result<Applied, LedgerRefusal>) {
        let Some(id) = group.id else { return };
        let fields =
            fields(group, actor).into_iter().map(|(place, value)| (digest_32(place.as_bytes()), value));
        let answer = match answer {
            Ok(applied) => Answer::Applied(applied.seq, applied.time, applied.moved.clone()),
            Err(refusal) => Answer::Refused(refusal.clone()),
        };
        let before = self.0.insert((group.scope, id), Remembered { fields: fields.collect(), answer });
        assert!(before.is_none(), "an id is answered once");
        debug_assert!(
            self.recall(group, actor).is_some_and(|again| match again {
                Ok(applied) => applied.repeated,
                Err(refusal) => refusal.code != LedgerCode::IdTaken,
            }),
            "a group is known again"
        );
    }
}
