//! The walk over a module: each section against its limits, then the bodies, then what must be there.

use wasmparser::{
    ExternalKind, FuncToValidate, FunctionBody, Parser, Payload, ValType, ValidPayload, Validator,
    ValidatorResources,
};

use super::code::{Bodies, Signatures};
use super::reasons::{Item, Reasons, Rejected, Stop, shown};
use super::sizes::{Limit, Sizes};
use super::weight::Weight;
use super::{Inspection, Shape, imports, manifest};
use crate::engine;

/// Names of exports that the runtime keeps for what it adds itself.
const RESERVED_PREFIX: &str = "__icn";

/// What follows the magic number of a component, where a module has its version (Component Model, Binary.md).
const COMPONENT_VERSION: &[u8] = b"\x0d\0\x01\0";

/// Walks over a module and collects reasons until there are enough of them.
pub(super) fn walk(bytes: &[u8], reasons: Reasons) -> Inspection {
    let mut walk = Walk { reasons, ..Walk::new() };
    // Stopping early leaves the reasons there are.
    let _ = walk.module(bytes);
    Inspection {
        reasons: walk.reasons.into_found(),
        shape: walk.shape,
        sizes: walk.sizes.table(),
        heaviest: walk.heaviest,
    }
}

struct Walk {
    reasons: Reasons,
    shape: Shape,
    sizes: Sizes,
    signatures: Signatures,
    heaviest: Option<(u32, Weight)>,
    memory: bool,
    memory_exported: bool,
    /// Where the manifest begins, once there is one.
    manifest: Option<usize>,
    exported: Vec<Exported>,
    /// Functions imported, and bodies read so far.
    imported: usize,
    bodies: usize,
    locals: u64,
    custom_sections: u64,
}

/// An exported function that may be an entry.
struct Exported {
    name: String,
    function: u32,
    item: Option<Item>,
    offset: usize,
}

fn broken(item: Option<Item>) -> impl Fn(wasmparser::BinaryReaderError) -> Rejected {
    move |error| Rejected::parse(&error, item)
}

impl Walk {
    fn new() -> Self {
        Self {
            reasons: Reasons::new(false),
            shape: Shape::default(),
            sizes: Sizes::default(),
            signatures: Signatures::default(),
            heaviest: None,
            memory: false,
            memory_exported: false,
            manifest: None,
            exported: Vec::new(),
            imported: 0,
            bodies: 0,
            locals: 0,
            custom_sections: 0,
        }
    }

    /// Notes a reason, where there is one.
    fn note(&mut self, checked: Result<(), Rejected>) -> Result<(), Stop> {
        checked.or_else(|rejected| self.reasons.add(rejected))
    }

    /// Notes a size; whether it is within its limit.
    fn within(&mut self, limit: Limit, found: u64, item: Option<Item>, offset: usize) -> Result<bool, Stop> {
        let checked = self.sizes.bound(limit, found, item, offset);
        let within = checked.is_ok();
        self.note(checked).map(|()| within)
    }

    fn module(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        let most = icn_core::limits::MODULE_BYTES_MAX;
        if !self.within(Limit::Bytes, bytes.len() as u64, None, most)? {
            return Err(Stop);
        }
        if !bytes.starts_with(b"\0asm") {
            let what = "not a binary WebAssembly module: expected the bytes 00 61 73 6d";
            self.reasons.add(Rejected::at(what, None, 0))?;
            return Err(Stop);
        }
        if bytes.get(4..8) == Some(COMPONENT_VERSION) {
            let what = "a component, not a module: give the core module that it was made from, with the version \
                        01 00 00 00";
            self.reasons.add(Rejected::at(what, None, 4))?;
            return Err(Stop);
        }
        let mut validator = Some(Validator::new_with_features(engine::features()));
        let mut bodies = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = match payload {
                Ok(payload) => payload,
                Err(error) => {
                    self.reasons.add(Rejected::parse(&error, None))?;
                    return Err(Stop);
                }
            };
            self.section(&payload)?;
            // Once it refused a section the validator cannot go on; our own bounds still can.
            match validator.as_mut().map(|validator| validator.payload(&payload)) {
                Some(Ok(ValidPayload::Func(function, body))) => bodies.push((function, body)),
                Some(Err(error)) => {
                    self.reasons.add(Rejected::parse(&error, None))?;
                    validator = None;
                }
                Some(Ok(_)) | None => {}
            }
        }
        if validator.is_some() {
            self.code(bodies)?;
        }
        self.entries()?;
        self.whole()
    }

    fn section(&mut self, payload: &Payload<'_>) -> Result<(), Stop> {
        match payload {
            Payload::TypeSection(section) => self.types(section),
            Payload::ImportSection(section) => self.imports(section),
            Payload::FunctionSection(section) => self.functions(section),
            Payload::TableSection(section) => self.tables(section),
            Payload::MemorySection(section) => self.memories(section),
            Payload::GlobalSection(section) => {
                self.within(Limit::Globals, section.count().into(), None, section.range().start).map(drop)
            }
            Payload::ExportSection(section) => self.exports(section),
            Payload::StartSection { range, func } => self.reasons.add(Rejected::at(
                "a start section: guests run only when invoked",
                Item::new("function", *func as usize),
                range.start,
            )),
            Payload::ElementSection(section) => self.elements(section),
            Payload::DataSection(section) => self.data(section),
            Payload::CodeSectionEntry(body) => self.body(body),
            Payload::CustomSection(section) => self.custom(section),
            _ => Ok(()),
        }
    }

    fn types(&mut self, section: &wasmparser::TypeSectionReader<'_>) -> Result<(), Stop> {
        let start = section.range().start;
        if !self.within(Limit::Types, section.count().into(), None, start)? {
            return Ok(());
        }
        for (index, found) in section.clone().into_iter_err_on_gc_types().enumerate() {
            let item = Item::new("type", index);
            // What cannot be read the validator refuses in its own words.
            let Ok(found) = found else { return Ok(()) };
            self.within(Limit::Params, found.params().len() as u64, item, start)?;
            self.within(Limit::Results, found.results().len() as u64, item, start)?;
            self.signatures.types.push(found);
        }
        Ok(())
    }

    fn imports(&mut self, section: &wasmparser::ImportSectionReader<'_>) -> Result<(), Stop> {
        self.within(Limit::Imports, section.count().into(), None, section.range().start)?;
        for (index, import) in section.clone().into_imports_with_offsets().enumerate() {
            let item = Item::new("import", index);
            let (offset, import) = match import {
                Ok(import) => import,
                Err(error) => return self.note(Err(broken(item)(error))),
            };
            let checked = imports::check(&import, &self.signatures.types, item, offset);
            if checked.is_ok() {
                self.shape.imports.insert(import.name.to_owned());
            }
            self.note(checked)?;
            if let wasmparser::TypeRef::Func(index) = import.ty {
                self.signatures.functions.push(index);
                self.imported += 1;
            }
        }
        Ok(())
    }

    fn functions(&mut self, section: &wasmparser::FunctionSectionReader<'_>) -> Result<(), Stop> {
        let start = section.range().start;
        if self.within(Limit::Functions, section.count().into(), None, start)? {
            self.signatures.functions.extend(section.clone().into_iter().flatten());
        }
        Ok(())
    }

    fn tables(&mut self, section: &wasmparser::TableSectionReader<'_>) -> Result<(), Stop> {
        for (index, table) in section.clone().into_iter_with_offsets().enumerate() {
            let item = Item::new("table", index);
            let Ok((offset, table)) = table else { return Ok(()) };
            self.within(Limit::TableElements, table.ty.initial, item, offset)?;
            self.within(Limit::TableMaximum, table.ty.maximum.unwrap_or(0), item, offset)?;
        }
        Ok(())
    }

    fn memories(&mut self, section: &wasmparser::MemorySectionReader<'_>) -> Result<(), Stop> {
        for (index, memory) in section.clone().into_iter_with_offsets().enumerate() {
            let Ok((offset, memory)) = memory else { return Ok(()) };
            // A maximum promises nothing that the scope's grant does not bound: any is taken.
            self.within(Limit::MemoryPages, memory.initial, Item::new("memory", index), offset)?;
            self.memory = true;
            self.shape.memory_pages = memory.initial;
        }
        Ok(())
    }

    fn exports(&mut self, section: &wasmparser::ExportSectionReader<'_>) -> Result<(), Stop> {
        self.within(Limit::Exports, section.count().into(), None, section.range().start)?;
        for (index, export) in section.clone().into_iter_with_offsets().enumerate() {
            let item = Item::new("export", index);
            let Ok((offset, export)) = export else { return Ok(()) };
            self.within(Limit::ExportName, export.name.len() as u64, item, offset)?;
            if export.name.starts_with(RESERVED_PREFIX) {
                self.reasons.add(Rejected::at(
                    format!(
                        "exports `{}`: names that begin with `{RESERVED_PREFIX}` are the runtime's own",
                        shown(export.name)
                    ),
                    item,
                    offset,
                ))?;
            }
            match export.kind {
                ExternalKind::Memory if export.name == "memory" => self.memory_exported = true,
                ExternalKind::Func if !export.name.starts_with("__") => {
                    let name = export.name.to_owned();
                    self.exported.push(Exported { name, function: export.index, item, offset });
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn elements(&mut self, section: &wasmparser::ElementSectionReader<'_>) -> Result<(), Stop> {
        if !self.within(Limit::ElementSegments, section.count().into(), None, section.range().start)? {
            return Ok(());
        }
        let mut items = 0u64;
        for (index, element) in section.clone().into_iter_with_offsets().enumerate() {
            let Ok((offset, element)) = element else { return Ok(()) };
            items += match element.items {
                wasmparser::ElementItems::Functions(functions) => u64::from(functions.count()),
                wasmparser::ElementItems::Expressions(_, expressions) => u64::from(expressions.count()),
            };
            if !self.within(Limit::ElementItems, items, Item::new("element segment", index), offset)? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn data(&mut self, section: &wasmparser::DataSectionReader<'_>) -> Result<(), Stop> {
        if !self.within(Limit::DataSegments, section.count().into(), None, section.range().start)? {
            return Ok(());
        }
        let mut bytes = 0u64;
        for (index, data) in section.clone().into_iter_with_offsets().enumerate() {
            let Ok((offset, data)) = data else { return Ok(()) };
            bytes += data.data.len() as u64;
            if !self.within(Limit::DataBytes, bytes, Item::new("data segment", index), offset)? {
                return Ok(());
            }
        }
        self.shape.data_bytes = bytes;
        Ok(())
    }

    fn custom(&mut self, section: &wasmparser::CustomSectionReader<'_>) -> Result<(), Stop> {
        self.custom_sections += 1;
        let offset = section.data_offset();
        self.within(Limit::CustomSections, self.custom_sections, None, section.range().start)?;
        if section.name() != manifest::SECTION {
            return Ok(());
        }
        if self.manifest.replace(offset).is_some() {
            let what = format!("a second section `{}`", manifest::SECTION);
            return self.reasons.add(Rejected::at(what, None, offset));
        }
        if self.within(Limit::ManifestBytes, section.data().len() as u64, None, offset)? {
            match manifest::read(section.data(), offset) {
                Ok(manifest) => self.shape.manifest = Some(manifest),
                Err(rejected) => self.reasons.add(rejected)?,
            }
        }
        Ok(())
    }

    /// What bounds the validator's work on a body.
    fn body(&mut self, body: &FunctionBody<'_>) -> Result<(), Stop> {
        let range = body.range();
        let item = Item::new("function", self.imported + self.bodies);
        self.bodies += 1;
        self.within(Limit::BodyBytes, range.len() as u64, item, range.start)?;
        let mut locals = 0u64;
        for group in body.get_locals_reader().into_iter().flatten() {
            let Ok((count, _)) = group else { return Ok(()) };
            locals += u64::from(count);
            if !self.within(Limit::Locals, locals, item, range.start)? {
                return Ok(());
            }
        }
        self.locals += locals;
        self.within(Limit::LocalsTotal, self.locals, item, range.start).map(drop)
    }

    fn code(
        &mut self,
        bodies: Vec<(FuncToValidate<ValidatorResources>, FunctionBody<'_>)>,
    ) -> Result<(), Stop> {
        let mut checker = Bodies::default();
        let mut total = 0u64;
        for (function, body) in bodies {
            let index = function.index;
            let start = body.range().start;
            match checker.check(function, &body, &self.signatures, &mut self.sizes) {
                Ok(weight) => {
                    if self.heaviest.is_none_or(|(_, heaviest)| heaviest.total() < weight.total()) {
                        self.heaviest = Some((index, weight));
                    }
                    total = total.saturating_add(weight.total());
                    let item = Item::new("function", index as usize);
                    if let Err(rejected) = self.sizes.bound(Limit::ModuleWeight, total, item, start) {
                        self.reasons.add(self.too_heavy(rejected))?;
                        return Ok(());
                    }
                }
                Err(rejected) => self.reasons.add(rejected)?,
            }
        }
        Ok(())
    }

    fn too_heavy(&self, rejected: Rejected) -> Rejected {
        let Some((index, weight)) = self.heaviest else { return rejected };
        let what = format!(
            "{}, all functions up to here together: the module would take too long to compile; the heaviest of \
             them, function {index}, weighs {weight}: {}",
            rejected.what,
            weight.advice()
        );
        Rejected { what, ..rejected }
    }

    /// Which exported functions are entries.
    fn entries(&mut self) -> Result<(), Stop> {
        for Exported { name, function, item, offset } in std::mem::take(&mut self.exported) {
            let found = self.signatures.functions.get(function as usize);
            let Some(found) = found.and_then(|index| self.signatures.types.get(*index as usize)) else {
                continue;
            };
            let returns = match (found.params(), found.results()) {
                ([], []) => false,
                ([], [ValType::I32]) => true,
                // Exported for others' use; not an entry point.
                _ => continue,
            };
            self.within(Limit::EntryName, name.len() as u64, item, offset)?;
            self.shape.entries.insert(name, returns);
        }
        Ok(())
    }

    /// What a whole module must have.
    fn whole(&mut self) -> Result<(), Stop> {
        if !self.memory || !self.memory_exported {
            let what = "no memory of its own exported as `memory`: exactly one is needed";
            self.reasons.add(Rejected::new(what))?;
        }
        if let (Some(manifest), Some(offset)) = (&self.shape.manifest, self.manifest) {
            for rejected in manifest::disagreements(manifest, &self.shape.entries, offset) {
                self.reasons.add(rejected)?;
            }
        }
        Ok(())
    }
}
