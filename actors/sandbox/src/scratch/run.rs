//! What an invocation of a throwaway scope came to.

use std::collections::BTreeMap;

use icn_core::block::{Outcome, Receipt, Trap};
use icn_core::encode::Block;
use icn_core::name::BlockId;

use crate::guest::LogLine;
use crate::run::Profiled;

/// An invocation that ran: its receipt, and what an author wants to see besides.
#[derive(Debug, Clone)]
pub struct Run {
    /// The receipt that the scope signed: outcome, charge, output, effects.
    pub receipt: Receipt,
    /// The name of the receipt: the CID of its envelope.
    pub receipt_id: BlockId,
    /// The blocks of the receipt: payload and envelope.
    pub blocks: [Block; 2],
    /// Nodes that the guest stored.
    pub nodes: Vec<Block>,
    /// Fuel that the guest was allowed to burn.
    pub fuel_limit: u64,
    /// Lines that the guest logged, in their order.
    pub log: Vec<LogLine>,
    /// How often the guest called each host function.
    pub host_calls: BTreeMap<&'static str, u64>,
    /// Where the fuel went, if the module was compiled to be profiled.
    pub profiled: Option<Profiled>,
}

impl Run {
    /// The trap that ended the run, if one did.
    #[must_use]
    pub const fn trap(&self) -> Option<&Trap> {
        match &self.receipt.outcome {
            Outcome::Trapped(trap) => Some(trap),
            _ => None,
        }
    }
    /// The number that the guest returned: 0 for success; none when it trapped.
    #[must_use]
    pub const fn code(&self) -> Option<i32> {
        match &self.receipt.outcome {
            Outcome::Ok => Some(0),
            Outcome::Failed(code) => Some(*code),
            Outcome::Trapped(_) => None,
        }
    }
    /// The output as text. Bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.receipt.output).into_owned()
    }
}
