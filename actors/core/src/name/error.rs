//! Errors of names: each shows the text that was read and the form that was expected.

/// Why a text or bytes are not a name. The message says what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not a `did:key` of an Ed25519 key in its one spelling.
    #[error(
        "`{0}` is not a did:key of an Ed25519 key; expected `did:key:z6Mk` and 44 more base58 characters"
    )]
    Did(String),
    /// Not a CIDv1 of the codecs and the hash in use here.
    #[error("not a CID of this runtime: expected CIDv1, sha2-256, codec dag-cbor or raw (36 bytes); {0}")]
    Cid(String),
    /// Not a unit's name.
    #[error(
        "`{0}` is not a unit: expected one to twelve of A-Z, 0-9 beginning with a letter, or a resource name"
    )]
    Unit(String),
    /// Not an account owner.
    #[error(
        "`{0}` is not an account owner: expected `treasury`, `issuance`, `consumed`, a did:key, `module:` and a \
         CID, `hold:` and 32 lower-case hexadecimal digits, `owed:` or `claim:` and a did:key, or a name of up to 128 of A-Z a-z 0-9 . _ / - beginning with a letter or digit"
    )]
    Owner(String),
    /// Not a log's origin.
    #[error("`{0}` is not a log origin: expected 1 to 128 printable characters without spaces or `+`")]
    Origin(String),
}
