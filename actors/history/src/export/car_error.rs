//! `CarLogError`: why a CAR is not a log, and the finding of an audit for it.

use std::path::Path;

use icn_core::log::RowError;
use icn_core::log::car::{CarError, CarFlaw};

use crate::error::StoreError;
use crate::finding::Finding;

/// Why a CAR is not a log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CarLogError {
    /// The file cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The bytes are no CAR.
    #[error(transparent)]
    Car(#[from] CarError),
    /// The blocks do not make entries.
    #[error("byte {offset}: {why}")]
    Entries { offset: u64, why: RowError },
}

impl CarLogError {
    /// The finding for a CAR that went wrong behind this log position. A file that cannot be read gives no finding.
    pub(crate) fn finding(self, path: &Path, position: u64) -> Result<Finding, StoreError> {
        let at = |offset: u64, what: &str, expected: &str, found: &dyn std::fmt::Display| {
            let finding = Finding::of(what, expected, found).at_position(position);
            finding.at_place(format!("{} at byte {offset}", path.display()))
        };
        match self {
            Self::Store(error) => Err(error),
            Self::Car(CarError { offset, why }) => {
                let (what, expected) = rule_of_car(&why);
                let block = match &why {
                    CarFlaw::Hash { named, .. } | CarFlaw::NotCanonical { named, .. } => {
                        Some(named.to_string())
                    }
                    _ => None,
                };
                Ok(Finding { block, ..at(offset, what, expected, &why) })
            }
            Self::Entries { offset, why } => {
                let (what, expected) = rule_of_entries(&why);
                Ok(at(offset, what, expected, &why))
            }
        }
    }
}

/// The thing that a CAR does not have right, and what would be right.
const fn rule_of_car(why: &CarFlaw) -> (&'static str, &'static str) {
    match why {
        CarFlaw::Header(_) => ("CAR header", "a CAR version 1"),
        CarFlaw::Length(_) | CarFlaw::Cid(_) => ("CAR section", "a length, a CID and a block"),
        CarFlaw::Truncated => ("end of the CAR", "the end of a section"),
        CarFlaw::Codec(_) => ("codec", "a CIDv1 with sha2-256, of dag-cbor or raw"),
        CarFlaw::Hash { .. } => ("hash", "the bytes that the block's CID names"),
        CarFlaw::NotCanonical { .. } => ("encoding", "strict dag-cbor"),
    }
}

/// The thing that the blocks of an entry do not have right, and what would be right.
const fn rule_of_entries(why: &RowError) -> (&'static str, &'static str) {
    match why {
        RowError::Empty => ("entry", "leaves"),
        RowError::Missing(_) => ("block", "in its entry"),
        RowError::Envelope(..) => ("envelope", "an envelope"),
        RowError::Payload(..) => ("encoding", "a canonical payload"),
        RowError::Order { .. } => ("order of blocks", "the order of an export"),
        RowError::Codec(_) => ("codec", "the codec of its kind of block"),
        RowError::Repeated(_) => ("repeated block", "each block once"),
        RowError::TooLarge { .. } => ("size of an entry", "one that a host writes"),
        RowError::Unfinished(_) => ("end of the CAR", "the end of an entry"),
    }
}
