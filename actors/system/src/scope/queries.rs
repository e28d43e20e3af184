//! Questions about a scope. None of them changes anything but what the ledger knows.

use actix::{Handler, MessageResult};
use icn_core::name::BlockId;

use super::actor::Scope;
use crate::clock::now_ms;
use crate::message::scope::{ReadValue, ReceiptOf, ScopeView, View};

impl Handler<ReceiptOf> for Scope {
    type Result = Option<BlockId>;
    fn handle(&mut self, ReceiptOf(id): ReceiptOf, _: &mut Self::Context) -> Self::Result {
        self.chain.receipt_of(&id)
    }
}

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

impl Handler<ReadValue> for Scope {
    type Result = Option<Vec<u8>>;
    fn handle(&mut self, read: ReadValue, _: &mut Self::Context) -> Self::Result {
        self.chain.state().get(&read.module, &read.key).map(|value| value.to_vec())
    }
}
