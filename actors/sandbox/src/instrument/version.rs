//! What others must know of the rewriting: its version, and the one name that it adds to a module's exports.

use crate::validate::RESERVED_PREFIX;

/// The version of this rewriting. The engine's description names it, so receipts do; a compiled artefact of another
/// version is not loaded.
pub(crate) const INSTRUMENTATION_VERSION: u32 = 3;

/// The export under which the host finds what is left of the counted stack. Modules may not export names that begin
/// with `__icn`.
pub(crate) const STACK_EXPORT: &str = "__icn_stack";

// A module that exports such a name is refused, so the host cannot find another global in its place.
const _: () = {
    let (name, prefix) = (STACK_EXPORT.as_bytes(), RESERVED_PREFIX.as_bytes());
    assert!(name.len() > prefix.len(), "the export's name begins with the reserved prefix");
    let mut at = 0;
    while at < prefix.len() {
        assert!(name[at] == prefix[at], "the export's name begins with the reserved prefix");
        at += 1;
    }
};
