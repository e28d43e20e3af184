//! Capabilities: what a module may do beyond reading its input, writing its output and logging. Its manifest asks
//! for them, a scope's policy grants them, and each host call checks the one that it needs.
//!
//! A capability has one text, which is also its form in blocks. Two capabilities have a type of credential as
//! parameter.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::limits;
use crate::name::cut;

/// A type of credential, such as `Membership`: 1 to [`limits::CREDENTIAL_TYPE_BYTES_MAX`] ASCII letters and
/// digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CredentialType {
    /// The text, padded with zero bytes. No text contains a zero byte, so the bytes have the order of the texts.
    text: [u8; limits::CREDENTIAL_TYPE_BYTES_MAX],
    len: u8,
}

const _: () = assert!(limits::CREDENTIAL_TYPE_BYTES_MAX <= u8::MAX as usize, "the length fits its byte");

/// Why a text is not a capability.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CapabilityError {
    /// The text is not a type of credential.
    #[error(
        "`{0}` is not a type of credential: expected 1 to {max} ASCII letters and digits",
        max = limits::CREDENTIAL_TYPE_BYTES_MAX
    )]
    Type(String),
    /// The text is not a capability.
    #[error("`{0}` is not a capability; the capabilities are: {all}", all = Capability::names())]
    Unknown(String),
}

impl CredentialType {
    /// Parses the text form.
    pub fn parse(text: &str) -> Result<Self, CapabilityError> {
        let error = || CapabilityError::Type(cut(text));
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(error());
        }
        let mut bytes = [0; limits::CREDENTIAL_TYPE_BYTES_MAX];
        bytes.get_mut(..text.len()).ok_or_else(error)?.copy_from_slice(text.as_bytes());
        let parsed = Self { text: bytes, len: u8::try_from(text.len()).map_err(|_| error())? };
        debug_assert_eq!(parsed.as_str(), text, "a type of credential has one spelling");
        Ok(parsed)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only `parse` sets the bytes, and it accepts ASCII alone.
        std::str::from_utf8(&self.text[..usize::from(self.len)]).unwrap_or_default()
    }
}

impl fmt::Debug for CredentialType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A right of a module beyond reading its input, writing its output and logging.
///
/// Format: docs/formats.md, "Policy".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Keep values in the scope's state.
    State,
    /// Store, read and anchor nodes.
    Dag,
    /// Transfer from the caller's and the module's own account, and hold for a time.
    Transfer,
    /// Transfer from the scope's treasury.
    Treasury,
    /// Consume resources from the module's own account.
    Usage,
    /// Mint and burn units of tokens.
    Mint,
    /// Transfer to an account of another federation scope.
    Cross,
    /// Issue credentials of a type.
    Issue(CredentialType),
    /// Revoke credentials of a type.
    Revoke(CredentialType),
}

const ISSUE: &str = "issue:";
const REVOKE: &str = "revoke:";

impl Capability {
    /// All capabilities without a parameter.
    pub const ALL: [Self; 7] =
        [Self::State, Self::Dag, Self::Transfer, Self::Treasury, Self::Usage, Self::Mint, Self::Cross];

    /// Parses the text in policies and manifests.
    pub fn parse(text: &str) -> Result<Self, CapabilityError> {
        if let Some(of) = text.strip_prefix(ISSUE) {
            return CredentialType::parse(of).map(Self::Issue);
        }
        if let Some(of) = text.strip_prefix(REVOKE) {
            return CredentialType::parse(of).map(Self::Revoke);
        }
        debug_assert!(!text.starts_with(ISSUE) && !text.starts_with(REVOKE), "parameters were read above");
        let plain = Self::ALL.into_iter().find(|capability| capability.word() == text);
        plain.ok_or_else(|| CapabilityError::Unknown(cut(text)))
    }

    /// The text; for a capability with a parameter, the part before the parameter.
    const fn word(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Dag => "dag",
            Self::Transfer => "transfer",
            Self::Treasury => "treasury",
            Self::Usage => "usage",
            Self::Mint => "mint",
            Self::Cross => "cross",
            Self::Issue(_) => ISSUE,
            Self::Revoke(_) => REVOKE,
        }
    }

    /// The texts of all capabilities, for a message to a person.
    #[must_use]
    pub fn names() -> String {
        let plain = Self::ALL.iter().map(ToString::to_string);
        let with_type = [ISSUE, REVOKE].iter().map(|word| format!("{word}<type>"));
        plain.chain(with_type).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        match self {
            Self::Issue(of) | Self::Revoke(of) => f.write_str(of.as_str()),
            _ => Ok(()),
        }
    }
}

impl Serialize for Capability {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Capability {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_capability_has_one_text() {
        let long = "A".repeat(limits::CREDENTIAL_TYPE_BYTES_MAX);
        let mut texts: Vec<String> = Capability::ALL.iter().map(ToString::to_string).collect();
        texts.extend(["issue:Membership".into(), "revoke:7".into(), format!("issue:{long}")]);
        for text in &texts {
            assert_eq!(Capability::parse(text).unwrap().to_string(), *text);
            let bytes = crate::encode::to_bytes(&Capability::parse(text).unwrap());
            assert_eq!(crate::encode::from_bytes::<String>("text", &bytes, 100).unwrap(), *text);
        }
        for wrong in
            ["", "State", "issue", "issue:", "revoke:", "issue:a b", "issue:é", "revoke:a-b", "mint:H"]
        {
            assert!(Capability::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Capability::parse(&format!("issue:{long}A")).is_err());
    }

    #[test]
    fn types_are_ordered_as_their_texts() {
        let texts = ["Z", "a", "0", "ab", "aB", "b", "aa"];
        let types: BTreeSet<CredentialType> =
            texts.iter().map(|text| CredentialType::parse(text).unwrap()).collect();
        let sorted: Vec<&str> = BTreeSet::from(texts).into_iter().collect();
        assert_eq!(types.iter().map(CredentialType::as_str).collect::<Vec<_>>(), sorted);
    }
}
