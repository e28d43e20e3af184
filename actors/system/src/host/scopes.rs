//! Opening a scope, and what scopes say of themselves.
//!
//! An opening that began is finished, whether or not anybody waits for it: it runs on the control arbiter.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::channel::oneshot;
use icn_core::encode::{Block, Domain, SecretKey};
use icn_core::name::{BlockId, Did, InvocationId};

use super::error::ScopeError;
use super::handle::Host;
use super::spec::{Opening, ScopeSpec};
use crate::clock::now_ms;
use crate::fail_stop::host_stopped;
use crate::message::scope::{ReadValue, ReceiptOf, ScopeView, View};

impl Host {
    /// Opens a scope: its first policy, signed with its key, becomes an entry of the log. An opening that began is
    /// finished, whether or not anybody waits for it. The key stays on this host. If it must not, use
    /// [`Self::open_operated`].
    pub async fn open_scope(&self, key: SecretKey, spec: ScopeSpec) -> Result<Did, ScopeError> {
        let opening = spec.opening(&self.identity.origin, key.did(), now_ms());
        let envelope = key.seal(Domain::Policy, &opening.payload).to_block();
        self.begin_opening(opening, envelope, Arc::new(key)).await
    }

    pub(super) async fn begin_opening(
        &self,
        opening: Opening,
        envelope: Block,
        key: Arc<SecretKey>,
    ) -> Result<Did, ScopeError> {
        let scope = opening.policy.scope;
        if !self.book.begin_opening(scope) {
            return Err(ScopeError::Exists(scope));
        }
        let (done, opened) = oneshot::channel();
        let (opener, book) = (self.opener.clone(), self.book.clone());
        let began = self.actors.control.spawn(async move {
            let opened = opener.open(opening, envelope, key).await;
            book.end_opening(&scope);
            // Whoever asked may be gone.
            let _ = done.send(opened);
        });
        if !began {
            self.book.end_opening(&scope);
        }
        opened.await.map_err(|_| host_stopped())??;
        Ok(scope)
    }

    /// The scopes that are here.
    #[must_use]
    pub fn scopes(&self) -> BTreeSet<Did> {
        self.book.scopes()
    }

    /// Whether a scope was quarantined after too many restarts.
    #[must_use]
    pub fn is_quarantined(&self, scope: &Did) -> bool {
        self.book.get(scope).is_some_and(|listing| listing.quarantined)
    }

    /// The receipt that an id got in a scope, if it was applied there.
    pub async fn receipt_of(&self, scope: &Did, id: InvocationId) -> Option<BlockId> {
        self.book.addr(scope)?.send(ReceiptOf(id)).await.ok().flatten()
    }

    /// What a scope says of itself.
    pub async fn view(&self, scope: &Did) -> Option<ScopeView> {
        self.book.addr(scope)?.send(View).await.ok()
    }

    /// A value of a module's state in a scope.
    pub async fn value(&self, scope: &Did, module: BlockId, key: &[u8]) -> Option<Vec<u8>> {
        self.book.addr(scope)?.send(ReadValue { module, key: key.to_vec() }).await.ok().flatten()
    }
}
