//! The manifest of a module: what its section `icn.manifest` says about it.
//!
//! A module without one is accepted, and gets no capability. What a manifest says must agree with the module.

use std::collections::{BTreeMap, BTreeSet};

use icn_core::block::Capability;

use super::reasons::{Rejected, shown};

/// The name of the custom section.
pub(super) const SECTION: &str = "icn.manifest";

/// The manifest of a module.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the ABI that the module was written for: 1.
    pub abi: u32,
    /// The module's name, for people.
    pub name: String,
    /// The module's version, for people.
    pub version: String,
    /// Entries that the module exports.
    pub entries: Vec<String>,
    /// Capabilities that the module asks for. A policy grants some of them.
    pub capabilities: BTreeSet<Capability>,
}

/// Reads the section's content. `offset` is the byte of the module at which it begins.
pub(super) fn read(data: &[u8], offset: usize) -> Result<Manifest, Rejected> {
    serde_json::from_slice(data).map_err(|e| {
        Rejected::at(format!("the section `{SECTION}` is not a manifest of ABI 1: {e}"), None, offset)
    })
}

/// Where a manifest does not agree with the module. `offset` is the byte at which the manifest begins.
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
