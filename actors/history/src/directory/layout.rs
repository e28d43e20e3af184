//! Where each file of a data directory is.
//!
//! - `LOCK`: held by the process that has the directory open
//! - `host.key`: the host's secret, `scopes/<multikey>.key`: each scope's own, where it is here, and
//!   `scopes/<multikey>-<multikey>.key`: each scope's operating keys; in hexadecimal, or, under a
//!   passphrase, as `key_file` has it; mode 0600
//! - `artefacts.key`: the secret under which compiled modules are kept, in the same form
//! - `log/*.seg`: the log; the only thing that cannot be derived
//! - `checkpoint`, `log.vkey`: the newest signed checkpoint, and the key to verify it with
//! - `cosigned`: the newest one that witnesses cosigned, written by who asks them
//! - `snapshots/*.snap`, `artefacts/*.cwasm`: derived

use std::path::{Path, PathBuf};

use icn_core::name::Did;

/// Paths inside a data directory.
///
/// Format: docs/formats.md, "The data directory".
#[derive(Debug, Clone)]
pub struct Layout(PathBuf);

impl Layout {
    /// The layout of this directory.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self(dir.to_owned())
    }
    /// The directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.0
    }
    /// Segment files.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.0.join("log")
    }
    /// Snapshot files.
    #[must_use]
    pub fn snapshots(&self) -> PathBuf {
        self.0.join("snapshots")
    }
    /// The newest checkpoint.
    #[must_use]
    pub fn checkpoint(&self) -> PathBuf {
        self.0.join("checkpoint")
    }
    /// The newest checkpoint that witnesses cosigned.
    #[must_use]
    pub fn cosigned(&self) -> PathBuf {
        self.0.join("cosigned")
    }
    /// Held by the `icn cosign` that may write the cosigned checkpoint.
    pub(crate) fn cosigned_lock(&self) -> PathBuf {
        self.0.join("cosigned.lock")
    }
    /// The key that verifies checkpoints.
    #[must_use]
    pub fn verifier_key(&self) -> PathBuf {
        self.0.join("log.vkey")
    }
    /// Compiled modules.
    #[must_use]
    pub fn artefacts(&self) -> PathBuf {
        self.0.join("artefacts")
    }
    /// The secret that compiled modules are kept under.
    #[must_use]
    pub fn artefact_key(&self) -> PathBuf {
        self.0.join("artefacts.key")
    }
    /// The host's secret key.
    #[must_use]
    pub fn host_key(&self) -> PathBuf {
        self.0.join("host.key")
    }
    /// The secret keys of scopes.
    #[must_use]
    pub fn scopes(&self) -> PathBuf {
        self.0.join("scopes")
    }
    /// The secret key of a scope itself, its root.
    #[must_use]
    pub fn scope_key(&self, scope: &Did) -> PathBuf {
        self.scopes().join(format!("{}.key", multikey(scope)))
    }
    /// The secret of an operating key of a scope.
    #[must_use]
    pub fn operating_key(&self, scope: &Did, key: &Did) -> PathBuf {
        self.scopes().join(format!("{}-{}.key", multikey(scope), multikey(key)))
    }
}

fn multikey(did: &Did) -> &str {
    &did.as_str()["did:key:".len()..]
}
