//! Policies: who may do what in a scope. `rules::policy` puts one in force; this file only reads it.

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

/// The holders of a role: members named one by one, and rolls.
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

/// Units that are issued when the policy takes effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issue {
    /// The unit.
    pub unit: Unit,
    /// The account that gets them.
    pub to: Owner,
    /// The amount, 1 to 2^63 - 1.
    pub amount: u64,
}

/// The largest grant of one invocation.
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

/// A scope's policy, signed by the scope. The first one opens the scope.
///
/// Format: docs/formats.md, "Policy".
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
    /// The holders of the role `admin`.
    pub admins: Vec<Did>,
    /// The other roles, by name.
    pub roles: BTreeMap<String, Role>,
    /// The installed modules.
    pub modules: Vec<Install>,
    /// The scope's default token.
    pub token: Option<Unit>,
    /// The most that one invocation gets.
    pub grant: GrantLimits,
    /// The units that are issued when it takes effect.
    pub issue: Vec<Issue>,
    /// The scopes that it trades with, in the order of their identities. Units move between two scopes only when each
    /// policy names the other scope.
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

/// Why a policy cannot be put in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy: {0}")]
pub struct PolicyError(pub String);
