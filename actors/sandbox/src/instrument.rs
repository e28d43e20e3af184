//! Rewrites a validated module before it is compiled, so that what a run may cost in stack does not depend on the
//! compiler's frames.
//!
//! Each function that can be on the stack while another runs is bracketed: on entry it takes its *counted frame*
//! from a global that the module cannot name, on the way out it gives it back; where the global would fall below
//! zero the guest stops. A counted frame is an upper bound of any native one, derived from the function's types
//! and operators alone, so the same call depth ends every run: with any optimisation, on any machine. The native
//! stack is larger than all counted frames together; reaching its end first would be our mistake.
//!
//! ```text
//! (func … locals …            (func … locals …
//!    body)             =>        global.left -= frame; if global.left < 0 { unreachable }
//!                                block (result …) body, with `return` as a branch to the block's end end
//!                                global.left += frame)
//! ```
//!
//! A `memory.fill` of nothing only looks whether its place is inside the memory: on processors with masked stores, a fill
//! of nothing into a page that was never written takes as long as thirty others, and no price fits both.
//!
//! ```text
//! memory.fill         =>      local.tee length; i32.eqz
//!                             if drop; if place > memory.size * 64 KiB { load from beyond any memory }
//!                             else local.get length; memory.fill end
//! ```
//!
//! Custom sections are not copied.
//!
//! Fuel is counted by the engine on what this makes, so the bracket is paid for like any other operators. A function
//! that is not counted gets the block too: then a profiled run burns what a plain one does.
//!
//! With [`Mode::Profiled`], every function also tells the host when it begins and ends (`icn_profile.enter` and
//! `leave`, with its index), which is how `icn run` says where the fuel went. The host gives back what telling
//! costs.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use icn_core::limits;
use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function, GlobalSection,
    GlobalType, ImportSection, Instruction, MemArg, SectionId, TypeSection, ValType,
};
use wasmparser::{FuncType, FunctionBody, Operator, Parser, Payload, TypeRef};

use crate::fuel;
use crate::validate::is_store;

/// The version of this rewriting; receipts name it, and a compiled artefact of another one is not loaded.
pub(crate) const INSTRUMENTATION_VERSION: u32 = 3;
/// The export under which the host finds what is left of the counted stack. Modules may not export names that
/// begin with `__icn`.
pub(crate) const STACK_EXPORT: &str = "__icn_stack";
/// The module of the profiler's imports.
pub(crate) const PROFILE_MODULE: &str = "icn_profile";

/// What the rewritten module does beside counting its stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Nothing: production.
    Plain,
    /// Tells the host of every function's begin and end.
    Profiled,
}

/// A page is 2 to the power of this in bytes. All pages that a guest may have are far fewer than 2^32 bytes.
const PAGE_BITS: i32 = 16;
/// Functions that the profiler imports.
const PROFILE_IMPORTS: u32 = 2;
/// What telling the host once burns: a constant and a call, as the engine charges them.
pub(crate) static TELL_FUEL: LazyLock<u64> = LazyLock::new(|| {
    let costs = fuel::operator_costs();
    u64::from(costs.I32Const) + u64::from(costs.Call)
});

/// Rewrites a module that was validated. An error is a mistake of ours: validated bytes parse.
pub(crate) fn instrument(bytes: &[u8], mode: Mode) -> Result<Vec<u8>, String> {
    let shape = Shape::read(bytes).map_err(|e| format!("reading a validated module: {e}"))?;
    let mut rewrite = Rewrite { shape, mode, next_body: 0, imports_done: false, globals_done: false };
    let mut module = wasm_encoder::Module::new();
    rewrite
        .parse_core_module(&mut module, Parser::new(0), bytes)
        .map_err(|e| format!("rewriting a validated module: {e}"))?;
    Ok(module.finish())
}

/// What the rewriting needs to know before the first section is written.
#[derive(Default)]
struct Shape {
    types: Vec<FuncType>,
    /// The type of every function, imported ones first.
    functions: Vec<u32>,
    imported: u32,
    globals: u32,
    /// For each list of two or more results, the type `() -> results` that a block of it needs.
    block_types: BTreeMap<Vec<wasmparser::ValType>, u32>,
    /// The type of what is done instead of a fill, `(i32 i32) -> ()`.
    fill_type: u32,
    /// The profiler's type, `(i32) -> ()`.
    profile_type: u32,
}

impl Shape {
    fn read(bytes: &[u8]) -> wasmparser::Result<Self> {
        let mut shape = Self::default();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(types) => {
                    for found in types.into_iter_err_on_gc_types() {
                        shape.types.push(found?);
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        if let TypeRef::Func(index) = import?.ty {
                            shape.functions.push(index);
                        }
                    }
                    shape.imported = count(shape.functions.len());
                }
                Payload::FunctionSection(functions) => {
                    for index in functions {
                        shape.functions.push(index?);
                    }
                }
                Payload::GlobalSection(globals) => shape.globals = globals.count(),
                _ => {}
            }
        }
        for at in 0..shape.functions.len() {
            let results = shape.signature(at).map_or(&[][..], FuncType::results).to_vec();
            if results.len() > 1 && !shape.block_types.contains_key(&results) {
                let index = count(shape.types.len() + shape.block_types.len());
                shape.block_types.insert(results, index);
            }
        }
        shape.fill_type = count(shape.types.len() + shape.block_types.len());
        shape.profile_type = shape.fill_type + 1;
        Ok(shape)
    }

    fn signature(&self, function: usize) -> Option<&FuncType> {
        self.functions.get(function).and_then(|index| self.types.get(*index as usize))
    }
}

/// Counts of a module are bounded far below 2^32 by its size.
fn count(found: usize) -> u32 {
    u32::try_from(found).unwrap_or(u32::MAX)
}

/// What a function needs of the stack, and whether anything runs above it.
struct Frame {
    bytes: i32,
    calls: bool,
    /// The local that the rewriting adds to a function that fills memory.
    length: Option<u32>,
}

impl Frame {
    /// An upper bound of the native frame: no compiler keeps more than every value that the function defines, and
    /// none takes more than sixteen bytes. Return addresses, saved registers and the engine's own values are in
    /// the base; arguments and results on the stack are those of the widest call.
    fn of(shape: &Shape, signature: &FuncType, body: &FunctionBody<'_>) -> wasmparser::Result<Self> {
        let mut locals = count(signature.params().len());
        for group in body.get_locals_reader()? {
            locals = locals.saturating_add(group?.0);
        }
        let mut values = u64::from(locals) + signature.results().len() as u64;
        let (mut calls, mut fills, mut widest) = (false, false, 0u64);
        for operator in body.get_operators_reader()? {
            let callee = match operator? {
                Operator::Call { function_index } => shape.signature(function_index as usize),
                Operator::CallIndirect { type_index, .. } => shape.types.get(type_index as usize),
                operator => {
                    values += u64::from(defines_value(&operator));
                    fills |= matches!(operator, Operator::MemoryFill { .. });
                    continue;
                }
            };
            calls = true;
            let (params, results) =
                callee.map_or((0, 0), |found| (found.params().len() as u64, found.results().len() as u64));
            values += results;
            widest = widest.max(params + results);
        }
        // Beside its own locals, the length of a fill.
        let length = fills.then_some(locals);
        values += u64::from(fills);
        let bytes = limits::STACK_FRAME_BYTES_MIN + limits::STACK_VALUE_BYTES * values + 8 * widest;
        Ok(Self { bytes: i32::try_from(bytes).unwrap_or(i32::MAX), calls, length })
    }

    /// A small function that calls nothing is the last on the stack: the slack covers it.
    fn is_counted(&self) -> bool {
        self.calls || i64::from(self.bytes) > limits::STACK_LEAF_BYTES_MAX
    }
}

/// Whether an operator makes a value that a compiler may have to keep. Those that only move values make none.
const fn defines_value(operator: &Operator<'_>) -> bool {
    use Operator as O;
    !matches!(
        operator,
        O::LocalGet { .. }
            | O::LocalSet { .. }
            | O::LocalTee { .. }
            | O::GlobalSet { .. }
            | O::Drop
            | O::Nop
            | O::Unreachable
            | O::Return
            | O::Br { .. }
            | O::BrIf { .. }
            | O::BrTable { .. }
            | O::Else
            | O::End
    ) && !is_store(operator)
}

struct Rewrite {
    shape: Shape,
    mode: Mode,
    next_body: usize,
    imports_done: bool,
    globals_done: bool,
}

type Done = Result<(), reencode::Error<&'static str>>;

impl Rewrite {
    /// A module without types has no functions that could be profiled, and may have no section for the profiler's.
    fn profiled(&self) -> bool {
        self.mode == Mode::Profiled && !self.shape.types.is_empty()
    }

    fn add_imports(&mut self, imports: &mut ImportSection) {
        self.imports_done = true;
        if self.profiled() {
            for name in ["enter", "leave"] {
                imports.import(PROFILE_MODULE, name, EntityType::Function(self.shape.profile_type));
            }
        }
    }

    fn add_global(&mut self, globals: &mut GlobalSection) {
        self.globals_done = true;
        let stack = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        let bytes = i32::try_from(limits::STACK_COUNTED_BYTES_MAX).unwrap_or(i32::MAX);
        globals.global(stack, &ConstExpr::i32_const(bytes));
    }

    fn result_type(&self, signature: &FuncType) -> Result<BlockType, reencode::Error<&'static str>> {
        Ok(match signature.results() {
            [] => BlockType::Empty,
            [one] => BlockType::Result(value_type(*one)?),
            more => BlockType::FunctionType(*self.shape.block_types.get(more).ok_or_else(broken)?),
        })
    }

    /// Takes (`true`) or gives back the frame.
    fn count_frame(&self, function: &mut Function, frame: &Frame, take: bool) {
        let stack = self.shape.globals;
        function.instruction(&Instruction::GlobalGet(stack));
        function.instruction(&Instruction::I32Const(frame.bytes));
        function.instruction(&if take { Instruction::I32Sub } else { Instruction::I32Add });
        function.instruction(&Instruction::GlobalSet(stack));
        if take {
            function.instruction(&Instruction::GlobalGet(stack));
            function.instruction(&Instruction::I32Const(0));
            function.instruction(&Instruction::I32LtS);
            function.instruction(&Instruction::If(BlockType::Empty));
            function.instruction(&Instruction::Unreachable);
            function.instruction(&Instruction::End);
        }
    }

    /// Fills memory, or looks whether the place is inside it where nothing would be filled.
    fn fill(&self, function: &mut Function, memory: u32, length: u32) {
        use Instruction as I;
        // Its trap is the one that a fill outside would be.
        let byte = MemArg { offset: 0, align: 0, memory_index: memory };
        for instruction in [
            I::LocalTee(length),
            I::I32Eqz,
            I::If(BlockType::FunctionType(self.shape.fill_type)),
            I::Drop,
            I::MemorySize(memory),
            I::I32Const(PAGE_BITS),
            I::I32Shl,
            I::I32GtU,
            I::If(BlockType::Empty),
            I::I32Const(-1),
            I::I32Load8U(byte),
            I::Drop,
            I::End,
            I::Else,
            I::LocalGet(length),
            I::MemoryFill(memory),
            I::End,
        ] {
            function.instruction(&instruction);
        }
    }

    /// Tells the profiler: its first import is told of a begin, its second of an end.
    fn tell(&self, function: &mut Function, index: u32, import: u32) {
        // An index is below the bound on a module's functions.
        function.instruction(&Instruction::I32Const(i32::try_from(index).unwrap_or(i32::MAX)));
        function.instruction(&Instruction::Call(self.shape.imported + import));
    }
}

fn value_type(found: wasmparser::ValType) -> Result<ValType, reencode::Error<&'static str>> {
    Ok(match found {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        _ => return Err(broken()),
    })
}

fn broken() -> reencode::Error<&'static str> {
    reencode::Error::UserError("not what was validated")
}

impl Reencode for Rewrite {
    type Error = &'static str;

    fn function_index(&mut self, index: u32) -> Result<u32, reencode::Error<&'static str>> {
        let shift = if self.profiled() && index >= self.shape.imported { PROFILE_IMPORTS } else { 0 };
        index.checked_add(shift).ok_or_else(broken)
    }

    /// Custom sections stay behind: validation lets any bytes stand in them, nothing that runs needs them, and the
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
        let mut added: Vec<_> = self.shape.block_types.iter().map(|(results, at)| (*at, results)).collect();
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
        exports.export(STACK_EXPORT, ExportKind::Global, self.shape.globals);
        Ok(())
    }

    fn intersperse_section_hook(
        &mut self,
        module: &mut wasm_encoder::Module,
        _after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Done {
        // A validated module exports its memory, so an export section comes; what has to stand before it and is
        // not there is added.
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
        let index = self.shape.imported as usize + self.next_body;
        self.next_body += 1;
        let signature = self.shape.signature(index).cloned().ok_or_else(broken)?;
        let frame = Frame::of(&self.shape, &signature, &body)?;
        let mut locals = Vec::new();
        for group in body.get_locals_reader()? {
            let (many, of) = group?;
            locals.push((many, value_type(of)?));
        }
        locals.extend(frame.length.map(|_| (1, ValType::I32)));
        let mut function = Function::new(locals);
        if self.profiled() {
            self.tell(&mut function, count(index), 0);
        }
        if frame.is_counted() {
            self.count_frame(&mut function, &frame, true);
        }
        function.instruction(&Instruction::Block(self.result_type(&signature)?));
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
                    self.fill(&mut function, memory, frame.length.ok_or_else(broken)?);
                    continue;
                }
                _ => {}
            }
            function.instruction(&instruction);
        }
        if frame.is_counted() {
            self.count_frame(&mut function, &frame, false);
        }
        if self.profiled() {
            self.tell(&mut function, count(index), 1);
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
