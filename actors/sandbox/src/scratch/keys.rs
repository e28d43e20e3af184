//! The keys of a throwaway scope and of its members. Everyone can derive them: they protect nothing.

use icn_core::encode::SecretKey;
use icn_core::name::Hash;

/// The key of a scratch's scope: the same in each.
#[must_use]
pub fn scope_key() -> SecretKey {
    SecretKey::from_bytes(&Hash::digest(b"icn-runtime/scratch/scope").0)
}

/// The key of the member of this name: the same in each scratch. Not a secret.
#[must_use]
pub fn member_key(name: &str) -> SecretKey {
    SecretKey::from_bytes(&Hash::digest(format!("icn-runtime/scratch/member/{name}").as_bytes()).0)
}

/// The key of another scope of this name, which deals with a throwaway scope.
pub(super) fn counterpart_key(name: &str) -> SecretKey {
    SecretKey::from_bytes(&Hash::digest(format!("icn-runtime/scratch/scope/{name}").as_bytes()).0)
}
