//! Checkpoints that the auditor brings along: what somebody was told of the log before. A log that has another root at
//! one's size was forked; one that does not reach its size was rolled back.

use icn_core::replay::Fold;

use crate::recover::{Held, HeldError};
use crate::report::Finding;

/// The checkpoints, each with a name for a person.
pub(super) struct Seen(Vec<(String, Held)>);

impl Seen {
    pub(super) fn new(notes: &[(String, String)]) -> Self {
        Self(notes.iter().map(|(name, note)| (name.clone(), Held::new(Some(note.clone())))).collect())
    }

    /// Looks at the tree after each entry.
    pub(super) fn folded(&mut self, fold: &Fold) -> Result<(), Finding> {
        for (name, held) in &mut self.0 {
            let said = held.open(fold).and_then(|_| held.pass(fold.log().frontier()));
            said.map_err(|error| Finding {
                place: Some(name.clone()),
                ..match error {
                    HeldError::Unusable(error) => {
                        Finding::of("seen checkpoint", "one that the host signed", &error)
                    }
                    HeldError::OtherHistory { size, signed, found } => Finding {
                        position: Some(size),
                        ..Finding::of("root of a seen checkpoint", &signed, &found)
                    },
                }
            })?;
        }
        Ok(())
    }

    /// At the log's end: each of them was reached.
    pub(super) fn finish(self, size: u64) -> Option<Finding> {
        let (name, signed) =
            self.0.iter().find_map(|(name, held)| Some((name.clone(), held.not_reached()?)))?;
        Some(Finding {
            position: Some(size),
            place: Some(name),
            ..Finding::of("size of a seen checkpoint", &format!("a log of {signed} leaves"), &size)
        })
    }
}
