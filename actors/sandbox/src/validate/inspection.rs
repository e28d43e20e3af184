//! What is told about a module without compiling it: the reasons against it, its shape, its sizes.

use super::reasons::Rejected;
use super::shape::Shape;
use super::sizes::Size;
use super::weight::Weight;

/// Everything that can be said about a module without compiling it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The reasons why it is refused, in the order in which they were found, at most 100; empty when it is
    /// accepted. The search ends at bytes that cannot be read, so a broken section hides what comes after it.
    pub reasons: Vec<Rejected>,
    /// The shape of the module; for a refused module, as far as it could be read.
    pub shape: Shape,
    /// Each size and its limit, in a fixed order.
    pub sizes: Vec<Size>,
    /// The index of the heaviest function, and its weight.
    pub heaviest: Option<(u32, Weight)>,
}

impl Inspection {
    /// Whether the module may be compiled.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.reasons.is_empty()
    }
}
