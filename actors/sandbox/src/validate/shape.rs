//! What the rest of the crate needs to know of a module that was validated.

use std::collections::{BTreeMap, BTreeSet};

use icn_core::block::Capability;

use super::manifest::Manifest;

/// What validation learned about a module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    /// The entry points by name; true for an entry that returns a number.
    pub entries: BTreeMap<String, bool>,
    /// The names of the functions that it imports.
    pub imports: BTreeSet<String>,
    /// The manifest, if the module has one.
    pub manifest: Option<Manifest>,
    /// Pages of memory (64 KiB each) with which an instance begins.
    pub memory_pages: u64,
    /// Bytes of all data segments.
    pub data_bytes: u64,
}

impl Shape {
    /// The capabilities that the module asks for.
    #[must_use]
    pub fn capabilities(&self) -> BTreeSet<Capability> {
        self.manifest.as_ref().map(|manifest| manifest.capabilities.clone()).unwrap_or_default()
    }
}
