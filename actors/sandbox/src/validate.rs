//! What a module must be before anything is compiled: the table of the host ABI, checked on its bytes.

use std::collections::{BTreeMap, BTreeSet};

use icn_core::block::Capability;
use icn_core::limits;
use wasmparser::{ExternalKind, FuncType, Parser, Payload, TypeRef, ValType, Validator};

use crate::abi::{FUNCTIONS, FunctionType};
use crate::engine;

/// Why a module is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}{}", at_offset(*.offset))]
pub struct Rejected {
    /// What was wrong and what would be right.
    pub what: String,
    /// The byte of the module, where there is one.
    pub offset: Option<usize>,
}

fn at_offset(offset: Option<usize>) -> String {
    offset.map_or(String::new(), |offset| format!(" (at byte {offset})"))
}

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

/// What validation learned of a module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    /// Entry points, each with whether it returns a number.
    pub entries: BTreeMap<String, bool>,
    /// Names of imported functions.
    pub imports: BTreeSet<String>,
    /// The manifest, where there is one.
    pub manifest: Option<Manifest>,
}

impl Shape {
    /// Capabilities that the module asks for.
    #[must_use]
    pub fn capabilities(&self) -> BTreeSet<Capability> {
        self.manifest.as_ref().map(|manifest| manifest.capabilities.clone()).unwrap_or_default()
    }
}

fn reject<T>(offset: impl Into<Option<usize>>, what: impl Into<String>) -> Result<T, Rejected> {
    Err(Rejected { what: what.into(), offset: offset.into() })
}

fn bound(what: &str, found: u64, max: u64, offset: usize) -> Result<(), Rejected> {
    if found > max {
        reject(offset, format!("{found} {what} where at most {max} are allowed"))
    } else {
        Ok(())
    }
}

/// Checks a module's bytes, or says the first thing that is wrong with them.
pub fn validate(bytes: &[u8]) -> Result<Shape, Rejected> {
    bound("bytes", bytes.len() as u64, limits::MODULE_BYTES_MAX as u64, limits::MODULE_BYTES_MAX)?;
    if !bytes.starts_with(b"\0asm") {
        return reject(0, "not a binary WebAssembly module: expected the bytes 00 61 73 6d");
    }
    let mut validator = Validator::new_with_features(engine::features());
    let mut shape = Shape::default();
    let mut seen = Seen::default();
    let parse = |e: wasmparser::BinaryReaderError| Rejected {
        what: e.message().to_owned(),
        offset: Some(e.offset()),
    };
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(parse)?;
        // Our own bounds first: the validator's work is in proportion to what they let through.
        check_section(&payload, &mut shape, &mut seen)?;
        match validator.payload(&payload).map_err(parse)? {
            wasmparser::ValidPayload::Func(function, body) => bodies.push((function, body)),
            wasmparser::ValidPayload::End(types) => {
                let types = types.as_ref();
                for (name, index, offset) in &seen.exported {
                    let id = types.core_function_at(*index);
                    entry(&mut shape, name, types[id].unwrap_func(), *offset)?;
                }
            }
            _ => {}
        }
    }
    let mut allocations = wasmparser::FuncValidatorAllocations::default();
    for (function, body) in bodies {
        let mut function = function.into_validator(allocations);
        nesting(&mut function, &body)?;
        allocations = function.into_allocations();
    }
    if !seen.memory || !seen.memory_exported {
        return reject(None, "no memory of its own exported as `memory`: exactly one is needed");
    }
    if let Some(manifest) = &shape.manifest {
        if manifest.abi != 1 {
            return reject(None, format!("the manifest asks for ABI {}, this is ABI 1", manifest.abi));
        }
        if let Some(missing) = manifest.entries.iter().find(|entry| !shape.entries.contains_key(*entry)) {
            return reject(
                None,
                format!("the manifest names the entry `{missing}`, which the module does not export"),
            );
        }
    }
    Ok(shape)
}

#[derive(Default)]
struct Seen {
    memory: bool,
    memory_exported: bool,
    manifest: bool,
    exported: Vec<(String, u32, usize)>,
}

fn check_section(payload: &Payload<'_>, shape: &mut Shape, seen: &mut Seen) -> Result<(), Rejected> {
    let parse = |e: wasmparser::BinaryReaderError| Rejected {
        what: e.message().to_owned(),
        offset: Some(e.offset()),
    };
    match payload {
        Payload::TypeSection(types) => {
            bound("types", types.count().into(), limits::MODULE_TYPES_MAX.into(), types.range().start)?;
            for group in types.clone().into_iter_err_on_gc_types() {
                let found = group.map_err(parse)?;
                let (params, results, offset) =
                    (found.params().len(), found.results().len(), types.range().start);
                bound("parameters of a type", params as u64, limits::FUNCTION_PARAMS_MAX as u64, offset)?;
                bound("results of a type", results as u64, limits::FUNCTION_RESULTS_MAX as u64, offset)?;
            }
        }
        Payload::ImportSection(imports) => {
            bound("imports", imports.count().into(), FUNCTIONS.len() as u64, imports.range().start)?;
            for import in imports.clone().into_imports_with_offsets() {
                let (offset, import) = import.map_err(parse)?;
                check_import(&import, offset)?;
                shape.imports.insert(import.name.to_owned());
            }
        }
        Payload::FunctionSection(functions) => {
            bound(
                "functions",
                functions.count().into(),
                limits::MODULE_FUNCTIONS_MAX.into(),
                functions.range().start,
            )?;
        }
        Payload::TableSection(tables) => {
            for table in tables.clone() {
                let table = table.map_err(parse)?;
                bound(
                    "table elements",
                    table.ty.initial,
                    limits::TABLE_ELEMENTS_MAX as u64,
                    tables.range().start,
                )?;
            }
        }
        Payload::MemorySection(memories) => {
            for memory in memories.clone() {
                let memory = memory.map_err(parse)?;
                bound(
                    "initial pages of memory",
                    memory.initial,
                    limits::MEMORY_PAGES_MAX,
                    memories.range().start,
                )?;
                seen.memory = true;
            }
        }
        Payload::GlobalSection(globals) => {
            bound(
                "globals",
                globals.count().into(),
                limits::MODULE_GLOBALS_MAX.into(),
                globals.range().start,
            )?;
        }
        Payload::ExportSection(exports) => {
            bound(
                "exports",
                exports.count().into(),
                limits::MODULE_EXPORTS_MAX.into(),
                exports.range().start,
            )?;
            for export in exports.clone().into_iter_with_offsets() {
                let (offset, export) = export.map_err(parse)?;
                match export.kind {
                    ExternalKind::Memory if export.name == "memory" => seen.memory_exported = true,
                    ExternalKind::Func if !export.name.starts_with("__") => {
                        seen.exported.push((export.name.to_owned(), export.index, offset));
                    }
                    _ => {}
                }
            }
        }
        Payload::StartSection { range, .. } => {
            return reject(range.start, "a start section: guests run only when invoked");
        }
        Payload::DataSection(data) => {
            bound(
                "data segments",
                data.count().into(),
                limits::MODULE_DATA_SEGMENTS_MAX.into(),
                data.range().start,
            )?;
        }
        Payload::ElementSection(elements) => {
            let offset = elements.range().start;
            bound(
                "element segments",
                elements.count().into(),
                limits::MODULE_ELEMENT_SEGMENTS_MAX.into(),
                offset,
            )?;
            let mut items = 0u64;
            for element in elements.clone() {
                items += match element.map_err(parse)?.items {
                    wasmparser::ElementItems::Functions(functions) => u64::from(functions.count()),
                    wasmparser::ElementItems::Expressions(_, expressions) => u64::from(expressions.count()),
                };
                bound("items of element segments", items, limits::TABLE_ELEMENTS_MAX as u64, offset)?;
            }
        }
        Payload::CustomSection(section) if section.name() == "icn.manifest" => {
            if std::mem::replace(&mut seen.manifest, true) {
                return reject(section.data_offset(), "a second section `icn.manifest`");
            }
            let manifest = serde_json::from_slice(section.data()).map_err(|e| Rejected {
                what: format!("the section `icn.manifest` is not a manifest of ABI 1: {e}"),
                offset: Some(section.data_offset()),
            })?;
            shape.manifest = Some(manifest);
        }
        Payload::CodeSectionEntry(body) => {
            let range = body.range();
            bound(
                "bytes of a function's body",
                range.len() as u64,
                limits::FUNCTION_BODY_BYTES_MAX as u64,
                range.start,
            )?;
            let mut locals = 0u64;
            for group in body.get_locals_reader().map_err(parse)? {
                locals += u64::from(group.map_err(parse)?.0);
                bound("locals of a function", locals, limits::FUNCTION_LOCALS_MAX.into(), range.start)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn check_import(import: &wasmparser::Import<'_>, offset: usize) -> Result<(), Rejected> {
    let full = format!("{}.{}", import.module, import.name);
    let known = FUNCTIONS.iter().any(|(name, ..)| import.module == "icn" && *name == import.name);
    if !known {
        return reject(offset, format!("imports `{full}`, which is not a function of the host ABI"));
    }
    match import.ty {
        // The exact type is compared once the module is compiled, by the engine's own view of it.
        TypeRef::Func(_) => Ok(()),
        _ => reject(offset, format!("imports `{full}` as something else than a function")),
    }
}

fn entry(shape: &mut Shape, name: &str, found: &FuncType, offset: usize) -> Result<(), Rejected> {
    bound("bytes of an export's name", name.len() as u64, limits::ENTRY_NAME_BYTES_MAX as u64, offset)?;
    match (found.params(), found.results()) {
        ([], []) => shape.entries.insert(name.to_owned(), false),
        ([], [ValType::I32]) => shape.entries.insert(name.to_owned(), true),
        // Exported for others' use; not an entry point.
        _ => None,
    };
    Ok(())
}

/// Validates a body and bounds how deep its blocks nest.
fn nesting(
    function: &mut wasmparser::FuncValidator<wasmparser::ValidatorResources>,
    body: &wasmparser::FunctionBody<'_>,
) -> Result<(), Rejected> {
    let parse = |e: wasmparser::BinaryReaderError| Rejected {
        what: e.message().to_owned(),
        offset: Some(e.offset()),
    };
    let mut reader = body.get_binary_reader();
    function.read_locals(&mut reader).map_err(parse)?;
    reader.set_features(engine::features());
    let mut ops = wasmparser::OperatorsReader::new(reader);
    while !ops.eof() {
        let (operator, offset) = ops.read_with_offset().map_err(parse)?;
        function.op(offset, &operator).map_err(parse)?;
        let depth = function.control_stack_height();
        bound("nested blocks", depth.into(), limits::NESTING_DEPTH_MAX as u64, offset)?;
    }
    ops.finish().map_err(parse)?;
    Ok(())
}

/// Whether a function of the ABI has this type; used against the engine's view of an import.
pub(crate) fn abi_type(name: &str) -> Option<(&'static [FunctionType], &'static [FunctionType])> {
    FUNCTIONS.iter().find(|(function, ..)| *function == name).map(|(_, params, results)| (*params, *results))
}
