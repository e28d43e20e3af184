//! `Layout`: the paths in a data directory. It touches no file.
//!
//! - `LOCK`: held by the process that has the directory open
//! - `host.key`: the host's secret key
//! - `scopes/<scope>.key`: a scope's own key, its root, where it is on this host
//! - `scopes/<scope>-<key>.key`: each operating key of a scope
//! - `log/*.seg`: the log. Only the log and the keys cannot be derived
//! - `checkpoint`: the newest signed checkpoint
//! - `log.vkey`: the public key that verifies it, derived
//! - `cosigned`: the newest checkpoint that witnesses cosigned, written by `icn cosign`
//! - `snapshots/*.snap`: snapshots of the folded log, derived
//! - `artefacts/*.cwasm`: compiled modules, derived
//! - `artefacts.key`: the secret that protects them

use std::path::{Path, PathBuf};

use icn_core::name::Did;

/// The paths in a data directory.
///
/// Format: docs/formats.md, "The data directory".
#[derive(Debug, Clone)]
pub struct Layout(PathBuf);

impl Layout {
    /// The layout of this directory, which need not exist.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self(dir.to_owned())
    }
    /// The directory itself.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.0
    }
    /// The lock file.
    pub(super) fn lock(&self) -> PathBuf {
        self.0.join("LOCK")
    }
    /// The directory of segment files.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.0.join("log")
    }
    /// The directory of snapshot files.
    #[must_use]
    pub fn snapshots(&self) -> PathBuf {
        self.0.join("snapshots")
    }
    /// The newest signed checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> PathBuf {
        self.0.join("checkpoint")
    }
    /// The newest checkpoint that witnesses cosigned.
    #[must_use]
    pub fn cosigned(&self) -> PathBuf {
        self.0.join("cosigned")
    }
    /// The lock file of whoever writes the cosigned checkpoint.
    pub(crate) fn cosigned_lock(&self) -> PathBuf {
        self.0.join("cosigned.lock")
    }
    /// The public key that verifies checkpoints.
    #[must_use]
    pub fn verifier_key(&self) -> PathBuf {
        self.0.join("log.vkey")
    }
    /// The directory of compiled modules.
    #[must_use]
    pub fn artefacts(&self) -> PathBuf {
        self.0.join("artefacts")
    }
    /// The secret that protects compiled modules.
    #[must_use]
    pub fn artefact_key(&self) -> PathBuf {
        self.0.join("artefacts.key")
    }
    /// The host's secret key.
    #[must_use]
    pub fn host_key(&self) -> PathBuf {
        self.0.join("host.key")
    }
    /// The directory of the scopes' secret keys.
    #[must_use]
    pub fn scopes(&self) -> PathBuf {
        self.0.join("scopes")
    }
    /// The secret key of a scope itself, its root.
    #[must_use]
    pub fn scope_key(&self, scope: &Did) -> PathBuf {
        self.scopes().join(format!("{}.key", multikey(scope)))
    }
    /// The secret key of an operating key of a scope.
    #[must_use]
    pub fn operating_key(&self, scope: &Did, key: &Did) -> PathBuf {
        self.scopes().join(format!("{}-{}.key", multikey(scope), multikey(key)))
    }
}

/// A DID without `did:key:`.
fn multikey(did: &Did) -> &str {
    &did.as_str()["did:key:".len()..]
}
