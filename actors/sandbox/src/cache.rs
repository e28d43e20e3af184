//! Compiled modules by name: each is compiled once, on a thread of its own, however many ask for it at once.
//! Failures are remembered like successes.

use std::sync::Arc;

use dashmap::DashMap;
use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::{BoxFuture, Shared};
use icn_core::encode::Block;
use icn_core::id::BlockId;

use crate::engine::Engine;
use crate::run::Module;
use crate::validate::Rejected;

type Compiled = Result<Arc<Module>, Arc<Rejected>>;

/// The cache: shared, and one of the two maps that are.
#[derive(Clone)]
pub struct Cache {
    engine: Engine,
    modules: Arc<DashMap<BlockId, Shared<BoxFuture<'static, Compiled>>>>,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cache").field("modules", &self.modules.len()).finish_non_exhaustive()
    }
}

impl Cache {
    /// An empty cache.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self { engine, modules: Arc::default() }
    }

    /// The engine.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The compiled module, once it is; or why it is refused. Whoever asks first starts the compilation.
    pub fn get(&self, block: &Block) -> impl Future<Output = Compiled> + Send + use<> {
        self.modules
            .entry(block.id())
            .or_insert_with(|| compile(self.engine.clone(), block.clone()).shared())
            .clone()
    }
}

fn compile(engine: Engine, block: Block) -> BoxFuture<'static, Compiled> {
    let (done, result) = oneshot::channel();
    let spawned = std::thread::Builder::new().name("icn-compile".into()).spawn(move || {
        let compiled = Module::compile(&engine, &block).map(Arc::new).map_err(Arc::new);
        let _ = done.send(compiled);
    });
    let lost = |what: String| Err(Arc::new(Rejected::new(what)));
    match spawned {
        Err(error) => futures::future::ready(lost(format!("no thread to compile on: {error}"))).boxed(),
        Ok(_) => async move {
            result.await.unwrap_or_else(|_| lost("the compiler panicked on this module".into()))
        }
        .boxed(),
    }
}
