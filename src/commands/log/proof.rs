//! `icn proof`: that a block is in a log, as a file of its own.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use icn_core::log::{ProofError, TlogProof, TlogProofError, TrustError, TrustPolicy};
use icn_runtime::{BlockId, ProveError, Subject, prove};

use crate::commands::common::absent::{is_absent, is_log_absent};
use crate::commands::common::exit::{misuse, ok_if, stopped};
use crate::commands::common::files;
use crate::commands::common::output::print;
use crate::commands::common::report::print_report;
use crate::commands::common::trust::{trust_policy, verifier_key};

/// Prove that a block is in a log, or verify such a proof.
///
/// Prints a proof in the form `c2sp.org/tlog-proof@v1`: the block's place, the hashes from there to the root,
/// and the host's signed checkpoint. Blocks that have a place are the envelopes of the host, of policies, of
/// keys and of receipts, and the nodes that guests anchored.
///
/// With --verify a proof is checked against the block's name and a key or a policy that you have from
/// elsewhere; nothing else is needed, and nothing of the proof is believed without its checkpoint's
/// signatures.
///
/// Exit code: 0 it is proven, 1 it is not, 2 there is no log, no such file, or the arguments are not right.
#[derive(clap::Args)]
#[command(group(clap::ArgGroup::new("source").required(true).args(["data", "export", "verify"])))]
pub(crate) struct Arguments {
    /// The block's name: a CID in its text form, as receipts and audits show it
    #[arg(value_name = "CID")]
    block: String,
    /// The data directory of a host; it is only read
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// An export, as `icn export` wrote it
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
    /// A proof to verify, or `-` for standard input
    #[arg(long, value_name = "FILE")]
    verify: Option<PathBuf>,
    /// The log's verifier key: `name+id+key`, or a file that has it
    #[arg(long, value_name = "KEY", requires = "verify")]
    vkey: Option<String>,
    /// Who is trusted, as JSON: the log's key, witnesses, and how many of them must have cosigned
    #[arg(long, value_name = "FILE", requires = "verify", conflicts_with = "vkey")]
    policy: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let block = match BlockId::parse(&arguments.block) {
        Ok(block) => block,
        Err(error) => return misuse("proof", &format!("{}: {error}", arguments.block)),
    };
    match (&arguments.data, &arguments.export, &arguments.verify) {
        (Some(data), _, _) => print_proof(&Subject::Data(data.clone()), &block, arguments.json),
        (_, Some(dir), _) => print_proof(&Subject::Export(dir.clone()), &block, arguments.json),
        (_, _, Some(file)) => verify(file, &block, arguments),
        (None, None, None) => {
            misuse("proof", &"name a log with --data or --export, or a proof with --verify")
        }
    }
}

fn print_proof(subject: &Subject, block: &BlockId, json: bool) -> ExitCode {
    let proof = match prove(subject, block) {
        Ok(proof) => proof,
        Err(error) => {
            let is_misuse = match &error {
                ProveError::Log(error) => is_log_absent(error),
                ProveError::Store(error) => is_absent(error),
                _ => false,
            };
            return stopped("proof", &error, is_misuse);
        }
    };
    let text = if json {
        // Its second line, once verified, is the size.
        let size = proof.checkpoint.lines().nth(1).and_then(|size| size.parse().ok()).unwrap_or(0);
        match serde_json::to_string(&proof.to_json(block, size)) {
            Ok(text) => text,
            Err(error) => return misuse("proof", &error),
        }
    } else {
        proof.to_text().trim_end_matches('\n').to_owned()
    };
    ok_if(print("proof", &text))
}

/// What a verification says.
#[derive(serde::Serialize)]
struct Verified {
    ok: bool,
    /// Why not, as one word.
    code: Option<&'static str>,
    error: Option<String>,
    block: String,
    origin: Option<String>,
    index: u64,
    size: Option<u64>,
    /// The witnesses that cosigned the checkpoint, each with its time in seconds since the Unix epoch.
    cosigned: Vec<(String, u64)>,
}

impl std::fmt::Display for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.error, self.size) {
            (None, Some(size)) => {
                let (origin, block) = (self.origin.as_deref().unwrap_or_default(), &self.block);
                writeln!(f, "proven: {block} is at position {} of the {size} of log {origin}", self.index)
            }
            (error, _) => {
                let (code, error) = (self.code.unwrap_or_default(), error.as_deref().unwrap_or_default());
                writeln!(f, "NOT PROVEN ({code}): {error}")
            }
        }
    }
}

fn verify(file: &Path, block: &BlockId, arguments: &Arguments) -> ExitCode {
    let policy = match policy_of(arguments) {
        Ok(policy) => policy,
        Err(why) => return misuse("proof", &why),
    };
    let text = match files::input(Some(file)) {
        Ok(bytes) => bytes,
        Err(why) => return misuse("proof", &why),
    };
    let (index, verified) = match String::from_utf8(text).map_err(|_| "a proof is text".to_owned()) {
        Err(why) => return misuse("proof", &format!("{}: {why}", file.display())),
        Ok(text) => match TlogProof::parse(&text) {
            Ok(proof) => (proof.index, proof.verify(block, &policy)),
            Err(error) => (0, Err(error)),
        },
    };
    let block = block.to_string();
    let report = match verified {
        Ok(trusted) => Verified {
            ok: true,
            code: None,
            error: None,
            block,
            origin: Some(trusted.checkpoint.origin.to_string()),
            index,
            size: Some(trusted.checkpoint.size),
            cosigned: trusted.cosigned,
        },
        Err(error) => Verified {
            ok: false,
            code: Some(code_of(&error)),
            error: Some(error.to_string()),
            block,
            origin: None,
            index,
            size: None,
            cosigned: Vec::new(),
        },
    };
    print_report("proof", &report, arguments.json, ok_if(report.ok))
}

/// Why a proof proves nothing, as one word.
const fn code_of(error: &TlogProofError) -> &'static str {
    match error {
        TlogProofError::Form { .. } => "proof-form",
        TlogProofError::Proof(ProofError::Range(..)) => "proof-range",
        TlogProofError::Proof(ProofError::Length { .. }) => "proof-size",
        TlogProofError::Proof(ProofError::Root { .. }) => "proof-root",
        TlogProofError::Checkpoint(error) => match error {
            TrustError::Policy(_) => "trust-policy",
            TrustError::Note(_) | TrustError::Checkpoint(_) => "checkpoint",
            TrustError::Unsigned(_) | TrustError::Invalid(_) => "signature-of-the-checkpoint",
            TrustError::Origin { .. } => "origin-of-the-checkpoint",
            TrustError::Quorum { .. } => "quorum-of-the-checkpoint",
        },
    }
}

/// Who is trusted.
fn policy_of(arguments: &Arguments) -> Result<TrustPolicy, String> {
    if let Some(file) = &arguments.policy {
        return trust_policy(file);
    }
    let text =
        arguments.vkey.as_deref().ok_or("whose checkpoint counts? name a key with --vkey, or a --policy")?;
    let key = verifier_key("--vkey", text)?;
    let policy = TrustPolicy::log_alone(key);
    policy.check().map_err(|error| error.to_string())?;
    Ok(policy)
}
