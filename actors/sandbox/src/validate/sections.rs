//! Each section of a module against its limits, in the order in which the sections stand.
//!
//! A section that cannot be read ends its own check here without a reason: the parser's validator refuses it with the
//! right words. Our bounds come first, so the validator never works on more than they let through.

use wasmparser::{ExternalKind, FunctionBody, Payload};

use super::findings::{Exported, Findings};
use super::reasons::{Item, Rejected, Stop, shown};
use super::sizes::Limit;
use super::{imports, manifest};

/// Exports whose names begin so belong to the runtime, which adds its own.
pub(crate) const RESERVED_PREFIX: &str = "__icn";

impl Findings {
    /// Checks one section, or one function's body.
    pub(super) fn section(&mut self, payload: &Payload<'_>) -> Result<(), Stop> {
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
            // The validator refuses a type that cannot be read, in its own words.
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
                Err(error) => return self.note(Err(Rejected::parse(&error, item))),
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
            // Any maximum is accepted: the scope's grant bounds the memory besides.
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

    /// The bounds on a body that bound the validator's work on it.
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
}
