//! The few fixed names of all generated data: keys, members, the log, blocks, tokens and holds.
//!
//! Few names make generated operations meet the same accounts and holds.

use std::sync::LazyLock;

use icn_core::encode::SecretKey;
use icn_core::name::{BlockId, Bytes, Codec, Did, HoldId, Origin, Unit};

/// How many keys [`key`] knows.
pub const KEYS: usize = 8;

static MEMBERS: LazyLock<Vec<SecretKey>> =
    LazyLock::new(|| (1..).take(KEYS).map(|n| SecretKey::from_bytes(&[n; 32])).collect());

/// A few fixed keys.
#[must_use]
pub fn keys() -> &'static [SecretKey] {
    &MEMBERS
}

/// One of [`keys`]; the number is taken modulo [`KEYS`].
#[must_use]
pub fn key(n: usize) -> &'static SecretKey {
    &MEMBERS[n % KEYS]
}

/// The identity of [`key`].
#[must_use]
pub fn did(n: usize) -> Did {
    key(n).did()
}

/// The log that everything here belongs to.
#[must_use]
pub fn origin() -> Origin {
    static ORIGIN: LazyLock<Option<Origin>> = LazyLock::new(|| Origin::parse("icn.example/log").ok());
    #[expect(clippy::expect_used, reason = "a constant that parses")]
    ORIGIN.clone().expect("the example origin is well formed")
}

/// A raw block's name that depends on a number alone.
#[must_use]
pub fn raw_id(n: u8) -> BlockId {
    BlockId::of(Codec::Raw, &[n])
}

/// One of the two tokens.
#[must_use]
pub fn token(n: usize) -> Unit {
    static TOKENS: LazyLock<Vec<Unit>> =
        LazyLock::new(|| ["H", "PLN"].iter().filter_map(|name| Unit::parse(name).ok()).collect());
    TOKENS[n % 2].clone()
}

/// How many names of holds [`hold_name`] knows.
pub const HOLD_NAMES: usize = 4;

/// One of the few names of holds; the number is taken modulo [`HOLD_NAMES`].
#[must_use]
pub fn hold_name(n: usize) -> HoldId {
    Bytes([u8::try_from(n % HOLD_NAMES).unwrap_or(0); 16])
}
