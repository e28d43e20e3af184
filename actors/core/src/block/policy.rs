//! What a scope signs about itself.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::capability::Capability;
use super::tag::tag;
use crate::encode::{self, DecodeError};
use crate::limits;
use crate::name::{BlockId, Did, Origin, Owner, Unit};

tag!(/** `typ` of a policy. */ PolicyTag, "icn/policy/v1");

/// A module that a policy installs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Install {
    /// The module: the CID of its bytes, codec raw.
    pub module: BlockId,
    /// What it may do.
    pub capabilities: BTreeSet<Capability>,
    /// The entries that are open, each with the role that its caller must hold.
    pub entries: BTreeMap<String, String>,
}

/// Who holds a role.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Members named here.
    #[serde(default)]
    pub named: Vec<Did>,
    /// Rolls: raw blocks of sorted 32-byte Ed25519 keys.
    #[serde(default)]
    pub rolls: Vec<BlockId>,
}

/// Units that come into being when the policy takes effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issue {
    /// The unit.
    pub unit: Unit,
    /// The account that gets them.
    pub to: Owner,
    /// How many: positive, at most 2^63 - 1.
    pub amount: u64,
}

/// The most that one invocation gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantLimits {
    /// Fuel.
    pub fuel: u64,
    /// Pages of 64 KiB.
    pub memory: u64,
    /// Bytes that leave the scope.
    pub network: u64,
}

/// What a scope signs about itself: who may do what. The first one opens the scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The kind.
    pub typ: PolicyTag,
    /// The log that it belongs to.
    pub log: Origin,
    /// The scope, which signs.
    pub scope: Did,
    /// Its place in the scope's own sequence.
    pub seq: u64,
    /// The scope's block before this one; none for the first.
    pub prev: Option<BlockId>,
    /// When, in milliseconds since the Unix epoch.
    pub time: u64,
    /// What people call the scope.
    pub name: String,
    /// Who may do what the role `admin` may.
    pub admins: Vec<Did>,
    /// The other roles, by name.
    pub roles: BTreeMap<String, Role>,
    /// The installed modules.
    pub modules: Vec<Install>,
    /// The scope's default token.
    pub token: Option<Unit>,
    /// The most that one invocation gets.
    pub grant: GrantLimits,
    /// Units that come into being with it.
    pub issue: Vec<Issue>,
    /// Other scopes that it deals with, in the order of their identities: units move between two scopes when each
    /// names the other.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counterparts: Vec<Did>,
    /// Delegations to operating keys, which sign for the scope from the next block on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delegations: Vec<BlockId>,
}

impl Policy {
    /// Reads a policy's payload.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        encode::from_bytes("policy", bytes, limits::BLOCK_BYTES_MAX)
    }
}

/// Why a policy cannot be in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy: {0}")]
pub struct PolicyError(pub String);
