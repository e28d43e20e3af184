//! The two arguments of every command that makes a directory from a host's log.

use std::path::PathBuf;

/// `--data` and `--out`.
#[derive(clap::Args)]
pub(crate) struct FromTo {
    /// The data directory of a host; it is only read
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Where to write: a new or an empty directory
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}
