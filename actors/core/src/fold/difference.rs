//! In what two receipts of one invocation differ: the first field and, of what a guest asked for, the host call that asked.

use std::fmt::Debug;

use crate::block::{Anchor, Operation, Receipt, Write};
use crate::name::{BlockId, Owner};

/// Something that a receipt has because a guest called the host.
trait Called: Debug + PartialEq {
    /// The host function, where there is one: `docs/host-abi.md`.
    fn call(&self) -> Option<&'static str>;
}

impl Called for Write {
    fn call(&self) -> Option<&'static str> {
        Some(if self.1.is_some() { "host_set_value" } else { "host_delete_value" })
    }
}

impl Called for BlockId {
    fn call(&self) -> Option<&'static str> {
        Some("host_store_node")
    }
}

impl Called for Anchor {
    fn call(&self) -> Option<&'static str> {
        Some("host_anchor_to_dag")
    }
}

impl Called for Operation {
    fn call(&self) -> Option<&'static str> {
        Some(match self {
            Self::Transfer { from: Owner::Issuance, .. } => "host_mint",
            Self::Transfer { to: Owner::Issuance, .. } => "host_burn",
            Self::Transfer { .. } => "host_transfer",
            Self::Send { .. } => "host_transfer_cross",
            Self::Hold { .. } => "host_hold",
            Self::Settle { .. } => "host_settle_hold",
            Self::Void { .. } => "host_void_hold",
            // The clock's, an administrator's, and another scope's.
            Self::Expire { .. } | Self::Rule(_) | Self::Receive { .. } => return None,
        })
    }
}

/// The first element in which two lists differ, and by which call each came.
fn of_lists<T: Called>(ours: &[T], theirs: &[T]) -> (String, String) {
    let at = ours.iter().zip(theirs).take_while(|(ours, theirs)| ours == theirs).count();
    let said = |list: &[T]| {
        list.get(at).map_or_else(
            || format!("{} in all", list.len()),
            |element| {
                let call = element.call().map(|call| format!(", by {call}")).unwrap_or_default();
                format!("number {at}{call}: {element:?}")
            },
        )
    };
    (said(ours), said(theirs))
}

/// The first field in which two receipts differ: ours, then theirs.
pub(crate) fn difference(ours: &Receipt, theirs: &Receipt) -> (&'static str, String, String) {
    macro_rules! compare {
        ($($field:ident),*) => {
            $(if ours.$field != theirs.$field {
                return (stringify!($field), format!("{:?}", ours.$field), format!("{:?}", theirs.$field));
            })*
        };
    }
    macro_rules! compare_lists {
        ($($field:ident),*) => {
            $(if ours.$field != theirs.$field {
                let (ours, theirs) = of_lists(&ours.$field, &theirs.$field);
                return (stringify!($field), ours, theirs);
            })*
        };
    }
    compare!(outcome, fuel, usage);
    if ours.output != theirs.output {
        let said = |output: &[u8]| format!("by host_set_output: {output:?}");
        return ("output", said(&ours.output), said(&theirs.output));
    }
    compare!(logged);
    compare_lists!(writes, journal);
    compare!(with);
    compare_lists!(nodes, anchors);
    compare!(root, time, seq, prev, invocation, engine);
    ("bytes", "the same".into(), "others".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::{Codec, Unit};

    fn transfer(from: Owner, to: Owner, amount: u64) -> Operation {
        Operation::Transfer { from, to, unit: Unit::parse("H").unwrap(), amount, memo: String::new() }
    }

    #[test]
    fn the_first_element_that_differs_is_named_with_its_call() {
        let pay = |amount| transfer(Owner::Treasury, Owner::Name("till".into()), amount);
        let (ours, theirs) = of_lists(&[pay(1), pay(2)], &[pay(1), pay(3)]);
        assert!(ours.starts_with("number 1, by host_transfer: Transfer {"), "{ours}");
        assert!(ours.contains("amount: 2") && theirs.contains("amount: 3"), "{ours}; {theirs}");
        let (ours, theirs) = of_lists(&[pay(1)], &[pay(1), transfer(Owner::Issuance, Owner::Treasury, 9)]);
        assert_eq!(ours, "1 in all");
        assert!(theirs.starts_with("number 1, by host_mint: "), "{theirs}");
        let void = Operation::Void { id: crate::name::Bytes([1; 16]) };
        let expire = Operation::Expire { id: crate::name::Bytes([1; 16]) };
        let (ours, theirs) = of_lists(&[void], &[expire]);
        assert!(
            ours.starts_with("number 0, by host_void_hold: ") && theirs.starts_with("number 0: "),
            "{theirs}"
        );
        let write = |value: Option<&[u8]>| {
            Write(b"k".to_vec(), value.map(|v| serde_bytes::ByteBuf::from(v.to_vec())))
        };
        let (ours, theirs) = of_lists(&[write(Some(b"v"))], &[write(None)]);
        assert!(
            ours.contains("by host_set_value") && theirs.contains("by host_delete_value"),
            "{ours}; {theirs}"
        );
        let node = |n: u8| BlockId::of(Codec::DagCbor, &[n]);
        let (ours, theirs) = of_lists(&[node(1)], &[node(2)]);
        assert_eq!(ours, format!("number 0, by host_store_node: {:?}", node(1)));
        assert_ne!(ours, theirs);
    }
}
