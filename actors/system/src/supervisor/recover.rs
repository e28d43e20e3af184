//! Recovery of one scope from the log, while the host goes on.
//!
//! Its accounts are always taken from the log, since the dead actor may not have posted all that it handed over. It gets a
//! new actor unless it is quarantined.

use std::sync::Arc;
use std::time::Duration;

use actix::Recipient;
use futures::channel::oneshot;
use icn_core::fold::{Fold, Prepared, Trust};
use icn_core::name::Did;
use icn_history::directory::Layout;
use icn_history::store::Reader;
use icn_sync::{Generation, HeadCell};

use super::start::ScopeStarter;
use crate::events::Event;
use crate::message::ledger::Adopt;
use crate::message::log_writer::Barrier;

/// What the supervisor works on.
pub(crate) struct Supervised {
    pub(crate) starter: Arc<ScopeStarter>,
    pub(crate) log_writer: Recipient<Barrier>,
    pub(crate) ledger: Recipient<Adopt>,
    pub(crate) layout: Layout,
    /// How much of the log is durable.
    pub(crate) head: Arc<HeadCell>,
}

/// Recovers a scope. An error says why it cannot be; the scope has no actor then.
pub(super) async fn recover(supervised: Arc<Supervised>, scope: Did, restart: bool) -> Result<(), String> {
    let starter = supervised.starter.clone();
    let listing = starter.book.get(&scope).map(|listing| listing.clone());
    let listing = listing.ok_or("the scope is not in the address book")?;
    // Retired first: from here on the old actor hands nothing over, and what it did hand over is in the queue.
    retire(&listing.generation).await;
    let (durable, all_durable) = oneshot::channel();
    supervised.log_writer.try_send(Barrier(durable)).map_err(|e| e.to_string())?;
    all_durable.await.map_err(|_| "the log stopped")?;
    let mut parts = fold_on_a_thread(supervised.clone(), scope).await?.into_parts();
    let chain = parts.chains.remove(&scope).ok_or("the log has no such scope")?;
    supervised.ledger.try_send(Adopt { scope, fold: parts.ledger }).map_err(|e| e.to_string())?;
    if !restart {
        return Ok(());
    }
    let engine_described = parts.engines.contains(&starter.shared.cache.engine().description().id());
    starter.start(chain, parts.keys.remove(&scope), engine_described).await?;
    starter.shared.tell(Event::Restarted { scope, generation: listing.starts + 1 });
    Ok(())
}

/// Waits until nobody is inside this generation, and nobody can enter it any more.
async fn retire(generation: &Generation) {
    while generation.retire() > 0 {
        actix_rt::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Folding takes as long as the log is: it must not run on an arbiter.
async fn fold_on_a_thread(supervised: Arc<Supervised>, scope: Did) -> Result<Fold, String> {
    let (done, folded) = oneshot::channel();
    std::thread::Builder::new()
        .name("icn-rebuild".into())
        .spawn(move || drop(done.send(fold(&supervised, scope))))
        .map_err(|e| e.to_string())?;
    folded.await.map_err(|_| "folding the scope's log panicked")?
}

/// Folds one scope's part of the log, up to what is durable now.
fn fold(supervised: &Supervised, scope: Did) -> Result<Fold, String> {
    let size = supervised.head.read().size;
    let mut reader = Reader::new(&supervised.layout.log());
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
