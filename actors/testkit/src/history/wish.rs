//! What a run asks for, before anybody has allowed it.

use std::collections::BTreeMap;

use icn_core::block::{Outcome, Usage};

use super::constants::FUEL;
use crate::generate::ByteSource;
use crate::plain::Transfer;

/// What a run asks for, before anybody has said yes to it.
pub(super) struct Wish {
    pub(super) outcome: Outcome,
    pub(super) fuel: u64,
    pub(super) usage: Usage,
    pub(super) writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Payments, of which the sandbox makes what a guest may ask for.
    pub(super) thoughts: Vec<Transfer>,
    pub(super) payloads: Vec<(Vec<u8>, Vec<usize>)>,
    pub(super) topics: Vec<(usize, String)>,
    pub(super) abandoned: bool,
}

impl Wish {
    pub(super) fn read(source: &mut ByteSource<'_>) -> Self {
        // What returns 0 has not failed.
        let outcome = match source.outcome() {
            Outcome::Failed(0) => Outcome::Ok,
            outcome => outcome,
        };
        // A trap consumes the whole grant.
        let fuel = if matches!(outcome, Outcome::Trapped(_)) { FUEL } else { u64::from(source.byte()) * 39 };
        Self {
            outcome,
            fuel,
            usage: Usage { memory: source.below(17) as u64, network: source.below(65) as u64, storage: 0 },
            writes: source
                .list(4, |s| (s.short(2), (!s.once_in(3)).then(|| s.short(6))))
                .into_iter()
                .filter(|(key, _)| !key.is_empty())
                .collect(),
            thoughts: source.list(4, ByteSource::transfer),
            payloads: source.list(3, |s| (s.short(4), s.list(2, |s| s.below(8)))),
            topics: source.list(2, |s| (s.below(8), s.text(3))),
            abandoned: source.once_in(8),
        }
    }
}
