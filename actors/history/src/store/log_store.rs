//! `LogStore`: the write side of a log.

use icn_core::block::Entry;

use crate::error::StoreError;

/// The write side of a log: ordered, durable appends at an expected position.
///
/// It promises:
///
/// - *Durability.* When `append` returns `Ok`, all entries survive a crash of the process and of the machine.
/// - *All or nothing, as readers see it.* After a crash a reader finds all entries of an `append` that
///   returned, and of one that did not return it finds all of them or none.
/// - *Order.* Entries stand in the log in the order of the calls.
///
/// It does not promise:
///
/// - *Reads.* Recovery, restarts and audits read segment files through [`super::Reader`]. A store on another
///   medium must keep such files too, or replace that reader in its callers.
/// - *A check of what is appended.* The caller made sure that the entries come next; the store compares the position
///   alone.
/// - *A second writer.* The lock of the data directory keeps it away.
/// - *Recovery from an error.* After an error nobody knows which bytes are on the disk. The caller drops the
///   store, and a reader finds out.
pub trait LogStore: Send {
    /// Appends these entries as one group, if the log has `expected` leaves. All of them are durable on return.
    ///
    /// # Errors
    /// [`StoreError::Position`] when the log has another number of leaves; nothing was written then.
    /// [`StoreError::Io`] and [`StoreError::Damaged`] after which the store must not be used again.
    fn append(&mut self, expected: u64, entries: &[&Entry]) -> Result<(), StoreError>;

    /// Ends writing: no space stays reserved behind the last group. A later `append` is allowed.
    fn close(&mut self) -> Result<(), StoreError>;
}
