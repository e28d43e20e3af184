//! What a module must be before anything is compiled: the table of the host ABI, checked on its bytes.
//!
//! [`validate`] stops at the first thing that is wrong; [`inspect`] goes on to find the others, and tells what
//! the module has. Both are one walk over the sections (`sections.rs`) and then over the bodies (`code.rs`);
//! our own bounds come before the validator's work, which is in proportion to what they let through. What a
//! body costs to compile is weighed on the way (`weight.rs`).

mod code;
mod imports;
mod kind;
mod manifest;
mod pressure;
mod reasons;
mod sections;
mod sizes;
mod weight;

use std::collections::{BTreeMap, BTreeSet};

use icn_core::block::Capability;

pub(crate) use self::kind::is_store;
pub use self::manifest::Manifest;
use self::reasons::Reasons;
pub use self::reasons::{Item, Rejected};
pub use self::sizes::Size;
pub use self::weight::Weight;

/// What validation learned of a module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    /// Entry points, each with whether it returns a number.
    pub entries: BTreeMap<String, bool>,
    /// Names of imported functions.
    pub imports: BTreeSet<String>,
    /// The manifest, where there is one.
    pub manifest: Option<Manifest>,
    /// 64 KiB pages of memory that an instance begins with.
    pub memory_pages: u64,
    /// Bytes of all data segments together.
    pub data_bytes: u64,
}

impl Shape {
    /// Capabilities that the module asks for.
    #[must_use]
    pub fn capabilities(&self) -> BTreeSet<Capability> {
        self.manifest.as_ref().map(|manifest| manifest.capabilities.clone()).unwrap_or_default()
    }
}

/// All that can be said of a module without compiling it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Why it is refused, in the order found, at most 100; empty when it is accepted. Bytes that cannot be
    /// read end the search, so a broken section hides what comes after it.
    pub reasons: Vec<Rejected>,
    /// What was learned; of a refused module, as far as it could be read.
    pub shape: Shape,
    /// Sizes against limits, in a fixed order.
    pub sizes: Vec<Size>,
    /// The heaviest function by its index, and what its weight is made of.
    pub heaviest: Option<(u32, Weight)>,
}

impl Inspection {
    /// Whether the module may be compiled.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.reasons.is_empty()
    }
}

/// Checks a module's bytes, or says the first thing that is wrong with them.
pub fn validate(bytes: &[u8]) -> Result<Shape, Rejected> {
    let found = sections::walk(bytes, Reasons::new(false));
    match found.reasons.into_iter().next() {
        Some(rejected) => Err(rejected),
        None => Ok(found.shape),
    }
}

/// Finds every reason why a module is refused, and what it has.
#[must_use]
pub fn inspect(bytes: &[u8]) -> Inspection {
    sections::walk(bytes, Reasons::new(true))
}
