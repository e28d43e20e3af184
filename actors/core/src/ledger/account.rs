//! Accounts: their counters, and the numbers that stand for them in memory.

/// An account's counters. Two to the power of 64 of the largest transfers fit in each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Account {
    /// All that was ever debited.
    pub debits: u128,
    /// All that was ever credited.
    pub credits: u128,
    /// What open holds will debit if they are settled, and resources that are drawn.
    pub debits_held: u128,
    /// What open holds will credit if they are settled.
    pub credits_held: u128,
}

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
        self.balance().saturating_sub(signed(self.debits_held))
    }
}

/// An account's number in this machine's memory: of no meaning elsewhere, and none after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccountNo(pub(super) u32);

impl AccountNo {
    pub(super) const fn at(self) -> usize {
        self.0 as usize
    }
}

/// One transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leg {
    /// Who is debited.
    pub from: AccountNo,
    /// Who is credited.
    pub to: AccountNo,
    /// How much.
    pub amount: u64,
}

/// A counter in dag-cbor, whose integers end at 64 bits: 16 bytes, the most significant first.
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
