//! Wasmtime, set up for guests: its configuration, the host functions that are linked, the block that describes it.
//!
//! An [`Engine`] is made once in a process and shared. Nothing runs here.

mod config;
mod description;
mod options;
mod profiler;
mod ticker;

use std::sync::Arc;

use futures::future::BoxFuture;
use icn_core::encode::Block;
use wasmtime::Linker;

pub use self::options::{EngineOptions, GiveWay};
pub(crate) use self::profiler::profiled_fuel_margin;
pub use self::ticker::Ticker;

use crate::abi;
use crate::guest::Context;

/// A configured engine with the host functions linked. A clone is the same engine.
#[derive(Clone)]
pub struct Engine {
    pub(crate) engine: wasmtime::Engine,
    pub(crate) linker: Arc<Linker<Context>>,
    /// The host functions and the profiler's, which no guest can import by itself.
    pub(crate) profiling_linker: Arc<Linker<Context>>,
    pub(crate) give_way: GiveWay,
    description: Arc<Block>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("description", &self.description.id()).finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine with these options. An error is the host's fault; its text is wasmtime's.
    pub fn new(options: &EngineOptions) -> Result<Self, String> {
        let engine = wasmtime::Engine::new(&config::config(options))
            .map_err(|e| format!("the engine's configuration: {e:#}"))?;
        let mut linker = Linker::new(&engine);
        abi::link(&mut linker).map_err(|e| format!("linking the host ABI: {e:#}"))?;
        let mut profiling_linker = linker.clone();
        profiler::link(&mut profiling_linker).map_err(|e| format!("linking the profiler: {e:#}"))?;
        Ok(Self {
            engine,
            linker: Arc::new(linker),
            profiling_linker: Arc::new(profiling_linker),
            give_way: options.give_way,
            description: Arc::new(Block::encode(&description::description())),
        })
    }

    /// The block that describes this engine. Receipts link it.
    #[must_use]
    pub fn description(&self) -> &Arc<Block> {
        &self.description
    }

    /// Ready at this executor's next turn. Long work on an arbiter awaits it to give way.
    #[must_use]
    pub fn next_turn(&self) -> BoxFuture<'static, ()> {
        (self.give_way)()
    }

    /// Starts the clock by which guests give way, on a thread of its own. It stops when the ticker is dropped.
    pub fn start_ticker(&self) -> std::io::Result<Ticker> {
        Ticker::start(self.engine.clone())
    }
}

#[cfg(test)]
mod tests;
