//! Owners of accounts inside a scope, and their text forms. Who may move an account is decided by the ledger and the
//! policy, not here.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::block_id::BlockId;
use super::bytes::HoldId;
use super::did::Did;
use super::error::IdError;
use super::text::{as_text, cut};
use crate::limits;

/// Who owns an account inside a scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    /// The federation itself.
    Treasury,
    /// The source of a unit. Its balance is minus the amount in existence, so that all accounts sum to zero.
    Issuance,
    /// The sink of consumed resources.
    Consumed,
    /// A member.
    Member(Did),
    /// An installed module.
    Module(BlockId),
    /// A named account of the scope, such as `project/12`.
    Name(Arc<str>),
    /// A hold: units set aside until the hold is settled, voided or past its deadline. Only the runtime moves it.
    Hold(HoldId),
    /// The debt of this scope to another scope. Only the runtime moves it.
    Owed(Did),
    /// The debt of another scope to this one, kept as a negative balance. Only the runtime moves it.
    Claim(Did),
}

impl Owner {
    /// Whether only the runtime moves it. No policy may issue to such an owner, and no transfer of a guest or
    /// member may name it.
    #[must_use]
    pub const fn is_moved_by_the_runtime_alone(&self) -> bool {
        matches!(self, Self::Issuance | Self::Consumed | Self::Hold(_) | Self::Owed(_) | Self::Claim(_))
    }

    /// Parses the text form.
    ///
    /// Format: docs/formats.md, "Identities and names".
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let owner = Self::parse_form(text)?;
        debug_assert_eq!(owner.to_string(), text, "an owner has one spelling");
        Ok(owner)
    }

    fn parse_form(text: &str) -> Result<Self, IdError> {
        let error = || IdError::Owner(cut(text));
        match text {
            "treasury" => return Ok(Self::Treasury),
            "issuance" => return Ok(Self::Issuance),
            "consumed" => return Ok(Self::Consumed),
            _ => {}
        }
        if text.starts_with("did:") {
            return Did::parse(text).map(Self::Member);
        }
        if let Some(cid) = text.strip_prefix("module:") {
            return BlockId::parse(cid).map(Self::Module).map_err(|_| error());
        }
        if let Some(id) = text.strip_prefix("hold:") {
            return HoldId::from_hex(id).map(Self::Hold).ok_or_else(error);
        }
        if let Some(scope) = text.strip_prefix("owed:") {
            return Did::parse(scope).map(Self::Owed).map_err(|_| error());
        }
        if let Some(scope) = text.strip_prefix("claim:") {
            return Did::parse(scope).map(Self::Claim).map_err(|_| error());
        }
        let well_formed = text.len() <= limits::NAME_BYTES_MAX
            && text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._/-".contains(&b));
        if well_formed { Ok(Self::Name(Arc::from(text))) } else { Err(error()) }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Treasury => f.write_str("treasury"),
            Self::Issuance => f.write_str("issuance"),
            Self::Consumed => f.write_str("consumed"),
            Self::Member(did) => f.write_str(did.as_str()),
            Self::Module(id) => write!(f, "module:{id}"),
            Self::Name(name) => f.write_str(name),
            Self::Hold(id) => write!(f, "hold:{id}"),
            Self::Owed(scope) => write!(f, "owed:{scope}"),
            Self::Claim(scope) => write!(f, "claim:{scope}"),
        }
    }
}

as_text!(Owner);
