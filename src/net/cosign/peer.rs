//! A witness as its client knows it: where it is asked, its key, and why it may not cosign.

use icn_core::log::{KeyKind, VerifierKey};

use super::super::http::url::HttpUrl;

/// A witness, and the address where it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessAt {
    /// The submission prefix (C2SP tlog-witness).
    pub url: HttpUrl,
    /// The key that verifies its cosignatures.
    pub key: VerifierKey,
}

impl WitnessAt {
    /// Reads `URL=KEY`: the witness's address and its verifier key.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (url, key) = text.split_once('=').ok_or_else(|| {
            format!(
                "{text}: expected http://HOST:PORT=KEY, with the key from the witness's file witness.vkey"
            )
        })?;
        let url = HttpUrl::parse(url).map_err(|error| error.to_string())?;
        let key = VerifierKey::parse(key).map_err(|error| format!("{key}: {error}"))?;
        if key.kind() != KeyKind::Witness {
            return Err(format!("{key}: expected the key of a witness (type 4), found the key of a log"));
        }
        Ok(Self { url, key })
    }
}

/// Why one witness did not cosign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WitnessFailure {
    /// It gave no answer, or an answer that the protocol does not have.
    #[error("no answer of the witness protocol: {0}")]
    Answer(String),
    /// It does not know the log.
    #[error("it does not watch this log: its operator must add the log's key {0}")]
    Unknown(String),
    /// It knows another key for the log.
    #[error("it does not accept the signature: its operator must add the log's key {0}")]
    Key(String),
    /// It has cosigned a larger checkpoint than the newest one here.
    #[error(
        "it cosigned this log at size {seen}, and the newest checkpoint here has {size}: the log was rolled back, or \
         another host signs with its key. Run `icn audit`, and keep the witness's checkpoint"
    )]
    Ahead {
        /// The size that it cosigned last.
        seen: u64,
        /// The size of the newest checkpoint here.
        size: u64,
    },
    /// It says that the log forked.
    #[error(
        "it says that this checkpoint does not follow from the one it cosigned: {0}. Keep this directory as it is, and \
         keep the witness's checkpoint"
    )]
    Inconsistent(String),
}
