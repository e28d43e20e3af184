//! `icn key`: a scope's keys, made and used offline.
//!
//! - here: the subcommands
//! - `file.rs`: key files and UCAN files
//! - `when.rs`: dates
//! - `list.rs`: the delegations in a log
//! - `report.rs`: what is printed

mod file;
mod list;
mod report;
mod when;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use icn_core::block::ucan::{Delegation, Revocation};
use icn_core::rules::keys::{check_delegation, delegate};
use icn_runtime::key_file::{PassphraseError, RekeyError};
use icn_runtime::{BlockId, Did, SecretKey, key_file, now_ms, random_key};

use super::passphrase::{PassphraseArguments, new_of};
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
    #[command(flatten)]
    passphrase: PassphraseArguments,
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
        /// Encrypt it under a passphrase, which is read from --passphrase-file, or typed twice
        #[arg(long)]
        encrypt: bool,
    },
    /// Put key files under a passphrase, under another one, or under none
    ///
    /// The passphrase that they have is read from --passphrase-file, or typed. All files are opened before one is written:
    /// a wrong passphrase changes nothing. Cut short, do it again with the same passphrases.
    Passphrase {
        /// Key files
        #[arg(value_name = "FILE", required_unless_present = "data", conflicts_with = "data")]
        files: Vec<PathBuf>,
        /// All keys of a host's data directory, which no host may have open
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// A file whose first line is the new passphrase; typed twice at the terminal without it
        #[arg(long, value_name = "FILE", conflicts_with = "remove")]
        new_passphrase_file: Option<PathBuf>,
        /// Leave them without a passphrase
        #[arg(long)]
        remove: bool,
    },
    /// Print the DID of a key file, or what a UCAN says
    Show {
        /// A key file, a delegation or a revocation
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// List the delegations in a host's log: to which keys, until when, and which end within 30 days
    ///
    /// The log is audited on the way. A scope without delegations is signed for by its own key, and is not listed.
    List {
        /// The data directory of a host; it is only read
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
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
    let read_key = |path: &Path| file::read_key(path, &arguments.passphrase).map_err(Failure::Misuse);
    let done = match &arguments.what {
        What::New { out, encrypt } => new(out, encrypt.then_some(&arguments.passphrase)),
        What::Passphrase { files, data, new_passphrase_file, remove } => {
            let new = (!remove).then_some(new_passphrase_file.as_deref());
            rekey(files, data.as_deref(), &arguments.passphrase, new)
        }
        What::List { data } => list::list(data),
        What::Show { file } => show(file, read_key),
        What::Delegate { key, to, until, from, out } => {
            delegation(to, until, from.as_deref(), out, || read_key(key))
        }
        What::Revoke { key, delegation, out } => {
            read_key(key).and_then(|key| revocation(&key, delegation, out))
        }
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

fn new(out: &Path, encrypt: Option<&PassphraseArguments>) -> Result<Report, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::Failed(error.to_string());
    let passphrase = encrypt.map(|passphrase| passphrase.of_new(out)).transpose();
    let passphrase = passphrase.map_err(|why| Failure::Misuse(format!("the passphrase: {why}")))?;
    let key = random_key().map_err(Failure::Failed)?;
    key_file::create(out, &key, passphrase.as_ref()).map_err(|error| failed(&error))?;
    Ok(Report::Key { did: key.did().to_string() })
}

fn rekey(
    files: &[PathBuf],
    data: Option<&Path>,
    passphrase: &PassphraseArguments,
    new: Option<Option<&Path>>,
) -> Result<Report, Failure> {
    let misuse = |error: &dyn std::fmt::Display| Failure::Misuse(error.to_string());
    let files = match data {
        Some(data) => key_file::key_files(data).map_err(|error| misuse(&error))?,
        None => files.to_vec(),
    };
    let what = data.or(files.first().map(PathBuf::as_path)).unwrap_or(Path::new("the keys")).to_owned();
    let is_encrypted = key_file::is_any_encrypted(&files).map_err(|error| misuse(&error))?;
    let named = |why| Failure::Misuse(format!("the passphrase of {}: {why}", what.display()));
    let old =
        is_encrypted.then(|| passphrase.of(&what)).transpose().map_err(|why: PassphraseError| named(why))?;
    let new = new.map(|file| new_of(&what.display().to_string(), file)).transpose().map_err(named)?;
    let done = match data {
        Some(data) => key_file::rekey_directory(data, old.as_ref(), new.as_ref()),
        None => key_file::rekey(&files, old.as_ref(), new.as_ref()).map_err(RekeyError::File),
    };
    match done {
        Ok(written) => Ok(Report::Rewritten { files: written, encrypted: new.is_some() }),
        Err(error @ (RekeyError::Lock(_) | RekeyError::None(_))) => Err(misuse(&error)),
        Err(error) => Err(Failure::Failed(error.to_string())),
    }
}

fn show(path: &Path, read_key: impl Fn(&Path) -> Result<SecretKey, Failure>) -> Result<Report, Failure> {
    let bytes = file::read(path).map_err(Failure::Misuse)?;
    if let Ok(delegation) = Delegation::read(&bytes) {
        Delegation::read_signed(&bytes).map_err(|error| named(path, &error))?;
        return Ok(Report::of_delegation(&delegation));
    }
    if let Ok(revocation) = Revocation::read(&bytes) {
        Revocation::read_signed(&bytes).map_err(|error| named(path, &error))?;
        return Ok(Report::of_revocation(&revocation));
    }
    let key = read_key(path)?;
    Ok(Report::Key { did: key.did().to_string() })
}

fn delegation(
    to: &str,
    until: &str,
    from: Option<&str>,
    out: &Path,
    root: impl FnOnce() -> Result<SecretKey, Failure>,
) -> Result<Report, Failure> {
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
    let root = root()?;
    let mut nonce = [0; 12];
    getrandom::fill(&mut nonce)
        .map_err(|error| Failure::Failed(format!("the system gives no randomness: {error}")))?;
    let block = delegate(&root, to, from_s, until_s, &nonce);
    let read = Delegation::read_signed(block.bytes()).map_err(|error| Failure::Failed(error.to_string()))?;
    check_delegation(&root.did(), &read).map_err(|error| Failure::Failed(error.to_string()))?;
    file::create(out, block.bytes()).map_err(Failure::Failed)?;
    Ok(Report::of_delegation(&read))
}

fn revocation(root: &SecretKey, delegation: &str, out: &Path) -> Result<Report, Failure> {
    let id = match BlockId::parse(delegation) {
        Ok(id) => id,
        Err(_) => delegated(Path::new(delegation), &root.did())?,
    };
    let block = Revocation::sign(root, id);
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
