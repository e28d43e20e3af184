//! What the walk over a module found so far: reasons against it, its shape, its sizes.
//!
//! The sections and the bodies note here what they find (`sections.rs`, `walk.rs`). Each size goes through
//! [`Findings::within`], so that no limit is checked without its being in the table of sizes.

use super::bodies::Signatures;
use super::inspection::Inspection;
use super::reasons::{Item, Reasons, Rejected, Stop};
use super::shape::Shape;
use super::sizes::{Limit, Sizes};
use super::weight::Weight;

/// What was found up to here.
pub(super) struct Findings {
    pub(super) reasons: Reasons,
    pub(super) shape: Shape,
    pub(super) sizes: Sizes,
    pub(super) signatures: Signatures,
    /// The heaviest function's index and weight.
    pub(super) heaviest: Option<(u32, Weight)>,
    /// Whether the module has a memory of its own.
    pub(super) memory: bool,
    /// Whether it exports one as `memory`.
    pub(super) memory_exported: bool,
    /// The byte at which the manifest begins, once there is one.
    pub(super) manifest: Option<usize>,
    /// Exported functions that may be entries.
    pub(super) exported: Vec<Exported>,
    /// Functions imported so far.
    pub(super) imported: usize,
    /// Bodies read so far.
    pub(super) bodies: usize,
    /// Locals of all bodies read so far.
    pub(super) locals: u64,
    /// Custom sections read so far.
    pub(super) custom_sections: u64,
}

/// An exported function that may be an entry.
pub(super) struct Exported {
    pub(super) name: String,
    /// Its index among the module's functions.
    pub(super) function: u32,
    /// The export, for reasons against it.
    pub(super) item: Option<Item>,
    /// The byte at which the export stands.
    pub(super) offset: usize,
}

impl Findings {
    /// Nothing found yet.
    pub(super) fn new(reasons: Reasons) -> Self {
        Self {
            reasons,
            shape: Shape::default(),
            sizes: Sizes::default(),
            signatures: Signatures::default(),
            heaviest: None,
            memory: false,
            memory_exported: false,
            manifest: None,
            exported: Vec::new(),
            imported: 0,
            bodies: 0,
            locals: 0,
            custom_sections: 0,
        }
    }

    /// All of it, as it is told.
    pub(super) fn into_inspection(self) -> Inspection {
        Inspection {
            reasons: self.reasons.into_found(),
            shape: self.shape,
            sizes: self.sizes.table(),
            heaviest: self.heaviest,
        }
    }

    /// Notes a reason, where there is one.
    pub(super) fn note(&mut self, checked: Result<(), Rejected>) -> Result<(), Stop> {
        checked.or_else(|rejected| self.reasons.add(rejected))
    }

    /// Notes a size, and answers whether it is within its limit.
    pub(super) fn within(
        &mut self,
        limit: Limit,
        found: u64,
        item: Option<Item>,
        offset: usize,
    ) -> Result<bool, Stop> {
        let checked = self.sizes.bound(limit, found, item, offset);
        let within = checked.is_ok();
        self.note(checked).map(|()| within)
    }
}
