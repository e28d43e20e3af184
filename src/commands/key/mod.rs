//! `icn key`: makes keys, and signs with them, on a machine without a network if the user likes.
//!
//! - `failure.rs`: errors and their exit codes
//! - `file.rs`: key files and UCAN files
//! - `when.rs`: dates
//! - `list.rs`: the delegations in a log
//! - `report.rs`: what is printed
//! - `secret.rs`: new keys and new passphrases
//! - `ucan.rs`: delegations and revocations
//!
//! No command here changes a log. A host learns of a delegation or a revocation from the program that embeds
//! it.

mod failure;
mod file;
mod list;
mod report;
mod secret;
mod ucan;
mod when;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::commands::common::exit::{OK, failed, misuse};
use crate::commands::common::passphrase::PassphraseArguments;
use crate::commands::common::report::print_report;
use failure::Failure;
use report::Report;
use secret::NewPassphrase;

/// Make keys, delegate to them, and revoke delegations.
///
/// A scope's name is its root key, which may stay on a machine without a network. There `icn key delegate`
/// signs that an operating key, which a host has, may sign the scope's blocks until an end date. `icn key
/// revoke` signs that it may no longer. Both write a UCAN, which holds no secret and can be carried in any
/// way. A host accepts them by `Host::open_operated`, `Host::rotate_key` and `Host::revoke`.
///
/// Exit code: 0 it is done, 1 a file cannot be written, 2 a file or the arguments are wrong.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    passphrase: PassphraseArguments,
    /// Print one JSON document
    #[arg(long, global = true)]
    json: bool,
}

#[derive(clap::Subcommand)]
enum What {
    /// Make a new key in a file that only its owner can read, and print its DID
    New {
        /// The new file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Encrypt it with a passphrase, which is read from --passphrase-file or typed twice
        #[arg(long)]
        encrypt: bool,
    },
    /// Encrypt key files with a new passphrase, or remove the passphrase
    ///
    /// The present passphrase is read from --passphrase-file, or typed. All files are opened before the first
    /// is written, so a wrong passphrase changes nothing. If the command is interrupted, run it again with
    /// the same passphrases.
    Passphrase {
        /// Key files
        #[arg(value_name = "FILE", required_unless_present = "data", conflicts_with = "data")]
        files: Vec<PathBuf>,
        /// All keys of a host's data directory. No host may have it open
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// A file whose first line is the new passphrase. Without it you type it twice at the terminal
        #[arg(long, value_name = "FILE", conflicts_with = "remove")]
        new_passphrase_file: Option<PathBuf>,
        /// Remove the passphrase
        #[arg(long)]
        remove: bool,
    },
    /// Print the DID of a key file, or the content of a UCAN
    Show {
        /// A key file, a delegation or a revocation
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// List the delegations in a host's log: to which keys, until when, and which end within 30 days
    ///
    /// The log is audited first. A scope without delegations is signed by its own key, and is not listed.
    List {
        /// The data directory of a host; it is only read
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
    /// Sign that an operating key may sign for a scope; only the scope's root key can do this
    Delegate {
        /// The key file of the scope's root
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The operating key's DID
        #[arg(long, value_name = "DID")]
        to: String,
        /// When it ends: a date (its first moment), a time such as 2027-01-31T12:00:00Z, or seconds since
        /// 1970; in UTC
        #[arg(long, value_name = "WHEN")]
        until: String,
        /// When it begins [default: at once]
        #[arg(long, value_name = "WHEN")]
        from: Option<String>,
        /// The new file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Sign that a delegation no longer counts
    Revoke {
        /// The key file of the scope's root
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The delegation: its file, or its CID
        #[arg(value_name = "DELEGATION")]
        delegation: String,
        /// The new file to write
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match carry_out(arguments) {
        Ok(report) => print_report("key", &report, arguments.json, OK),
        Err(Failure::Misuse(why)) => misuse("key", &why),
        Err(Failure::Failed(why)) => failed("key", &why),
    }
}

fn carry_out(arguments: &Arguments) -> Result<Report, Failure> {
    let passphrase = &arguments.passphrase;
    let read_key = |path: &Path| file::read_key(path, passphrase).map_err(Failure::Misuse);
    match &arguments.what {
        What::New { out, encrypt } => secret::new(out, encrypt.then_some(passphrase)),
        What::Passphrase { files, data, new_passphrase_file, remove } => {
            let new = match new_passphrase_file {
                _ if *remove => NewPassphrase::None,
                None => NewPassphrase::Typed,
                Some(file) => NewPassphrase::InFile(file),
            };
            secret::rekey(files, data.as_deref(), passphrase, &new)
        }
        What::List { data } => list::list(data).map(Report::Delegations),
        What::Show { file } => ucan::show(file, read_key),
        What::Delegate { key, to, until, from, out } => {
            ucan::delegation(&ucan::Asked { to, until, from: from.as_deref(), out }, || read_key(key))
        }
        What::Revoke { key, delegation, out } => ucan::revocation(&read_key(key)?, delegation, out),
    }
}
