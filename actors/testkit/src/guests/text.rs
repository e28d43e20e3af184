//! Modules from their text form.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use icn_core::encode::Block;
use icn_core::name::Codec;

/// A module's bytes from its text.
pub(super) fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// A module as a block, from its text.
#[must_use]
pub fn assembled(text: &str) -> Block {
    Block::new(Codec::Raw, wasm(text))
}

/// A module whose entry `run` calls `$f` with as many constants as it has parameters.
#[must_use]
pub fn guest(functions: &str, call: &str) -> String {
    format!("(module (memory (export \"memory\") 16) {functions} (func (export \"run\") {call}))")
}
