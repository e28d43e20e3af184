//! `icn witness`: cosigns the checkpoints of logs, over HTTP.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use icn_runtime::key_file::KeyFileError;
use icn_runtime::witness::{NewPassphrase, WitnessDir, WitnessError, WitnessOptions, WitnessServer};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::commands::common::exit::{failed, misuse, ok_if, stopped};
use crate::commands::common::output::{print, tell};
use crate::commands::common::passphrase::PassphraseArguments;
use crate::commands::common::trust::verifier_key;

/// Witness the logs of others: cosign the checkpoints that only ever grew.
///
/// A host shows its signed checkpoints (`icn cosign`), and a witness cosigns each that follows from the one
/// it cosigned before. So whoever asks for cosignatures of a few witnesses cannot be shown another history
/// than everybody else. The protocol is C2SP tlog-witness: POST /add-checkpoint, and GET /HASH/checkpoint
/// with the SHA-256 of the origin in hex.
///
/// The first start makes a key, DIR/witness.key, and needs a --name; it prints the verifier key, which those
/// who rely on the witness must know. What was cosigned is durable before it is answered. Never restore an
/// old copy of the directory: a witness that forgot what it cosigned can be shown another history.
///
/// There is no TLS and no access control here: put a server that has them in front, or listen on an address
/// that only the hosts reach. It ends with SIGTERM or SIGINT.
///
/// Exit code: 0 it was told to end, 1 it could not go on, 2 the directory, a key or the arguments are not
/// right.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The witness's directory; made when it is not there
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Where to listen
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8190")]
    listen: String,
    /// A log to watch: its verifier key, or a file that has it (a host's log.vkey); may be given several
    /// times
    #[arg(long, value_name = "KEY", required = true)]
    log: Vec<String>,
    /// The witness's name, without spaces, as `example.org/witness`; needed the first time
    #[arg(long)]
    name: Option<String>,
    /// The secret key, when it is in another file than DIR/witness.key
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Encrypt the key that the first start makes under a passphrase
    #[arg(long, conflicts_with = "key")]
    encrypt: bool,
    /// Begin without a memory with a key that is there already: right only when it never cosigned anything
    #[arg(long)]
    begin: bool,
    #[command(flatten)]
    passphrase: PassphraseArguments,
}

pub(crate) fn run(arguments: Arguments) -> ExitCode {
    let mut logs = Vec::new();
    for log in &arguments.log {
        match verifier_key("--log", log) {
            Ok(key) => logs.push(key),
            Err(why) => return misuse("witness", &why),
        }
    }
    let Arguments { data, listen, name, key, encrypt, begin, passphrase, .. } = arguments;
    let of_new = passphrase.clone();
    let new_passphrase: NewPassphrase =
        if encrypt { Some(Box::new(move |key: &Path| of_new.of_new(key))) } else { None };
    let options = WitnessOptions { name, key, new_passphrase, begin, ..WitnessOptions::new(&data, logs) };
    let witness = match WitnessDir::open(options, |key| passphrase.of(key)) {
        Ok(witness) => witness,
        Err(error) => {
            let is_disk = match &error {
                WitnessError::Store(_) => true,
                WitnessError::Key(error) => matches!(error, KeyFileError::Io { .. }) && !error.is_absent(),
                _ => false,
            };
            return stopped("witness", &error, !is_disk);
        }
    };
    // Before anybody is told that it is there, so that being told to end is heard from then on.
    let mut signals = match Signals::new([SIGINT, SIGTERM]) {
        Ok(signals) => signals,
        Err(error) => return failed("witness", &format!("signals: {error}")),
    };
    let listener = match TcpListener::bind(&listen) {
        Ok(listener) => listener,
        Err(error) => return misuse("witness", &format!("--listen {listen}: {error}")),
    };
    let (key, logs) = (witness.key().clone(), witness.logs());
    let server = match WitnessServer::start(listener, witness) {
        Ok(server) => server,
        Err(error) => return failed("witness", &error),
    };
    for (origin, size) in logs {
        tell("witness", &format!("watches {origin}, cosigned up to {size}"));
    }
    let is_told = print("witness", &format!("witness {key}\nlistens on http://{}", server.address()));
    if is_told {
        let _ = signals.forever().next();
    }
    server.stop();
    ok_if(is_told)
}
