//! The parts of a module that the rewriting must know before it writes the first section: types, functions, and the
//! indices of what it will add.

use std::collections::BTreeMap;

use wasmparser::{FuncType, Parser, Payload, TypeRef};

/// What the rewriting needs to know before the first section is written.
#[derive(Default)]
pub(super) struct Outline {
    pub(super) types: Vec<FuncType>,
    /// The type of every function, imported ones first.
    pub(super) functions: Vec<u32>,
    pub(super) imported: u32,
    pub(super) globals: u32,
    /// For each list of two or more results, the type `() -> results` that a block of it needs.
    pub(super) block_types: BTreeMap<Vec<wasmparser::ValType>, u32>,
    /// The type of what is done instead of a fill, `(i32 i32) -> ()`.
    pub(super) fill_type: u32,
    /// The profiler's type, `(i32) -> ()`.
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

/// Counts of a module are bounded far below 2^32 by its size.
pub(super) fn count(found: usize) -> u32 {
    u32::try_from(found).unwrap_or(u32::MAX)
}
