//! New secret keys, from the system's randomness.

use icn_core::encode::SecretKey;

/// A new key from the system's randomness.
pub fn random_key() -> Result<SecretKey, String> {
    let mut secret = zeroize::Zeroizing::new([0u8; 32]);
    getrandom::fill(&mut *secret).map_err(|e| format!("the system gives no randomness: {e}"))?;
    Ok(SecretKey::from_bytes(&secret))
}
