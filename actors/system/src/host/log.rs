//! What a host says of its log: its name, how much of it is durable, and a signed checkpoint of that.

use icn_core::log::Checkpoint;
use icn_core::name::{Bytes, Did, Origin};
use icn_sync::Head;

use super::handle::Host;

impl Host {
    /// The log's name.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.identity.origin
    }

    /// The host's identity: the key that signs checkpoints.
    #[must_use]
    pub fn did(&self) -> Did {
        self.identity.key.did()
    }

    /// Size and root of the log, as far as it is durable.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head.read()
    }

    /// The signed checkpoint of the durable log.
    #[must_use]
    pub fn checkpoint(&self) -> String {
        let Head { size, root } = self.head();
        let origin = self.identity.origin.clone();
        Checkpoint { origin, size, root: Bytes(root) }.sign(&self.identity.key)
    }

    /// Durable groups since the host was opened: each is one append with one sync.
    #[must_use]
    pub fn groups(&self) -> u64 {
        self.groups.read()[0]
    }
}
