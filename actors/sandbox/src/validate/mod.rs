//! What a module must be before anything is compiled: the rules of the host ABI, checked on the module's bytes.
//!
//! [`validate`] stops at the first thing that is wrong. [`inspect`] goes on to find the others, and tells what the
//! module has. Both are one walk (`walk.rs`): first over the sections (`sections.rs`), then over the functions'
//! bodies (`bodies.rs`), then what the whole module must have. Our own bounds are checked before the parser's
//! validator works: its work is in proportion to what they let through. On the way each body is weighed: what it
//! costs to compile (`scales.rs`, `pressure.rs`).
//!
//! Nothing here compiles, runs or keeps anything, and the same bytes give the same answer on every machine.

mod bodies;
mod findings;
mod imports;
mod inspection;
mod manifest;
mod operator_kind;
mod pressure;
mod reasons;
mod scales;
mod sections;
mod shape;
mod sizes;
mod walk;
mod weight;

pub use self::inspection::Inspection;
pub use self::manifest::Manifest;
pub(crate) use self::operator_kind::is_store;
pub use self::reasons::{Item, Rejected};
pub(crate) use self::sections::RESERVED_PREFIX;
pub use self::shape::Shape;
pub use self::sizes::Size;
pub use self::weight::Weight;

use self::reasons::Reasons;

/// Checks a module's bytes, or says the first thing that is wrong with them.
pub fn validate(bytes: &[u8]) -> Result<Shape, Rejected> {
    let found = walk::walk(bytes, Reasons::new(false));
    match found.reasons.into_iter().next() {
        Some(rejected) => Err(rejected),
        None => Ok(found.shape),
    }
}

/// Finds every reason why a module is refused, and what it has.
#[must_use]
pub fn inspect(bytes: &[u8]) -> Inspection {
    walk::walk(bytes, Reasons::new(true))
}
