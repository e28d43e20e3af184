//! The parts of a module that the rewriting must know before it writes the first section: types, functions, and the
//! indices of what it will add.

use std::collections::BTreeMap;

use wasmparser::{FuncType, Parser, Payload, TypeRef};

/// The outline of a validated module.
#[derive(Default)]
pub(super) struct Outline {
    /// The types, by index.
    pub(super) types: Vec<FuncType>,
    /// The index of the type of every function; imported functions come first.
    pub(super) functions: Vec<u32>,
    /// How many functions are imported.
    pub(super) imported: u32,
    /// How many globals the module has; the index of the one that is added.
    pub(super) globals: u32,
    /// For each list of two or more results, the type `() -> results` that a block of it needs.
    pub(super) block_types: BTreeMap<Vec<wasmparser::ValType>, u32>,
    /// The index of the type `(i32 i32) -> ()`, for the block that stands for a fill.
    pub(super) fill_type: u32,
    /// The index of the type `(i32) -> ()`, for the profiler's imports.
    pub(super) profile_type: u32,
}

impl Outline {
    /// Reads it from the bytes of a validated module.
    pub(super) fn read(bytes: &[u8]) -> wasmparser::Result<Self> {
        let mut outline = Self::default();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(types) => {
                    for found in types.into_iter_err_on_gc_types() {
                        outline.types.push(found?);
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        if let TypeRef::Func(index) = import?.ty {
                            outline.functions.push(index);
                        }
                    }
                    outline.imported = count(outline.functions.len());
                }
                Payload::FunctionSection(functions) => {
                    for index in functions {
                        outline.functions.push(index?);
                    }
                }
                Payload::GlobalSection(globals) => outline.globals = globals.count(),
                _ => {}
            }
        }
        for at in 0..outline.functions.len() {
            let results = outline.signature(at).map_or(&[][..], FuncType::results).to_vec();
            if results.len() > 1 && !outline.block_types.contains_key(&results) {
                let index = count(outline.types.len() + outline.block_types.len());
                outline.block_types.insert(results, index);
            }
        }
        outline.fill_type = count(outline.types.len() + outline.block_types.len());
        outline.profile_type = outline.fill_type + 1;
        Ok(outline)
    }

    /// The type of a function, imported ones counted first.
    pub(super) fn signature(&self, function: usize) -> Option<&FuncType> {
        self.functions.get(function).and_then(|index| self.types.get(*index as usize))
    }
}

/// A count as the format writes it. A module's size bounds all counts far below 2^32.
pub(super) fn count(found: usize) -> u32 {
    u32::try_from(found).unwrap_or(u32::MAX)
}
