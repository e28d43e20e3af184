//! `Listener`: hears of each entry that holds, while an audit reads the log. It takes no part in the verdict.

use icn_core::block::{Invocation, Receipt};
use icn_core::fold::{Fold, Prepared};
use icn_core::name::BlockId;

/// Hears of each entry that holds, in the order of the log.
pub trait Listener {
    /// A receipt that holds, with the CID of its envelope and its invocation.
    fn receipt(&mut self, id: BlockId, invocation: &Invocation, receipt: &Receipt) {
        let _ = (id, invocation, receipt);
    }
    /// Any entry that holds.
    fn entry(&mut self, entry: &Prepared) {
        let _ = entry;
    }
    /// What the log adds up to. Called once, at the end, and only when all of the log holds.
    fn folded(&mut self, fold: &Fold) {
        let _ = fold;
    }
    /// The number of leaves that hold so far.
    fn progress(&mut self, leaves: u64) {
        let _ = leaves;
    }
}

/// Hears nothing.
impl Listener for () {}
