//! The program `icn`: a demo host, the tools for logs and keys, and the tools for authors of guests.
//!
//! This file reads the arguments, starts the log output and calls the command (`commands/`). It decides
//! nothing else.

#![forbid(unsafe_code)]

mod commands;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// This allocator is fast when memory is freed on another thread than the one that allocated it. An audit
/// does that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs the rules of federations of cooperatives as programs that nobody can bend, and that anyone can check.
///
/// Start with `icn demo`: it holds a participatory budget of a city and its district on this machine, and
/// checks the whole history afterwards. Then run `icn audit` on the data of a demo with --data, and `icn
/// ledger` for its accounts. `icn export` writes the history for others to check, and `icn proof` proves one
/// block of it. `icn cosign` asks others to witness the history while it grows, `icn witness` is such a
/// witness, and `icn fork` checks the evidence when two histories were signed. `icn key` makes keys and signs
/// delegations, on a machine without a network if you like. `icn backup`, `icn repair` and `icn publish` keep
/// the history.
///
/// If you write guests: `icn check` says whether a host would accept a module and why not, `icn run` calls
/// one of its entries, `icn abi` lists what it may call and what that costs.
#[derive(Parser)]
#[command(name = "icn", version, max_term_width = 100, after_long_help = ENVIRONMENT, after_help = ENVIRONMENT)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// The part of the help about environment variables.
const ENVIRONMENT: &str = "Environment:
  ICN_LOG  The level of messages on standard error: error (the default), warn, info, debug or trace";

#[derive(Subcommand)]
enum Command {
    Demo(commands::demo::Arguments),
    Audit(commands::log::audit::Arguments),
    Ledger(commands::log::ledger::Arguments),
    Export(commands::log::export::Arguments),
    Publish(commands::log::publish::Arguments),
    Import(commands::log::import::Arguments),
    Backup(commands::log::backup::Arguments),
    Repair(commands::log::repair::Arguments),
    Proof(commands::log::proof::Arguments),
    Fork(commands::log::fork::Arguments),
    Witness(commands::log::witness::Arguments),
    Cosign(commands::log::cosign::Arguments),
    Dag(commands::log::dag::Arguments),
    Key(commands::key::Arguments),
    Check(commands::guest::check::Arguments),
    Run(commands::guest::run::Arguments),
    Abi(commands::guest::abi::Arguments),
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(message) => return print(&message),
    };
    let filter = match log_filter() {
        Ok(filter) => filter,
        Err(why) => {
            commands::common::output::tell("", &why);
            return ExitCode::from(commands::common::exit::MISUSE);
        }
    };
    // A log line that cannot be written is lost. It must have no other effect.
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    log.log_internal_errors(false).init();
    match arguments.command {
        Command::Demo(arguments) => commands::demo::run(&arguments),
        Command::Audit(arguments) => commands::log::audit::run(&arguments),
        Command::Ledger(arguments) => commands::log::ledger::run(&arguments),
        Command::Export(arguments) => commands::log::export::run(&arguments),
        Command::Publish(arguments) => commands::log::publish::run(&arguments),
        Command::Import(arguments) => commands::log::import::run(&arguments),
        Command::Backup(arguments) => commands::log::backup::run(&arguments),
        Command::Repair(arguments) => commands::log::repair::run(&arguments),
        Command::Proof(arguments) => commands::log::proof::run(&arguments),
        Command::Fork(arguments) => commands::log::fork::run(&arguments),
        Command::Witness(arguments) => commands::log::witness::run(arguments),
        Command::Cosign(arguments) => commands::log::cosign::run(&arguments),
        Command::Dag(arguments) => commands::log::dag::run(&arguments),
        Command::Key(arguments) => commands::key::run(&arguments),
        Command::Check(arguments) => commands::guest::check::run(&arguments),
        Command::Run(arguments) => commands::guest::run::run(&arguments),
        Command::Abi(arguments) => commands::guest::abi::run(&arguments),
    }
}

/// The filter of log messages: as `ICN_LOG` says, or only errors.
fn log_filter() -> Result<tracing_subscriber::EnvFilter, String> {
    match std::env::var("ICN_LOG") {
        Ok(text) if !text.is_empty() => tracing_subscriber::EnvFilter::try_new(text)
            .map_err(|error| format!("ICN_LOG: {error}: write a level, as in ICN_LOG=debug")),
        Err(std::env::VarError::NotUnicode(_)) => Err("ICN_LOG is not UTF-8 text: write a level".to_owned()),
        _ => Ok("error".into()),
    }
}

/// Prints the help, or what is wrong with the arguments, and returns the exit code.
fn print(message: &clap::Error) -> ExitCode {
    let code = u8::try_from(message.exit_code()).unwrap_or(commands::common::exit::MISUSE);
    let printed = message.print().and_then(|()| std::io::stdout().flush());
    if printed.is_err() && code == 0 {
        ExitCode::from(commands::common::exit::FAILED)
    } else {
        ExitCode::from(code)
    }
}
