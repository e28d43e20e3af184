//! Whether two scopes deal with each other.

use super::policy::PolicyInForce;
use crate::ledger::{LedgerCode, LedgerRefusal};
use crate::name::Did;

/// Whether two scopes deal with each other: each one's policy names the other.
///
/// # Errors
/// [`LedgerCode::NoConsent`], with the policy that does not.
pub fn consent(ours: &PolicyInForce, theirs: &PolicyInForce) -> Result<(), LedgerRefusal> {
    names_counterpart(ours, theirs.policy().scope)
        .and_then(|()| names_counterpart(theirs, ours.policy().scope))
}

/// Whether a policy names a scope as its counterpart.
///
/// Format: docs/formats.md, "Between scopes".
///
/// # Errors
/// [`LedgerCode::NoConsent`].
pub fn names_counterpart(policy: &PolicyInForce, other: Did) -> Result<(), LedgerRefusal> {
    if policy.deals_with(&other) {
        return Ok(());
    }
    let scope = policy.policy().scope;
    Err(LedgerRefusal::new(
        LedgerCode::NoConsent,
        format!("the policy of {scope} does not deal with {other}"),
    ))
}
