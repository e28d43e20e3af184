//! The crossings' actor: gives each crossing its turn, and watches over it until it is over.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Context, Handler, WrapFuture as _};
use futures::channel::oneshot;
use icn_core::name::Did;

use super::pause::pause_all;
use super::turns::Turns;
use crate::address_book::AddressBook;
use crate::message::crossing::{Cross, Paused};
use crate::message::lifecycle::{Begin, End};

/// The actor.
#[derive(Default)]
pub(crate) struct Crossings {
    /// None before the host began, and once it ends.
    book: Option<Arc<AddressBook>>,
    turns: Turns<Cross>,
}

impl Actor for Crossings {
    type Context = Context<Self>;
}

impl Handler<Begin<Arc<AddressBook>>> for Crossings {
    type Result = ();
    fn handle(&mut self, Begin(book): Begin<Arc<AddressBook>>, _: &mut Self::Context) {
        self.book = Some(book);
    }
}

impl Handler<End> for Crossings {
    type Result = ();
    fn handle(&mut self, _: End, _: &mut Self::Context) {
        self.book = None;
        self.turns.clear();
    }
}

impl Handler<Cross> for Crossings {
    type Result = ();
    fn handle(&mut self, cross: Cross, ctx: &mut Self::Context) {
        let scopes: BTreeSet<Did> = cross.needs.iter().copied().chain([cross.scope]).collect();
        self.turns.ask(scopes, cross);
        self.begin_all(ctx);
    }
}

impl Crossings {
    fn begin_all(&mut self, ctx: &mut Context<Self>) {
        for (scopes, cross) in self.turns.begin() {
            self.begin(scopes, cross, ctx);
        }
    }

    fn begin(&mut self, scopes: BTreeSet<Did>, cross: Cross, ctx: &mut Context<Self>) {
        let Some(book) = self.book.clone() else { return };
        let crossing = async move {
            let (over, ended) = oneshot::channel();
            let paused = pause_all(&book, &cross.needs).await;
            let goes_on = paused.is_ok();
            // When the scope that asked is gone, the answer is dropped here, and the paused scopes go on.
            let _ = cross.answer.send(paused.map(|scopes| Paused { scopes, over }));
            if goes_on {
                let _ = ended.await;
            }
        };
        ctx.spawn(crossing.into_actor(self).map(move |(), actor, ctx| {
            actor.turns.end(&scopes);
            actor.begin_all(ctx);
        }));
    }
}
