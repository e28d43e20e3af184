//! One run: a compiled module, a call, a fresh store, and what was staged at the end.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use icn_core::block::Usage;
use icn_core::effect::{Outcome, Staged, Trap, TrapKind};
use icn_core::encode::Block;
use icn_core::id::{BlockId, Hash};
use icn_core::{costs, limits};
use sha2::Digest as _;
use wasmtime::{InstancePre, ModuleExport, Store, UpdateDeadline};

use crate::context::{Call, Context, GuestTrap, HostFault, stop};
use crate::engine::{Engine, GiveWay};
use crate::instrument::{self, Mode};
use crate::memory::FUEL_MARGIN;
use crate::profile::{self, Profile, Profiled};
use crate::validate::{self, Rejected, Shape};

/// How an entry is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// `() -> ()`.
    Nothing,
    /// `() -> (i32)`: a number other than zero is a failure.
    Number,
}

/// A module that was validated and compiled, its imports resolved.
pub struct Module {
    id: BlockId,
    shape: Shape,
    entries: BTreeMap<String, (EntryKind, ModuleExport)>,
    memory: ModuleExport,
    /// What is left of the counted stack.
    stack: ModuleExport,
    instance: InstancePre<Context>,
    give_way: GiveWay,
    /// For authors: the functions' names, when it was compiled to be profiled.
    names: Option<BTreeMap<u32, String>>,
}

impl std::fmt::Debug for Module {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Module").field("id", &self.id).field("shape", &self.shape).finish_non_exhaustive()
    }
}

/// Why a run has no outcome: the host's own fault, and no receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// All slots of the pool are taken.
    #[error("all instance slots are taken")]
    PoolFull,
    /// Anything else.
    #[error("host fault: {0}")]
    HostFault(String),
}

impl Module {
    /// Validates and compiles a module's block. Takes as long as it takes: not on an arbiter.
    pub fn compile(engine: &Engine, block: &Block) -> Result<Self, Rejected> {
        let shape = validate::validate(block.bytes())?;
        let module = Self::build(engine, block, Mode::Plain)?;
        Self::link(engine, block, shape, &module, Mode::Plain)
    }

    /// The same, for [`Module::run_profiled`]: its runs say where their fuel went, and are slower.
    pub fn compile_profiled(engine: &Engine, block: &Block) -> Result<Self, Rejected> {
        let shape = validate::validate(block.bytes())?;
        let module = Self::build(engine, block, Mode::Profiled)?;
        Self::link(engine, block, shape, &module, Mode::Profiled)
    }

    /// Rewrites and compiles a module's block that was validated. Whatever changes the code that comes out, beside
    /// the engine's configuration, changes [`INSTRUMENTATION_VERSION`](instrument::INSTRUMENTATION_VERSION).
    pub(crate) fn build(engine: &Engine, block: &Block, mode: Mode) -> Result<wasmtime::Module, Rejected> {
        let bytes = instrument::instrument(block.bytes(), mode).map_err(reject)?;
        wasmtime::Module::from_binary(&engine.engine, &bytes).map_err(|e| reject(format!("{e:#}")))
    }

    /// Resolves a compiled module's imports and finds its exports. That the imports are functions of the ABI, with
    /// its types, is what `validate` made sure of: the shape is its answer.
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
        let names = (mode == Mode::Profiled).then(|| profile::names(block.bytes()));
        Ok(Self { id: block.id(), shape, entries, memory, stack, instance, give_way: engine.give_way, names })
    }

    /// The engine's compiled form.
    pub(crate) fn compiled(&self) -> &wasmtime::Module {
        self.instance.module()
    }
    /// Bytes of its code image: what the engine reports, its own small tables not among them.
    pub(crate) fn compiled_bytes(&self) -> usize {
        let image = self.instance.module().image_range();
        image.end.addr() - image.start.addr()
    }

    /// Its name.
    #[must_use]
    pub const fn id(&self) -> BlockId {
        self.id
    }
    /// What validation learned.
    #[must_use]
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Whether it was [compiled to be profiled](Self::compile_profiled).
    #[must_use]
    pub const fn is_profiled(&self) -> bool {
        self.names.is_some()
    }

    /// Runs an entry in a store of its own. The future yields at epoch ticks.
    pub async fn run(&self, call: Call) -> Result<Staged, RunError> {
        let mut store = self.store(call);
        let ended = self.enter(&mut store).await;
        self.staged(ended, store)
    }

    /// Runs an entry of a module that was [compiled to be profiled](Self::compile_profiled). What is staged is
    /// what a plain run stages, to the byte.
    pub async fn run_profiled(&self, call: Call) -> Result<(Staged, Profiled), RunError> {
        let names = self.names.as_ref().ok_or_else(|| fault("a plain module in a profiled run"))?;
        let mut store = self.store(call);
        store.data_mut().profile = Some(Box::default());
        let ended = self.enter(&mut store).await;
        let left = match &ended {
            Ended::Returned(_) => Some(store.get_fuel().map_err(|e| fault(e.to_string()))?),
            _ => None,
        };
        let backtrace = match &ended {
            Ended::Failed(error) | Ended::StackUsedUp(error) => self.backtrace(error, names),
            _ => Vec::new(),
        };
        let profile = store.data_mut().profile.take().unwrap_or_default();
        let staged = self.staged(ended, store)?;
        let fuel = profile.finish(left, staged.fuel, names);
        assert_eq!(
            fuel.iter().map(|line| line.fuel).sum::<u64>(),
            staged.fuel,
            "the functions' fuel is the run's"
        );
        Ok((staged, Profiled { fuel, backtrace }))
    }

    /// The guest's functions that were running, from the innermost out.
    fn backtrace(&self, error: &wasmtime::Error, names: &BTreeMap<u32, String>) -> Vec<String> {
        let Some(trace) = error.downcast_ref::<wasmtime::WasmBacktrace>() else { return Vec::new() };
        let imports = self.instance.module().imports();
        let imported = imports.filter(|import| import.module() != instrument::PROFILE_MODULE).count();
        let imported = u32::try_from(imported).unwrap_or(u32::MAX);
        let frames = trace.frames().iter();
        frames
            .filter_map(|frame| instrument::original_index(frame.func_index(), imported, Mode::Profiled))
            .map(|index| names.get(&index).cloned().unwrap_or_else(|| format!("function {index}")))
            .collect()
    }

    fn store(&self, call: Call) -> Store<Context> {
        let mut store = Store::new(self.instance.module().engine(), Context::new(call));
        store.limiter(|context| &mut context.limiter);
        bound_time(&mut store, self.give_way);
        store
    }

    /// Makes the instance and calls the entry.
    async fn enter(&self, store: &mut Store<Context>) -> Ended {
        let call = &store.data().call;
        let (limit, entry) = (call.fuel, self.entries.get(&call.entry).copied());
        let Some((kind, export)) = entry else {
            return Ended::Fault(format!("no entry `{}`", call.entry));
        };
        let price = costs::instance_fuel(self.shape.memory_pages, self.shape.data_bytes);
        let Some(fuel) = limit.checked_sub(price) else {
            let what = format!("an instance of this module costs {price} fuel");
            return Ended::Failed(stop(TrapKind::OutOfFuel, what));
        };
        // Instantiation copies data segments, which that fee pays for; what the engine counts is set aside until
        // the guest runs.
        if let Err(error) = store.set_fuel(u64::MAX) {
            return Ended::Failed(error);
        }
        let instance = match self.instance.instantiate_async(&mut *store).await {
            Ok(instance) => instance,
            Err(error) if error.is::<wasmtime::PoolConcurrencyLimitError>() => return Ended::PoolFull,
            Err(error) => return Ended::Failed(error),
        };
        let counter = fuel + FUEL_MARGIN;
        if let Err(error) = store.set_fuel(counter) {
            return Ended::Failed(error);
        }
        if let Some(profile) = store.data_mut().profile.as_deref_mut() {
            *profile = Profile::from(counter);
        }
        let Some(memory) =
            instance.get_module_export(&mut *store, &self.memory).and_then(wasmtime::Extern::into_memory)
        else {
            return Ended::Fault("a guest without a memory".into());
        };
        store.data_mut().memory = Some(memory);
        let Some(function) =
            instance.get_module_export(&mut *store, &export).and_then(wasmtime::Extern::into_func)
        else {
            return Ended::Fault("an entry that is not a function".into());
        };
        let result = match kind {
            EntryKind::Nothing => match function.typed::<(), ()>(&*store) {
                Ok(function) => function.call_async(&mut *store, ()).await.map(|()| 0),
                Err(error) => Err(error),
            },
            EntryKind::Number => match function.typed::<(), i32>(&*store) {
                Ok(function) => function.call_async(&mut *store, ()).await,
                Err(error) => Err(error),
            },
        };
        match result {
            Ok(code) => match store.get_fuel() {
                Ok(counter) if counter >= FUEL_MARGIN => Ended::Returned(code),
                // It returned between two looks at the counter, having burned more than it had.
                Ok(_) => Ended::Failed(stop(TrapKind::OutOfFuel, String::new())),
                Err(error) => Ended::Failed(error),
            },
            Err(error) if self.stack_is_used_up(&instance, store, &error) => Ended::StackUsedUp(error),
            Err(error) => Ended::Failed(error),
        }
    }

    /// Whether an `unreachable` was the one of the counted stack.
    fn stack_is_used_up(
        &self,
        instance: &wasmtime::Instance,
        store: &mut Store<Context>,
        error: &wasmtime::Error,
    ) -> bool {
        if error.downcast_ref::<wasmtime::Trap>() != Some(&wasmtime::Trap::UnreachableCodeReached) {
            return false;
        }
        let stack =
            instance.get_module_export(&mut *store, &self.stack).and_then(wasmtime::Extern::into_global);
        stack.and_then(|stack| stack.get(&mut *store).i32()).is_some_and(|left| left < 0)
    }

    fn staged(&self, ended: Ended, store: Store<Context>) -> Result<Staged, RunError> {
        let limit = store.data().call.fuel;
        match ended {
            Ended::Returned(code) => {
                let counter = store.get_fuel().map_err(|e| fault(e.to_string()))?;
                let burned = limit + FUEL_MARGIN - counter;
                Ok(returned(code, burned, store))
            }
            Ended::StackUsedUp(_) => {
                let detail = format!("calls deeper than {} counted bytes", limits::STACK_COUNTED_BYTES_MAX);
                Ok(trapped(Trap { kind: TrapKind::StackOverflow, detail }, limit, store))
            }
            Ended::Failed(error) => ended_badly(&self.id, &error, limit, store),
            Ended::PoolFull => Err(RunError::PoolFull),
            Ended::Fault(what) => Err(fault(what)),
        }
    }
}

/// How a run ended.
enum Ended {
    Returned(i32),
    /// At the end of the counted stack.
    StackUsedUp(wasmtime::Error),
    Failed(wasmtime::Error),
    PoolFull,
    /// A mistake of the host's own.
    Fault(String),
}

fn fault(what: impl Into<String>) -> RunError {
    RunError::HostFault(what.into())
}

fn reject(what: String) -> Rejected {
    Rejected::new(what)
}

/// Guests yield at every tick; past the wall-clock backstop they are interrupted.
fn bound_time(store: &mut Store<Context>, give_way: GiveWay) {
    let ticks_max = limits::GUEST_WALL_CLOCK_MS_MAX / limits::EPOCH_TICK_MS;
    let ticks = AtomicU64::new(0);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| {
        if ticks.fetch_add(1, Ordering::Relaxed) >= ticks_max {
            return Ok(UpdateDeadline::Interrupt);
        }
        Ok(UpdateDeadline::YieldCustom(1, give_way()))
    });
}

fn returned(code: i32, fuel: u64, store: Store<Context>) -> Staged {
    let Context { stage, limiter, .. } = store.into_data();
    let logged = stage.log.map(|digest| icn_core::id::Bytes(digest.finalize().into()));
    if code != 0 {
        return Staged::without_effects(
            Outcome::Failed(code),
            fuel,
            limiter.pages_peak,
            stage.output,
            logged,
        );
    }
    Staged {
        outcome: Outcome::Ok,
        fuel,
        usage: Usage { memory: limiter.pages_peak, network: stage.network, storage: stage.storage },
        output: stage.output,
        logged,
        writes: stage.writes,
        journal: stage.journal,
        nodes: stage.nodes,
        anchors: stage.anchors,
    }
}

/// A trap consumes the whole grant: the engine's counter can read as unburned after one.
fn trapped(trap: Trap, limit: u64, store: Store<Context>) -> Staged {
    let Context { stage, limiter, .. } = store.into_data();
    let logged: Option<Hash> = stage.log.map(|digest| icn_core::id::Bytes(digest.finalize().into()));
    Staged::without_effects(Outcome::Trapped(trap), limit, limiter.pages_peak, Vec::new(), logged)
}

fn ended_badly(
    module: &BlockId,
    error: &wasmtime::Error,
    limit: u64,
    store: Store<Context>,
) -> Result<Staged, RunError> {
    if let Some(fault) = error.downcast_ref::<HostFault>() {
        return Err(RunError::HostFault(fault.0.clone()));
    }
    if let Some(trap) = error.downcast_ref::<GuestTrap>() {
        return Ok(trapped(trap.0.clone(), limit, store));
    }
    let trap = error.downcast_ref::<wasmtime::Trap>();
    if trap == Some(&wasmtime::Trap::StackOverflow) {
        // Counted frames are no smaller than native ones; here is a module for which that is not so.
        tracing::error!(target: "icn::security", %module, "the native stack ended before the counted one");
    }
    let kind = trap.and_then(|trap| trap_kind(*trap));
    match kind {
        Some(kind) => Ok(trapped(Trap { kind, detail: String::new() }, limit, store)),
        None => Err(RunError::HostFault(format!("{error:#}"))),
    }
}

fn trap_kind(trap: wasmtime::Trap) -> Option<TrapKind> {
    use wasmtime::Trap as T;
    Some(match trap {
        T::OutOfFuel => TrapKind::OutOfFuel,
        T::MemoryOutOfBounds | T::HeapMisaligned => TrapKind::MemoryFault,
        T::StackOverflow => TrapKind::StackOverflow,
        T::UnreachableCodeReached => TrapKind::Unreachable,
        T::IntegerOverflow | T::IntegerDivisionByZero | T::BadConversionToInteger => TrapKind::Arithmetic,
        T::IndirectCallToNull | T::BadSignature => TrapKind::IndirectCall,
        T::TableOutOfBounds => TrapKind::TableFault,
        T::Interrupt => TrapKind::Interrupted,
        _ => return None,
    })
}
