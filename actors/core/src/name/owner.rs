//! Owners of accounts.

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
    /// Where a unit comes from: its balance is minus what exists, so that everything sums to zero.
    Issuance,
    /// Where a consumed resource goes.
    Consumed,
    /// A member.
    Member(Did),
    /// An installed module.
    Module(BlockId),
    /// A named account of the scope, such as `project/12`.
    Name(Arc<str>),
    /// A hold: what is set aside until it is settled, voided, or past its deadline. Moved by the runtime alone.
    Hold(HoldId),
    /// What the scope owes to another. Moved by the runtime alone.
    Owed(Did),
    /// What another scope owes to this one, below zero. Moved by the runtime alone.
    Claim(Did),
}

impl Owner {
    /// Whether the runtime alone moves it: no policy issues to it, and no guest's or member's transfer names it.
    #[must_use]
    pub const fn is_moved_by_the_runtime_alone(&self) -> bool {
        matches!(self, Self::Issuance | Self::Consumed | Self::Hold(_) | Self::Owed(_) | Self::Claim(_))
    }

    /// Parses the text form.
    pub fn parse(text: &str) -> Result<Self, IdError> {
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
