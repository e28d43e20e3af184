//! What an invocation of a throwaway scope came to.

use std::collections::BTreeMap;

use icn_core::block::{Outcome, Receipt, Trap};
use icn_core::encode::Block;
use icn_core::name::BlockId;

use crate::guest::LogLine;
use crate::run::Profiled;

/// What an invocation came to.
#[derive(Debug, Clone)]
pub struct Run {
    /// What the scope signed: outcome, charge, output, effects.
    pub receipt: Receipt,
    /// The receipt's name: the CID of its envelope.
    pub receipt_id: BlockId,
    /// The receipt's blocks, payload and envelope.
    pub blocks: [Block; 2],
    /// Nodes that it stored.
    pub nodes: Vec<Block>,
    /// Fuel that it might burn.
    pub fuel_limit: u64,
    /// Lines that the guest logged, in their order.
    pub log: Vec<LogLine>,
    /// How often it called each function of the host.
    pub host_calls: BTreeMap<&'static str, u64>,
    /// Where its fuel went, if its module was compiled to say so.
    pub profiled: Option<Profiled>,
}

impl Run {
    /// The trap that ended it, if one did.
    #[must_use]
    pub const fn trap(&self) -> Option<&Trap> {
        match &self.receipt.outcome {
            Outcome::Trapped(trap) => Some(trap),
            _ => None,
        }
    }
    /// The number that the guest returned: 0 when all went well, nothing when it trapped.
    #[must_use]
    pub const fn code(&self) -> Option<i32> {
        match &self.receipt.outcome {
            Outcome::Ok => Some(0),
            Outcome::Failed(code) => Some(*code),
            Outcome::Trapped(_) => None,
        }
    }
    /// The output as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.receipt.output).into_owned()
    }
}
