//! The engine's configuration: wasmtime's own default is wide open, so this starts from nothing and names
//! what is on. What bears on results is described in a block that every receipt links.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use icn_core::block::{Engine as Description, EngineTag};
use icn_core::encode::Block;
use icn_core::{costs, limits};
use wasmtime::{
    Config, Enabled, InstanceAllocationStrategy, Linker, OptLevel, PoolingAllocationConfig,
    WasmBacktraceDetails, WasmFeatures,
};

use crate::context::Context;
use crate::{abi, fuel, instrument, profile};

/// The version of the engine; the manifest pins it.
pub(crate) const ENGINE_VERSION: &str = "wasmtime 48.0.8";

/// What may differ between two engines without a receipt noticing.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Instances that may exist at once; guests of more scopes than that wait or are told `Busy`.
    pub instances_max: u32,
    /// Take memories and stacks from a pool of slots; otherwise map them anew for every run.
    pub pooled: bool,
    /// Let the compiler optimise. Off by default: its optimiser takes more than linear time on code made for that, and gives
    /// guests that were optimised when they were built almost nothing (`docs/design/0003-compile-bounds.md`).
    pub optimised: bool,
    /// Map a module's initial memory copy-on-write; otherwise copy it into every instance.
    pub copy_on_write: bool,
    /// Collect the guest's frames when it traps, so that an author can be told where: up to
    /// [`limits::BACKTRACE_FRAMES_MAX`].
    pub backtraces: bool,
    /// How a guest gives way to others on its executor.
    pub give_way: GiveWay,
}

/// Makes a future that is ready when whoever awaits it may go on after others had their turn. An executor that runs
/// what was woken on its own thread before what comes from others, as tokio's does, needs one of its own: a guest
/// that woke itself would go on dozens of times while other scopes' messages wait.
pub type GiveWay = fn() -> BoxFuture<'static, ()>;

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            instances_max: 256,
            pooled: true,
            optimised: false,
            copy_on_write: true,
            backtraces: false,
            give_way: wake_at_once,
        }
    }
}

/// A configured engine with the host ABI linked: made once, shared by reference.
#[derive(Clone)]
pub struct Engine {
    pub(crate) engine: wasmtime::Engine,
    pub(crate) linker: Arc<Linker<Context>>,
    /// The same and the profiler's functions, which no guest can import by itself.
    pub(crate) profiling_linker: Arc<Linker<Context>>,
    pub(crate) give_way: GiveWay,
    description: Arc<Block>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("description", &self.description.id()).finish_non_exhaustive()
    }
}

/// Features that `host-abi.md` lists, and no other.
pub(crate) fn features() -> wasmparser::WasmFeatures {
    use wasmparser::WasmFeatures as F;
    F::MUTABLE_GLOBAL
        | F::SATURATING_FLOAT_TO_INT
        | F::SIGN_EXTENSION
        | F::MULTI_VALUE
        | F::BULK_MEMORY
        | F::FLOATS
        // Text of the MVP's own `funcref` tables; not the reference types of later proposals.
        | F::GC_TYPES
}

impl Engine {
    /// An engine with these options; the error is the engine's own word, and the host's fault.
    pub fn new(options: &EngineOptions) -> Result<Self, String> {
        let engine = wasmtime::Engine::new(&config(options))
            .map_err(|e| format!("the engine's configuration: {e:#}"))?;
        let mut linker = Linker::new(&engine);
        abi::link(&mut linker).map_err(|e| format!("linking the host ABI: {e:#}"))?;
        let mut profiling_linker = linker.clone();
        profile::link(&mut profiling_linker).map_err(|e| format!("linking the profiler: {e:#}"))?;
        Ok(Self {
            engine,
            linker: Arc::new(linker),
            profiling_linker: Arc::new(profiling_linker),
            give_way: options.give_way,
            description: Arc::new(Block::encode(&description())),
        })
    }

    /// The block that describes this engine; receipts link it.
    #[must_use]
    pub fn description(&self) -> &Arc<Block> {
        &self.description
    }

    /// Ready at this executor's next turn: how whoever keeps an arbiter busy gives way.
    #[must_use]
    pub fn next_turn(&self) -> BoxFuture<'static, ()> {
        (self.give_way)()
    }

    /// Starts the clock by which guests yield, on a thread of its own; it stops when the ticker is dropped.
    pub fn start_ticker(&self) -> std::io::Result<Ticker> {
        let engine = self.engine.clone();
        let (stop, stopped) = mpsc::channel::<()>();
        let thread = std::thread::Builder::new().name("icn-epoch".into()).spawn(move || {
            while stopped.recv_timeout(Duration::from_millis(limits::EPOCH_TICK_MS))
                == Err(mpsc::RecvTimeoutError::Timeout)
            {
                engine.increment_epoch();
            }
        })?;
        Ok(Ticker { stop: Some(stop), thread: Some(thread) })
    }
}

/// Wakes itself at once, and leaves it to the executor whose turn it is.
fn wake_at_once() -> BoxFuture<'static, ()> {
    let mut asked = false;
    futures::future::poll_fn(move |task| {
        if std::mem::replace(&mut asked, true) {
            return Poll::Ready(());
        }
        task.waker().wake_by_ref();
        Poll::Pending
    })
    .boxed()
}

/// The running clock of an engine.
#[derive(Debug)]
pub struct Ticker {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn config(options: &EngineOptions) -> Config {
    let mut config = Config::new();
    config.wasm_features(WasmFeatures::all(), false);
    for feature in features().difference(wasmparser::WasmFeatures::GC_TYPES).iter() {
        config.wasm_features(feature, true);
    }
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(limits::WASM_STACK_BYTES_MAX)
        .async_stack_size(limits::WASM_STACK_BYTES_MAX + limits::HOST_STACK_BYTES_MAX)
        .async_stack_zeroing(true)
        .concurrency_support(false)
        .cranelift_nan_canonicalization(true)
        .cranelift_opt_level(if options.optimised { OptLevel::Speed } else { OptLevel::None })
        .signals_based_traps(true)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .wasm_backtrace_max_frames(
            NonZeroUsize::new(limits::BACKTRACE_FRAMES_MAX).filter(|_| options.backtraces),
        )
        .native_unwind_info(false)
        .debug_info(false)
        .generate_address_map(false)
        .memory_init_cow(options.copy_on_write)
        .operator_cost(fuel::operator_costs());
    if options.pooled {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_core_instances(options.instances_max)
            .total_memories(options.instances_max)
            .total_tables(options.instances_max)
            .total_stacks(options.instances_max)
            .max_memories_per_module(1)
            .max_tables_per_module(1)
            .table_elements(limits::TABLE_ELEMENTS_MAX)
            .max_memory_size(
                usize::try_from(limits::MEMORY_PAGES_MAX * limits::PAGE_BYTES).unwrap_or(usize::MAX),
            )
            .linear_memory_keep_resident(1024 * 1024)
            .table_keep_resident(64 * 1024)
            .async_stack_keep_resident(64 * 1024)
            .pagemap_scan(Enabled::Auto);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    config
}

fn description() -> Description {
    let mut settings = vec![
        "fuel=on".to_owned(),
        "nan_canonicalization=on".to_owned(),
        format!("instrumentation={}", instrument::INSTRUMENTATION_VERSION),
        format!("stack_counted_bytes_max={}", limits::STACK_COUNTED_BYTES_MAX),
        format!("stack_frame_bytes_min={}", limits::STACK_FRAME_BYTES_MIN),
        format!("stack_value_bytes={}", limits::STACK_VALUE_BYTES),
        format!("stack_leaf_bytes_max={}", limits::STACK_LEAF_BYTES_MAX),
        format!("table_elements_max={}", limits::TABLE_ELEMENTS_MAX),
        format!("memory_pages_max={}", limits::MEMORY_PAGES_MAX),
        format!("abi=1 limits={}", icn_core::name::Hash::digest(abi::limits_text().as_bytes())),
    ];
    let mut names: Vec<String> =
        features().iter_names().map(|(name, _)| format!("feature={}", name.to_ascii_lowercase())).collect();
    names.sort();
    settings.append(&mut names);
    Description {
        typ: EngineTag,
        engine: ENGINE_VERSION.to_owned(),
        settings,
        schedule_version: costs::SCHEDULE_VERSION,
        schedule: costs::schedule_hash(),
    }
}
