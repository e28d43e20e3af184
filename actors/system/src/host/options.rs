//! How a host is opened.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use icn_core::name::Origin;
use icn_history::key_file::Passphrase;
use icn_sandbox::EngineOptions;

use crate::faults::{Faults, NoFaults};

/// How a host is opened.
#[derive(Debug, Clone)]
pub struct HostOptions {
    /// The data directory. It is created when it is not there.
    pub data: PathBuf,
    /// The log's origin for a new directory. By default it is `icn.local/` and the host's key.
    pub origin: Option<Origin>,
    /// Arbiters that scopes run on. By default there is one a core.
    pub arbiters: Option<usize>,
    /// The engine's options.
    pub engine: EngineOptions,
    /// The passphrase of the directory's key files: encrypted ones are opened with it, and new ones are encrypted. Without
    /// it no encrypted key opens.
    pub passphrase: Option<Arc<Passphrase>>,
    /// Faults to inject: none outside of tests.
    pub faults: Arc<dyn Faults>,
}

impl HostOptions {
    /// The defaults, on this data directory.
    #[must_use]
    pub fn new(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            origin: None,
            arbiters: None,
            engine: EngineOptions::default(),
            passphrase: None,
            faults: Arc::new(NoFaults),
        }
    }
}
