//! What is remembered of groups that clients named: enough to answer a repeat, and to say how another differs.
//!
//! Of each id are kept: a digest of 4 bytes for the place and 4 for the value of every field, and what was answered
//! (a refusal, or the group's number, time and what each command moved). So it is some hundred bytes a group,
//! whatever the group says, for ever.

use std::collections::BTreeMap;

use super::actor::Actor;
use super::code::{LedgerCode, LedgerRefusal};
use super::event::Applied;
use super::group::{CommandId, Group};
use crate::block::Command;
use crate::encode;
use crate::name::{Did, Hash};

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// It was applied: number, time, what each command moved.
    Applied(u64, u64, Vec<u64>),
    /// It was refused.
    Refused(LedgerRefusal),
}

/// What is remembered of one id.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remembered {
    /// For each field, digests of its place and of its value.
    pub fields: Vec<(u32, u32)>,
    /// What was answered.
    pub answer: Answer,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Ids(pub(super) BTreeMap<(Did, CommandId), Remembered>);

/// What is compared: who asks, and the commands.
#[derive(serde::Serialize)]
struct Compared<'a> {
    actor: &'a Actor,
    commands: &'a [Command],
}

fn short(bytes: &[u8]) -> u32 {
    let Hash { 0: digest } = Hash::digest(bytes);
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

/// The fields of a group, each with its place in words.
fn fields(group: &Group, actor: &Actor) -> Vec<(String, u32)> {
    let bytes = encode::to_bytes(&Compared { actor, commands: &group.commands });
    let mut walk = Walk { bytes: &bytes, fields: Vec::new() };
    walk.item("");
    walk.fields
}

/// A walk through dag-cbor that this crate wrote.
struct Walk<'a> {
    bytes: &'a [u8],
    fields: Vec<(String, u32)>,
}

impl<'a> Walk<'a> {
    fn take(&mut self, len: usize) -> &'a [u8] {
        let (taken, rest) = self.bytes.split_at(len.min(self.bytes.len()));
        self.bytes = rest;
        taken
    }
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
    fn item(&mut self, place: &str) {
        let all = self.bytes;
        let below = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
        match self.head() {
            (4, len) => {
                self.fields.push((below("length"), short(&len.to_be_bytes())));
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
                self.fields.push((place.to_owned(), short(value)));
            }
        }
    }
}

impl Ids {
    /// What an id was answered before; or that it is another's, and by which field. `None` when it is new.
    pub(super) fn recall(&self, group: &Group, actor: &Actor) -> Option<Result<Applied, LedgerRefusal>> {
        let known = self.0.get(&(group.scope, group.id?))?;
        let ours = fields(group, actor);
        let same = |(place, value): &(String, u32), theirs: &(u32, u32)| {
            (short(place.as_bytes()), *value) == *theirs
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

    pub(super) fn remember(&mut self, group: &Group, actor: &Actor, answer: &Result<Applied, LedgerRefusal>) {
        let Some(id) = group.id else { return };
        let fields = fields(group, actor).into_iter().map(|(place, value)| (short(place.as_bytes()), value));
        let answer = match answer {
            Ok(applied) => Answer::Applied(applied.seq, applied.time, applied.moved.clone()),
            Err(refusal) => Answer::Refused(refusal.clone()),
        };
        self.0.insert((group.scope, id), Remembered { fields: fields.collect(), answer });
    }
}
