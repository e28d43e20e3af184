//! The arguments of `icn demo`.

use std::path::PathBuf;

use crate::commands::common::passphrase::PassphraseArguments;

/// Hold participatory-budgeting elections on this machine, and audit them.
///
/// Each file (in the Pabulib format, `.pb`) becomes a federation scope of its own. Each voter is a member
/// with a key that is derived from the voter's id. Every member signs its ballot. All scopes vote at the same
/// time. Then each scope tallies by the rule `greedy` and pays its funded projects from its treasury. At the
/// end the whole history is audited. Without files, a small election that is part of the program is held.
///
/// The keys are derived from public text. They are for demonstration only.
///
/// Every file is read completely before anything is created. If the guest refuses to open or to tally an
/// election, that is reported for its file, in this run and in every later one on the same data. The other
/// elections are still held.
///
/// Exit code: 0 all elections are held and the audit passed, 1 something failed (an election, the audit,
/// writing the result), 2 the arguments, an election file or the data directory are wrong (with a wrong
/// election file nothing is created).
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Election files in the Pabulib format
    #[arg(value_name = "FILE.pb")]
    pub(super) files: Vec<PathBuf>,
    /// Keep the host's data here. Run the command again with it to continue after an interruption [default: a
    /// temporary directory that is removed]
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,
    /// Print the result as one JSON document on standard output, and nothing else
    ///
    /// Its fields: `scopes` (for each file, in the order given: `name`, `file`, `did`, `ballots_accepted`,
    /// `ballots_refused`, `funded` (project ids in the order listed), `spent`, `budget`, `fuel`, `state_root`
    /// (the root of the scope's state after its last receipt, in hexadecimal, empty without a receipt), and
    /// `error` (why the election was not held; missing when it was held)), `invocations`, `seconds`,
    /// `checkpoint` (`origin`, `size`, `root`), `audit` (`ok`). The numbers are what the log has for this
    /// file.
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) passphrase: PassphraseArguments,
    /// The number of threads that scopes run on [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) arbiters: Option<u16>,
    /// Append the name of each receipt to this file, one on a line, as soon as it is answered
    #[arg(long, value_name = "FILE")]
    pub(super) receipts: Option<PathBuf>,
    /// Write the host's metrics to this file at the end, in the Prometheus text format
    #[arg(long, value_name = "FILE")]
    pub(super) metrics: Option<PathBuf>,
}
