//! The structural limits by name, and how near a module comes to each.

use icn_core::limits;

use super::reasons::{Item, Rejected};
use crate::contract::FUNCTIONS;

/// One thing that is counted, and the most that is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Size {
    /// What is counted.
    pub name: &'static str,
    /// How much of it the module has; where the limit holds for each of several things, the largest.
    pub found: u64,
    /// The most that is allowed.
    pub max: u64,
}

/// Which limit: its place in [`Sizes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    Bytes,
    Types,
    Params,
    Results,
    Imports,
    Functions,
    TableElements,
    TableMaximum,
    MemoryPages,
    Globals,
    Exports,
    ExportName,
    EntryName,
    ElementSegments,
    ElementItems,
    DataSegments,
    DataBytes,
    CustomSections,
    ManifestBytes,
    BodyBytes,
    Locals,
    LocalsTotal,
    Nesting,
    Targets,
    StackHeight,
    FunctionWeight,
    ModuleWeight,
}

/// What was found against each limit.
#[derive(Debug, Clone)]
pub(super) struct Sizes([Size; 27]);

const fn size(name: &'static str, max: u64) -> Size {
    Size { name, found: 0, max }
}

impl Default for Sizes {
    fn default() -> Self {
        // In the order of `Limit`.
        Self([
            size("bytes", limits::MODULE_BYTES_MAX as u64),
            size("types", limits::MODULE_TYPES_MAX as u64),
            size("parameters of a type", limits::FUNCTION_PARAMS_MAX as u64),
            size("results of a type", limits::FUNCTION_RESULTS_MAX as u64),
            size("imports", FUNCTIONS.len() as u64),
            size("functions", limits::MODULE_FUNCTIONS_MAX as u64),
            size("table elements", limits::TABLE_ELEMENTS_MAX as u64),
            size("table elements as a maximum", limits::TABLE_ELEMENTS_MAX as u64),
            size("initial pages of memory", limits::MEMORY_PAGES_MAX),
            size("globals", limits::MODULE_GLOBALS_MAX as u64),
            size("exports", limits::MODULE_EXPORTS_MAX as u64),
            size("bytes of an export's name", limits::EXPORT_NAME_BYTES_MAX as u64),
            size("bytes of an entry's name", limits::ENTRY_NAME_BYTES_MAX as u64),
            size("element segments", limits::MODULE_ELEMENT_SEGMENTS_MAX as u64),
            size("items of element segments", limits::TABLE_ELEMENTS_MAX as u64),
            size("data segments", limits::MODULE_DATA_SEGMENTS_MAX as u64),
            size("bytes of data segments", limits::MODULE_DATA_BYTES_MAX as u64),
            size("custom sections", limits::MODULE_CUSTOM_SECTIONS_MAX as u64),
            size("bytes of the manifest", limits::MANIFEST_BYTES_MAX as u64),
            size("bytes of a function's body", limits::FUNCTION_BODY_BYTES_MAX as u64),
            size("locals of a function", limits::FUNCTION_LOCALS_MAX as u64),
            size("locals of all functions", limits::MODULE_LOCALS_MAX),
            size("nested blocks", limits::NESTING_DEPTH_MAX as u64),
            size("targets of a br_table", limits::TABLE_TARGETS_MAX as u64),
            size("values on the operand stack", limits::OPERAND_STACK_MAX as u64),
            size("weight of a function", limits::FUNCTION_WEIGHT_MAX),
            size("weight of all functions", limits::MODULE_WEIGHT_MAX),
        ])
    }
}

impl Sizes {
    /// Notes what was found, and says so when it is too much.
    pub(super) fn bound(
        &mut self,
        limit: Limit,
        found: u64,
        item: Option<Item>,
        offset: usize,
    ) -> Result<(), Rejected> {
        let size = &mut self.0[limit as usize];
        size.found = size.found.max(found);
        if found > size.max {
            let Size { name, max, .. } = *size;
            return Err(Rejected::at(
                format!("{found} {name} where at most {max} are allowed"),
                item,
                offset,
            ));
        }
        Ok(())
    }

    /// The table, in a fixed order.
    pub(super) fn table(&self) -> Vec<Size> {
        self.0.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_and_their_names_are_in_one_order() {
        let sizes = Sizes::default();
        for (limit, name) in [
            (Limit::Bytes, "bytes"),
            (Limit::Params, "parameters of a type"),
            (Limit::MemoryPages, "initial pages of memory"),
            (Limit::DataBytes, "bytes of data segments"),
            (Limit::BodyBytes, "bytes of a function's body"),
            (Limit::ModuleWeight, "weight of all functions"),
        ] {
            assert_eq!(sizes.0[limit as usize].name, name);
        }
        assert_eq!(sizes.0.len(), Limit::ModuleWeight as usize + 1);
    }
}
