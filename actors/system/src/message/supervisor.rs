//! What the supervisor may be told: that a scope's actor went down.

use actix::Message;
use icn_core::name::Did;
use icn_sync::Stamp;

/// Says that a scope's actor went down.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Down {
    pub(crate) scope: Did,
    /// The actor's generation: word of one that was replaced already is ignored.
    pub(crate) stamp: Stamp,
    /// Why it went down, for people.
    pub(crate) what: String,
}
