//! The supervisor's actor: hears that a scope went down, counts its restarts, and has it recovered.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, ActorFutureExt as _, AsyncContext as _, Context, Handler, WrapFuture as _};
use icn_core::limits;
use icn_core::name::Did;

use super::recover::{Supervised, recover};
use crate::message::lifecycle::{Begin, End};
use crate::message::supervisor::Down;

/// The actor.
#[derive(Default)]
pub(crate) struct Supervisor {
    /// None before the host began, and once it ends.
    supervised: Option<Arc<Supervised>>,
    /// When each scope was restarted lately.
    restarts: BTreeMap<Did, VecDeque<Instant>>,
}

impl Actor for Supervisor {
    type Context = Context<Self>;
}

impl Handler<Begin<Arc<Supervised>>> for Supervisor {
    type Result = ();
    fn handle(&mut self, Begin(supervised): Begin<Arc<Supervised>>, _: &mut Self::Context) {
        self.supervised = Some(supervised);
    }
}

impl Handler<End> for Supervisor {
    type Result = ();
    fn handle(&mut self, _: End, _: &mut Self::Context) {
        self.supervised = None;
    }
}

impl Handler<Down> for Supervisor {
    type Result = ();
    fn handle(&mut self, down: Down, ctx: &mut Self::Context) {
        let Some(supervised) = self.supervised.clone() else { return };
        let Down { scope, stamp, what } = down;
        if !supervised.starter.take_down(&scope, stamp, &what) {
            // Word of a generation that was replaced already.
            return;
        }
        let restart = self.may_restart(scope);
        let recovered = recover(supervised.clone(), scope, restart).into_actor(self);
        ctx.spawn(recovered.map(move |recovered, _, _| {
            let why = match recovered {
                Err(why) => why,
                Ok(()) if restart => return,
                Ok(()) => what,
            };
            supervised.starter.quarantine(scope, why);
        }));
    }
}

impl Supervisor {
    /// Whether a scope that went down now has a restart left; if so, that is counted.
    fn may_restart(&mut self, scope: Did) -> bool {
        let now = Instant::now();
        let restarts = self.restarts.entry(scope).or_default();
        restarts.retain(|at| now.duration_since(*at) < Duration::from_millis(limits::RESTART_WINDOW_MS));
        if restarts.len() >= limits::RESTARTS_MAX {
            return false;
        }
        restarts.push_back(now);
        true
    }
}
