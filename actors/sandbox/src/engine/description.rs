//! The block that describes the engine. Every receipt links it, so that who runs a receipt's invocation again knows
//! with which engine, settings, limits and prices.
//!
//! Its bytes are hashed: a setting here is changed only when results change.

use icn_core::block::{Engine as Description, EngineTag};
use icn_core::{costs, limits};

use crate::contract::{features, limits_text};
use crate::instrument::INSTRUMENTATION_VERSION;

/// The name and version of the engine. The workspace's `Cargo.toml` pins the same version.
const ENGINE_VERSION: &str = "wasmtime 48.0.8";

/// What bears on the results of a run.
///
/// Format: docs/formats.md, "Engine".
pub(super) fn description() -> Description {
    let mut settings = vec![
        "fuel=on".to_owned(),
        "nan_canonicalization=on".to_owned(),
        format!("instrumentation={}", INSTRUMENTATION_VERSION),
        format!("stack_counted_bytes_max={}", limits::STACK_COUNTED_BYTES_MAX),
        format!("stack_frame_bytes_min={}", limits::STACK_FRAME_BYTES_MIN),
        format!("stack_value_bytes={}", limits::STACK_VALUE_BYTES),
        format!("stack_leaf_bytes_max={}", limits::STACK_LEAF_BYTES_MAX),
        format!("table_elements_max={}", limits::TABLE_ELEMENTS_MAX),
        format!("memory_pages_max={}", limits::MEMORY_PAGES_MAX),
        format!("abi=1 limits={}", icn_core::name::Hash::digest(limits_text().as_bytes())),
    ];
    let mut names: Vec<String> =
        features().iter_names().map(|(name, _)| format!("feature={}", name.to_ascii_lowercase())).collect();
    names.sort();
    settings.append(&mut names);
    Description {
        typ: EngineTag,
        engine: ENGINE_VERSION.to_owned(),
        settings,
        schedule_version: costs::SCHEDULE_VERSION,
        schedule: costs::schedule_hash(),
    }
}
