//! The rewriting itself: copies a module section by section, and adds its own parts on the way.
//!
//! The parts stand where the format wants them: types at the end of the types, imports at the end of the imports
//! (so the indices of a module's own functions grow), the global at the end of the globals, its export at the end
//! of the exports. A section that a module does not have is made. An error is a mistake of ours: validated bytes
//! parse.

use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function, GlobalSection,
    GlobalType, ImportSection, Instruction, SectionId, TypeSection, ValType,
};
use wasmparser::{FuncType, FunctionBody, Parser};

use icn_core::limits;

use super::added;
use super::frame::Frame;
use super::outline::{Outline, count};
use super::profiling::{Mode, PROFILE_FUNCTIONS, PROFILE_IMPORTS, PROFILE_MODULE};
use super::version::STACK_EXPORT;

/// The bytes to compile, from those of a validated module.
pub(crate) fn instrument(bytes: &[u8], mode: Mode) -> Result<Vec<u8>, String> {
    let outline = Outline::read(bytes).map_err(|e| format!("reading a validated module: {e}"))?;
    let mut rewrite = Rewrite { outline, mode, next_body: 0, imports_done: false, globals_done: false };
    let mut module = wasm_encoder::Module::new();
    rewrite
        .parse_core_module(&mut module, Parser::new(0), bytes)
        .map_err(|e| format!("rewriting a validated module: {e}"))?;
    let bodies = rewrite.outline.functions.len() - rewrite.outline.imported as usize;
    assert_eq!(rewrite.next_body, bodies, "every body was rewritten");
    assert!(rewrite.globals_done, "the global that counts the stack was added");
    assert!(rewrite.imports_done, "the place for the profiler's imports was passed");
    Ok(module.finish())
}

/// The rewriting of one module.
struct Rewrite {
    outline: Outline,
    mode: Mode,
    /// The index of the next body among the module's own functions.
    next_body: usize,
    imports_done: bool,
    globals_done: bool,
}

/// Why a module cannot be rewritten: always a mistake of ours.
type Failure = reencode::Error<&'static str>;
type Done = Result<(), Failure>;

impl Rewrite {
    /// Whether the module is profiled. A module without types has no functions, and may have no section for the
    /// profiler's type.
    fn profiled(&self) -> bool {
        self.mode == Mode::Profiled && !self.outline.types.is_empty()
    }

    fn add_imports(&mut self, imports: &mut ImportSection) {
        self.imports_done = true;
        if self.profiled() {
            for name in PROFILE_FUNCTIONS {
                imports.import(PROFILE_MODULE, name, EntityType::Function(self.outline.profile_type));
            }
        }
    }

    fn add_global(&mut self, globals: &mut GlobalSection) {
        self.globals_done = true;
        let stack = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        let bytes = i32::try_from(limits::STACK_COUNTED_BYTES_MAX).unwrap_or(i32::MAX);
        globals.global(stack, &ConstExpr::i32_const(bytes));
    }

    fn result_type(&self, signature: &FuncType) -> Result<BlockType, Failure> {
        Ok(match signature.results() {
            [] => BlockType::Empty,
            [one] => BlockType::Result(value_type(*one)?),
            more => BlockType::FunctionType(*self.outline.block_types.get(more).ok_or_else(broken)?),
        })
    }

    /// Copies a body's operators: a `return` as a branch to the end of the block around the body, a fill as
    /// [`added::fill`]. The last operator ends that block.
    fn copy_operators(&mut self, function: &mut Function, body: &FunctionBody<'_>, frame: &Frame) -> Done {
        let mut depth = 0u32;
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let instruction = self.parse_instruction(&mut reader)?;
            match instruction {
                Instruction::Block(_) | Instruction::Loop(_) | Instruction::If(_) => depth += 1,
                Instruction::End => depth = depth.saturating_sub(1),
                Instruction::Return => {
                    function.instruction(&Instruction::Br(depth));
                    continue;
                }
                Instruction::MemoryFill(memory) => {
                    let length = frame.length.ok_or_else(broken)?;
                    added::fill(function, memory, length, self.outline.fill_type);
                    continue;
                }
                _ => {}
            }
            function.instruction(&instruction);
        }
        Ok(())
    }
}

/// A body's own locals, and the one that keeps the length of a fill.
fn locals(body: &FunctionBody<'_>, frame: &Frame) -> Result<Vec<(u32, ValType)>, Failure> {
    let mut locals = Vec::new();
    for group in body.get_locals_reader()? {
        let (many, of) = group?;
        locals.push((many, value_type(of)?));
    }
    locals.extend(frame.length.map(|_| (1, ValType::I32)));
    Ok(locals)
}

fn value_type(found: wasmparser::ValType) -> Result<ValType, Failure> {
    Ok(match found {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        _ => return Err(broken()),
    })
}

fn broken() -> Failure {
    reencode::Error::UserError("not what was validated")
}

impl Reencode for Rewrite {
    type Error = &'static str;

    fn function_index(&mut self, index: u32) -> Result<u32, Failure> {
        let shift = if self.profiled() && index >= self.outline.imported { PROFILE_IMPORTS } else { 0 };
        index.checked_add(shift).ok_or_else(broken)
    }

    /// Leaves custom sections out. Validation accepts any bytes in them and nothing that runs needs them; the
    /// manifest and the functions' names are read from the module as it was given.
    fn parse_custom_section(
        &mut self,
        _module: &mut wasm_encoder::Module,
        _section: wasmparser::CustomSectionReader<'_>,
    ) -> Done {
        Ok(())
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Done {
        utils::parse_type_section(self, types, section)?;
        let mut added: Vec<_> = self.outline.block_types.iter().map(|(results, at)| (*at, results)).collect();
        added.sort_by_key(|(at, _)| *at);
        for (_, results) in added {
            let results: Result<Vec<_>, _> = results.iter().map(|found| value_type(*found)).collect();
            types.ty().function([], results?);
        }
        types.ty().function([ValType::I32, ValType::I32], []);
        if self.profiled() {
            types.ty().function([ValType::I32], []);
        }
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Done {
        utils::parse_import_section(self, imports, section)?;
        self.add_imports(imports);
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: wasmparser::GlobalSectionReader<'_>,
    ) -> Done {
        utils::parse_global_section(self, globals, section)?;
        self.add_global(globals);
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Done {
        utils::parse_export_section(self, exports, section)?;
        exports.export(STACK_EXPORT, ExportKind::Global, self.outline.globals);
        Ok(())
    }

    fn intersperse_section_hook(
        &mut self,
        module: &mut wasm_encoder::Module,
        _after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Done {
        // A validated module exports its memory, so an export section comes. A section that must stand before it
        // and is missing is added here.
        let before = before.map(order);
        if !self.imports_done && before.is_some_and(|at| at > order(SectionId::Import)) {
            let mut imports = ImportSection::new();
            self.add_imports(&mut imports);
            if !imports.is_empty() {
                module.section(&imports);
            }
        }
        if !self.globals_done && before.is_some_and(|at| at > order(SectionId::Global)) {
            let mut globals = GlobalSection::new();
            self.add_global(&mut globals);
            module.section(&globals);
        }
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Done {
        let index = self.outline.imported as usize + self.next_body;
        self.next_body += 1;
        let signature = self.outline.signature(index).cloned().ok_or_else(broken)?;
        let frame = Frame::of(&self.outline, &signature, &body)?;
        let mut function = Function::new(locals(&body, &frame)?);
        let (stack, imported, index) = (self.outline.globals, self.outline.imported, count(index));
        if self.profiled() {
            added::tell(&mut function, index, imported);
        }
        if frame.is_counted() {
            added::take_frame(&mut function, stack, frame.bytes);
        }
        function.instruction(&Instruction::Block(self.result_type(&signature)?));
        self.copy_operators(&mut function, &body, &frame)?;
        if frame.is_counted() {
            added::give_frame_back(&mut function, stack, frame.bytes);
        }
        if self.profiled() {
            added::tell(&mut function, index, imported + 1);
        }
        function.instruction(&Instruction::End);
        code.function(&function);
        Ok(())
    }
}

/// The order in which sections stand in a module (WebAssembly core specification, "Modules", binary format).
const fn order(section: SectionId) -> u8 {
    match section {
        SectionId::Custom => 0,
        SectionId::Type => 1,
        SectionId::Import => 2,
        SectionId::Function => 3,
        SectionId::Table => 4,
        SectionId::Memory => 5,
        SectionId::Tag => 6,
        SectionId::Global => 7,
        SectionId::Export => 8,
        SectionId::Start => 9,
        SectionId::Element => 10,
        SectionId::DataCount => 11,
        SectionId::Code => 12,
        SectionId::Data => 13,
    }
}
