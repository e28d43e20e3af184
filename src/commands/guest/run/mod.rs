//! `icn run`: one invocation of a guest, in a scope that is gone afterwards.

mod report;

use std::fmt::Display;
use std::path::PathBuf;
use std::process::ExitCode;

use icn_core::block::INVOCATION_FUEL_DEFAULT;
use icn_core::encode::Block;
use icn_core::name::{Codec, Did, Owner, Unit};
use icn_runtime::now_ms;
use icn_sandbox::scratch::{Scratch, ScratchCall, ScratchError};
use icn_sandbox::{Engine, EngineOptions, Module, capabilities, capability_names};

use crate::commands::common::exit::{failed, misuse, ok_if};
use crate::commands::common::files;
use crate::commands::common::report::print_report;
use report::{Called, Report};

/// Call one entry of a guest module, in a scope that is gone afterwards.
///
/// The module is validated, compiled, metered and run as on a host, with the same engine, limits, prices,
/// policy and ledger; nothing is written anywhere. You need the module in the binary format (.wasm) and the
/// name of an entry, which `icn check` lists.
///
/// The scope begins empty: no values, no nodes, and no balances but those of --issue. Without --grant the
/// guest may read its input, write its output and log, and nothing else. Who calls is a made-up member, or
/// the DID of --caller.
///
/// A call ends in one of three ways, which the JSON document names as its `outcome`.
///
/// ok: the entry returned nothing or 0. Its effects are shown.
///
/// trap: it was stopped, for running out of fuel, a memory fault, its own abort and the like. No effects; the
/// whole fuel limit is charged.
///
/// refused: by the guest itself, when it returned another number, which is the `code`; its effects are
/// dropped. Or by the host, before the guest ran: no such entry, too much fuel, too much input. Or by the
/// validator: it is no module that a host would take; `icn check` says more.
///
/// Exit code: 0 ok, 1 trap or refused (or the engine itself failed, which only standard error says), 2 the
/// arguments or the files cannot be used.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The module (.wasm); - for standard input
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// The entry to call
    entry: String,
    /// What the guest reads as its input: a file, or - for standard input [default: nothing]
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Fuel that it may burn, at most
    #[arg(long, value_name = "N", default_value_t = INVOCATION_FUEL_DEFAULT)]
    fuel: u64,
    /// Who calls, as a did:key [default: a made-up member]
    #[arg(long, value_name = "DID", value_parser = Did::parse)]
    caller: Option<Did>,
    /// Capabilities that the guest is granted, of those that its manifest asks for; `all` for all of them
    #[arg(long, value_name = "CAP,…", value_delimiter = ',')]
    grant: Vec<String>,
    /// Units that exist before the call, as AMOUNT:UNIT:OWNER, such as 100:PLN:treasury; may be repeated
    #[arg(long, value_name = "AMOUNT:UNIT:OWNER", value_parser = parse_issue)]
    issue: Vec<Issued>,
    /// The time that the guest is told, in milliseconds since the Unix epoch, to the year 9999 [default: now]
    #[arg(long, value_name = "MS", value_parser = parse_time)]
    time: Option<u64>,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// Units on an account.
#[derive(Clone)]
struct Issued {
    amount: u64,
    unit: Unit,
    owner: Owner,
}

fn parse_issue(text: &str) -> Result<Issued, String> {
    let mut parts = text.splitn(3, ':');
    let (Some(amount), Some(unit), Some(owner)) = (parts.next(), parts.next(), parts.next()) else {
        return Err("expected AMOUNT:UNIT:OWNER, such as 100:PLN:treasury".to_owned());
    };
    Ok(Issued {
        amount: amount.parse().map_err(|error| format!("the amount `{amount}`: {error}"))?,
        unit: Unit::parse(unit).map_err(|error| error.to_string())?,
        owner: Owner::parse(owner).map_err(|error| error.to_string())?,
    })
}

/// The last millisecond of the year 9999: later times have no common way to be written.
const TIME_MS_MAX: u64 = 253_402_300_799_999;

fn parse_time(text: &str) -> Result<u64, String> {
    let time = text.parse().ok().filter(|time| *time <= TIME_MS_MAX);
    time.ok_or_else(|| format!("expected whole milliseconds since 1970, from 0 to {TIME_MS_MAX}"))
}

/// Why there is no report.
enum Stopped {
    /// The arguments or the files.
    Misuse(String),
    /// The engine, or a mistake of ours.
    Fault(String),
}

impl From<String> for Stopped {
    fn from(misuse: String) -> Self {
        Self::Misuse(misuse)
    }
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    match call(arguments) {
        Ok(report) => print_report("run", &report, arguments.json, ok_if(report.is_ok())),
        Err(Stopped::Misuse(error)) => misuse("run", &error),
        Err(Stopped::Fault(error)) => failed("run", &error),
    }
}

fn call(arguments: &Arguments) -> Result<Report, Stopped> {
    if files::is_standard_input(&arguments.file)
        && arguments.input.as_deref().is_some_and(files::is_standard_input)
    {
        let twice = "FILE.wasm and --input are both `-`: only one of them can be standard input";
        return Err(Stopped::Misuse(twice.to_owned()));
    }
    let bytes = files::module(&arguments.file)?;
    let input = files::input(arguments.input.as_deref())?;
    let fault = |error: &dyn Display| Stopped::Fault(error.to_string());
    // As on a host, but with room for the one instance that there is.
    let options = EngineOptions { backtraces: true, instances_max: 1, ..EngineOptions::default() };
    let engine = Engine::new(&options).map_err(Stopped::Fault)?;
    let ticker = engine.start_ticker().map_err(|error| fault(&error))?;
    let block = Block::new(Codec::Raw, bytes);
    let mut scratch = Scratch::open(&engine).map_err(|error| fault(&error))?;
    let caller = arguments.caller.unwrap_or_else(|| scratch.member("caller"));
    let mut called = Called {
        module: block.id(),
        entry: arguments.entry.clone(),
        caller,
        scope: scratch.scope(),
        fuel_limit: arguments.fuel,
        not_granted: Vec::new(),
    };
    let module = match Module::compile_profiled(&engine, &block) {
        Ok(module) => module,
        Err(rejected) => return Ok(Report::of_refused_module(&called, &rejected)),
    };
    let asked = module.shape().capabilities();
    let granted = capabilities(&module, arguments.grant.iter().map(String::as_str))
        .map_err(|error| format!("--grant: {error}"))?;
    called.not_granted = capability_names(asked.difference(&granted));
    scratch.install(module.into(), &granted).map_err(|error| fault(&error))?;
    for issued in &arguments.issue {
        let Issued { amount, unit, owner } = issued.clone();
        scratch.issue(unit, owner, amount).map_err(|error| format!("--issue: {error}"))?;
    }
    scratch.set_time(arguments.time.unwrap_or_else(now_ms));
    let call =
        ScratchCall::new(called.module, &called.entry, caller).with_input(input).with_fuel(arguments.fuel);
    let result = scratch.invoke(&call);
    drop(ticker);
    match result {
        Ok(run) => Ok(Report::of_run(&called, &run)),
        Err(ScratchError::Refused(refusal)) => Ok(Report::of_refused_call(&called, &refusal)),
        Err(error) => Err(fault(&error)),
    }
}
