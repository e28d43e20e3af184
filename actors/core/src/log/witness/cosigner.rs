//! The name and the key of a witness.

use crate::encode::SecretKey;
use crate::log::note::{KeyKind, VerifierKey, sign_line};

/// The name and the key of a witness.
#[derive(Debug)]
pub struct Cosigner {
    key: VerifierKey,
    secret: SecretKey,
}

impl Cosigner {
    /// A witness with this name, or `None` if a note cannot carry the name.
    #[must_use]
    pub fn new(name: &str, secret: SecretKey) -> Option<Self> {
        Some(Self { key: VerifierKey::new(name, KeyKind::Witness, secret.did())?, secret })
    }

    /// The signature line for a checkpoint's text, at this time in seconds since the Unix epoch.
    pub(super) fn sign(&self, text: &str, time_s: u64) -> String {
        sign_line(&self.key, &self.secret, text, time_s)
    }
    /// The key that verifies its cosignatures.
    #[must_use]
    pub const fn key(&self) -> &VerifierKey {
        &self.key
    }
}
