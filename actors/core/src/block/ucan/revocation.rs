//! Revocations: an issuer states that a delegation of its own no longer counts, for ever.
//!
//! A revocation is an invocation of the command `/ucan/revoke` (UCAN Revocation, "Invoking Revocation"; UCAN
//! Invocation). Only the smallest form is accepted: the subject itself revokes (so no proofs) a delegation that it
//! issued (so no path). It never expires. Its nonce is empty, because repeating it does no harm. So each key has
//! exactly one revocation of a delegation, to the byte.

use serde::{Deserialize, Serialize};

use super::token::{Body, UcanError, read, read_signed, required, seal};
use crate::encode::{Block, SecretKey};
use crate::name::{BlockId, Codec, Did};

/// The command that revokes.
pub const REVOKE: &str = "/ucan/revoke";

/// A revocation as read.
///
/// Format: docs/formats.md, "Delegations and revocations".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revocation {
    /// The block's name.
    pub id: BlockId,
    /// `iss` and `sub`: the signer, in its own name.
    pub issuer: Did,
    /// `args.revoke`: the delegation that no longer counts.
    pub delegation: BlockId,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    revoke: BlockId,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    iss: Did,
    sub: Did,
    cmd: String,
    args: Arguments,
    prf: Vec<BlockId>,
    nonce: serde_bytes::ByteBuf,
    #[serde(deserialize_with = "required")]
    exp: Option<i64>,
}

impl Body for Payload {
    const TAGS: &'static [&'static str] = &["ucan/inv@1.0.0", "ucan/inv@1.0.0-rc.1"];
    fn issuer(&self) -> Did {
        self.iss
    }
}

impl Revocation {
    /// Reads a revocation without checking its signature.
    ///
    /// # Errors
    /// The bytes are not a revocation.
    pub fn read(bytes: &[u8]) -> Result<Self, UcanError> {
        Self::of(bytes, &read(bytes)?)
    }

    /// Reads a revocation and checks its issuer's signature.
    ///
    /// # Errors
    /// The bytes are not a revocation, or the signature is not the issuer's.
    pub fn read_signed(bytes: &[u8]) -> Result<Self, UcanError> {
        Self::of(bytes, &read_signed(bytes)?)
    }

    fn of(bytes: &[u8], payload: &Payload) -> Result<Self, UcanError> {
        let Payload { iss, sub, cmd, args, prf, nonce, exp } = payload;
        if cmd != REVOKE {
            return Err(UcanError::Command(cmd.clone()));
        }
        if sub != iss || !prf.is_empty() || !nonce.is_empty() || exp.is_some() {
            let what = "expected a revocation by the subject itself: `sub` the same as `iss`, no proofs, an empty nonce, \
                        and `exp` null";
            return Err(UcanError::Payload(what.into()));
        }
        Ok(Self { id: BlockId::of(Codec::DagCbor, bytes), issuer: *iss, delegation: args.revoke })
    }

    /// Signs the revocation of a delegation and returns its block.
    #[must_use]
    pub fn sign(issuer: &SecretKey, delegation: BlockId) -> Block {
        let did = issuer.did();
        let payload = Payload {
            iss: did,
            sub: did,
            cmd: REVOKE.into(),
            args: Arguments { revoke: delegation },
            prf: Vec::new(),
            nonce: serde_bytes::ByteBuf::new(),
            exp: None,
        };
        seal(issuer, Payload::TAGS[0], &payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revocation_that_was_signed_is_read_again_and_no_other_form_is() {
        let root = SecretKey::from_bytes(&[7; 32]);
        let delegation = BlockId::of(Codec::DagCbor, b"a delegation");
        let block = Revocation::sign(&root, delegation);
        let read = Revocation::read_signed(block.bytes()).unwrap();
        assert_eq!(read, Revocation { id: block.id(), issuer: root.did(), delegation });
        for at in 0..block.bytes().len() {
            let mut bytes = block.bytes().to_vec();
            bytes[at] ^= 1;
            assert!(Revocation::read_signed(&bytes).is_err(), "offset {at}");
        }
        let other = SecretKey::from_bytes(&[9; 32]).did();
        let change = |change: &dyn Fn(&mut Payload)| {
            let mut payload = Payload {
                iss: root.did(),
                sub: root.did(),
                cmd: REVOKE.into(),
                args: Arguments { revoke: delegation },
                prf: Vec::new(),
                nonce: serde_bytes::ByteBuf::new(),
                exp: None,
            };
            change(&mut payload);
            Revocation::read_signed(seal(&root, "ucan/inv@1.0.0", &payload).bytes())
        };
        assert_eq!(change(&|_| {}).unwrap().id, block.id());
        assert!(matches!(change(&|p| p.cmd = "/ucan/other".into()), Err(UcanError::Command(_))));
        assert!(matches!(change(&|p| p.iss = other), Err(UcanError::Signature(_))));
        for changed in [
            change(&|p| p.sub = other),
            change(&|p| p.prf.push(delegation)),
            change(&|p| p.nonce.push(1)),
            change(&|p| p.exp = Some(1)),
        ] {
            assert!(matches!(changed, Err(UcanError::Payload(_))), "{changed:?}");
        }
    }
}
