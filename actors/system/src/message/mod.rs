//! What each actor may be told, and what it answers: the vocabulary below the actors.
//!
//! One file for each actor. A message is data: it decides nothing, and no file here names an actor. An actor's
//! handlers stand in the actor's own folder; whoever sends a message holds a `Recipient` of it, or the actor's address.
//! Messages that an actor sends to itself alone stand in the actor's own files.

pub(crate) mod credentials;
pub(crate) mod crossing;
pub(crate) mod ledger;
pub(crate) mod lifecycle;
pub(crate) mod log_writer;
pub(crate) mod monitor;
pub(crate) mod scope;
pub(crate) mod supervisor;
