//! The structural limits of a module by name, and how near a module comes to each.
//!
//! A limit is one row of the table below. The rows and [`Limit`] are made from it together, so that no limit is
//! without a name or the other way round.

use icn_core::limits;

use super::reasons::{Item, Rejected};
use crate::contract::FUNCTIONS;

/// A size that is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Size {
    /// What is counted.
    pub name: &'static str,
    /// How much of it the module has. Where the limit holds for each of several parts, the largest of them.
    pub found: u64,
    /// The most that is allowed.
    pub max: u64,
}

/// Defines the limits and the table of sizes, in one order.
macro_rules! limits {
    ($($limit:ident: $name:literal, at most $max:expr;)+) => {
        /// Which limit: its place in [`Sizes`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Limit {
            $($limit,)+
        }

        /// How many limits there are.
        const LIMITS: usize = [$(Limit::$limit),+].len();

        impl Default for Sizes {
            fn default() -> Self {
                Self([$(Size { name: $name, found: 0, max: $max }),+])
            }
        }
    };
}

limits! {
    Bytes: "bytes", at most limits::MODULE_BYTES_MAX as u64;
    Types: "types", at most limits::MODULE_TYPES_MAX as u64;
    Params: "parameters of a type", at most limits::FUNCTION_PARAMS_MAX as u64;
    Results: "results of a type", at most limits::FUNCTION_RESULTS_MAX as u64;
    Imports: "imports", at most FUNCTIONS.len() as u64;
    Functions: "functions", at most limits::MODULE_FUNCTIONS_MAX as u64;
    TableElements: "table elements", at most limits::TABLE_ELEMENTS_MAX as u64;
    TableMaximum: "table elements as a maximum", at most limits::TABLE_ELEMENTS_MAX as u64;
    MemoryPages: "initial pages of memory", at most limits::MEMORY_PAGES_MAX;
    Globals: "globals", at most limits::MODULE_GLOBALS_MAX as u64;
    Exports: "exports", at most limits::MODULE_EXPORTS_MAX as u64;
    ExportName: "bytes of an export's name", at most limits::EXPORT_NAME_BYTES_MAX as u64;
    EntryName: "bytes of an entry's name", at most limits::ENTRY_NAME_BYTES_MAX as u64;
    ElementSegments: "element segments", at most limits::MODULE_ELEMENT_SEGMENTS_MAX as u64;
    ElementItems: "items of element segments", at most limits::TABLE_ELEMENTS_MAX as u64;
    DataSegments: "data segments", at most limits::MODULE_DATA_SEGMENTS_MAX as u64;
    DataBytes: "bytes of data segments", at most limits::MODULE_DATA_BYTES_MAX as u64;
    CustomSections: "custom sections", at most limits::MODULE_CUSTOM_SECTIONS_MAX as u64;
    ManifestBytes: "bytes of the manifest", at most limits::MANIFEST_BYTES_MAX as u64;
    BodyBytes: "bytes of a function's body", at most limits::FUNCTION_BODY_BYTES_MAX as u64;
    Locals: "locals of a function", at most limits::FUNCTION_LOCALS_MAX as u64;
    LocalsTotal: "locals of all functions", at most limits::MODULE_LOCALS_MAX;
    Nesting: "nested blocks", at most limits::NESTING_DEPTH_MAX as u64;
    Targets: "targets of a br_table", at most limits::TABLE_TARGETS_MAX as u64;
    StackHeight: "values on the operand stack", at most limits::OPERAND_STACK_MAX as u64;
    FunctionWeight: "weight of a function", at most limits::FUNCTION_WEIGHT_MAX;
    ModuleWeight: "weight of all functions", at most limits::MODULE_WEIGHT_MAX;
}

/// What was found against each limit.
#[derive(Debug, Clone)]
pub(super) struct Sizes([Size; LIMITS]);

impl Sizes {
    /// Notes what was found; the error says that it is too much.
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
