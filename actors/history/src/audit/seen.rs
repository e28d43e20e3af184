//! Checkpoints that the log is held against besides its newest: those that the auditor brings along, what somebody was told
//! of the log before, and the one that witnesses cosigned. A log that has another root at one's size was forked; one that
//! does not reach its size was rolled back.

use icn_core::fold::Fold;

use crate::checkpoint::{Held, HeldError};
use crate::report::Finding;

struct Checkpoint {
    /// A name for a person.
    name: String,
    /// What it is, in words.
    what: &'static str,
    note: String,
    held: Held,
}

/// The checkpoints.
pub(super) struct Seen {
    checkpoints: Vec<Checkpoint>,
    /// The one that the log has another root for.
    forked: Option<String>,
}

impl Seen {
    pub(super) fn new(notes: &[(String, String)]) -> Self {
        let mut seen = Self { checkpoints: Vec::new(), forked: None };
        for (name, note) in notes {
            seen.add(name.clone(), "seen checkpoint", note.clone());
        }
        seen
    }

    /// With the one that witnesses cosigned, from this file.
    pub(super) fn with_cosigned(mut self, place: &std::path::Path, note: Option<&str>) -> Self {
        if let Some(note) = note {
            self.add(place.display().to_string(), "cosigned checkpoint", note.to_owned());
        }
        self
    }

    fn add(&mut self, name: String, what: &'static str, note: String) {
        let held = Held::new(Some(note.clone()));
        self.checkpoints.push(Checkpoint { name, what, note, held });
    }

    /// Looks at the tree after each entry.
    pub(super) fn folded(&mut self, fold: &Fold) -> Result<(), Finding> {
        for Checkpoint { name, what, note, held } in &mut self.checkpoints {
            let said = held.open(fold).and_then(|_| held.pass(fold.log().frontier()));
            let Err(error) = said else { continue };
            let finding = match error {
                HeldError::Unusable(error) => Finding::of(what, "one that the host signed", &error),
                HeldError::OtherHistory { size, signed, found } => {
                    self.forked = Some(note.clone());
                    let what = format!("root of a {what}");
                    Finding { position: Some(size), ..Finding::of(&what, &signed, &found) }
                }
            };
            return Err(Finding { place: Some(name.clone()), ..finding });
        }
        Ok(())
    }

    /// The signed checkpoint that the log has another root for.
    pub(super) fn forked(&self) -> Option<&str> {
        self.forked.as_deref()
    }

    /// At the log's end: each of them was reached.
    pub(super) fn finish(&self, size: u64) -> Option<Finding> {
        let (seen, signed) =
            self.checkpoints.iter().find_map(|seen| Some((seen, seen.held.not_reached()?)))?;
        Some(Finding {
            position: Some(size),
            place: Some(seen.name.clone()),
            ..Finding::of(&format!("size of a {}", seen.what), &format!("a log of {signed} leaves"), &size)
        })
    }
}
