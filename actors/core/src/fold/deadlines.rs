//! The open holds of a scope and their deadlines: so much of the ledger a chain has to know, to say with which expiries
//! its next receipt begins.

use std::collections::{BTreeMap, BTreeSet};

use crate::block::Operation;
use crate::name::HoldId;

/// Open holds, by name and by deadline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Deadlines {
    by_id: BTreeMap<HoldId, u64>,
    by_deadline: BTreeSet<(u64, HoldId)>,
}

impl FromIterator<(HoldId, u64)> for Deadlines {
    fn from_iter<T: IntoIterator<Item = (HoldId, u64)>>(holds: T) -> Self {
        let mut all = Self::default();
        holds.into_iter().for_each(|(id, deadline)| all.open(id, deadline));
        all
    }
}

impl Deadlines {
    fn open(&mut self, id: HoldId, deadline: u64) {
        self.end(&id);
        self.by_id.insert(id, deadline);
        self.by_deadline.insert((deadline, id));
    }

    fn end(&mut self, id: &HoldId) {
        if let Some(deadline) = self.by_id.remove(id) {
            self.by_deadline.remove(&(deadline, *id));
        }
    }

    /// Holds that are past their deadline at a time, in the order of deadline and name.
    pub(crate) fn due(&self, time: u64) -> impl Iterator<Item = HoldId> {
        self.by_deadline.iter().take_while(move |(deadline, _)| *deadline <= time).map(|(_, id)| *id)
    }

    /// What a journal opens and ends.
    pub(crate) fn follow(&mut self, journal: &[Operation]) {
        for operation in journal {
            match operation {
                Operation::Send { .. }
                | Operation::Receive { .. }
                | Operation::Transfer { .. }
                | Operation::Rule(_) => {}
                Operation::Hold { id, deadline, .. } => self.open(*id, *deadline),
                Operation::Settle { id, .. } | Operation::Void { id } | Operation::Expire { id } => {
                    self.end(id);
                }
            }
        }
    }
}
