//! The program `icn`: a host on one machine, its demo, its auditor, and the tools of those who write guests.

#![forbid(unsafe_code)]

mod commands;
mod pabulib;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Runs the rules of federations of cooperatives as programs that nobody can bend, and that anyone can check.
///
/// Start with `icn demo`: it holds a participatory budget among a city and its district, on this machine, and
/// checks the whole history afterwards. Then `icn audit` on what a demo with --data left behind.
///
/// If you write guests: `icn check` says whether a module would be taken and why not, `icn run` calls one of its
/// entries, `icn abi` lists what it may call and what that costs.
#[derive(Parser)]
#[command(name = "icn", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Demo(commands::demo::Arguments),
    Audit(commands::audit::Arguments),
    Check(commands::check::Arguments),
    Run(commands::run::Arguments),
    Abi(commands::abi::Arguments),
}

fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_env("ICN_LOG").unwrap_or_else(|_| "error".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match Arguments::parse().command {
        Command::Demo(arguments) => commands::demo::run(arguments),
        Command::Audit(arguments) => commands::audit::run(&arguments),
        Command::Check(arguments) => commands::check::run(&arguments),
        Command::Run(arguments) => commands::run::run(&arguments),
        Command::Abi(arguments) => commands::abi::run(&arguments),
    }
}
