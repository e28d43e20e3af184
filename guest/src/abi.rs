//! The types in the host's calls: names of nodes and holds, and the numbers for kinds, sources and statuses, as in
//! `docs/host-abi.md`. Both `wasm/` and `fake/` use them.
//!
//! Nothing here calls the host. `dag.rs`, `escrow.rs`, `resource.rs` and `credential.rs` export these types.

/// Whether a credential is valid now, and if not, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum CredentialStatus {
    /// It is valid.
    Valid = 0,
    /// Its issuer revoked it, for ever.
    Revoked = 1,
    /// Its issuer suspended it for a time.
    Suspended = 2,
    /// Its validity has ended.
    Expired = 3,
    /// Its validity has not begun.
    NotYetValid = 4,
}

/// The name of a node: the 36 bytes of a CIDv1, sha2-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Cid([u8; Cid::BYTES]);

impl Cid {
    /// How many bytes a CID has.
    pub const BYTES: usize = 36;

    /// A CID from its bytes. The host refuses one that is malformed, at the call that uses it.
    pub const fn from_bytes(bytes: [u8; Cid::BYTES]) -> Cid {
        Cid(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; Cid::BYTES] {
        &self.0
    }
}

/// The name of a hold. The guest keeps it until it settles or voids the hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HoldId([u8; HoldId::BYTES]);

impl HoldId {
    /// How many bytes a hold's name has.
    pub const BYTES: usize = 16;

    /// An id from its bytes, for example from a stored value.
    pub const fn from_bytes(bytes: [u8; HoldId::BYTES]) -> HoldId {
        HoldId(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; HoldId::BYTES] {
        &self.0
    }
}

/// A resource that is metered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Kind {
    /// Fuel.
    Compute = 0,
    /// Bytes kept.
    StorageBytes = 1,
    /// Bytes that leave the scope.
    NetworkBytes = 2,
    /// Units of the scope's default token.
    Token = 3,
    /// Pages of 64 KiB: the most that the run had at once.
    MemoryPages = 4,
}

/// The account that is debited. A guest chooses among these three and cannot name any other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Source {
    /// The caller's own account.
    Caller = 0,
    /// The module's own account.
    Module = 1,
    /// The scope's treasury; needs the capability `treasury`.
    Treasury = 2,
}
