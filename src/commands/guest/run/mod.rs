//! `icn run`: calls one entry of a guest in a temporary scope. Nothing is written.
//!
//! The call goes through the same steps as on a host: validate, compile, grant, run, draft a receipt. They
//! are in `icn_sandbox`; this folder reads the arguments and prints the report.

mod arguments;
mod effect;
mod report;
mod show;

use std::fmt::Display;
use std::process::ExitCode;

use icn_core::encode::Block;
use icn_core::name::Codec;
use icn_runtime::now_ms;
use icn_sandbox::scratch::{Scratch, ScratchCall, ScratchError};
use icn_sandbox::{Engine, EngineOptions, Module, capabilities, capability_names};

use crate::commands::common::exit::{failed, misuse, ok_if};
use crate::commands::common::files;
use crate::commands::common::report::print_report;
use arguments::Issued;
use report::{Called, Report};

pub(crate) use arguments::Arguments;

/// Why there is no report.
enum Stopped {
    /// The arguments or the files are wrong.
    Misuse(String),
    /// The engine failed, or this program has a mistake.
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
    // The engine is that of a host, but with room for one instance only.
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
