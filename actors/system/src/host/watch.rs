//! What a host says of itself to whoever operates it: alerts, refusals, and the cache of compiled modules.

use std::collections::BTreeMap;

use icn_core::rules::RefusalCode;
use icn_sandbox::CacheStats;

use super::handle::Host;
use crate::message::monitor::Alerts;

impl Host {
    /// The newest alerts, the oldest first.
    pub async fn alerts(&self) -> Vec<String> {
        self.actors.monitor.send(Alerts).await.unwrap_or_default()
    }

    /// How many requests were refused since the host was opened, by code.
    #[must_use]
    pub fn refusals(&self) -> BTreeMap<RefusalCode, u64> {
        let counts = self.shared.refusals.read();
        RefusalCode::ALL.into_iter().map(|code| (code, counts[code.index()])).collect()
    }

    /// What the cache of compiled modules did since the host was opened, and what it has.
    #[must_use]
    pub fn cache_stats(&self) -> CacheStats {
        self.shared.cache.stats()
    }
}
