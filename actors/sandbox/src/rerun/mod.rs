//! Runs of what happened before, on one thread and without a host: an auditor's ([`Reruns`]), and what a throwaway scope
//! needs of the same (`scratch/`).

mod complete;
mod lent_ledger;
mod reruns;

pub use self::reruns::Reruns;

pub(crate) use self::complete::complete;
pub(crate) use self::lent_ledger::LentLedger;
