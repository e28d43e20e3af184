//! The fold: what it has, whoever folds what into it.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::Chain;
use super::divergence::{Divergence, Place};
use crate::block::HostBlock;
use crate::encode::Block;
use crate::ledger::Ledger;
use crate::log::Log;
use crate::name::{BlockId, Did, Origin};
use crate::rules::keys::Registry;

/// The fold.
#[derive(Debug, Default)]
pub struct Fold {
    pub(super) host: Option<HostBlock>,
    pub(super) log: Log,
    pub(super) ledger: Ledger,
    pub(super) chains: BTreeMap<Did, Chain>,
    pub(super) modules: BTreeMap<BlockId, Block>,
    pub(super) engines: BTreeSet<BlockId>,
    pub(super) keys: Registry,
    pub(super) invocations: u64,
    pub(super) extent: Extent,
}

/// How much of a log a fold folds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Extent {
    #[default]
    Whole,
    /// One scope's part: the others' entries only advance the log.
    Scope(Did),
    /// No scope's part: names, signatures, order and tree, without state and ledger.
    Structure,
}

/// The parts of a fold, for those who own them while the host runs.
#[derive(Debug)]
pub struct FoldParts {
    /// The host's own block.
    pub host: Option<HostBlock>,
    /// The log's machine.
    pub log: Log,
    /// The ledger.
    pub ledger: Ledger,
    /// The scopes.
    pub chains: BTreeMap<Did, Chain>,
    /// Modules' bytes by name.
    pub modules: BTreeMap<BlockId, Block>,
    /// Engines that were described.
    pub engines: BTreeSet<BlockId>,
    /// The scopes' keys.
    pub keys: Registry,
}

impl Fold {
    /// A fold of one scope's part of a log: the other scopes' entries only advance the log.
    #[must_use]
    pub fn of_scope(scope: Did) -> Self {
        Self { extent: Extent::Scope(scope), ..Self::default() }
    }

    /// A fold of a log's structure alone: names, signatures, order and tree. What the entries do to states and
    /// balances is not looked at, and no scope is kept.
    #[must_use]
    pub fn of_structure() -> Self {
        Self { extent: Extent::Structure, ..Self::default() }
    }

    /// A fold that goes on from parts, as a snapshot gives them.
    #[must_use]
    pub fn from_parts(parts: FoldParts) -> Self {
        let invocations = parts.chains.values().map(|chain| chain.invocations() as u64).sum();
        Self {
            host: parts.host,
            log: parts.log,
            ledger: parts.ledger,
            chains: parts.chains,
            modules: parts.modules,
            engines: parts.engines,
            keys: parts.keys,
            invocations,
            extent: Extent::Whole,
        }
    }
    /// Gives the fold up for its parts.
    #[must_use]
    pub fn into_parts(self) -> FoldParts {
        FoldParts {
            host: self.host,
            log: self.log,
            ledger: self.ledger,
            chains: self.chains,
            modules: self.modules,
            engines: self.engines,
            keys: self.keys,
        }
    }
    /// The log so far.
    #[must_use]
    pub const fn log(&self) -> &Log {
        &self.log
    }
    /// The ledger so far.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }
    /// The host's block, once it was seen.
    #[must_use]
    pub const fn host(&self) -> Option<&HostBlock> {
        self.host.as_ref()
    }
    /// The scopes so far.
    #[must_use]
    pub const fn chains(&self) -> &BTreeMap<Did, Chain> {
        &self.chains
    }
    /// Modules' bytes so far.
    #[must_use]
    pub const fn modules(&self) -> &BTreeMap<BlockId, Block> {
        &self.modules
    }
    /// Engines described so far.
    #[must_use]
    pub const fn engines(&self) -> &BTreeSet<BlockId> {
        &self.engines
    }
    /// The scopes' keys so far.
    #[must_use]
    pub const fn keys(&self) -> &Registry {
        &self.keys
    }
    /// Everybody who may have signed an entry so far, in his own name or in a scope's.
    pub fn signers(&self) -> impl Iterator<Item = &Did> {
        self.log.heads().keys().chain(self.keys.operating_keys())
    }
    /// Receipts so far.
    #[must_use]
    pub const fn invocations(&self) -> u64 {
        self.invocations
    }

    /// The log's name, which a block states; the host's block comes before every other.
    pub(super) fn origin(&self, place: Place, found: &Origin) -> Result<&Origin, Divergence> {
        let host = self.host.as_ref();
        let host = host.ok_or_else(|| place.expects("first entry", "the host's block", "another"))?;
        if host.log == *found { Ok(&host.log) } else { Err(place.expects("log", &host.log, found)) }
    }
}

/// The chain of a scope that is open.
pub(super) fn open_chain<'c>(
    chains: &'c mut BTreeMap<Did, Chain>,
    place: Place,
    scope: &Did,
) -> Result<&'c mut Chain, Divergence> {
    chains.get_mut(scope).ok_or_else(|| place.expects("scope", "an open scope", scope))
}
