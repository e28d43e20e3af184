//! Each structural limit of a module: at it the module is accepted and compiles, one over it is refused before
//! anything is compiled, with the thing and the byte that are wrong.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::sync::LazyLock;

use icn_core::encode::Block;
use icn_core::limits;
use icn_core::name::Codec;
use icn_sandbox::{Engine, EngineOptions, FUNCTIONS, Inspection, Item, Module, Rejected, inspect, validate};
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, CustomSection, DataSection, ElementSection, Elements, ExportKind,
    ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection, InstructionSink,
    MemorySection, MemoryType, RefType, TableSection, TableType, TypeSection, ValType,
};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(&EngineOptions::default()).unwrap());

/// A module that is accepted, with every section open for more.
struct Draft {
    types: TypeSection,
    imports: ImportSection,
    functions: FunctionSection,
    tables: TableSection,
    pages: u64,
    globals: GlobalSection,
    exports: ExportSection,
    elements: ElementSection,
    code: CodeSection,
    data: DataSection,
    customs: Vec<(String, Vec<u8>)>,
}

impl Draft {
    fn new() -> Self {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut exports = ExportSection::new();
        exports.export("memory", ExportKind::Memory, 0);
        Self {
            types,
            imports: ImportSection::new(),
            functions: FunctionSection::new(),
            tables: TableSection::new(),
            pages: 1,
            globals: GlobalSection::new(),
            exports,
            elements: ElementSection::new(),
            code: CodeSection::new(),
            data: DataSection::new(),
            customs: Vec::new(),
        }
    }

    /// Adds a function of type 0.
    fn function(&mut self, locals: u32, body: impl FnOnce(&mut InstructionSink<'_>)) -> &mut Self {
        let mut function = Function::new([(locals, ValType::I64)]);
        body(&mut function.instructions());
        function.instructions().end();
        self.functions.function(0);
        self.code.function(&function);
        self
    }

    fn table(&mut self, minimum: u64, maximum: Option<u64>) -> &mut Self {
        self.tables.table(TableType {
            element_type: RefType::FUNCREF,
            table64: false,
            minimum,
            maximum,
            shared: false,
        });
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: self.pages,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut module = wasm_encoder::Module::new();
        module.section(&self.types);
        if !self.imports.is_empty() {
            module.section(&self.imports);
        }
        module.section(&self.functions).section(&self.tables).section(&memories).section(&self.globals);
        module.section(&self.exports).section(&self.elements).section(&self.code).section(&self.data);
        for (name, data) in &self.customs {
            module.section(&CustomSection { name: name.into(), data: data.into() });
        }
        module.finish()
    }
}

fn compile(bytes: Vec<u8>) -> Result<Module, Rejected> {
    Module::compile(&ENGINE, &Block::new(Codec::Raw, bytes))
}

/// How much of something a module has; the draft with that much of it; and what a refusal points at.
type Case = (&'static str, u64, fn(u64) -> Draft, Option<(&'static str, u64)>);

fn small(n: u64) -> u32 {
    u32::try_from(n).unwrap()
}

/// Each limit: its name in the table of sizes, its maximum, a module with `n` of it, and the item that is
/// named for `max + 1`.
fn cases() -> Vec<Case> {
    vec![
        ("types", limits::MODULE_TYPES_MAX.into(), types, None),
        ("parameters of a type", limits::FUNCTION_PARAMS_MAX as u64, params, Some(("type", 1))),
        ("results of a type", limits::FUNCTION_RESULTS_MAX as u64, results, Some(("type", 1))),
        ("functions", limits::MODULE_FUNCTIONS_MAX.into(), functions, None),
        ("table elements", limits::TABLE_ELEMENTS_MAX as u64, table_elements, Some(("table", 0))),
        ("table elements as a maximum", limits::TABLE_ELEMENTS_MAX as u64, table_maximum, Some(("table", 0))),
        ("initial pages of memory", limits::MEMORY_PAGES_MAX, pages, Some(("memory", 0))),
        ("globals", limits::MODULE_GLOBALS_MAX.into(), globals, None),
        ("exports", limits::MODULE_EXPORTS_MAX.into(), exports, None),
        ("bytes of an export's name", limits::EXPORT_NAME_BYTES_MAX as u64, export_name, Some(("export", 1))),
        ("bytes of an entry's name", limits::ENTRY_NAME_BYTES_MAX as u64, entry_name, Some(("export", 1))),
        ("element segments", limits::MODULE_ELEMENT_SEGMENTS_MAX.into(), element_segments, None),
        (
            "items of element segments",
            limits::TABLE_ELEMENTS_MAX as u64,
            element_items,
            Some(("element segment", 1)),
        ),
        ("data segments", limits::MODULE_DATA_SEGMENTS_MAX.into(), data_segments, None),
        (
            "bytes of data segments",
            limits::MODULE_DATA_BYTES_MAX as u64,
            data_bytes,
            Some(("data segment", 1)),
        ),
        ("custom sections", limits::MODULE_CUSTOM_SECTIONS_MAX.into(), customs, None),
        ("bytes of the manifest", limits::MANIFEST_BYTES_MAX as u64, manifest, None),
        ("bytes of a function's body", limits::FUNCTION_BODY_BYTES_MAX as u64, body, Some(("function", 1))),
        ("locals of a function", limits::FUNCTION_LOCALS_MAX.into(), locals, Some(("function", 1))),
        (
            "locals of all functions",
            limits::MODULE_LOCALS_MAX,
            locals_total,
            Some(("function", LAST_FUNCTION)),
        ),
        ("nested blocks", limits::NESTING_DEPTH_MAX as u64, nesting, Some(("function", 1))),
        ("targets of a br_table", limits::TABLE_TARGETS_MAX.into(), targets, Some(("function", 1))),
        ("values on the operand stack", limits::OPERAND_STACK_MAX.into(), stack, Some(("function", 1))),
    ]
}

/// The function whose locals are one too many: each has as many as it may.
const LAST_FUNCTION: u64 = limits::MODULE_LOCALS_MAX / limits::FUNCTION_LOCALS_MAX as u64;

fn types(n: u64) -> Draft {
    let mut draft = Draft::new();
    for _ in 1..n {
        draft.types.ty().function([], []);
    }
    draft
}

fn params(n: u64) -> Draft {
    let mut draft = Draft::new();
    draft.types.ty().function(vec![ValType::I64; small(n) as usize], []);
    draft
}

fn results(n: u64) -> Draft {
    let mut draft = Draft::new();
    draft.types.ty().function([], vec![ValType::I64; small(n) as usize]);
    draft
}

fn functions(n: u64) -> Draft {
    let mut draft = Draft::new();
    for _ in 0..n {
        draft.function(0, |_| {});
    }
    draft
}

fn table_elements(n: u64) -> Draft {
    let mut draft = Draft::new();
    draft.table(n, None);
    draft
}

fn table_maximum(n: u64) -> Draft {
    let mut draft = Draft::new();
    draft.table(1, Some(n));
    draft
}

fn pages(n: u64) -> Draft {
    Draft { pages: n, ..Draft::new() }
}

fn globals(n: u64) -> Draft {
    let mut draft = Draft::new();
    for _ in 0..n {
        let kind = GlobalType { val_type: ValType::I64, mutable: true, shared: false };
        draft.globals.global(kind, &ConstExpr::i64_const(0));
    }
    draft
}

/// The memory's own export is one.
fn exports(n: u64) -> Draft {
    let mut draft = Draft::new();
    draft.function(0, |_| {});
    for at in 1..n {
        draft.exports.export(&format!("e{at}"), ExportKind::Func, 0);
    }
    draft
}

fn export_name(n: u64) -> Draft {
    let mut draft = globals(1);
    draft.exports.export(&"e".repeat(small(n) as usize), ExportKind::Global, 0);
    draft
}

/// What is exported and no entry (it takes something) may have any export's name.
#[test]
fn only_an_entrys_name_is_short() {
    for (name, fine) in [(limits::ENTRY_NAME_BYTES_MAX + 1, true), (256, true), (257, false)] {
        let text = format!(
            r#"(module (memory (export "memory") 1) (func (export "run")) (func (export "{}") (param i32)))"#,
            "x".repeat(name)
        );
        let found = icn_sandbox::validate(&wat::parse_str(text).unwrap());
        assert_eq!(found.is_ok(), fine, "{name} bytes: {found:?}");
    }
}

fn entry_name(n: u64) -> Draft {
    let mut draft = functions(1);
    draft.exports.export(&"e".repeat(small(n) as usize), ExportKind::Func, 0);
    draft
}

fn element_segments(n: u64) -> Draft {
    let mut draft = functions(1);
    draft.table(1, None);
    for _ in 0..n {
        draft.elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(vec![0].into()));
    }
    draft
}

/// Half of them in a segment of their own.
fn element_items(n: u64) -> Draft {
    let mut draft = functions(1);
    for part in [n / 2, n - n / 2] {
        draft.elements.passive(Elements::Functions(vec![0; small(part) as usize].into()));
    }
    draft
}

fn data_segments(n: u64) -> Draft {
    let mut draft = Draft::new();
    for _ in 0..n {
        draft.data.active(0, &ConstExpr::i32_const(0), [1]);
    }
    draft
}

fn data_bytes(n: u64) -> Draft {
    let mut draft = Draft::new();
    draft.data.passive([7]);
    draft.data.passive(vec![7; small(n - 1) as usize]);
    draft
}

fn customs(n: u64) -> Draft {
    Draft { customs: vec![("note".into(), vec![1]); small(n) as usize], ..Draft::new() }
}

fn manifest(n: u64) -> Draft {
    let mut json = r#"{"abi":1,"name":"","version":"1","entries":[],"capabilities":[]}"#.to_owned();
    let rest = small(n) as usize - json.len();
    json.insert_str(json.find("\"\"").unwrap() + 1, &"n".repeat(rest));
    Draft { customs: vec![("icn.manifest".into(), json.into_bytes())], ..Draft::new() }
}

/// The count of groups of locals, the group that `Function` writes, and the end take bytes too.
fn body(n: u64) -> Draft {
    let mut draft = functions(1);
    draft.function(0, |f| {
        for _ in 0..n - 4 {
            f.nop();
        }
    });
    draft
}

fn locals(n: u64) -> Draft {
    let mut draft = functions(1);
    draft.function(small(n), |_| {});
    draft
}

fn locals_total(n: u64) -> Draft {
    let most = u64::from(limits::FUNCTION_LOCALS_MAX);
    let mut draft = Draft::new();
    for _ in 0..n / most {
        draft.function(limits::FUNCTION_LOCALS_MAX, |_| {});
    }
    draft.function(small(n % most), |_| {});
    draft
}

/// The function's own frame is the first.
fn nesting(n: u64) -> Draft {
    let mut draft = functions(1);
    draft.function(0, |f| {
        for _ in 1..n {
            f.block(BlockType::Empty);
        }
        for _ in 1..n {
            f.end();
        }
    });
    draft
}

fn targets(n: u64) -> Draft {
    let mut draft = functions(1);
    draft.function(0, |f| {
        f.i32_const(0).br_table(vec![0; small(n) as usize], 0);
    });
    draft
}

fn stack(n: u64) -> Draft {
    let mut draft = functions(1);
    draft.function(0, |f| {
        for _ in 0..n {
            f.i32_const(0);
        }
        for _ in 0..n {
            f.drop();
        }
    });
    draft
}

fn found(inspection: &Inspection, name: &str) -> (u64, u64) {
    let size = inspection.sizes.iter().find(|size| size.name == name).unwrap();
    (size.found, size.max)
}

#[test]
fn at_each_limit_a_module_is_accepted_and_compiles() {
    for (name, max, make, _) in cases() {
        let bytes = make(max).bytes();
        let inspection = inspect(&bytes);
        assert_eq!(inspection.reasons, [], "{name}");
        assert_eq!(found(&inspection, name), (max, max), "{name}");
        assert_eq!(validate(&bytes).unwrap(), inspection.shape, "{name}");
        assert_eq!(compile(bytes).err(), None, "{name}");
    }
}

#[test]
fn one_over_each_limit_a_module_is_refused_with_its_place() {
    for (name, max, make, item) in cases() {
        let bytes = make(max + 1).bytes();
        let rejected = validate(&bytes).unwrap_err();
        assert_eq!(rejected.what, format!("{} {name} where at most {max} are allowed", max + 1));
        let item = item.map(|(kind, index)| Item { kind, index: small(index) });
        assert_eq!(rejected.item, item, "{name}");
        assert!(rejected.offset.is_some_and(|offset| offset < bytes.len()), "{name}: {rejected:?}");
        // The whole inspection finds this, and nothing beside it.
        let inspection = inspect(&bytes);
        assert_eq!(inspection.reasons, [rejected], "{name}");
        assert_eq!(found(&inspection, name), (max + 1, max), "{name}");
        assert!(compile(bytes).is_err());
    }
}

#[test]
fn each_limit_has_a_case() {
    // Covered elsewhere: bytes and imports below, weights in `bombs.rs`.
    let elsewhere = ["bytes", "imports", "weight of a function", "weight of all functions"];
    let sizes = inspect(&Draft::new().bytes()).sizes;
    for size in &sizes {
        let here = cases().iter().any(|(name, ..)| *name == size.name);
        assert!(here != elsewhere.contains(&size.name), "{}", size.name);
    }
    assert_eq!(sizes.len(), cases().len() + elsewhere.len());
}

#[test]
fn all_functions_of_the_abi_may_be_imported_once_and_no_more() {
    let with = |more: usize| {
        let mut draft = Draft::new();
        for (name, params, results) in FUNCTIONS.iter().chain(FUNCTIONS.iter().take(more)) {
            let words = |types: &[icn_sandbox::FunctionType]| -> Vec<ValType> {
                types
                    .iter()
                    .map(|one| match one {
                        icn_sandbox::FunctionType::I32 => ValType::I32,
                        icn_sandbox::FunctionType::I64 => ValType::I64,
                    })
                    .collect()
            };
            draft.types.ty().function(words(params), words(results));
            draft.imports.import("icn", name, wasm_encoder::EntityType::Function(draft.types.len() - 1));
        }
        draft.bytes()
    };
    assert_eq!(inspect(&with(0)).reasons, []);
    assert_eq!(compile(with(0)).err(), None);
    let rejected = validate(&with(1)).unwrap_err();
    assert!(rejected.what.contains("imports where at most"), "{rejected}");
}

#[test]
fn names_that_the_runtime_keeps_are_refused() {
    let mut draft = globals(1);
    draft.exports.export("__icn_stack", ExportKind::Global, 0);
    let rejected = validate(&draft.bytes()).unwrap_err();
    assert!(rejected.what.contains("`__icn_stack`"), "{rejected}");
    assert_eq!(rejected.item, Some(Item { kind: "export", index: 1 }));
    // Others that begin with two underscores are no entries, and are allowed.
    let mut draft = globals(1);
    draft.exports.export("__heap_base", ExportKind::Global, 0);
    assert_eq!(inspect(&draft.bytes()).reasons, []);
}

#[test]
fn an_inspection_finds_every_reason() {
    let mut draft = Draft::new();
    draft.types.ty().function(vec![ValType::I64; 33], []);
    draft.imports.import("env", "print", wasm_encoder::EntityType::Function(0));
    draft.imports.import("icn", "host_get_time", wasm_encoder::EntityType::Function(0));
    draft.table(20_000, None);
    draft.pages = 300;
    draft.function(1_001, |_| {}).function(0, |f| {
        f.i32_add();
    });
    draft.function(0, |_| {}).function(0, |f| {
        f.drop();
    });
    draft.exports.export("__icn", ExportKind::Func, 2);
    draft.customs.push(("icn.manifest".into(), b"{}".to_vec()));
    let inspection = inspect(&draft.bytes());
    let said: Vec<(Option<Item>, &str)> =
        inspection.reasons.iter().map(|reason| (reason.item, reason.what.as_str())).collect();
    let expected = [
        (Some(("type", 1)), "33 parameters of a type"),
        (Some(("import", 0)), "imports `env.print`"),
        (Some(("import", 1)), "with the type () -> (), expected () -> (i64)"),
        (Some(("table", 0)), "20000 table elements"),
        (Some(("memory", 0)), "300 initial pages"),
        (Some(("export", 1)), "`__icn`"),
        (Some(("function", 2)), "1001 locals"),
        (None, "icn.manifest"),
        (Some(("function", 3)), "type mismatch"),
        (Some(("function", 5)), "type mismatch"),
    ];
    assert_eq!(said.len(), expected.len(), "{said:#?}");
    for ((item, what), (expected_item, part)) in said.iter().zip(expected) {
        assert_eq!(*item, expected_item.map(|(kind, index)| Item { kind, index }), "{what}");
        assert!(what.contains(part), "{what}");
    }
    assert!(inspection.reasons.iter().all(|reason| reason.offset.is_some()));
    // The fast path says the first of them.
    assert_eq!(validate(&draft.bytes()).unwrap_err(), inspection.reasons[0]);
}

#[test]
fn reasons_are_bounded_and_repeat_little_of_the_guest() {
    let mut draft = Draft::new();
    for _ in 0..1_000 {
        draft.function(0, |f| {
            f.drop();
        });
    }
    assert_eq!(inspect(&draft.bytes()).reasons.len(), 100);
    let mut draft = Draft::new();
    draft.imports.import(&"m".repeat(50_000), &"\n".repeat(50_000), wasm_encoder::EntityType::Function(0));
    let rejected = validate(&draft.bytes()).unwrap_err();
    assert!(rejected.what.len() < 400 && !rejected.what.contains('\n'), "{rejected}");
}
