//! Runs recorded invocations again, on one thread and without a host, for an auditor ([`Reruns`]). A throwaway scope
//! (`scratch/`) runs its guests by the same means.

mod lent_ledger;
mod reruns;
mod run_to_end;

pub use self::reruns::Reruns;

pub(crate) use self::lent_ledger::LentLedger;
pub(crate) use self::run_to_end::run_to_end;
