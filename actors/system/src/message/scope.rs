//! What a scope may be told, and what it answers: an invocation, a block of keys, a pause for another scope, questions,
//! and the end.

use std::sync::Arc;

use actix::Message;
use futures::channel::oneshot;
use icn_core::encode::{Block, SecretKey};
use icn_core::fold::ChainParts;
use icn_core::name::{BlockId, Did, Hash, InvocationId};
use icn_core::rules::Refusal;
use icn_core::rules::gate::Admitted;
use icn_core::rules::keys::Brought;
use icn_sync::Permit;

use super::crossing::PausedScope;
use super::log_writer::Committed;

/// An admitted invocation, and who waits for it.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct Invoke {
    pub(crate) admitted: Admitted,
    pub(crate) answer: oneshot::Sender<Result<Committed, Refusal>>,
    /// The place in the scope's mailbox.
    pub(crate) place: Permit,
}

/// Asks for a block of keys: what it brings, and a key to have from then on.
#[derive(Message)]
#[rtype(result = "Result<KeysHandedOver, PutKeysError>")]
pub(crate) struct PutKeys {
    pub(crate) delegations: Vec<Block>,
    pub(crate) revocations: Vec<Block>,
    /// The same, as they were read.
    pub(crate) brought: Brought,
    pub(crate) key: Option<Arc<SecretKey>>,
}

/// A block of keys that was handed over.
#[derive(Debug)]
pub(crate) struct KeysHandedOver {
    /// The name of its envelope.
    pub(crate) id: BlockId,
    /// Its position, once it is durable.
    pub(crate) durable: oneshot::Receiver<Result<u64, Refusal>>,
}

/// Why there is no block of keys.
#[derive(Debug)]
pub(crate) enum PutKeysError {
    /// The block would not be valid.
    Invalid(String),
    /// The scope does not take one now.
    Refused(Refusal),
}

/// Pauses a scope between two of its invocations, for another scope's. It goes on when the answer is dropped.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Pause(pub(crate) oneshot::Sender<PausedScope>);

/// Asks for the receipt that an id got.
#[derive(Message)]
#[rtype(result = "Option<BlockId>")]
pub(crate) struct ReceiptOf(pub(crate) InvocationId);

/// What a scope says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeView {
    /// The scope.
    pub scope: Did,
    /// What people call it.
    pub name: String,
    /// The root of its state.
    pub root: Hash,
    /// The sequence number of its last block.
    pub seq: u64,
    /// How many invocations it applied.
    pub invocations: usize,
    /// The key that signs for it now: its own, or an operating key. None when no key that is on the host may sign.
    pub key: Option<Did>,
}

/// Asks a scope about itself. It posts everything before to the ledger first.
#[derive(Message)]
#[rtype(result = "ScopeView")]
pub(crate) struct View;

/// Reads a value of a module's state.
#[derive(Message)]
#[rtype(result = "Option<Vec<u8>>")]
pub(crate) struct ReadValue {
    pub(crate) module: BlockId,
    pub(crate) key: Vec<u8>,
}

/// What a closed scope leaves for a snapshot.
#[derive(Debug)]
pub(crate) struct ClosedScope {
    pub(crate) chain: ChainParts,
    /// Whether the log has the engine's description, as far as this scope knows.
    pub(crate) engine_described: bool,
}

/// Ends the actor, once it has finished every invocation that it was given, and posted everything.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct CloseScope(pub(crate) oneshot::Sender<ClosedScope>);
