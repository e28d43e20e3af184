//! What is told about a module without compiling it: the reasons against it, its shape, its sizes.

use super::reasons::Rejected;
use super::shape::Shape;
use super::sizes::Size;
use super::weight::Weight;

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
