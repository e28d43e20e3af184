//! The monitor: hears of everything out of the ordinary, keeps the newest alerts, answers nobody on the path.

use std::collections::VecDeque;

use actix::{Actor, Context, Handler, Message, MessageResult};

use crate::events::Event;

/// Alerts that are kept for asking.
const ALERTS_KEPT_MAX: usize = 1000;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const MAILBOX_MESSAGES_MAX: usize = 4096;

/// The actor.
#[derive(Debug, Default)]
pub(crate) struct Monitor {
    alerts: VecDeque<String>,
}

impl Actor for Monitor {
    type Context = Context<Self>;
    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX_MESSAGES_MAX);
    }
}

/// Tells the monitor.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Tell(pub(crate) Event);

impl Handler<Tell> for Monitor {
    type Result = ();
    fn handle(&mut self, Tell(event): Tell, _: &mut Self::Context) {
        let text = match &event {
            Event::Trapped { scope, detail } => format!("guest of {scope} trapped: {detail}"),
            Event::Panicked { scope, generation, what } => {
                metrics::counter!("icn_scope_panics_total").increment(1);
                format!("scope {scope} (generation {generation}) panicked and was stopped: {what}")
            }
            Event::Restarted { scope, generation } => {
                metrics::counter!("icn_scope_restarts_total").increment(1);
                format!("scope {scope} is back as generation {generation}")
            }
            Event::Quarantined { scope, what } => {
                metrics::counter!("icn_scope_quarantines_total").increment(1);
                format!("scope {scope} is quarantined: {what}")
            }
            Event::FailStop { what } => {
                metrics::counter!("icn_fail_stops_total").increment(1);
                format!("the host stopped, its gate is closed: {what}")
            }
            Event::HostFault { scope, what } => {
                metrics::counter!("icn_host_faults_total").increment(1);
                format!("an invocation of {scope} had no effect, by the host's own fault: {what}")
            }
            Event::KeyEnds { scope, until_ms, left_ms } => {
                metrics::counter!("icn_key_end_warnings_total").increment(1);
                format!(
                    "the keys of {scope} that are on this host may sign until {} s since 1970, {} days from now: have its root \
                     delegate anew (`icn key delegate`), and bring that with `Host::rotate_key` or `Host::put_keys`",
                    until_ms / 1000,
                    left_ms / DAY_MS
                )
            }
            Event::Notice { what } => what.clone(),
        };
        if event.is_alert() {
            tracing::warn!(target: "icn::monitor", "{text}");
            if self.alerts.len() == ALERTS_KEPT_MAX {
                self.alerts.pop_front();
            }
            self.alerts.push_back(text);
        } else {
            tracing::debug!(target: "icn::monitor", "{text}");
        }
    }
}

/// Asks for the newest alerts.
#[derive(Message)]
#[rtype(result = "Vec<String>")]
pub(crate) struct Alerts;

impl Handler<Alerts> for Monitor {
    type Result = MessageResult<Alerts>;
    fn handle(&mut self, _: Alerts, _: &mut Self::Context) -> Self::Result {
        MessageResult(self.alerts.iter().cloned().collect())
    }
}
