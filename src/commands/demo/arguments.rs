//! The arguments of `icn demo`.

use std::path::PathBuf;

use crate::commands::common::passphrase::PassphraseArguments;

/// Hold participatory-budgeting elections on this machine, and audit them.
///
/// Each file (in the Pabulib format, `.pb`) becomes a federation scope of its own. Each voter is a member
/// with a key derived from the voter's id; every ballot is signed by its member and submitted, all scopes at
/// the same time. Then each scope tallies by the rule `greedy` and pays its funded projects from its
/// treasury, and the whole history is audited. Without files, a small election that ships with the program is
/// held.
///
/// The keys are derived from public text: they are for demonstration alone.
///
/// Every file is read whole before anything is created. What the guest refuses to open or to tally is named,
/// file by file, in this run and in every later one on the same data; the other elections are held all the
/// same.
///
/// Exit code: 0 all are held and audited, 1 something failed (an election, the audit, writing the result), 2
/// the arguments, an election file or the data directory are not right (an election file: nothing is
/// created).
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Election files in the Pabulib format
    #[arg(value_name = "FILE.pb")]
    pub(super) files: Vec<PathBuf>,
    /// Keep the host's data here; run again on it to go on after an interruption [default: a scratch
    /// directory that is removed]
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    /// Print the result as one JSON document, and nothing else, on standard output
    ///
    /// Its fields: `scopes` (for each file, in the order given: `name`, `file`, `did`, `ballots_accepted`,
    /// `ballots_refused`, `funded` (project ids in the order listed), `spent`, `budget`, `fuel`, `state_root`
    /// (the root of the scope's state after its last receipt, in hexadecimal, empty without one), and `error`
    /// (why the election was not held; not there when it was)), `invocations`, `seconds`, `checkpoint`
    /// (`origin`, `size`, `root`), `audit` (`ok`). The numbers are what the log has of this file.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) passphrase: PassphraseArguments,
    /// Threads that scopes run on [default: one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) arbiters: Option<u16>,
    /// Append the name of each receipt to this file, a line each, as soon as it was answered
    #[arg(long, value_name = "FILE")]
    pub(super) receipts: Option<PathBuf>,
    /// Write the host's metrics to this file at the end, in the Prometheus text format
    #[arg(long, value_name = "FILE")]
    pub(super) metrics: Option<PathBuf>,
}
