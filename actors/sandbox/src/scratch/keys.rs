//! The keys of a throwaway scope and of its members. Everyone can derive them: they protect nothing.

use icn_core::encode::SecretKey;
use icn_core::name::Hash;

/// The key of a throwaway scope. It is the same for each of them.
#[must_use]
pub fn scope_key() -> SecretKey {
    SecretKey::from_bytes(&Hash::digest(b"icn-runtime/scratch/scope").0)
}

/// The key of the member of this name. It is the same in every throwaway scope, and no secret.
#[must_use]
pub fn member_key(name: &str) -> SecretKey {
    SecretKey::from_bytes(&Hash::digest(format!("icn-runtime/scratch/member/{name}").as_bytes()).0)
}

/// The key of the counterpart of this name.
pub(super) fn counterpart_key(name: &str) -> SecretKey {
    SecretKey::from_bytes(&Hash::digest(format!("icn-runtime/scratch/scope/{name}").as_bytes()).0)
}
