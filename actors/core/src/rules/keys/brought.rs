//! Delegations and revocations that an entry brings, each judged alone.

use super::delegation::check_delegation;
use crate::block::ucan::{Delegation, Revocation, UcanError};
use crate::block::{BrokenRule, Flaw, form};
use crate::encode::Block;
use crate::limits;
use crate::name::{BlockId, Did};

/// What one entry brings: read, and right in itself.
///
/// Format: docs/formats.md, "Keys".
#[derive(Debug, Default)]
pub struct Brought {
    /// Delegations.
    pub delegations: Vec<Delegation>,
    /// Revocations.
    pub revocations: Vec<Revocation>,
}

impl Brought {
    /// Reads what an entry of this scope brings, and judges each alone: its form, that the scope's root signed it
    /// (unless `trusted`), and that it is about operating this scope. `block` finds a block of the entry.
    ///
    /// # Errors
    /// The first block that is missing or not right.
    pub fn read<'b>(
        scope: &Did,
        delegations: &[BlockId],
        revocations: &[BlockId],
        trusted: bool,
        block: impl Fn(&BlockId) -> Option<&'b Block>,
    ) -> Result<Self, Flaw> {
        for (what, ids) in [("delegations", delegations), ("revocations", revocations)] {
            if ids.len() > limits::KEYS_BLOCK_UCANS_MAX {
                let max = format!("at most {} {what}", limits::KEYS_BLOCK_UCANS_MAX);
                return Err(BrokenRule::new("keys", max, ids.len()).of(ids[0]));
            }
        }
        let bytes = |id: &BlockId| {
            form::is_dag_cbor(id).map_err(|broken| broken.of(*id))?;
            match block(id) {
                Some(block) => Ok(block.bytes()),
                None => Err(BrokenRule::new("block", "in its entry", "missing").of(*id)),
            }
        };
        let mut brought = Self::default();
        for id in delegations {
            let read = if trusted { Delegation::read } else { Delegation::read_signed };
            let delegation = read(bytes(id)?).map_err(|error| broken_token("delegation", &error).of(*id))?;
            check_delegation(scope, &delegation).map_err(|broken| broken.of(*id))?;
            brought.delegations.push(delegation);
        }
        for id in revocations {
            let read = if trusted { Revocation::read } else { Revocation::read_signed };
            let revocation = read(bytes(id)?).map_err(|error| broken_token("revocation", &error).of(*id))?;
            if revocation.issuer != *scope {
                return Err(BrokenRule::new("root of the revocation", scope, revocation.issuer).of(*id));
            }
            brought.revocations.push(revocation);
        }
        Ok(brought)
    }
}

fn broken_token(kind: &'static str, error: &UcanError) -> BrokenRule {
    let what = match (kind, error) {
        ("delegation", UcanError::Signature(_)) => "signature of the delegation",
        ("revocation", UcanError::Signature(_)) => "signature of the revocation",
        ("delegation", UcanError::Command(_)) => "command of the delegation",
        _ => kind,
    };
    BrokenRule::new(what, "a UCAN that its issuer signed", error)
}
