//! `icn fork`: checks evidence that a log forked. Only the file and the trusted key count: no log and no host
//! is read.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use icn_core::log::{Fork, ForkError, Forked, VerifierKey};

use crate::commands::common::exit::{misuse, ok_if};
use crate::commands::common::files;
use crate::commands::common::report::print_report;
use crate::commands::common::trust::{trust_policy, verifier_key};

/// Check evidence of a fork: two checkpoints that one log signed, and that cannot belong to one history.
///
/// `icn audit --seen` writes such a file when a log differs from a checkpoint of it, and a witness keeps one
/// when it is shown two trees of the same size. You need nothing else to check it: no log, no host, and no
/// trust in the sender. But you must know whose key it is about: name the key with --vkey or a --policy, or
/// compare it yourself.
///
/// Exit code: 0 the log forked, 1 the file does not prove it, 2 there is no such file or the arguments are
/// wrong.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The file, or `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The log's verifier key: `name+id+key`, or a file that has it
    #[arg(long, value_name = "KEY")]
    vkey: Option<String>,
    /// Whom you trust, as JSON. Only the log's key is used here
    #[arg(long, value_name = "FILE", conflicts_with = "vkey")]
    policy: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// The result. Its fields are those of the JSON document.
#[derive(serde::Serialize)]
struct Report {
    /// Whether the log forked.
    ok: bool,
    error: Option<String>,
    /// The verifier key whose signatures were checked.
    log: Option<String>,
    /// Whether that key is known only from the file.
    is_own_key: bool,
    /// Size and root of the smaller checkpoint; roots are in hexadecimal.
    earlier: Option<(u64, String)>,
    /// Size and root of the larger checkpoint.
    later: Option<(u64, String)>,
    /// The root of the smaller size in the tree of the larger checkpoint.
    root: Option<String>,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (Some((size, earlier)), Some((of, _)), Some(root)) = (&self.earlier, &self.later, &self.root)
        else {
            return writeln!(f, "NOT PROVEN: {}", self.error.as_deref().unwrap_or_default());
        };
        let log = self.log.as_deref().unwrap_or_default();
        writeln!(f, "the log FORKED: {log}")?;
        writeln!(f, "signed that its first {size} leaves have the root {earlier},")?;
        writeln!(f, "and signed a tree of {of} leaves, whose first {size} have the root {root}")?;
        if self.is_own_key {
            writeln!(
                f,
                "the key comes from this file: compare it with the key that you know, or name that key with --vkey"
            )?;
        }
        Ok(())
    }
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let trusted = match trusted(arguments) {
        Ok(trusted) => trusted,
        Err(why) => return misuse("fork", &why),
    };
    let text = match read(&arguments.file) {
        Ok(text) => text,
        Err(why) => return misuse("fork", &why),
    };
    let report = report(&text, trusted.as_ref());
    print_report("fork", &report, arguments.json, ok_if(report.ok))
}

/// The key that the user trusts, when one is named.
fn trusted(arguments: &Arguments) -> Result<Option<VerifierKey>, String> {
    match (&arguments.policy, &arguments.vkey) {
        (Some(file), _) => Ok(Some(trust_policy(file)?.log)),
        (None, Some(key)) => verifier_key("--vkey", key).map(Some),
        (None, None) => Ok(None),
    }
}

fn read(file: &Path) -> Result<String, String> {
    let bytes = files::input(Some(file))?;
    String::from_utf8(bytes).map_err(|_| format!("{}: evidence of a fork is text in UTF-8", file.display()))
}

fn report(text: &str, trusted: Option<&VerifierKey>) -> Report {
    let verify = |text: &str| -> Result<(VerifierKey, Forked), ForkError> {
        let fork = Fork::parse(text)?;
        let log = trusted.unwrap_or(&fork.log).clone();
        let forked = fork.verify(&log)?;
        Ok((log, forked))
    };
    match verify(text) {
        Ok((log, forked)) => Report {
            ok: true,
            error: None,
            log: Some(log.to_string()),
            is_own_key: trusted.is_none(),
            earlier: Some((forked.earlier.size, forked.earlier.root.to_hex())),
            later: Some((forked.later.size, forked.later.root.to_hex())),
            root: Some(forked.root.to_hex()),
        },
        Err(error) => Report {
            ok: false,
            error: Some(error.to_string()),
            log: trusted.map(ToString::to_string),
            is_own_key: false,
            earlier: None,
            later: None,
            root: None,
        },
    }
}
