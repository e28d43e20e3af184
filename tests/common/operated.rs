//! Scopes whose root key is nowhere on the host, and what their roots sign.

use icn_core::block::ucan::Revocation;
use icn_core::rules::keys::delegate;
use icn_runtime::{Host, SecretKey, now_ms};

use super::{Desk, block_on, key, probe_spec};

/// Seconds of a day: longer than any test.
pub(crate) const DAY_S: i64 = 24 * 60 * 60;

/// The time in seconds.
pub(crate) fn now_s() -> i64 {
    i64::try_from(now_ms() / 1000).unwrap()
}

/// The root of the scope of this name.
pub(crate) fn root(name: &str) -> SecretKey {
    key(&format!("{name} scope"))
}

/// The operating key of the scope of this name with this number.
pub(crate) fn operating(name: &str, number: usize) -> SecretKey {
    key(&format!("{name} operating {number}"))
}

/// A delegation of a root to a key, from a day before to so many seconds from now.
pub(crate) fn delegation(root: &SecretKey, to: &SecretKey, seconds: i64) -> Vec<u8> {
    let from = Some(now_s() - DAY_S);
    delegate(root, to.did(), from, now_s() + seconds, to.did().key()).bytes().to_vec()
}

/// The revocation of a delegation.
pub(crate) fn revocation(root: &SecretKey, delegation: &[u8]) -> Vec<u8> {
    let id = icn_runtime::Delegation::read(delegation).unwrap().id;
    Revocation::sign(root, id).bytes().to_vec()
}

/// Opens the scope of this name with its first operating key, for so many seconds.
pub(crate) fn open_operated(host: &Host, name: &str, seconds: i64) -> Desk {
    let (root, key) = (root(name), operating(name, 0));
    let (_, spec) = probe_spec(name);
    let spec = spec.delegation(&delegation(&root, &key, seconds));
    let opening = spec.opening(host.origin(), root.did(), now_ms());
    // Here the root signs, wherever it is.
    let envelope = opening.sign(&root);
    block_on(host.open_operated(opening, &envelope, key)).unwrap();
    Desk::of(name)
}
