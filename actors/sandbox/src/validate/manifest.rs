//! What a module says of itself in its section `icn.manifest`.

use std::collections::{BTreeMap, BTreeSet};

use icn_core::block::Capability;

use super::reasons::{Rejected, shown};

/// The custom section's name.
pub(super) const SECTION: &str = "icn.manifest";

/// What a module's `icn.manifest` section says.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The ABI that it was written for: 1.
    pub abi: u32,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Its entries.
    pub entries: Vec<String>,
    /// The capabilities that it asks for.
    pub capabilities: BTreeSet<Capability>,
}

/// Reads the section's content, which begins at this byte of the module.
pub(super) fn read(data: &[u8], offset: usize) -> Result<Manifest, Rejected> {
    serde_json::from_slice(data).map_err(|e| {
        Rejected::at(format!("the section `{SECTION}` is not a manifest of ABI 1: {e}"), None, offset)
    })
}

/// What a manifest, which begins at this byte of the module, says that the module does not keep.
pub(super) fn disagreements(
    manifest: &Manifest,
    entries: &BTreeMap<String, bool>,
    offset: usize,
) -> Vec<Rejected> {
    let mut found = Vec::new();
    if manifest.abi != 1 {
        let what = format!("the manifest asks for ABI {}, this is ABI 1", manifest.abi);
        found.push(Rejected::at(what, None, offset));
    }
    for missing in manifest.entries.iter().filter(|entry| !entries.contains_key(*entry)) {
        let what =
            format!("the manifest names the entry `{}`, which the module does not export", shown(missing));
        found.push(Rejected::at(what, None, offset));
    }
    found
}
