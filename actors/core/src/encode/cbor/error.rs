//! Why bytes are not dag-cbor, and where.

use crate::name::IdError;

/// Why bytes are not strict dag-cbor, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not strict dag-cbor at offset {offset}: {why}")]
pub struct CborError {
    /// The offset at which the wrong item begins.
    pub offset: usize,
    /// The fault of that item.
    pub why: CborFlaw,
}

/// The fault of an item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CborFlaw {
    /// The bytes end within it.
    #[error("the bytes end within an item")]
    Truncated,
    /// More bytes follow the one item.
    #[error("bytes follow the item")]
    Trailing,
    /// A number or a length in a longer form than it needs.
    #[error("a number or a length that has a shorter form")]
    NotShortest,
    /// A length that is not stated at the start.
    #[error("an item of indefinite length")]
    Indefinite,
    /// Another simple value than `false`, `true` and `null`, or a float that does not have 64 bits.
    #[error("a simple value other than false, true and null, or a float of other than 64 bits")]
    Simple,
    /// A float that is not a finite number.
    #[error("a float that is not a finite number")]
    NotFinite,
    /// Another tag than 42, or 42 on something that is not a link.
    #[error("a tag other than 42 on the bytes of a link")]
    Tag,
    /// A link whose content is not a zero byte and a CID.
    #[error("a link that is not a zero byte and a CID")]
    Link,
    /// Text that is not UTF-8.
    #[error("text that is not UTF-8")]
    Text,
    /// A map's key that is not text.
    #[error("a map's key that is not text")]
    Key,
    /// A map's key that is not greater than the key before it, by length and then by bytes.
    #[error("a map's key that is not greater than the key before it, by length and then by bytes")]
    KeyOrder,
    /// Too many items inside each other.
    #[error("more than {0} items inside each other")]
    Depth(usize),
    /// More bytes than a block may have.
    #[error("more than {0} bytes")]
    Size(usize),
    /// A float. No block of this runtime has one.
    #[error("a float")]
    Float,
    /// A link to a kind of block that this runtime does not have.
    #[error("a link to another kind of block: {0}")]
    ForeignLink(IdError),
}
