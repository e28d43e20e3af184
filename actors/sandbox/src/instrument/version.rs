//! What others must know of the rewriting: its version, and the one name that it adds to a module's exports.

/// The version of this rewriting. The engine's description names it, so receipts do; a compiled artefact of another
/// version is not loaded.
pub(crate) const INSTRUMENTATION_VERSION: u32 = 3;

/// The export under which the host finds what is left of the counted stack. Modules may not export names that begin with
/// `__icn`.
pub(crate) const STACK_EXPORT: &str = "__icn_stack";
