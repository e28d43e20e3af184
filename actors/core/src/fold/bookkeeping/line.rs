//! A line of the second set of books, and sums of lines.

use crate::name::{BlockId, Did, Owner, Unit};

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Units that came into being with a policy.
    Issue,
    /// A resource that a run consumed.
    Charge,
    /// Storage that a run set free.
    Refund,
    /// Units that a guest made.
    Mint,
    /// Units that a guest unmade.
    Burn,
    /// A payment.
    Transfer,
    /// Units that were set aside.
    Hold,
    /// Units that a hold paid to its payee.
    Settle,
    /// Units of a hold that returned to its payer by its module's word.
    Void,
    /// Units of a hold that returned to its payer by its deadline.
    Expire,
    /// A payment to another scope: this one owes it.
    Send,
    /// A payment from another scope: this one claims it.
    Receive,
    /// What two scopes owe each other, set off.
    Net,
}

impl LineKind {
    /// The name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Charge => "charge",
            Self::Refund => "refund",
            Self::Mint => "mint",
            Self::Burn => "burn",
            Self::Transfer => "transfer",
            Self::Hold => "hold",
            Self::Settle => "settle",
            Self::Void => "void",
            Self::Expire => "expire",
            Self::Send => "send",
            Self::Receive => "receive",
            Self::Net => "net",
        }
    }
}

/// The entry that a line comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineSource {
    /// The position of the entry's first leaf in the log.
    pub position: u64,
    /// Its envelope: the policy's or the receipt's.
    pub block: BlockId,
    /// The scope.
    pub scope: Did,
    /// Its place in the scope's own sequence.
    pub seq: u64,
    /// When, in milliseconds since the Unix epoch.
    pub time: u64,
}

/// One posting: the amount moves from the first account to the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Where it stands.
    pub source: LineSource,
    /// What it is.
    pub kind: LineKind,
    /// Who is debited.
    pub from: Owner,
    /// Who is credited.
    pub to: Owner,
    /// The unit.
    pub unit: Unit,
    /// How much.
    pub amount: u64,
    /// The payer's words; a guest's.
    pub memo: String,
}

/// What lines add up to on one account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// All debits.
    pub debits: u128,
    /// All credits.
    pub credits: u128,
}

impl Sums {
    /// Credits less debits.
    #[must_use]
    pub fn balance(&self) -> i128 {
        let signed = |total: u128| i128::try_from(total).unwrap_or(i128::MAX);
        signed(self.credits).saturating_sub(signed(self.debits))
    }
}
