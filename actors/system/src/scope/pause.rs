//! The scope, paused for another one's invocation: it says what decides its leg, waits, and takes its leg.
//!
//! The pause begins between two invocations. While it lasts the actor handles no message. A leg is applied to the chain
//! only once it was handed over.

use actix::{ActorFutureExt as _, AsyncContext as _, Handler, WrapFuture as _};

use super::actor::Scope;
use crate::message::crossing::{PausedScope, Resume};
use crate::message::scope::Pause;

impl Handler<Pause> for Scope {
    type Result = ();
    fn handle(&mut self, Pause(answer): Pause, ctx: &mut Self::Context) {
        // The other scope's run asks the ledger: what was handed over comes first.
        self.post();
        let (keys, generation) = ((self.keys.clone(), self.keyring.clone()), self.generation.clone());
        let (paused, resumed) = PausedScope::new(self.chain.leg_basis(), keys, generation, self.stamp);
        if answer.send(paused).is_err() {
            return;
        }
        ctx.wait(resumed.into_actor(self).map(|resumed, actor, ctx| match resumed {
            Ok(Resume::Unchanged) => {}
            Ok(Resume::WithLeg(leg, envelope)) => {
                if let Err(error) = actor.chain.apply_leg(&leg, envelope) {
                    actor.go_down(format!("a leg that does not come next: {error}"), ctx);
                }
            }
            Ok(Resume::Unknown) | Err(_) => {
                actor.go_down("the scope was paused for one that went down".to_owned(), ctx);
            }
        }));
    }
}
