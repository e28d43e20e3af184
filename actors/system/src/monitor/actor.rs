//! The monitor's actor: says what it is told in the process's log, and keeps what a person should look at.
//!
//! Its mailbox is bounded; whoever tells it never waits. What does not fit is lost, and the teller counts that.

use std::collections::VecDeque;

use actix::{Actor, Context, Handler, MessageResult};

use super::alert;
use crate::message::monitor::{Alerts, Tell};

/// Alerts that are kept for asking.
const ALERTS_KEPT_MAX: usize = 1000;
const MAILBOX_MESSAGES_MAX: usize = 4096;

/// The actor.
#[derive(Debug, Default)]
pub(crate) struct Monitor {
    /// The newest alerts, the oldest first.
    alerts: VecDeque<String>,
}

impl Actor for Monitor {
    type Context = Context<Self>;
    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_MESSAGES_MAX);
    }
}

impl Handler<Tell> for Monitor {
    type Result = ();
    fn handle(&mut self, Tell(event): Tell, _: &mut Self::Context) {
        alert::count(&event);
        let text = alert::text(&event);
        if !event.is_alert() {
            tracing::debug!(target: "icn::monitor", "{text}");
            return;
        }
        tracing::warn!(target: "icn::monitor", "{text}");
        if self.alerts.len() == ALERTS_KEPT_MAX {
            self.alerts.pop_front();
        }
        self.alerts.push_back(text);
    }
}

impl Handler<Alerts> for Monitor {
    type Result = MessageResult<Alerts>;
    fn handle(&mut self, _: Alerts, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.alerts.iter().cloned().collect())
    }
}
