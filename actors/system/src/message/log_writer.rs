//! What the log's writer may be told, and what it answers: an entry to append, a barrier, the end.
//!
//! An entry that was *handed over* is in the writer's queue: it will be in the log, whatever becomes of its sender. It is
//! *durable* once its group is synced. Only then is the reply given, and only then is there a [`Committed`].

use std::sync::Arc;

use actix::Message;
use futures::channel::oneshot;
use icn_core::block::{Entry, Receipt};
use icn_core::log::{Link, Log};
use icn_core::name::BlockId;
use icn_core::rules::Refusal;
use icn_sync::Permit;

/// A receipt that is durable. Only an append gives one.
#[derive(Debug, Clone)]
pub struct Committed {
    /// The receipt.
    pub receipt: Arc<Receipt>,
    /// The name of its envelope: its leaf in the log.
    pub id: BlockId,
    /// The leaf's position in the log.
    pub position: u64,
}

/// Who waits until an entry is durable.
#[derive(Debug)]
pub(crate) enum Reply {
    /// The caller of an invocation.
    Receipt { answer: oneshot::Sender<Result<Committed, Refusal>>, receipt: Arc<Receipt> },
    /// Somebody who wants to know the entry's position.
    Position(oneshot::Sender<Result<u64, Refusal>>),
}

impl Reply {
    /// Says that the entry did not become durable.
    pub(crate) fn refuse(self, refusal: Refusal) {
        // Nobody waits for a caller that went away.
        match self {
            Self::Receipt { answer, .. } => drop(answer.send(Err(refusal))),
            Self::Position(answer) => drop(answer.send(Err(refusal))),
        }
    }
}

/// Hands an entry over to the log's writer.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(crate) struct HandOver {
    pub(crate) entry: Entry,
    /// The place of the entry in its author's sequence, then those of its legs.
    pub(crate) links: Vec<Link>,
    pub(crate) reply: Reply,
    /// The place in the queue that was reserved before the work was done; none for what is rare.
    pub(crate) slot: Option<Permit>,
}

/// Asks to be told when everything that was handed over before is durable. The sender is dropped when the log stopped.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Barrier(pub(crate) oneshot::Sender<()>);

/// Ends writing: appends what waits, writes the checkpoint, and gives the log's machine and the signed checkpoint.
#[derive(Message)]
#[rtype(result = "Result<(Log, String), String>")]
pub(crate) struct CloseLog;
