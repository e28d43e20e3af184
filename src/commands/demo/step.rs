//! The invocations of an election: it is opened, then each voter votes, then it is tallied.

use std::fmt;

use icn_runtime::{InvocationId, invocation_id};

use super::pabulib::Ballot;

/// Fuel for opening an election. An election of the largest size needs less.
const FUEL_OPEN: u64 = 20_000_000_000;
/// Fuel for one ballot. The largest ballot needs less.
const FUEL_VOTE: u64 = 1_000_000_000;
/// Fuel for the tally. An election of the largest size needs less.
const FUEL_TALLY: u64 = 20_000_000_000;

/// One invocation of an election.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    Open,
    Vote(&'a Ballot),
    Tally,
}

impl Step<'_> {
    /// The entry of the guest.
    pub(super) const fn entry(&self) -> &'static str {
        match self {
            Step::Open => "open",
            Step::Vote(_) => "vote",
            Step::Tally => "tally",
        }
    }
    /// The voter's id; empty when no voter calls.
    fn who(&self) -> &str {
        if let Step::Vote(ballot) = self { &ballot.voter_id } else { "" }
    }
    pub(super) const fn fuel(&self) -> u64 {
        match self {
            Step::Open => FUEL_OPEN,
            Step::Vote(_) => FUEL_VOTE,
            Step::Tally => FUEL_TALLY,
        }
    }
    /// Its id. It depends only on the file's bytes, so the invocation is applied at most once.
    pub(super) fn id(&self, digest: &str) -> InvocationId {
        invocation_id(&[digest, self.entry(), self.who()])
    }
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Open => f.write_str("opening the election"),
            Step::Vote(ballot) => write!(f, "the ballot at line {}", ballot.line),
            Step::Tally => f.write_str("the tally"),
        }
    }
}
