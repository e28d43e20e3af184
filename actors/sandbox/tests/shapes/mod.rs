//! Modules that are made to be dear to compile, one shape a function. Each takes `n`, how large one function
//! is, and `k`, how many such functions the module has. Shared by the tests and the bench of compilation.

pub(crate) mod bombs;
mod control;
mod straight;
mod values;

use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, ElementSection, Elements, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, GlobalType, InstructionSink, MemorySection, MemoryType, Module, RefType,
    TableSection, TableType, TypeSection, ValType,
};

/// A shape: its name and what builds it from the size of a function and how many there are.
pub(crate) type Shape = (&'static str, fn(u32, u32) -> Vec<u8>);

/// All shapes of code.
pub(crate) fn all() -> Vec<Shape> {
    [control::SHAPES, values::SHAPES, straight::SHAPES].concat()
}

/// What the functions of a module look like.
pub(crate) struct Spec {
    pub(crate) params: Vec<ValType>,
    pub(crate) results: Vec<ValType>,
    pub(crate) locals: Vec<(u32, ValType)>,
    /// Types beside that of the functions, from index 1.
    pub(crate) types: Vec<(Vec<ValType>, Vec<ValType>)>,
    pub(crate) globals: u32,
}

impl Default for Spec {
    fn default() -> Self {
        Self { params: vec![], results: vec![], locals: vec![], types: vec![], globals: 1 }
    }
}

impl Spec {
    /// Functions with so many locals of 64 bits.
    pub(crate) fn locals(count: u32) -> Self {
        Self { locals: vec![(count, ValType::I64)], ..Self::default() }
    }
}

/// A module with a memory, a table, globals, and `k` functions with the same body.
pub(crate) fn module(spec: &Spec, k: u32, body: impl Fn(&mut InstructionSink<'_>)) -> Vec<u8> {
    let mut module = Module::new();
    let mut types = TypeSection::new();
    types.ty().function(spec.params.iter().copied(), spec.results.iter().copied());
    for (params, results) in &spec.types {
        types.ty().function(params.iter().copied(), results.iter().copied());
    }
    let mut functions = FunctionSection::new();
    let mut code = CodeSection::new();
    let mut function = Function::new(spec.locals.iter().copied());
    body(&mut function.instructions());
    function.instructions().end();
    for _ in 0..k {
        functions.function(0);
        code.function(&function);
    }
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: 16,
        maximum: Some(16),
        shared: false,
    });
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut globals = GlobalSection::new();
    for _ in 0..spec.globals {
        globals.global(
            GlobalType { val_type: ValType::I64, mutable: true, shared: false },
            &ConstExpr::i64_const(1),
        );
    }
    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0).export("run", ExportKind::Func, 0);
    let mut elements = ElementSection::new();
    elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(vec![0].into()));
    let mut data = DataSection::new();
    data.passive([1, 2, 3]);
    module
        .section(&types)
        .section(&functions)
        .section(&tables)
        .section(&memories)
        .section(&globals)
        .section(&exports)
        .section(&elements)
        .section(&wasm_encoder::DataCountSection { count: 1 })
        .section(&code)
        .section(&data);
    module.finish()
}
