//! What happens at each arrow of the path, told to the monitor. Telling never waits and never fails the teller.

use icn_core::block::{Outcome, Receipt};
use icn_core::name::Did;
use icn_core::rules::RefusalCode;
use icn_sandbox::CacheStats;

/// Something that the monitor hears of.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// A guest trapped.
    Trapped { scope: Did, detail: String },
    /// A scope's actor panicked and was stopped.
    Panicked { scope: Did, generation: u32, what: String },
    /// A scope is back, with a new generation.
    Restarted { scope: Did, generation: u32 },
    /// A scope used up its restarts.
    Quarantined { scope: Did, what: String },
    /// The ledger or the DAG stopped: the gate is closed.
    FailStop { what: String },
    /// A mistake of the host's own, without effect.
    HostFault { scope: Did, what: String },
    /// The keys of a scope that are here end soon.
    KeyEnds { scope: Did, until_ms: u64, left_ms: u64 },
    /// Something found while opening that a person should know.
    Notice { what: String },
}

impl Event {
    /// Whether a person should look at it.
    pub(crate) fn is_alert(&self) -> bool {
        !matches!(self, Self::Trapped { .. } | Self::Restarted { .. })
    }
}

/// Counts a refusal.
pub(crate) fn count_refusal(code: RefusalCode) {
    metrics::counter!("icn_refusals_total", "code" => code.as_str()).increment(1);
}

/// Counts a committed receipt.
pub(crate) fn count_commit(receipt: &Receipt) {
    let outcome = match receipt.outcome {
        Outcome::Ok => "ok",
        Outcome::Failed(_) => "failed",
        Outcome::Trapped(_) => "trapped",
    };
    metrics::counter!("icn_invocations_total", "outcome" => outcome).increment(1);
    metrics::counter!("icn_fuel_total").increment(receipt.fuel);
}

/// Counts a durable group and the time that it took.
pub(crate) fn count_group(entries: usize, seconds: f64) {
    #[expect(clippy::cast_precision_loss, reason = "a group has at most a thousand entries")]
    metrics::histogram!("icn_group_entries").record(entries as f64);
    metrics::histogram!("icn_group_seconds").record(seconds);
}

/// Shows what the cache of compiled modules did, and what it has.
pub(crate) fn count_cache(stats: &CacheStats) {
    metrics::counter!("icn_modules_compiled_total").absolute(stats.compiled);
    metrics::counter!("icn_modules_loaded_total").absolute(stats.loaded);
    metrics::counter!("icn_modules_refused_total").absolute(stats.refused);
    metrics::counter!("icn_modules_evicted_total").absolute(stats.evicted);
    metrics::counter!("icn_modules_busy_total").absolute(stats.busy);
    metrics::counter!("icn_artefacts_discarded_total").absolute(stats.discarded);
    #[expect(clippy::cast_precision_loss, reason = "far fewer bytes than a double counts exactly")]
    metrics::gauge!("icn_modules_compiled_bytes").set(stats.bytes as f64);
}

/// Shows until when keys that are on the host may sign for a scope, in seconds since the Unix epoch; 0 where that has no end, or
/// has come already.
pub(crate) fn show_key_end(scope: &Did, until_ms: Option<u64>) {
    #[expect(clippy::cast_precision_loss, reason = "seconds of some thousand years")]
    metrics::gauge!("icn_scope_key_ends_seconds", "scope" => scope.to_string())
        .set((until_ms.unwrap_or(0) / 1000) as f64);
}
