//! Delegations of a scope's root to operating keys.

use crate::block::ucan::{Delegation, NewDelegation};
use crate::block::{BrokenRule, OPERATE};
use crate::encode::Block;
use crate::name::Did;

/// Signs a root's delegation to an operating key, in seconds since the Unix epoch; `nonce` makes it another than those
/// before.
#[must_use]
pub fn delegate(
    root: &crate::encode::SecretKey,
    to: Did,
    from_s: Option<i64>,
    until_s: i64,
    nonce: &[u8],
) -> Block {
    let command = OPERATE.to_owned();
    let nonce = nonce.to_vec();
    NewDelegation { audience: to, command, not_before_s: from_s, expires_s: until_s, nonce }.sign(root)
}

/// Whether a delegation is one of a scope's root to an operating key: by the root, of this scope, of the one command,
/// without further limits, and with an end.
///
/// Format: docs/formats.md, "Delegations and revocations".
///
/// # Errors
/// The first that does not hold.
pub fn check_delegation(scope: &Did, delegation: &Delegation) -> Result<(), BrokenRule> {
    let subject = delegation.subject.map_or_else(|| "nobody in particular".into(), |did| did.to_string());
    if delegation.subject != Some(*scope) {
        return Err(BrokenRule::new("scope of the delegation", scope, subject));
    }
    if delegation.issuer != *scope {
        return Err(BrokenRule::new("root of the delegation", scope, delegation.issuer));
    }
    if delegation.command != OPERATE || delegation.statements != 0 {
        let found = format!("`{}` with {} further conditions", delegation.command, delegation.statements);
        return Err(BrokenRule::new("command of the delegation", format!("`{OPERATE}` alone"), found));
    }
    if delegation.expires_s.is_none() {
        return Err(BrokenRule::new("delegation", "an end date", "one that never ends"));
    }
    Ok(())
}
