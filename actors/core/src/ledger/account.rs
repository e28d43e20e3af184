//! The counters of an account, and the number that stands for an account in memory.
//!
//! Counters only grow, except while a group is taken back. Balances are computed from them and never stored.

/// The counters of an account. Each can count 2^64 transfers of the largest amount.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Account {
    /// The sum of everything that was ever debited.
    pub debits: u128,
    /// The sum of everything that was ever credited.
    pub credits: u128,
    /// The sum that open holds debit if they are settled, and of the resources that are drawn.
    pub debits_held: u128,
    /// The sum that open holds credit if they are settled, and of the resources that are drawn.
    pub credits_held: u128,
}

/// A counter as a signed number. One that is too large counts as the largest.
pub(super) fn signed(total: u128) -> i128 {
    i128::try_from(total).unwrap_or(i128::MAX)
}

impl Account {
    /// Posted credits less posted debits.
    #[must_use]
    pub fn balance(&self) -> i128 {
        signed(self.credits).saturating_sub(signed(self.debits))
    }
    /// The balance less what is held to be debited.
    #[must_use]
    pub fn available(&self) -> i128 {
        let available = self.balance().saturating_sub(signed(self.debits_held));
        debug_assert!(available <= self.balance(), "no more is available than the account has");
        available
    }
}

/// The number of an account in the memory of this machine. It has no meaning elsewhere, and none after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountNo(pub(super) u32);

impl AccountNo {
    /// The place of the account in arrays.
    pub(super) const fn at(self) -> usize {
        self.0 as usize
    }
}

/// One transfer between two accounts of one scope and unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leg {
    /// The account that is debited.
    pub from: AccountNo,
    /// The account that is credited.
    pub to: AccountNo,
    /// The amount, in the smallest part of the unit.
    pub amount: u64,
}

const _: () = {
    assert!(
        (i64::MAX as u128).checked_mul(1 << 64).is_some(),
        "a counter counts 2^64 of the largest transfers"
    );
    assert!(size_of::<AccountNo>() <= size_of::<usize>(), "an account's number is a place in an array");
};

/// A counter in dag-cbor, whose integers have at most 64 bits: 16 bytes, the most significant first.
pub(super) mod wide {
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(in super::super) fn serialize<S: Serializer>(total: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&total.to_be_bytes())
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<u128, D::Error> {
        crate::name::Bytes::<16>::deserialize(deserializer).map(|bytes| u128::from_be_bytes(bytes.0))
    }
}
