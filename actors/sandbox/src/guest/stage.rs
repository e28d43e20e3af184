//! What a run asked for so far. Nothing of it has happened yet: dropping the stage is the abort.
//!
//! The host functions fill it (`abi/`), each within its limits. When the run has returned, `run/ended.rs` makes the
//! run's effects of it.

use std::collections::{BTreeMap, BTreeSet};

use icn_core::block::{Anchor, Operation};
use icn_core::encode::Block;
use icn_core::limits;
use icn_core::name::Did;
use sha2::Sha256;

/// The effects of a run, staged.
#[derive(Default)]
pub(crate) struct Stage {
    /// The output that was set last.
    pub(crate) output: Vec<u8>,
    /// Values that were written, by key; none for a value that was deleted.
    pub(crate) writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Bytes of all keys and values in `writes`.
    pub(crate) write_bytes: usize,
    /// Bytes by which the writes change the storage that the scope holds.
    pub(crate) storage: i64,
    /// Bytes of network that the guest said it used.
    pub(crate) network: u64,
    /// Operations that the ledger did for this run, in their order.
    pub(crate) journal: Vec<Operation>,
    /// Other scopes that the run pays.
    pub(crate) counterparts: BTreeSet<Did>,
    /// Fuel that was charged for them: the host may have to run the beginning again once they are paused.
    pub(crate) rerun_fuel: u64,
    /// Holds placed so far; the name of the next hold is derived from this number.
    pub(crate) holds_placed: u64,
    /// Nodes that were stored and were not there before.
    pub(crate) nodes: Vec<Block>,
    /// Nodes that get a leaf of their own in the log.
    pub(crate) anchors: Vec<Anchor>,
    /// The digest of all lines that were logged, once there is one.
    pub(crate) log: Option<Sha256>,
    /// How many lines were logged.
    pub(crate) log_lines: usize,
}

impl Stage {
    /// That the stage is within every limit of a run. Each host function checked it before it staged anything.
    pub(crate) fn assert_within_limits(&self) {
        assert!(self.output.len() <= limits::OUTPUT_BYTES_MAX, "the output is within its limit");
        assert!(self.writes.len() <= limits::WRITES_MAX, "the writes are within their limit");
        assert!(self.write_bytes <= limits::WRITE_SET_BYTES_MAX, "the write set is within its limit");
        assert!(self.journal.len() <= limits::TRANSFERS_MAX, "the operations are within their limit");
        assert!(
            self.counterparts.len() <= limits::CROSSING_SCOPES_MAX,
            "the counterparts are within their limit"
        );
        assert!(self.nodes.len() <= limits::NODES_MAX, "the nodes are within their limit");
        assert!(self.anchors.len() <= limits::ANCHORS_MAX, "the anchors are within their limit");
        assert!(self.log_lines <= limits::LOG_LINES_MAX, "the log lines are within their limit");
        debug_assert_eq!(self.write_bytes, self.counted_write_bytes(), "the write set is counted right");
    }

    /// The bytes of the write set, counted anew.
    fn counted_write_bytes(&self) -> usize {
        self.writes.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len)).sum()
    }
}
