//! `icn key`: a scope's keys, made and used offline.
//!
//! - here: the subcommands
//! - `file.rs`: key files and UCAN files
//! - `when.rs`: dates
//! - `report.rs`: what is printed

mod file;
mod report;
mod when;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use icn_core::keys::{check_delegation, delegate};
use icn_core::ucan::{Delegation, Revocation};
use icn_runtime::{BlockId, Did, now_ms, random_key};

use super::{FAILED, OK, misuse, output, print_report};
use report::Report;

/// Make keys, delegate to them, and revoke that.
///
/// A scope is named by its root key, which may stay on a machine without a network: `icn key delegate` signs there that an
/// operating key, which a host has, may sign the scope's blocks until an end date, and `icn key revoke` that it may no
/// more. Both write a UCAN, which holds no secret and can be carried by whatever way. What a host does with it is
/// `Host::open_operated`, `Host::rotate_key` and `Host::revoke`.
///
/// Exit code: 0 it is done, 1 a file cannot be written, 2 a file or the arguments are not right.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
    /// Print one JSON document
    #[arg(long, global = true)]
    json: bool,
}

#[derive(clap::Subcommand)]
enum What {
    /// Make a new key in a file that its owner alone can read, and print its DID
    New {
        /// The file, which is not there yet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Print the DID of a key file, or what a UCAN says
    Show {
        /// A key file, a delegation or a revocation
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Sign a delegation of a scope's root to an operating key
    Delegate {
        /// The key file of the scope's root
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The operating key's DID
        #[arg(long, value_name = "DID")]
        to: String,
        /// When it ends: a date (its first moment), a time such as 2027-01-31T12:00:00Z, or seconds since 1970; in UTC
        #[arg(long, value_name = "WHEN")]
        until: String,
        /// When it begins; without it, at once
        #[arg(long, value_name = "WHEN")]
        from: Option<String>,
        /// Where to write it: a file that is not there yet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Sign that a delegation counts no more
    Revoke {
        /// The key file of the scope's root
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The delegation: its file, or its CID
        #[arg(value_name = "DELEGATION")]
        delegation: String,
        /// Where to write it: a file that is not there yet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// Why nothing was done.
enum Failure {
    Misuse(String),
    Failed(String),
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let done = match &arguments.what {
        What::New { out } => new(out),
        What::Show { file } => show(file),
        What::Delegate { key, to, until, from, out } => delegation(key, to, until, from.as_deref(), out),
        What::Revoke { key, delegation, out } => revocation(key, delegation, out),
    };
    match done {
        Ok(report) => print_report("key", &report, arguments.json, OK),
        Err(Failure::Misuse(why)) => misuse("key", &why),
        Err(Failure::Failed(why)) => {
            output::tell("key", &why);
            ExitCode::from(FAILED)
        }
    }
}

fn new(out: &Path) -> Result<Report, Failure> {
    let key = random_key().map_err(Failure::Failed)?;
    file::create_key(out, &key).map_err(Failure::Failed)?;
    Ok(Report::Key { did: key.did().to_string() })
}

fn show(path: &Path) -> Result<Report, Failure> {
    let bytes = file::read(path).map_err(Failure::Misuse)?;
    if let Ok(delegation) = Delegation::read(&bytes) {
        Delegation::read_signed(&bytes).map_err(|error| named(path, &error))?;
        return Ok(Report::of_delegation(&delegation));
    }
    if let Ok(revocation) = Revocation::read(&bytes) {
        Revocation::read_signed(&bytes).map_err(|error| named(path, &error))?;
        return Ok(Report::of_revocation(&revocation));
    }
    let key = file::read_key(path).map_err(Failure::Misuse)?;
    Ok(Report::Key { did: key.did().to_string() })
}

fn delegation(key: &Path, to: &str, until: &str, from: Option<&str>, out: &Path) -> Result<Report, Failure> {
    let to = Did::parse(to).map_err(|error| Failure::Misuse(format!("--to: {error}")))?;
    let parse = |name: &str, text: &str| {
        when::parse(text).map_err(|error| Failure::Misuse(format!("{name}: {error}")))
    };
    let until_s = parse("--until", until)?;
    let from_s = from.map(|from| parse("--from", from)).transpose()?;
    let now_s = i64::try_from(now_ms() / 1000).unwrap_or(i64::MAX);
    if until_s <= from_s.unwrap_or(now_s).max(now_s) {
        let what = "--until: expected a time that is still to come, and behind --from";
        return Err(Failure::Misuse(format!("{what}, found {}", when::text(until_s))));
    }
    let root = file::read_key(key).map_err(Failure::Misuse)?;
    let mut nonce = [0; 12];
    getrandom::fill(&mut nonce)
        .map_err(|error| Failure::Failed(format!("the system gives no randomness: {error}")))?;
    let block = delegate(&root, to, from_s, until_s, &nonce);
    let read = Delegation::read_signed(block.bytes()).map_err(|error| Failure::Failed(error.to_string()))?;
    check_delegation(&root.did(), &read).map_err(|error| Failure::Failed(error.to_string()))?;
    file::create(out, block.bytes()).map_err(Failure::Failed)?;
    Ok(Report::of_delegation(&read))
}

fn revocation(key: &Path, delegation: &str, out: &Path) -> Result<Report, Failure> {
    let root = file::read_key(key).map_err(Failure::Misuse)?;
    let id = match BlockId::parse(delegation) {
        Ok(id) => id,
        Err(_) => delegated(Path::new(delegation), &root.did())?,
    };
    let block = Revocation::sign(&root, id);
    let read = Revocation::read_signed(block.bytes()).map_err(|error| Failure::Failed(error.to_string()))?;
    file::create(out, block.bytes()).map_err(Failure::Failed)?;
    Ok(Report::of_revocation(&read))
}

/// The name of the delegation in a file, which this root must have issued: nobody else's revocation would count.
fn delegated(path: &Path, root: &Did) -> Result<BlockId, Failure> {
    let bytes = file::read(path).map_err(Failure::Misuse)?;
    let delegation = Delegation::read_signed(&bytes).map_err(|error| named(path, &error))?;
    if delegation.issuer == *root {
        return Ok(delegation.id);
    }
    let what = format!("it was issued by {}, and revoked by {root} it would still count", delegation.issuer);
    Err(named(path, &what))
}

fn named(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::Misuse(format!("{}: {error}", path.display()))
}
