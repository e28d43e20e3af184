//! The kinds of blocks: what their payloads say.
//!
//! Each payload is a dag-cbor map whose `typ` names its kind and version. Unknown fields are refused: what
//! was signed is what is understood.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use crate::capability::{Capability, CapabilityError, CredentialType};
use crate::crossing::Leg;
use crate::effect::Outcome;
use crate::encode::{self, Block, DecodeError};
use crate::id::{BlockId, Did, Hash, InvocationId, Origin, Owner, Unit};
pub use crate::keys::{KeysBlock, Signer};
use crate::ledger::{Actor, Booking, Operation};
use crate::limits;
use crate::ruling;

macro_rules! tag {
    ($(#[$doc:meta])* $name:ident, $text:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct $name;
        impl $name {
            /// The text in a block's `typ`.
            pub const TEXT: &'static str = $text;
        }
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($text)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <&'de str>::deserialize(deserializer)?;
                if text == $text {
                    Ok(Self)
                } else {
                    Err(serde::de::Error::custom(format!("its `typ` is `{text}`, expected `{}`", $text)))
                }
            }
        }
    };
}

tag!(/** `typ` of an invocation. */ InvocationTag, "icn/invocation/v1");
tag!(/** `typ` of a receipt. */ ReceiptTag, "icn/receipt/v1");
tag!(/** `typ` of a counterpart's leg. */ LegTag, "icn/leg/v1");
tag!(/** `typ` of a policy. */ PolicyTag, "icn/policy/v1");
tag!(/** `typ` of a host's first block. */ HostTag, "icn/host/v1");
tag!(/** `typ` of a scope's block of keys. */ KeysTag, "icn/keys/v1");
tag!(/** `typ` of a node that a guest stored. */ NodeTag, "icn/node/v1");
tag!(/** `typ` of an engine's description. */ EngineTag, "icn/engine/v1");

/// What a caller signs: run this entry of this module in this scope of this log, once, until then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invocation {
    /// The kind.
    pub typ: InvocationTag,
    /// The log that its receipt goes to.
    pub log: Origin,
    /// The federation scope.
    pub scope: Did,
    /// The installed module.
    pub module: BlockId,
    /// The entry point.
    pub entry: String,
    /// What the guest reads as its input.
    #[serde(with = "serde_bytes")]
    pub input: Vec<u8>,
    /// Fuel that it may burn, at most.
    pub fuel: u64,
    /// Applied at most once, for ever, in this scope.
    pub id: InvocationId,
    /// Refused from this moment on, in milliseconds since the Unix epoch.
    pub expires: u64,
    /// Who signs.
    pub caller: Did,
}

/// Fuel limit of an invocation whose caller names none.
pub const INVOCATION_FUEL_DEFAULT: u64 = 1_000_000_000;

impl Invocation {
    /// An invocation with the default fuel limit, expiring at `expires` (milliseconds since the Unix epoch).
    #[must_use]
    #[expect(clippy::too_many_arguments, reason = "each is a field that the caller signs")]
    pub fn new(
        log: &Origin,
        scope: Did,
        module: BlockId,
        entry: &str,
        input: impl Into<Vec<u8>>,
        id: InvocationId,
        caller: Did,
        expires: u64,
    ) -> Self {
        Self {
            typ: InvocationTag,
            log: log.clone(),
            scope,
            module,
            entry: entry.to_owned(),
            input: input.into(),
            fuel: INVOCATION_FUEL_DEFAULT,
            id,
            expires,
            caller,
        }
    }

    /// The same, with that fuel limit.
    #[must_use]
    pub const fn with_fuel(mut self, fuel: u64) -> Self {
        self.fuel = fuel;
        self
    }

    /// Reads an invocation's payload.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        encode::from_bytes("invocation", bytes, limits::BLOCK_BYTES_MAX)
    }
}

/// A change of state: the key, and the value it has from now on, or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write(
    /// The key, within the invocation's module.
    #[serde(with = "serde_bytes")]
    pub Vec<u8>,
    /// The new value; absent when the key was deleted.
    pub Option<serde_bytes::ByteBuf>,
);

/// What an invocation consumed beside its fuel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usage {
    /// Pages of guest memory (64 KiB) at their peak.
    pub memory: u64,
    /// Bytes that left the scope.
    pub network: u64,
    /// Bytes of keys and values kept more than before; negative when fewer.
    pub storage: i64,
}

/// A place in the log for a stored node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor(
    /// The node.
    pub BlockId,
    /// The guest's word for what it is.
    pub String,
);

/// A place in another scope's own sequence, which the leg in the same entry takes ([`crate::crossing`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counterpart {
    /// The other scope.
    pub scope: Did,
    /// The place in its own sequence.
    pub seq: u64,
    /// Its block before that.
    pub prev: BlockId,
}

/// What a scope signs about one invocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// The kind.
    pub typ: ReceiptTag,
    /// The log that it belongs to.
    pub log: Origin,
    /// The scope, which signs.
    pub scope: Did,
    /// The operating key that signs for the scope, when its own key does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<Signer>,
    /// Its place in the scope's own sequence; the policy that opened the scope has 0.
    pub seq: u64,
    /// The scope's block before this one.
    pub prev: BlockId,
    /// The invocation's envelope.
    pub invocation: BlockId,
    /// The engine's description: version, settings, limits, cost schedule.
    pub engine: BlockId,
    /// The time that the guest was told, in milliseconds since the Unix epoch.
    pub time: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Fuel charged.
    pub fuel: u64,
    /// What else was charged.
    pub usage: Usage,
    /// The guest's output.
    #[serde(with = "serde_bytes")]
    pub output: Vec<u8>,
    /// SHA-256 over the guest's log text, when it logged any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logged: Option<Hash>,
    /// State that changed, in the order of keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writes: Vec<Write>,
    /// What moved: holds of the scope that its time has ended, by deadline and name, and then what the guest asked
    /// for, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub journal: Vec<Operation>,
    /// Where the counterparts of the journal have their legs, in the order of their identities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<Counterpart>,
    /// Nodes that the guest stored, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<BlockId>,
    /// Nodes that follow the receipt in the log as leaves of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub anchors: Vec<Anchor>,
    /// The root of the scope's state after this.
    pub root: Hash,
}

impl Receipt {
    /// Reads a receipt's payload.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let receipt: Self = encode::from_bytes("receipt", bytes, limits::BLOCK_BYTES_MAX)?;
        ruling::check_words("receipt", &receipt.journal)?;
        Ok(receipt)
    }

    /// What of it the ledger books; `actor` is whose invocation it was ([`crate::policy::PolicyInForce::actor`]).
    #[must_use]
    pub fn booking<'a>(&'a self, actor: &'a Actor) -> Booking<'a> {
        let Self { scope, time, fuel, usage, ref journal, .. } = *self;
        Booking { scope, time, fuel, usage, journal, actor }
    }

    /// What its guest asked for: the journal without the expiries that it begins with.
    #[must_use]
    pub fn asked(&self) -> &[Operation] {
        Operation::parts(&self.journal).1
    }
}

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

/// What a host signs as the first entry of its log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostBlock {
    /// The kind.
    pub typ: HostTag,
    /// The log's name.
    pub log: Origin,
    /// The host, which signs this and the log's checkpoints.
    pub host: Did,
    /// When, in milliseconds since the Unix epoch.
    pub time: u64,
}

impl HostBlock {
    /// Reads a host block's payload.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        encode::from_bytes("host block", bytes, limits::BLOCK_BYTES_MAX)
    }
}

/// A node that a guest stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// The kind.
    pub typ: NodeTag,
    /// The scope that it belongs to.
    pub scope: Did,
    /// The module that stored it.
    pub module: BlockId,
    /// Nodes of the same scope that came before.
    pub parents: Vec<BlockId>,
    /// The guest's bytes.
    #[serde(with = "serde_bytes")]
    pub payload: Vec<u8>,
}

impl Node {
    /// Reads a node.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        encode::from_bytes("node", bytes, limits::BLOCK_BYTES_MAX)
    }

    /// Where the payload of a node's block stands: nothing is copied, and the other fields are not read. Of bytes that
    /// were taken for a node before.
    #[must_use]
    pub fn payload_range(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
        #[derive(Deserialize)]
        struct Part<'a> {
            #[serde(borrow, with = "serde_bytes")]
            payload: &'a [u8],
        }
        let payload = serde_ipld_dagcbor::from_slice::<Part<'_>>(bytes).ok()?.payload;
        // Of the names of the fields it is the last in the one order that dag-cbor has.
        let range = bytes.len().checked_sub(payload.len())?..bytes.len();
        std::ptr::eq(bytes.get(range.clone())?, payload).then_some(range)
    }
}

/// What decides, beside module and input, how a run ends: receipts link it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Engine {
    /// The kind.
    pub typ: EngineTag,
    /// The engine and its version.
    pub engine: String,
    /// Settings that bear on results, each as `name=value`, in order.
    pub settings: Vec<String>,
    /// The version of the cost schedule.
    pub schedule_version: u32,
    /// SHA-256 of the cost schedule's canonical form.
    pub schedule: Hash,
}

impl Engine {
    /// Reads a description.
    ///
    /// # Errors
    /// What its bytes are instead.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        encode::from_bytes("engine's description", bytes, limits::BLOCK_BYTES_MAX)
    }
}

/// The kind of a signed payload, by its `typ`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// A host's first block.
    Host(HostBlock),
    /// A policy.
    Policy(Box<Policy>),
    /// A receipt.
    Receipt(Box<Receipt>),
    /// A counterpart's leg.
    Leg(Box<Leg>),
    /// A block of keys.
    Keys(Box<KeysBlock>),
}

impl Payload {
    /// The kind that a payload states, without reading the rest of it.
    #[must_use]
    pub fn kind(bytes: &[u8]) -> Option<&str> {
        #[derive(Deserialize)]
        struct Kind<'a> {
            #[serde(borrow)]
            typ: &'a str,
        }
        serde_ipld_dagcbor::from_slice::<Kind<'_>>(bytes).ok().map(|kind| kind.typ)
    }

    /// Reads the payload of an entry of the log, whatever its kind.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let malformed = |why: String| DecodeError::Malformed { what: "signed payload", why };
        match Self::kind(bytes).ok_or_else(|| malformed("not a dag-cbor map with a text `typ`".into()))? {
            ReceiptTag::TEXT => Receipt::from_bytes(bytes).map(|r| Self::Receipt(Box::new(r))),
            LegTag::TEXT => Leg::from_bytes(bytes).map(|leg| Self::Leg(Box::new(leg))),
            PolicyTag::TEXT => Policy::from_bytes(bytes).map(|p| Self::Policy(Box::new(p))),
            HostTag::TEXT => HostBlock::from_bytes(bytes).map(Self::Host),
            KeysTag::TEXT => KeysBlock::from_bytes(bytes).map(|k| Self::Keys(Box::new(k))),
            other => Err(malformed(format!("its `typ` is `{other}`, which no entry of a log has"))),
        }
    }
}

/// One entry of the log: its leaves in order, the first of which is the envelope that commits it, and the
/// blocks that it brings along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Leaves of the log's tree.
    pub leaves: Vec<BlockId>,
    /// Blocks: the payload, the envelope, and whatever they link that is new.
    pub blocks: Vec<Block>,
}

impl Entry {
    /// The last so many leaves, which are legs' envelopes where the first is a receipt's that names so many places.
    #[must_use]
    pub fn leg_leaves(&self, legs: usize) -> &[BlockId] {
        let rest = self.leaves.get(1..).unwrap_or_default();
        &rest[rest.len().saturating_sub(legs)..]
    }

    /// The block of this name among those that it brings.
    #[must_use]
    pub fn block(&self, id: &BlockId) -> Option<&Block> {
        self.blocks.iter().find(|b| b.id() == *id)
    }
}
