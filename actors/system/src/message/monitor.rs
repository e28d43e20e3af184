//! What the monitor may be told: events, and the question for its newest alerts.

use actix::Message;

use crate::events::Event;

/// Tells the monitor of an event.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Tell(pub(crate) Event);

/// Asks for the newest alerts, the oldest first.
#[derive(Message)]
#[rtype(result = "Vec<String>")]
pub(crate) struct Alerts;
