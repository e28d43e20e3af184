//! `icn cosign`: asks witnesses to cosign a host's newest checkpoint, once or again and again. The library
//! asks; this file reads the arguments, waits between two rounds and prints each result.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use icn_runtime::cosign::{CosignedError, Cosigning, Round, WitnessAt};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::commands::common::absent::{is_absent, is_log_absent};
use crate::commands::common::exit::{OK, failed, misuse, ok_if, stopped};
use crate::commands::common::output::{print, tell};

/// Ask witnesses to cosign a host's newest signed checkpoint.
///
/// Shows the checkpoint to each witness, with the proof that it grew from the one that the witness cosigned
/// before, and keeps it with the cosignatures in DIR/cosigned, for audits with a --policy and for exports.
/// The host is not asked and does not wait, whether it is running or not: it commits as if there were no
/// witnesses.
///
/// A checkpoint is kept when as many witnesses as --quorum says have cosigned it. Otherwise the one that was
/// kept before stays. With --every it continues until SIGTERM or SIGINT ends it.
///
/// Exit code: 0 as many witnesses as required have cosigned the newest checkpoint (with --every: it was told
/// to end), 1 they have not, 2 there is no log or the arguments are wrong.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The data directory of a host
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// A witness: its address and its verifier key. May be given several times
    #[arg(long, value_name = "URL=KEY", required = true)]
    witness: Vec<String>,
    /// How many of them must cosign a checkpoint before it is kept [default: all]
    #[arg(long, value_name = "N")]
    quorum: Option<usize>,
    /// Ask again after so many seconds, again and again
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    every: Option<u64>,
    /// Print each round as one JSON document
    #[arg(long)]
    json: bool,
}

/// The result of a round. Its fields are those of the JSON document.
#[derive(serde::Serialize)]
struct RoundReport {
    ok: bool,
    size: u64,
    cosigned: Vec<(String, u64)>,
    failed: Vec<(String, String)>,
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let (witnesses, quorum) = match witnesses(arguments) {
        Ok(asked) => asked,
        Err(why) => return misuse("cosign", &why),
    };
    let mut cosigning = match Cosigning::new(&arguments.data, witnesses, quorum) {
        Ok(cosigning) => cosigning,
        Err(error) => return stopped("cosign", &error, is_misuse(&error)),
    };
    match arguments.every {
        Some(seconds) => go_on(&mut cosigning, Duration::from_secs(seconds), arguments.json),
        None => match cosigning.round() {
            Ok(round) => ok_if(print_round(&round, arguments.json) && round.is_kept),
            Err(error) => stopped("cosign", &error, is_misuse(&error)),
        },
    }
}

/// The witnesses, each with a key of its own, and how many of them must cosign.
fn witnesses(arguments: &Arguments) -> Result<(Vec<WitnessAt>, usize), String> {
    let mut witnesses: Vec<WitnessAt> = Vec::new();
    for text in &arguments.witness {
        let witness = WitnessAt::parse(text).map_err(|why| format!("--witness {why}"))?;
        if witnesses.iter().any(|other| other.key.key() == witness.key.key()) {
            return Err(format!("--witness {text}: its key is given twice"));
        }
        witnesses.push(witness);
    }
    let quorum = arguments.quorum.unwrap_or(witnesses.len());
    if quorum == 0 || quorum > witnesses.len() {
        let max = witnesses.len();
        return Err(format!("--quorum {quorum}: expected a number from 1 to {max}, the number of witnesses"));
    }
    Ok((witnesses, quorum))
}

/// Asks again and again, until a signal ends it.
fn go_on(cosigning: &mut Cosigning, pause: Duration, json: bool) -> ExitCode {
    let mut signals = match Signals::new([SIGINT, SIGTERM]) {
        Ok(signals) => signals,
        Err(error) => return failed("cosign", &format!("signals: {error}")),
    };
    let (sender, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let _ = signals.forever().next();
        let _ = sender.send(());
    });
    let mut last = None;
    loop {
        match cosigning.round() {
            // A result is printed only when it differs from the one before.
            Ok(round) => {
                let result = (round.size, round.cosigned.len(), round.failed.clone());
                if last.as_ref() != Some(&result) && !print_round(&round, json) {
                    return ok_if(false);
                }
                last = Some(result);
            }
            Err(error) => tell("cosign", &error),
        }
        match ended.recv_timeout(pause) {
            Err(RecvTimeoutError::Timeout) => {}
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

/// Prints the result of a round; false when it could not be written.
fn print_round(round: &Round, json: bool) -> bool {
    for (name, why) in &round.failed {
        tell("cosign", &format!("{name}: {why}"));
    }
    let names: Vec<&str> = round.cosigned.iter().map(|(name, _)| name.as_str()).collect();
    let text = if json {
        let failed = round.failed.iter().map(|(name, why)| (name.clone(), why.to_string())).collect();
        let report =
            RoundReport { ok: round.is_kept, size: round.size, cosigned: round.cosigned.clone(), failed };
        serde_json::to_string(&report).unwrap_or_default()
    } else if round.is_kept {
        format!("size {} is cosigned by {}", round.size, names.join(", "))
    } else if names.is_empty() {
        format!("size {} is NOT COSIGNED", round.size)
    } else {
        format!("size {} is NOT COSIGNED by enough witnesses: by {}", round.size, names.join(", "))
    };
    print("cosign", &text)
}
