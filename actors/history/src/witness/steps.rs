//! `StepListener`: hears of each step in which a file of the memory is replaced. Tests end the process there.

use std::path::Path;

use crate::disk::ReplaceStep;

/// Hears of each step in which a file of the memory is replaced.
pub trait StepListener: Send + Sync {
    /// The replacement of this file has come to this step.
    fn at(&self, file: &Path, step: ReplaceStep);
}

/// Hears nothing.
impl StepListener for () {
    fn at(&self, _: &Path, _: ReplaceStep) {}
}
