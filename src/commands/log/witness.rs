//! `icn witness`: cosigns the checkpoints of other logs, over HTTP. The library decides and remembers; this
//! file reads the arguments, starts the server and waits for the signal to end.

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

/// Witness the logs of others: cosign checkpoints of logs that only grew.
///
/// A host shows its signed checkpoints (`icn cosign`), and the witness cosigns each one that follows from the
/// one it cosigned before. So if you require the cosignatures of a few witnesses, nobody can show you another
/// history than everybody else sees. The protocol is C2SP tlog-witness: POST /add-checkpoint, and GET
/// /HASH/checkpoint with the SHA-256 of the origin in hexadecimal.
///
/// The first start makes a key, DIR/witness.key, and needs a --name. It prints the verifier key, which
/// everybody who relies on the witness must know. What was cosigned is durable before it is answered. Never
/// restore an old copy of the directory: a witness that forgot what it cosigned can be shown another history.
///
/// There is no TLS and no access control here. Run it behind a server that has them, or listen on an address
/// that only the hosts can reach. SIGTERM or SIGINT ends it.
///
/// Exit code: 0 it was told to end, 1 it could not go on, 2 the directory, a key or the arguments are wrong.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The directory of the witness; it is created when it does not exist
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8190")]
    listen: String,
    /// A log to watch: its verifier key, or a file that has it (a host's log.vkey). May be given several
    /// times
    #[arg(long, value_name = "KEY", required = true)]
    log: Vec<String>,
    /// The name of the witness, without spaces, such as `example.org/witness`; needed at the first start
    #[arg(long)]
    name: Option<String>,
    /// The file of the secret key, if it is not DIR/witness.key
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Encrypt the key that the first start makes with a passphrase
    #[arg(long, conflicts_with = "key")]
    encrypt: bool,
    /// Start an empty memory with an existing key. Only right if the key never cosigned anything
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
    let for_new_key = passphrase.clone();
    let new_passphrase: NewPassphrase =
        if encrypt { Some(Box::new(move |key: &Path| for_new_key.of_new(key))) } else { None };
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
    // This comes before the address is printed, so that a signal is heard as soon as anybody can know of the
    // witness.
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
    let is_printed = print("witness", &format!("witness {key}\nlistens on http://{}", server.address()));
    if is_printed {
        let _ = signals.forever().next();
    }
    server.stop();
    ok_if(is_printed)
}
