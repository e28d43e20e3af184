//! What the rest of the crate needs to know of a module that was validated.

use std::collections::{BTreeMap, BTreeSet};

use icn_core::block::Capability;

use super::manifest::Manifest;

/// What validation learned of a module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    /// Entry points, each with whether it returns a number.
    pub entries: BTreeMap<String, bool>,
    /// Names of imported functions.
    pub imports: BTreeSet<String>,
    /// The manifest, where there is one.
    pub manifest: Option<Manifest>,
    /// 64 KiB pages of memory that an instance begins with.
    pub memory_pages: u64,
    /// Bytes of all data segments together.
    pub data_bytes: u64,
}

impl Shape {
    /// Capabilities that the module asks for.
    #[must_use]
    pub fn capabilities(&self) -> BTreeSet<Capability> {
        self.manifest.as_ref().map(|manifest| manifest.capabilities.clone()).unwrap_or_default()
    }
}
