//! The supervisor's actor: knows who is alive, makes a scope's actor anew when it went down, and quarantines a
//! scope that goes down too often.
//!
//! actix does not restart an actor that panicked. So a scope catches its panics, reports itself down and stops.
//! Then, in this order: the old generation is retired; everything that it handed over becomes durable; the
//! scope's chain and accounts are folded from the log; a new actor starts with the next generation. A message
//! of the old generation finds nobody, or is dropped by its stamp.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Context, Handler, Message, WrapFuture as _};
use futures::channel::oneshot;
use icn_core::encode::Block;
use icn_core::fold::{Chain, Fold, Prepared, Trust};
use icn_core::limits;
use icn_core::name::{BlockId, Did};
use icn_core::rules::keys::Keys;
use icn_history::store::Reader;
use icn_sandbox::Module;
use icn_sync::Stamp;

use crate::dag::Barrier;
use crate::events::Event;
use crate::ledger::Adopt;
use crate::scope::{Scope, ScopeParts};
use crate::shared::Shared;

/// The actor.
#[derive(Default)]
pub(crate) struct Supervisor {
    shared: Option<Arc<Shared>>,
    restarts: BTreeMap<Did, VecDeque<Instant>>,
}

impl Actor for Supervisor {
    type Context = Context<Self>;
}

/// Gives the supervisor what it supervises.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Begin(pub(crate) Arc<Shared>);

impl Handler<Begin> for Supervisor {
    type Result = ();
    fn handle(&mut self, Begin(shared): Begin, _: &mut Self::Context) {
        self.shared = Some(shared);
    }
}

/// Lets go of everything, so that the host can end.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct EndSupervision;

impl Handler<EndSupervision> for Supervisor {
    type Result = ();
    fn handle(&mut self, _: EndSupervision, _: &mut Self::Context) {
        self.shared = None;
    }
}

/// A scope's actor went down.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Down {
    pub(crate) scope: Did,
    pub(crate) stamp: Stamp,
    pub(crate) what: String,
}

impl Handler<Down> for Supervisor {
    type Result = ();
    fn handle(&mut self, down: Down, ctx: &mut Self::Context) {
        let Some(shared) = self.shared.clone() else { return };
        let Some(mut listing) = shared.book.get_mut(&down.scope) else { return };
        if listing.stamp != down.stamp {
            // Word of a generation that was replaced already.
            return;
        }
        listing.addr = None;
        shared.tell(Event::Panicked {
            scope: down.scope,
            generation: listing.starts,
            what: down.what.clone(),
        });
        let now = Instant::now();
        let restarts = self.restarts.entry(down.scope).or_default();
        restarts.retain(|at| now.duration_since(*at) < Duration::from_millis(limits::RESTART_WINDOW_MS));
        let gives_up = restarts.len() >= limits::RESTARTS_MAX;
        if !gives_up {
            restarts.push_back(now);
        }
        drop(listing);
        let (scope, why) = (down.scope, down.what);
        let taken_up = take_up(shared.clone(), scope, !gives_up).into_actor(self);
        ctx.spawn(taken_up.map(move |taken_up, _, _| {
            let what = match taken_up {
                Err(what) => what,
                Ok(()) if gives_up => why,
                Ok(()) => return,
            };
            if let Some(mut listing) = shared.book.get_mut(&scope) {
                listing.quarantined = true;
                shared.tell(Event::Quarantined { scope, what });
            }
        }));
    }
}

/// Takes a scope up from the log: its accounts always, since the dead actor may not have told the ledger of all
/// that it handed over; and a new actor, unless the scope is quarantined.
async fn take_up(shared: Arc<Shared>, scope: Did, restart: bool) -> Result<(), String> {
    let listing = shared
        .book
        .get(&scope)
        .map(|listing| listing.clone())
        .ok_or("the scope is not in the address book")?;
    // Retired first: from here on the old actor hands nothing over, and what it did hand over is in the queue.
    while listing.generation.retire() > 0 {
        actix_rt::time::sleep(Duration::from_millis(1)).await;
    }
    let (durable, all_durable) = oneshot::channel();
    shared.dag.try_send(Barrier(durable)).map_err(|e| e.to_string())?;
    all_durable.await.map_err(|_| "the log stopped")?;
    // Folding takes as long as the log is: not on an arbiter.
    let (done, folded) = oneshot::channel();
    let from = shared.clone();
    std::thread::Builder::new()
        .name("icn-rebuild".into())
        .spawn(move || drop(done.send(fold_scope(&from, scope))))
        .map_err(|e| e.to_string())?;
    let fold = folded.await.map_err(|_| "folding the scope's log panicked")??;
    let mut parts = fold.into_parts();
    let chain = parts.chains.remove(&scope).ok_or("the log has no such scope")?;
    shared.ledger.try_send(Adopt { scope, fold: parts.ledger }).map_err(|e| e.to_string())?;
    if !restart {
        return Ok(());
    }
    let engine_described = parts.engines.contains(&shared.cache.engine().description().id());
    start(&shared, chain, parts.keys.remove(&scope), engine_described).await?;
    shared.tell(Event::Restarted { scope, generation: listing.starts + 1 });
    Ok(())
}

/// Folds one scope's part of the log, up to what is durable now.
fn fold_scope(shared: &Shared, scope: Did) -> Result<Fold, String> {
    let size = shared.head.read().size;
    let mut reader = Reader::new(&shared.layout.log());
    let mut fold = Fold::of_scope(scope);
    while reader.position() < size {
        let Some(group) = reader.next_group().map_err(|e| e.to_string())? else { break };
        for (position, entry) in group {
            let prepared = Prepared::read(position, entry, Trust::OwnDisk).map_err(|e| e.to_string())?;
            fold.apply(prepared, None).map_err(|e| e.to_string())?;
        }
    }
    Ok(fold)
}

/// Compiles what the chain's policy installs, and checks that the modules are what the policy says.
pub(crate) async fn modules(
    shared: &Shared,
    chain: &Chain,
) -> Result<BTreeMap<BlockId, Arc<Module>>, String> {
    let mut modules = BTreeMap::new();
    for install in &chain.policy().policy().modules {
        let block: Block = shared
            .modules
            .get(&install.module)
            .map(|block| block.clone())
            .ok_or_else(|| format!("module {} is missing", install.module))?;
        let compiled = shared.cache.get_installed(&block).await;
        crate::events::count_cache(&shared.cache.stats());
        let module = compiled.map_err(|e| format!("module {}: {e}", install.module))?;
        icn_sandbox::check_install(install, &module)?;
        modules.insert(install.module, module);
    }
    Ok(modules)
}

/// Starts a scope's actor on its arbiter and enters it in the address book.
pub(crate) async fn start(
    shared: &Arc<Shared>,
    chain: Chain,
    keys: Keys,
    engine_described: bool,
) -> Result<(), String> {
    let scope = chain.scope();
    let modules = modules(shared, &chain).await?;
    let mut listing = shared.book.get_mut(&scope).ok_or("the scope is not in the address book")?;
    let stamp = listing.generation.advance().ok_or("the generation before is not over")?;
    listing.starts += 1;
    listing.policy = chain.policy().clone();
    listing.stamp = stamp;
    let parts = ScopeParts {
        chain,
        modules,
        keys,
        keyring: listing.keyring.clone(),
        generation: listing.generation.clone(),
        stamp,
        engine_described,
    };
    let arbiter = shared.arbiters.get(listing.arbiter % shared.arbiters.len()).ok_or("no arbiter")?;
    let owned = shared.clone();
    listing.addr = Some(Scope::start_in_arbiter(arbiter, move |_| Scope::new(owned, parts)));
    Ok(())
}
