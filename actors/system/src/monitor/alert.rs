//! What an event is called in words, and which counter it raises.

use crate::events::Event;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Raises the event's counter, where it has one.
pub(super) fn count(event: &Event) {
    let counter = match event {
        Event::Panicked { .. } => "icn_scope_panics_total",
        Event::Restarted { .. } => "icn_scope_restarts_total",
        Event::Quarantined { .. } => "icn_scope_quarantines_total",
        Event::FailStop { .. } => "icn_fail_stops_total",
        Event::HostFault { .. } => "icn_host_faults_total",
        Event::KeyEnds { .. } => "icn_key_end_warnings_total",
        Event::Trapped { .. } | Event::Notice { .. } => return,
    };
    metrics::counter!(counter).increment(1);
}

/// The event in words, for a person.
pub(super) fn text(event: &Event) -> String {
    match event {
        Event::Trapped { scope, detail } => format!("guest of {scope} trapped: {detail}"),
        Event::Panicked { scope, generation, what } => {
            format!("scope {scope} (generation {generation}) panicked and was stopped: {what}")
        }
        Event::Restarted { scope, generation } => {
            format!("scope {scope} is back as generation {generation}")
        }
        Event::Quarantined { scope, what } => format!("scope {scope} is quarantined: {what}"),
        Event::FailStop { what } => format!("the host stopped, its gate is closed: {what}"),
        Event::HostFault { scope, what } => {
            format!("an invocation of {scope} had no effect, by the host's own fault: {what}")
        }
        Event::KeyEnds { scope, until_ms, left_ms } => format!(
            "the keys of {scope} that are on this host may sign until {} s since 1970, {} days from now: have its root \
             delegate anew (`icn key delegate`), and bring that with `Host::rotate_key` or `Host::put_keys`",
            until_ms / 1000,
            left_ms / DAY_MS
        ),
        Event::Notice { what } => what.clone(),
    }
}
