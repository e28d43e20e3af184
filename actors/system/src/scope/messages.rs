//! What else a scope is asked: to hold still for another, what it holds, and to end.

use actix::{ActorFutureExt as _, AsyncContext as _, Handler, Message, MessageResult, WrapFuture as _};
use futures::channel::oneshot;
use icn_core::fold::ChainParts;
use icn_core::name::{BlockId, Did, Hash, InvocationId};

use super::Scope;
use crate::crossing::{Loan, Returned};
use crate::shared::now_ms;

/// Asks a scope to hold still.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Lend(pub(crate) oneshot::Sender<Loan>);

impl Handler<Lend> for Scope {
    type Result = ();
    fn handle(&mut self, Lend(to): Lend, ctx: &mut Self::Context) {
        // Whoever borrows it asks the ledger: what was handed over comes first.
        self.post();
        let (keys, generation) = ((self.keys.clone(), self.keyring.clone()), self.generation.clone());
        let (loan, returned) = Loan::new(self.chain.still(), keys, generation, self.stamp);
        if to.send(loan).is_err() {
            return;
        }
        ctx.wait(returned.into_actor(self).map(|returned, actor, ctx| match returned {
            Ok(Returned::Unused) => {}
            Ok(Returned::Leg(leg, envelope)) => {
                if let Err(error) = actor.chain.apply_leg(&leg, envelope) {
                    actor.down(format!("a leg that does not come next: {error}"), ctx);
                }
            }
            Ok(Returned::Lost) | Err(_) => {
                actor.down("the scope was lent to one that went down".to_owned(), ctx);
            }
        }));
    }
}

/// Asks for the receipt that an id got.
#[derive(Message)]
#[rtype(result = "Option<BlockId>")]
pub(crate) struct ReceiptOf(pub(crate) InvocationId);

impl Handler<ReceiptOf> for Scope {
    type Result = Option<BlockId>;
    fn handle(&mut self, ReceiptOf(id): ReceiptOf, _: &mut Self::Context) -> Self::Result {
        self.chain.receipt_of(&id)
    }
}

/// What a scope says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeView {
    /// The scope.
    pub scope: Did,
    /// What people call it.
    pub name: String,
    /// Its state's root.
    pub root: Hash,
    /// Its last sequence number.
    pub seq: u64,
    /// Invocations applied.
    pub invocations: usize,
    /// The key that signs for it now: its own, or an operating key; none when none that is here may.
    pub key: Option<Did>,
}

/// Asks a scope about itself; everything before is told to the ledger first.
#[derive(Message)]
#[rtype(result = "ScopeView")]
pub(crate) struct View;

impl Handler<View> for Scope {
    type Result = MessageResult<View>;
    fn handle(&mut self, _: View, _: &mut Self::Context) -> Self::Result {
        self.post();
        MessageResult(ScopeView {
            scope: self.scope,
            name: self.chain.policy().policy().name.clone(),
            root: self.chain.root(),
            seq: self.chain.seq(),
            invocations: self.chain.invocations(),
            key: self.signing_at(now_ms()).ok().map(|signing| signing.key.did()),
        })
    }
}

/// Reads a value of a module's state.
#[derive(Message)]
#[rtype(result = "Option<Vec<u8>>")]
pub(crate) struct ReadValue {
    pub(crate) module: BlockId,
    pub(crate) key: Vec<u8>,
}

impl Handler<ReadValue> for Scope {
    type Result = Option<Vec<u8>>;
    fn handle(&mut self, read: ReadValue, _: &mut Self::Context) -> Self::Result {
        self.chain.state().get(&read.module, &read.key).map(|value| value.to_vec())
    }
}

/// Ends the actor once nothing is set aside: tells the ledger everything and gives the chain's parts for a snapshot, and
/// whether the log has the engine's description.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct CloseScope(pub(crate) oneshot::Sender<(ChainParts, bool)>);

impl Handler<CloseScope> for Scope {
    type Result = ();
    fn handle(&mut self, CloseScope(answer): CloseScope, ctx: &mut Self::Context) {
        self.closing = Some(answer);
        self.go_on(ctx);
    }
}
