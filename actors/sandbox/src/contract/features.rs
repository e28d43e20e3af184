//! The WebAssembly features that a guest may use.
//!
//! The validator and the engine ask the same function, so no module is accepted that the engine cannot run. The
//! features' names are part of the engine's description.

use wasmparser::WasmFeatures;

/// The features that `docs/host-abi.md` lists, and no other.
pub(crate) fn features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::FLOATS
        // The text format of `funcref` tables, which the MVP has; not the reference types of later proposals.
        | WasmFeatures::GC_TYPES
}
