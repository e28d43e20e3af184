//! The small files of an export that follow from the log's host alone: the verifier key and the trust policy.

use icn_core::block::HostBlock;
use icn_core::log::{KeyKind, TrustPolicy, VerifierKey, verifier_key};

/// The text of `log.vkey`.
pub(super) fn key_text(host: &HostBlock) -> String {
    format!("{}\n", verifier_key(&host.log, &host.host))
}

/// The text of `policy.json`: the log's key alone is trusted, as the host knows of no witnesses.
pub(super) fn policy_text(host: &HostBlock) -> String {
    let key = VerifierKey::new(host.log.as_str(), KeyKind::Log, host.host);
    let policy = key.map(TrustPolicy::log_alone);
    // A signed note can carry every origin, and every policy is JSON; if that failed, the file would say `null`.
    serde_json::to_string_pretty(&policy).unwrap_or_else(|_| "null".into()) + "\n"
}
