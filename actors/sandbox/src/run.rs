//! One run: a compiled module, a call, a fresh store, and what was staged at the end.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use icn_core::block::{Outcome, Staged, Trap, TrapKind, Usage};
use icn_core::encode::Block;
use icn_core::name::{BlockId, Did, Hash};
use icn_core::{costs, limits};
use sha2::Digest as _;
use wasmtime::{InstancePre, ModuleExport, Store, UpdateDeadline};

use crate::context::{Call, Context, Elsewhere, GuestTrap, HostFault, PortError, stop};
use crate::engine::{Engine, GiveWay};
use crate::instrument::{self, Mode};
use crate::profile::{self, Profile, Profiled};
use crate::twice::twice;
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
    profiler: Option<Box<Profiler>>,
}

/// For authors: the same module once more, which says where its fuel goes.
struct Profiler {
    module: Module,
    /// The functions' names.
    names: BTreeMap<u32, String>,
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
    /// Another scope has to hold still for it: to be run again then.
    #[error("the scope {0} is needed")]
    Elsewhere(Did),
    /// Anything else.
    #[error("host fault: {0}")]
    HostFault(String),
}

impl From<PortError> for RunError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Closed => Self::HostFault(error.to_string()),
            PortError::Elsewhere(scope) => Self::Elsewhere(scope),
        }
    }
}

impl Module {
    /// Validates and compiles a module's block. Takes as long as it takes: not on an arbiter.
    pub fn compile(engine: &Engine, block: &Block) -> Result<Self, Rejected> {
        let shape = validate::validate(block.bytes())?;
        let module = Self::build(engine, block, Mode::Plain)?;
        Self::link(engine, block, shape, &module, Mode::Plain)
    }

    /// The same, for [`Module::run_profiled`] too. It is compiled twice: as it is run, and so that it says where
    /// its fuel goes.
    pub fn compile_profiled(engine: &Engine, block: &Block) -> Result<Self, Rejected> {
        let plain = Self::compile(engine, block)?;
        let module = Self::build(engine, block, Mode::Profiled)?;
        let module = Self::link(engine, block, plain.shape.clone(), &module, Mode::Profiled)?;
        let names = profile::names(block.bytes());
        Ok(Self { profiler: Some(Box::new(Profiler { module, names })), ..plain })
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
        let (id, give_way) = (block.id(), engine.give_way);
        Ok(Self { id, shape, entries, memory, stack, instance, give_way, profiler: None })
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
        self.profiler.is_some()
    }

    /// Runs an entry in a store of its own. The future yields at epoch ticks.
    pub async fn run(&self, call: Call) -> Result<Staged, RunError> {
        let mut store = self.store(call);
        let ended = self.enter(&mut store).await;
        self.staged(ended, store)
    }

    /// Runs an entry of a module that was [compiled to be profiled](Self::compile_profiled): plainly, for what is
    /// staged and where it trapped; then once more for the table, on what the ledger told the first run. An error
    /// is one of [`run`](Self::run), or that there is no slot for the second run.
    pub async fn run_profiled(&self, call: Call) -> Result<(Staged, Profiled), RunError> {
        let Profiler { module, names } =
            self.profiler.as_deref().ok_or_else(|| fault("a plain module in a profiled run"))?;
        let (first, second) = twice(call);
        let mut store = self.store(first);
        let ended = self.enter(&mut store).await;
        let backtrace = match &ended {
            Ended::Failed(error) | Ended::StackUsedUp(error) => backtrace(error, names),
            _ => Vec::new(),
        };
        // With it the first run's slot is given back.
        let staged = self.staged(ended, store)?;

        let mut store = module.store(second);
        store.data_mut().fuel_margin = profile::fuel_margin();
        store.data_mut().profile = Some(Box::default());
        let left = match module.enter(&mut store).await {
            Ended::Returned(_) => Some(store.get_fuel().map_err(|e| fault(e.to_string()))?),
            Ended::PoolFull => return Err(RunError::PoolFull),
            Ended::Fault(what) => return Err(fault(what)),
            // The first run's end was told; this one's is in the table alone.
            Ended::Failed(_) | Ended::StackUsedUp(_) => None,
        };
        let profile = store.data_mut().profile.take().unwrap_or_default();
        let trapped = matches!(staged.outcome, Outcome::Trapped(_));
        let fuel = profile.finish(left, staged.fuel, trapped, names);
        assert_eq!(
            fuel.iter().map(|line| line.fuel).sum::<u64>(),
            staged.fuel,
            "the functions' fuel is the run's"
        );
        Ok((staged, Profiled { fuel, backtrace }))
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
        let margin = store.data().fuel_margin;
        let counter = fuel + margin;
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
                Ok(counter) if counter >= margin => Ended::Returned(code),
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
                let burned = limit + store.data().fuel_margin - counter;
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

/// The guest's functions that were running, from the innermost out.
fn backtrace(error: &wasmtime::Error, names: &BTreeMap<u32, String>) -> Vec<String> {
    let Some(trace) = error.downcast_ref::<wasmtime::WasmBacktrace>() else { return Vec::new() };
    let indices = trace.frames().iter().map(wasmtime::FrameInfo::func_index);
    indices.map(|index| names.get(&index).cloned().unwrap_or_else(|| format!("function {index}"))).collect()
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
    let Context { call, mut stage, limiter, .. } = store.into_data();
    let logged = stage.log.map(|digest| icn_core::name::Bytes(digest.finalize().into()));
    if code != 0 {
        return Staged::without_effects(
            Outcome::Failed(code),
            fuel,
            limiter.pages_peak,
            stage.output,
            logged,
        );
    }
    // A key that ends as it began was not changed: a receipt says nothing of it.
    stage.writes.retain(|key, value| call.state.get(&call.module, key).map(|v| &**v) != value.as_deref());
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
    let logged: Option<Hash> = stage.log.map(|digest| icn_core::name::Bytes(digest.finalize().into()));
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
    if let Some(Elsewhere(scope)) = error.downcast_ref::<Elsewhere>() {
        return Err(RunError::Elsewhere(*scope));
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
