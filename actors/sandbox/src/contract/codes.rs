//! The codes that a host function answers when it refuses a call. The guest gets the number and goes on.
//!
//! The numbers, names and meanings stand in one table. `docs/host-abi.md` lists the same, and a test compares the
//! two. A code is never given another meaning: guests were built with it.

/// A code that a call answers instead of succeeding, as `icn abi` lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The number that the guest gets.
    pub code: i32,
    /// The name in the host ABI.
    pub name: &'static str,
    /// The meaning, as `docs/host-abi.md` gives it.
    pub meaning: &'static str,
}

/// Defines the codes and the table of all of them.
macro_rules! codes {
    ($($name:literal $soft:ident = $code:literal: $meaning:literal;)+) => {
        /// A code that a call answers instead of a result (`docs/host-abi.md`, "Answers").
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(i32)]
        #[allow(dead_code, reason = "a code of the ABI that no call answers yet is still a code")]
        pub(crate) enum Soft {
            $($soft = $code,)+
        }

        impl Soft {
            /// The code with this number, if there is one.
            pub(crate) const fn numbered(code: i32) -> Option<Self> {
                match code {
                    $($code => Some(Self::$soft),)+
                    _ => None,
                }
            }
        }

        /// Every code that a call may answer, from -1 down.
        pub const CODES: &[Code] = &[$(Code { code: $code, name: $name, meaning: $meaning }),+];
    };
}

codes! {
    "INVALID_ARGUMENT" InvalidArgument = -1: "malformed CID, DID, name, JSON, enum; a negative or zero amount";
    "INVALID_UTF8" InvalidUtf8 = -2: "text is not UTF-8";
    "TOO_LARGE" TooLarge = -3: "a length is over its maximum, or a balance over 2^63 - 1";
    "NOT_FOUND" NotFound = -4: "no such value, node, credential, account";
    "DENIED" Denied = -5: "the capability, role or authority is missing";
    "EXHAUSTED" Exhausted = -6: "authorization, cap, balance or credit limit does not cover it";
    "CONFLICT" Conflict = -7: "it exists already, is revoked already, a parent is missing, a sequence is stale";
    "INVALID_SIGNATURE" InvalidSignature = -8: "a signature or proof does not verify";
    "LIMIT" Limit = -9: "more of this in one invocation than allowed";
}

// Codes run from -1 down without a gap, in the order of the table.
const _: () = {
    let mut at = 0;
    let mut expected = -1;
    while at < CODES.len() {
        assert!(CODES[at].code == expected, "the codes have no gap");
        at += 1;
        expected -= 1;
    }
};
