//! `icn cosign`: has witnesses cosign a host's newest checkpoint.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use icn_runtime::cosign::{CosignedError, Cosigning, Round, WitnessAt};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::commands::common::absent::{is_absent, is_log_absent};
use crate::commands::common::exit::{OK, failed, misuse, ok_if, stopped};
use crate::commands::common::output::{print, tell};

/// Have witnesses cosign a host's newest signed checkpoint.
///
/// Shows the checkpoint to each witness, with the proof that it grew from the one that the witness cosigned
/// before, and keeps it with the cosignatures in DIR/cosigned, for audits with a --policy and for exports.
/// The host is not asked and does not wait, whether it is running or not: it commits as if there were no
/// witnesses.
///
/// A checkpoint is kept when as many witnesses as --quorum says have cosigned it; else the one that was kept
/// before stays. With --every it goes on until it is ended with SIGTERM or SIGINT.
///
/// Exit code: 0 the newest checkpoint is cosigned by as many as were asked for (with --every: it was told to
/// end), 1 it is not, 2 there is no log, or the arguments are not right.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The data directory of a host
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// A witness: where it is asked, and its verifier key; may be given several times
    #[arg(long, value_name = "URL=KEY", required = true)]
    witness: Vec<String>,
    /// How many of them must cosign a checkpoint that is kept; all of them unless told
    #[arg(long, value_name = "N")]
    quorum: Option<usize>,
    /// Ask again and again, so many seconds apart
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    every: Option<u64>,
    /// Print each round as one JSON document
    #[arg(long)]
    json: bool,
}

/// What is said of a round.
#[derive(serde::Serialize)]
struct Said {
    ok: bool,
    size: u64,
    cosigned: Vec<(String, u64)>,
    failed: Vec<(String, String)>,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let mut witnesses: Vec<WitnessAt> = Vec::new();
    for text in &arguments.witness {
        match WitnessAt::parse(text) {
            Ok(witness) if witnesses.iter().any(|other| other.key.key() == witness.key.key()) => {
                return misuse("cosign", &format!("--witness {text}: its key is named twice"));
            }
            Ok(witness) => witnesses.push(witness),
            Err(why) => return misuse("cosign", &format!("--witness {why}")),
        }
    }
    let quorum = arguments.quorum.unwrap_or(witnesses.len());
    if quorum == 0 || quorum > witnesses.len() {
        let why = format!(
            "--quorum {quorum}: expected a number from 1 to that of the witnesses, {}",
            witnesses.len()
        );
        return misuse("cosign", &why);
    }
    let mut cosigning = match Cosigning::new(&arguments.data, witnesses, quorum) {
        Ok(cosigning) => cosigning,
        Err(error) => return stopped("cosign", &error, is_misuse(&error)),
    };
    let Some(every) = arguments.every else {
        return match cosigning.round() {
            Ok(round) => ok_if(say(&round, arguments.json) && round.is_kept),
            Err(error) => stopped("cosign", &error, is_misuse(&error)),
        };
    };
    let mut signals = match Signals::new([SIGINT, SIGTERM]) {
        Ok(signals) => signals,
        Err(error) => return failed("cosign", &format!("signals: {error}")),
    };
    let (give, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _ = signals.forever().next();
        let _ = give.send(());
    });
    let mut last = None;
    loop {
        match cosigning.round() {
            // What is as it was is said once.
            Ok(round) => {
                let news = (round.size, round.cosigned.len(), round.failed.clone());
                if last.as_ref() != Some(&news) && !say(&round, arguments.json) {
                    return ok_if(false);
                }
                last = Some(news);
            }
            Err(error) => tell("cosign", &error),
        }
        match told.recv_timeout(Duration::from_secs(every)) {
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
            _ => return OK,
        }
    }
}

/// Whether the arguments caused the error.
fn is_misuse(error: &CosignedError) -> bool {
    match error {
        CosignedError::Log(error) => is_log_absent(error),
        CosignedError::Store(error) => is_absent(error),
        CosignedError::Taken(_) => true,
        _ => false,
    }
}

fn say(round: &Round, json: bool) -> bool {
    for (name, why) in &round.failed {
        tell("cosign", &format!("{name}: {why}"));
    }
    let names: Vec<&str> = round.cosigned.iter().map(|(name, _)| name.as_str()).collect();
    let text = if json {
        let failed = round.failed.iter().map(|(name, why)| (name.clone(), why.to_string())).collect();
        let said = Said { ok: round.is_kept, size: round.size, cosigned: round.cosigned.clone(), failed };
        serde_json::to_string(&said).unwrap_or_default()
    } else if round.is_kept {
        format!("size {} is cosigned by {}", round.size, names.join(", "))
    } else if names.is_empty() {
        format!("size {} is NOT COSIGNED", round.size)
    } else {
        format!("size {} is NOT COSIGNED by enough witnesses: by {}", round.size, names.join(", "))
    };
    print("cosign", &text)
}
