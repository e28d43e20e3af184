//! `Restoration`: one walk through the old log: what it reads, what it makes, what it finds.
//!
//! `walk.rs`, `group.rs` and `gap.rs` add the steps. The order of trust, in all of them:
//!
//! 1. a group whose header and table are right: each block by its CID;
//! 2. damaged groups in front of a sound one: entries of a source, if they come out with the chain hash that
//!    the sound group was written behind;
//! 3. entries of a source that a signed checkpoint covers, in groups that are formed anew.
//!
//! A part that none of them gives is lost: it is named, and stays as it is.

use std::path::{Path, PathBuf};

use icn_core::log::Checkpoint;
use icn_core::name::BlockId;

use super::error::RepairError;
use super::new_log::NewLog;
use super::report::{Damage, Lost};
use super::source::Source;
use crate::store::format;
use crate::store::group::Flaw;
use crate::store::listing::Listing;
use crate::store::place::Place;

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) damage: Vec<Damage>,
    pub(super) lost: Vec<Lost>,
    pub(super) notices: Vec<String>,
    /// Old segment files that have no place in the new log.
    pub(super) superfluous: Vec<PathBuf>,
    /// Files whose names look like a segment's and are not.
    pub(super) strays: Vec<PathBuf>,
}

/// One walk through the old log.
pub(super) struct Restoration<'a> {
    /// The directory of the segment files.
    pub(super) log: &'a Path,
    pub(super) listing: Listing,
    pub(super) sources: &'a mut [Source],
    pub(super) signed: &'a [Checkpoint],
    /// Whether groups may be formed anew. Then all that follows is written again, so nothing may stay lost.
    pub(super) may_regroup: bool,
    /// Whether groups were formed anew before something was lost. Then the walk is repeated without forming groups.
    pub(super) must_repeat: bool,
    /// Whether damage behind all that is signed is cut off.
    pub(super) cuts_unsigned: bool,
    pub(super) new: NewLog<'a>,
    pub(super) findings: Findings,
}

/// The place where the old log goes on, if it does.
pub(super) type Next = Option<Place>;

impl Restoration<'_> {
    /// Leaves that the largest checkpoint covers.
    pub(super) fn covered(&self) -> u64 {
        self.signed.iter().map(|signed| signed.size).max().unwrap_or(0)
    }

    /// The old file of a segment.
    pub(super) fn path(&self, number: u64) -> PathBuf {
        format::segment_path(self.log, number)
    }

    /// Whether no old segment comes after this one.
    pub(super) fn is_last(&self, number: u64) -> bool {
        self.listing.last().is_none_or(|last| last <= number)
    }

    /// Notes damage. It counts as restored until something of it is lost.
    pub(super) fn note_damage(&mut self, number: u64, position: u64, flaw: Flaw) {
        let Flaw { offset, block, what } = flaw;
        self.findings.damage.push(Damage {
            file: self.path(number),
            offset: Some(offset),
            position: Some(position),
            block: block.map(|block| block.to_string()),
            what,
            restored: true,
        });
    }

    /// Notes that the entries between two positions are lost, and why each source does not have them.
    pub(super) fn note_lost(&mut self, from: u64, to: Option<u64>, blocks: &[BlockId]) {
        if let Some(damage) = self.findings.damage.last_mut() {
            damage.restored = false;
        }
        let why = |source: &Source| {
            format!("{}: {}", source.path().display(), source.why_ended().unwrap_or("it does not have them"))
        };
        let why: Vec<String> = self.sources.iter().map(why).collect();
        let blocks = blocks.iter().map(ToString::to_string).collect();
        self.findings.lost.push(Lost { from, to, blocks, why: why.join("; ") });
    }

    /// Ends the log at a position, if the caller asked for that and nothing behind it is signed. Says whether it did.
    pub(super) fn cut_unsigned(&mut self, position: u64) -> Result<bool, RepairError> {
        if !self.cuts_unsigned || position < self.covered() {
            return Ok(false);
        }
        self.findings.notices.push(format!(
            "the log is cut at position {position}, behind all that is signed: the bytes there cannot be read"
        ));
        self.end_here()?;
        Ok(true)
    }

    /// Ends the new log at its place: old files behind it have no use.
    pub(super) fn end_here(&mut self) -> Result<(), RepairError> {
        self.note_superfluous();
        Ok(self.new.cut()?)
    }

    /// Notes the old segment files behind the new log's place.
    pub(super) fn note_superfluous(&mut self) {
        self.findings.superfluous.clear();
        let mut number = self.new.place().segment;
        while let Some(next) = self.listing.after(number) {
            self.findings.superfluous.push(self.path(next));
            number = next;
        }
    }
}
