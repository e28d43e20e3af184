//! New secret keys. The randomness is the operating system's; there is no other source.

use icn_core::encode::SecretKey;
use zeroize::Zeroizing;

/// Makes a new key. An error says that the operating system gives no randomness.
pub fn random_key() -> Result<SecretKey, String> {
    let mut secret = Zeroizing::new([0u8; 32]);
    getrandom::fill(&mut *secret).map_err(|error| format!("the system gives no randomness: {error}"))?;
    Ok(SecretKey::from_bytes(&secret))
}
