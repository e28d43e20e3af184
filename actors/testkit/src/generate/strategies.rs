//! `proptest` strategies over the generators: `proptest` draws and shrinks bytes, and the generators read them.

use proptest::prelude::*;

use icn_core::block::{Invocation, Node, Policy, Receipt};

use super::ledger_op::LedgerOp;
use super::source::ByteSource;

/// Bytes for a check: what a fuzzer would give it.
#[derive(Clone, PartialEq, Eq)]
pub struct Input(pub Vec<u8>);

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A failing case can be written to a corpus from this.
        f.write_str(&icn_core::name::hex(&self.0))
    }
}

/// Any bytes, up to so many.
pub fn bytes(len_max: usize) -> impl Strategy<Value = Input> {
    prop::collection::vec(any::<u8>(), 0..=len_max).prop_map(Input)
}

fn from_bytes<T: std::fmt::Debug>(
    len_max: usize,
    make: impl Fn(&mut ByteSource<'_>) -> T,
) -> impl Strategy<Value = T> {
    bytes(len_max).prop_map(move |input| make(&mut ByteSource::new(&input.0)))
}

/// Any invocation.
pub fn invocations() -> impl Strategy<Value = Invocation> {
    from_bytes(128, |source| source.invocation())
}

/// Any receipt.
pub fn receipts() -> impl Strategy<Value = Receipt> {
    from_bytes(256, |source| source.receipt())
}

/// Any policy.
pub fn policies() -> impl Strategy<Value = Policy> {
    from_bytes(256, |source| source.policy())
}

/// Any node.
pub fn nodes() -> impl Strategy<Value = Node> {
    from_bytes(96, |source| source.node())
}

/// Any ledger operation.
pub fn ledger_ops() -> impl Strategy<Value = LedgerOp> {
    from_bytes(96, |source| source.ledger_op())
}
