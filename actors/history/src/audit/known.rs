//! Other checkpoints that the log must agree with: those that the auditor brings along, and the one that
//! witnesses cosigned.
//!
//! A log with another root at the size of one of them was forked; a log that ends before its size was rolled back.

use std::path::Path;

use icn_core::fold::Fold;

use crate::checkpoint::{Comparison, Disagreement, OtherHistory};
use crate::finding::Finding;

/// A checkpoint, and its comparison with the log.
struct Known {
    /// A name for a person: mostly a file.
    name: String,
    /// Its kind, as findings name it.
    what: &'static str,
    note: String,
    comparison: Comparison,
}

/// All checkpoints that the log must agree with, apart from its newest.
pub(super) struct KnownCheckpoints {
    checkpoints: Vec<Known>,
    /// The first one that has another root than the log.
    forked: Option<String>,
}

impl KnownCheckpoints {
    /// The checkpoints that the auditor brings along, and the cosigned one, if there is one in the file `place`.
    pub(super) fn new(seen: &[(String, String)], place: &Path, cosigned: Option<&str>) -> Self {
        let known = |name: String, what, note: &str| Known {
            name,
            what,
            note: note.to_owned(),
            comparison: Comparison::new(Some(note.to_owned())),
        };
        let seen = seen.iter().map(|(name, note)| known(name.clone(), "seen checkpoint", note));
        let cosigned = cosigned.map(|note| known(place.display().to_string(), "cosigned checkpoint", note));
        Self { checkpoints: seen.chain(cosigned).collect(), forked: None }
    }

    /// Compares all of them with the log, after an entry was folded.
    pub(super) fn compare(&mut self, fold: &Fold) -> Result<(), Finding> {
        for Known { name, what, note, comparison } in &mut self.checkpoints {
            let verified = comparison.verify(fold);
            let Err(error) = verified.and_then(|_| comparison.compare(fold.log().frontier())) else {
                continue;
            };
            let finding = match error {
                Disagreement::Unusable(error) => Finding::of(what, "one that the host signed", &error),
                Disagreement::OtherHistory(OtherHistory { size, signed, found }) => {
                    self.forked = Some(note.clone());
                    Finding::of(&format!("root of a {what}"), &signed, &found).at_position(size)
                }
            };
            return Err(finding.at_place(name));
        }
        Ok(())
    }

    /// The signed checkpoint that has another root than the log, if there is one.
    pub(super) fn forked(&self) -> Option<&str> {
        self.forked.as_deref()
    }

    /// The finding at the end of a log of this size that does not reach one of them.
    pub(super) fn finish(&self, size: u64) -> Option<Finding> {
        let mut known = self.checkpoints.iter();
        let (known, signed) = known.find_map(|known| Some((known, known.comparison.not_reached()?)))?;
        let what = format!("size of a {}", known.what);
        let finding = Finding::of(&what, &format!("a log of {signed} leaves"), &size);
        Some(finding.at_position(size).at_place(&known.name))
    }
}
