//! Why the ledger refuses: codes in one fixed order, so that every machine answers a bad command with the same one.
//!
//! The order of the codes is their precedence, and their numbers and names are stored: a code is never moved,
//! renamed or removed. The comments of the codes are texts of the program: [`LedgerCode::meaning`] gives them.

/// Defines the codes, numbered from 1 in the order in which they stand here, and the table of all of them.
macro_rules! ledger_codes {
    ($($(#[doc = $meaning:literal])+ $code:ident = $name:literal,)+) => {
        /// Why the ledger refuses. The order is the precedence: if several codes apply to a command, the first of
        /// them is given. A group gives the code of its first command that is refused. Numbers are fixed, from 1,
        /// without gaps.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        #[repr(u8)]
        pub enum LedgerCode {
            $($(#[doc = $meaning])+ #[serde(rename = $name)] $code,)+
        }

        impl LedgerCode {
            /// All of them, in order of precedence.
            pub const ALL: &[Self] = &[$(Self::$code),+];

            /// The name in audit events, metrics and JSON.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$code => $name,)+
                }
            }
            /// What it means.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$code => concat!($($meaning),+).trim_ascii(),)+
                }
            }
        }
    };
}

ledger_codes! {
    /// The id was given to another command before.
    IdTaken = "id_taken",
    /// No command in the group, or more than a group may have.
    GroupSize = "group_size",
    /// The time is before the last that was recorded for the scope.
    TimeBackwards = "time_backwards",
    /// An amount or a limit of zero where something is moved, or of more than 2^63 - 1.
    Amount = "amount",
    /// Both sides are one account, or one scope.
    SameAccount = "same_account",
    /// An account that the runtime alone moves.
    Reserved = "reserved",
    /// A resource, which no transfer moves; or a token where only resources are charged.
    Resource = "resource",
    /// More decimal places than a unit may have.
    Scale = "scale",
    /// A cap whose window has no length, or whose soft threshold is above it.
    CapTerms = "cap_terms",
    /// Two accounts of different units, or a hold over two scopes.
    Mismatch = "mismatch",
    /// A hold's deadline that is over, or too far ahead.
    Deadline = "deadline",
    /// The actor has no right to that command, or to debit that account.
    Unauthorised = "unauthorised",
    /// One of the two scopes' policies does not consent.
    NoConsent = "no_consent",
    /// Holds of the scope are past their deadline: each is recorded as expired, in order, before anything else.
    ExpiryMissing = "expiry_missing",
    /// A unit that was not opened in the scope.
    UnknownUnit = "unknown_unit",
    /// A unit that is open already.
    UnitExists = "unit_exists",
    /// The unit has another scale in the other scope.
    ScaleDiffers = "scale_differs",
    /// An account that was not opened.
    UnknownAccount = "unknown_account",
    /// An account that is open already.
    AccountExists = "account_exists",
    /// No hold of this name is open in the scope.
    UnknownHold = "unknown_hold",
    /// A hold of this name is open already.
    HoldExists = "hold_exists",
    /// The hold was placed by somebody else, who alone may end it.
    NotPlacer = "not_placer",
    /// The hold's deadline is not over.
    NotDue = "not_due",
    /// More is settled than is held.
    OverSettled = "over_settled",
    /// The account is closed.
    Closed = "closed",
    /// The account is frozen.
    Frozen = "frozen",
    /// As many holds are open as a scope may have.
    TooManyHolds = "too_many_holds",
    /// The scope has as many caps as it may have.
    TooManyCaps = "too_many_caps",
    /// What the account has, or has held, is outside of the new limit.
    LimitBroken = "limit_broken",
    /// A cap of the member, the module, a role or the scope does not allow it.
    CapPassed = "cap_passed",
    /// The account's balance and credit, less what is held, do not cover it.
    Insufficient = "insufficient",
    /// The account would have more than it may.
    BalanceMax = "balance_max",
    /// Nothing is owed both ways.
    NothingToNet = "nothing_to_net",
    /// A counter would pass 2^128 - 1.
    Overflow = "overflow",
    /// More is posted than was set aside, or something else: a mistake of the host's own.
    NotSetAside = "not_set_aside",
}

impl LedgerCode {
    /// The number, from 1.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }

    /// The number that a guest is given: the one of the soft error of the host ABI (`docs/host-abi.md`, "What a call
    /// can say").
    #[must_use]
    pub const fn abi(self) -> i32 {
        match self {
            Self::GroupSize | Self::TooManyHolds | Self::TooManyCaps => -9,
            Self::IdTaken | Self::UnitExists | Self::AccountExists | Self::HoldExists => -7,
            Self::OverSettled
            | Self::LimitBroken
            | Self::CapPassed
            | Self::Insufficient
            | Self::BalanceMax
            | Self::NothingToNet
            | Self::Overflow => -6,
            Self::Reserved
            | Self::Unauthorised
            | Self::NoConsent
            | Self::NotPlacer
            | Self::Closed
            | Self::Frozen => -5,
            Self::UnknownUnit | Self::UnknownAccount | Self::UnknownHold => -4,
            Self::TimeBackwards
            | Self::Amount
            | Self::SameAccount
            | Self::Resource
            | Self::Scale
            | Self::CapTerms
            | Self::Mismatch
            | Self::Deadline
            | Self::ExpiryMissing
            | Self::ScaleDiffers
            | Self::NotDue
            | Self::NotSetAside => -1,
        }
    }
}

const _: () = {
    let mut at = 0;
    while at < LedgerCode::ALL.len() {
        let code = LedgerCode::ALL[at];
        assert!(code.number() as usize == at + 1, "codes are numbered from 1, in their order, without gaps");
        assert!(code.abi() < 0, "a guest sees a refusal as a negative number");
        assert!(!code.as_str().is_empty() && !code.meaning().is_empty(), "a code has a name and a meaning");
        let mut before = 0;
        while before < at {
            assert!(!same(code.as_str(), LedgerCode::ALL[before].as_str()), "no two codes have one name");
            before += 1;
        }
        at += 1;
    }
};

/// Whether two names are the same, when compiled.
const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}
