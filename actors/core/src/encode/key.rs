//! Keys and bare signatures: strict Ed25519. Verification never uses dalek's plain `verify`, which accepts signatures
//! that other strict verifiers refuse.

use std::cell::RefCell;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::name::Did;

/// A signing key. Its debug form shows only the public half. The secret is wiped when the key is dropped.
pub struct SecretKey {
    key: SigningKey,
    did: Did,
}

impl SecretKey {
    /// The key of a 32-byte secret (RFC 8032, section 5.1.5).
    #[must_use]
    pub fn from_bytes(secret: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(secret);
        let did = Did::from_key(key.verifying_key().to_bytes());
        debug_assert!(!is_small_order(&did), "a clamped secret never gives a key of small order");
        Self { key, did }
    }

    /// The identity whose key this is.
    #[must_use]
    pub const fn did(&self) -> Did {
        self.did
    }

    /// The 32 secret bytes, for the owner to store.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// A bare Ed25519 signature over a message, as a signed note carries it.
    #[must_use]
    pub fn sign_raw(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretKey").field("did", &self.did).finish_non_exhaustive()
    }
}

/// The number of keys that each thread keeps as decompressed points. A scope signs every receipt, and decompressing
/// its key costs a fourteenth of a verification.
const POINTS: usize = 64;

const _: () = assert!(POINTS > 0 && POINTS <= 256, "the first byte of a key chooses among the places");

thread_local! {
    static KNOWN: RefCell<[Option<VerifyingKey>; POINTS]> = const { RefCell::new([None; POINTS]) };
}

/// Decompresses a key, if it is a valid point. The cache of recent keys changes no answer.
fn point(key: &[u8; 32]) -> Option<VerifyingKey> {
    let place = usize::from(key[0]) % POINTS;
    KNOWN.with_borrow_mut(|known| match known[place] {
        Some(point) if point.as_bytes() == key => Some(point),
        _ => {
            let point = VerifyingKey::from_bytes(key).ok()?;
            debug_assert_eq!(point.as_bytes(), key, "a cached point has the bytes that it is looked up by");
            known[place] = Some(point);
            Some(point)
        }
    })
}

/// A strict Ed25519 verification: small-order keys and non-canonical points are refused
/// (`verify_strict`; "Taming the many EdDSAs", section 3).
///
/// Format: docs/formats.md, "Envelopes and signatures".
#[must_use]
pub fn verify_raw(by: &Did, message: &[u8], signature: &[u8; 64]) -> bool {
    point(by.key()).is_some_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
}

/// Whether a key has small order. A signature by such a key verifies for messages that nobody signed, so none is
/// accepted.
#[must_use]
pub fn is_small_order(key: &Did) -> bool {
    VerifyingKey::from_bytes(key.key()).is_ok_and(|key| key.is_weak())
}
