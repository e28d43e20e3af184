//! One run: a compiled module, a call, a fresh store, and what was staged at the end.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use icn_core::block::Usage;
use icn_core::effect::{Outcome, Staged, Trap, TrapKind};
use icn_core::encode::Block;
use icn_core::id::{BlockId, Hash};
use icn_core::{costs, limits};
use sha2::Digest as _;
use wasmtime::{ExternType, InstancePre, ModuleExport, Store, UpdateDeadline};

use crate::abi;
use crate::context::{Call, Context, GuestTrap, HostFault};
use crate::engine::Engine;
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
    instance: InstancePre<Context>,
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
        let reject = |what: String| Rejected::new(what);
        let shape = validate::validate(block.bytes())?;
        let module = wasmtime::Module::from_binary(&engine.engine, block.bytes())
            .map_err(|e| reject(format!("{e:#}")))?;
        for import in module.imports() {
            let found = match import.ty() {
                ExternType::Func(function) => function,
                _ => {
                    return Err(reject(format!(
                        "imports `{}` as something else than a function",
                        import.name()
                    )));
                }
            };
            let (params, results) = validate::abi_type(import.name()).ok_or_else(|| {
                reject(format!("imports `icn.{}`, which is not a function of the host ABI", import.name()))
            })?;
            if !abi::matches(params, found.params()) || !abi::matches(results, found.results()) {
                return Err(reject(format!(
                    "imports `icn.{}` with the type {found}, expected {params:?} -> {results:?}",
                    import.name()
                )));
            }
        }
        let export =
            |name: &str| module.get_export_index(name).ok_or_else(|| reject(format!("no export `{name}`")));
        let mut entries = BTreeMap::new();
        for (name, returns) in &shape.entries {
            let kind = if *returns { EntryKind::Number } else { EntryKind::Nothing };
            entries.insert(name.clone(), (kind, export(name)?));
        }
        let memory = export("memory")?;
        let instance = engine.linker.instantiate_pre(&module).map_err(|e| reject(format!("{e:#}")))?;
        Ok(Self { id: block.id(), shape, entries, memory, instance })
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

    /// Runs an entry in a store of its own. The future yields at epoch ticks.
    pub async fn run(&self, call: Call) -> Result<Staged, RunError> {
        let fault = |what: String| RunError::HostFault(what);
        let limit = call.fuel;
        let (kind, export) =
            *self.entries.get(&call.entry).ok_or_else(|| fault(format!("no entry `{}`", call.entry)))?;
        let mut store = Store::new(self.instance.module().engine(), Context::new(call));
        store.limiter(|context| &mut context.limiter);
        bound_time(&mut store);
        let Some(fuel) = limit.checked_sub(costs::INSTANCE_FUEL) else {
            let trap = Trap {
                kind: TrapKind::OutOfFuel,
                detail: format!("an instance costs {} fuel", costs::INSTANCE_FUEL),
            };
            return Ok(trapped(trap, limit, store));
        };
        // Instantiation copies data segments, at a fixed fee; its fuel is set aside until the guest runs.
        store.set_fuel(u64::MAX).map_err(|e| fault(e.to_string()))?;
        let instance = match self.instance.instantiate_async(&mut store).await {
            Ok(instance) => instance,
            Err(error) if error.is::<wasmtime::PoolConcurrencyLimitError>() => {
                return Err(RunError::PoolFull);
            }
            Err(error) => return ended_badly(error, limit, store),
        };
        store.set_fuel(fuel).map_err(|e| fault(e.to_string()))?;
        let memory =
            instance.get_module_export(&mut store, &self.memory).and_then(wasmtime::Extern::into_memory);
        store.data_mut().memory = Some(memory.ok_or_else(|| fault("a guest without a memory".into()))?);
        let function = instance
            .get_module_export(&mut store, &export)
            .and_then(wasmtime::Extern::into_func)
            .ok_or_else(|| fault("an entry that is not a function".into()))?;
        let result = match kind {
            EntryKind::Nothing => match function.typed::<(), ()>(&store) {
                Ok(function) => function.call_async(&mut store, ()).await.map(|()| 0),
                Err(error) => Err(error),
            },
            EntryKind::Number => match function.typed::<(), i32>(&store) {
                Ok(function) => function.call_async(&mut store, ()).await,
                Err(error) => Err(error),
            },
        };
        match result {
            Ok(code) => {
                let burned = limit - store.get_fuel().map_err(|e| fault(e.to_string()))?;
                Ok(returned(code, burned, store))
            }
            Err(error) => ended_badly(error, limit, store),
        }
    }
}

/// Guests yield at every tick; past the wall-clock backstop they are interrupted.
fn bound_time(store: &mut Store<Context>) {
    let ticks_max = limits::GUEST_WALL_CLOCK_MS_MAX / limits::EPOCH_TICK_MS;
    let ticks = AtomicU64::new(0);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| {
        if ticks.fetch_add(1, Ordering::Relaxed) >= ticks_max {
            return Ok(UpdateDeadline::Interrupt);
        }
        Ok(UpdateDeadline::Yield(1))
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

fn ended_badly(error: wasmtime::Error, limit: u64, store: Store<Context>) -> Result<Staged, RunError> {
    if let Some(fault) = error.downcast_ref::<HostFault>() {
        return Err(RunError::HostFault(fault.0.clone()));
    }
    if let Some(trap) = error.downcast_ref::<GuestTrap>() {
        return Ok(trapped(trap.0.clone(), limit, store));
    }
    let kind = error.downcast_ref::<wasmtime::Trap>().and_then(|trap| trap_kind(*trap));
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
