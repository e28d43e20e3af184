//! A module that was validated, rewritten, compiled and linked: what can be run.
//!
//! The order is fixed: validate the bytes, rewrite them, compile, resolve the imports. `cache/` does the same in
//! pieces, because it loads what was compiled before.

use std::collections::BTreeMap;

use icn_core::encode::Block;
use icn_core::name::BlockId;
use wasmtime::{InstancePre, ModuleExport};

use super::function_names::function_names;
use crate::engine::{Engine, GiveWay};
use crate::guest::Context;
use crate::instrument::{self, Mode};
use crate::validate::{self, Rejected, Shape};

/// The type of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// `() -> ()`.
    Nothing,
    /// `() -> (i32)`. A number other than zero is a failure.
    Number,
}

/// A module that was validated, compiled and linked.
pub struct Module {
    /// The name: the CID of the bytes as they were given.
    pub(super) id: BlockId,
    /// What validation learned.
    pub(super) shape: Shape,
    /// The entries by name: their types, and where the export is found.
    pub(super) entries: BTreeMap<String, (EntryKind, ModuleExport)>,
    /// Where the memory is found.
    pub(super) memory: ModuleExport,
    /// Where the global is found that says what is left of the counted stack.
    pub(super) stack: ModuleExport,
    /// The compiled code, with its imports resolved.
    pub(super) instance: InstancePre<Context>,
    /// How a guest gives way to other work.
    pub(super) give_way: GiveWay,
    /// What profiled runs need, if the module was compiled for them.
    pub(super) profiler: Option<Box<Profiler>>,
}

/// What profiled runs need besides.
pub(super) struct Profiler {
    /// The same module, compiled so that it tells where its fuel goes.
    pub(super) module: Module,
    /// The names of its functions, by index.
    pub(super) names: BTreeMap<u32, String>,
}

impl std::fmt::Debug for Module {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Module").field("id", &self.id).field("shape", &self.shape).finish_non_exhaustive()
    }
}

impl Module {
    /// Validates and compiles a module's block. It blocks for as long as that takes, so it is not called on an
    /// arbiter.
    pub fn compile(engine: &Engine, block: &Block) -> Result<Self, Rejected> {
        let shape = validate::validate(block.bytes())?;
        let module = Self::build(engine, block, Mode::Plain)?;
        Self::link(engine, block, shape, &module, Mode::Plain)
    }

    /// Compiles a module for [`Module::run_profiled`] too. It is compiled twice: as it is run in production, and so
    /// that it tells where its fuel goes.
    pub fn compile_profiled(engine: &Engine, block: &Block) -> Result<Self, Rejected> {
        let plain = Self::compile(engine, block)?;
        let module = Self::build(engine, block, Mode::Profiled)?;
        let module = Self::link(engine, block, plain.shape.clone(), &module, Mode::Profiled)?;
        let names = function_names(block.bytes());
        Ok(Self { profiler: Some(Box::new(Profiler { module, names })), ..plain })
    }

    /// Rewrites and compiles a module's block that was validated. A change that gives other code and is not in the
    /// engine's configuration needs another [`INSTRUMENTATION_VERSION`](instrument::INSTRUMENTATION_VERSION).
    pub(crate) fn build(engine: &Engine, block: &Block, mode: Mode) -> Result<wasmtime::Module, Rejected> {
        let bytes = instrument::instrument(block.bytes(), mode).map_err(reject)?;
        wasmtime::Module::from_binary(&engine.engine, &bytes).map_err(|e| reject(format!("{e:#}")))
    }

    /// Resolves the imports of a compiled module and finds its exports. The shape is what `validate` answered, so
    /// the imports are functions of the ABI, with its types.
    pub(crate) fn link(
        engine: &Engine,
        block: &Block,
        shape: Shape,
        module: &wasmtime::Module,
        mode: Mode,
    ) -> Result<Self, Rejected> {
        let export =
            |name: &str| module.get_export_index(name).ok_or_else(|| reject(format!("no export `{name}`")));
        let mut entries = BTreeMap::new();
        for (name, returns) in &shape.entries {
            let kind = if *returns { EntryKind::Number } else { EntryKind::Nothing };
            entries.insert(name.clone(), (kind, export(name)?));
        }
        let (memory, stack) = (export("memory")?, export(instrument::STACK_EXPORT)?);
        let linker = match mode {
            Mode::Plain => &engine.linker,
            Mode::Profiled => &engine.profiling_linker,
        };
        let instance = linker.instantiate_pre(module).map_err(|e| reject(format!("{e:#}")))?;
        let (id, give_way) = (block.id(), engine.give_way);
        Ok(Self { id, shape, entries, memory, stack, instance, give_way, profiler: None })
    }

    /// The compiled code, as the engine keeps it.
    pub(crate) fn compiled(&self) -> &wasmtime::Module {
        self.instance.module()
    }
    /// Bytes of its code, as the engine reports them; small tables of the engine's are left out.
    pub(crate) fn compiled_bytes(&self) -> usize {
        let image = self.instance.module().image_range();
        image.end.addr() - image.start.addr()
    }

    /// The module's name: the CID of its bytes.
    #[must_use]
    pub const fn id(&self) -> BlockId {
        self.id
    }
    /// What validation learned about the module.
    #[must_use]
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Whether it was [compiled to be profiled](Self::compile_profiled).
    #[must_use]
    pub const fn is_profiled(&self) -> bool {
        self.profiler.is_some()
    }
}

fn reject(what: String) -> Rejected {
    Rejected::new(what)
}
