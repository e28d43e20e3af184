//! `icn abi`: prints what a guest may call, what the calls answer, what is bounded, and what everything
//! costs. Each list is the table that the runtime uses, so it agrees with the runtime.

use std::fmt;
use std::process::ExitCode;

use icn_core::block::TrapKind;
use icn_core::{costs, limits};
use icn_sandbox::{ABI_VERSION, CODES, FUNCTIONS, FunctionType, PARAMETERS};
use serde::Serialize;

use crate::commands::common::exit::OK;
use crate::commands::common::report::print_report;
use crate::commands::common::text::number;

/// List what a guest module may call, and what limits it: the host ABI of this program.
///
/// Prints every function with the names and types of its parameters and its result, the codes that a call may
/// answer, the kinds of traps, every limit with its unit, and the cost schedule with its version and hash.
/// The runtime uses these same lists. docs/host-abi.md says what the functions mean.
///
/// Exit code: 0; 1 when it cannot be printed.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Abi {
    abi: u32,
    functions: Vec<Function>,
    codes: Vec<Code>,
    traps: Vec<Trap>,
    limits: Vec<Limit>,
    costs: Costs,
}

#[derive(Serialize)]
struct Function {
    name: &'static str,
    parameters: Vec<Parameter>,
    results: Vec<&'static str>,
}

#[derive(Serialize)]
struct Parameter {
    name: &'static str,
    r#type: &'static str,
}

#[derive(Serialize)]
struct Code {
    code: i32,
    name: &'static str,
    meaning: &'static str,
}

#[derive(Serialize)]
struct Trap {
    kind: &'static str,
    meaning: &'static str,
}

#[derive(Serialize)]
struct Limit {
    name: String,
    value: u64,
    meaning: String,
}

#[derive(Serialize)]
struct Costs {
    version: u32,
    /// SHA-256 of the schedule's text. The engine block of every receipt names it.
    hash: String,
    prices: Vec<Price>,
}

#[derive(Serialize)]
struct Price {
    name: String,
    fuel: serde_json::Value,
}

const fn type_name(of: FunctionType) -> &'static str {
    match of {
        FunctionType::I32 => "i32",
        FunctionType::I64 => "i64",
    }
}

/// A function's parameters. The tables of types and of names have the same order.
fn parameters(function: &str, types: &[FunctionType]) -> Vec<Parameter> {
    let names = PARAMETERS.iter().find(|(name, _)| *name == function).map_or(&[][..], |(_, names)| names);
    let named = names.iter().zip(types);
    named.map(|(name, of)| Parameter { name, r#type: type_name(*of) }).collect()
}

fn abi() -> Abi {
    let functions = FUNCTIONS.iter().map(|(name, types, results)| Function {
        name,
        parameters: parameters(name, types),
        results: results.iter().copied().map(type_name).collect(),
    });
    let codes = CODES.iter().map(|code| Code { code: code.code, name: code.name, meaning: code.meaning });
    let traps = TrapKind::ALL.iter().map(|kind| Trap { kind: kind.as_str(), meaning: kind.meaning() });
    let limits = limits::ALL.iter().map(|limit| Limit {
        name: limit.name.to_ascii_lowercase(),
        value: limit.value,
        // A link in the documentation is a plain name here.
        meaning: limit.meaning.trim().replace("[`", "`").replace("`]", "`"),
    });
    let prices = costs::schedule_text();
    let prices = prices.lines().filter_map(|line| line.rsplit_once(' ')).map(|(name, fuel)| Price {
        name: name.to_owned(),
        fuel: serde_json::from_str(fuel).unwrap_or_else(|_| fuel.into()),
    });
    Abi {
        abi: ABI_VERSION,
        functions: functions.collect(),
        codes: codes.collect(),
        traps: traps.collect(),
        limits: limits.collect(),
        costs: Costs {
            version: costs::SCHEDULE_VERSION,
            hash: costs::schedule_hash().to_hex(),
            prices: prices.collect(),
        },
    }
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    print_report("abi", &abi(), arguments.json, OK)
}

impl fmt::Display for Abi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "host ABI {}: a guest imports these functions from `icn`\n", self.abi)?;
        for Function { name, parameters, results } in &self.functions {
            let result =
                if results.is_empty() { String::new() } else { format!(" -> {}", results.join(", ")) };
            let parameters: Vec<String> =
                parameters.iter().map(|Parameter { name, r#type }| format!("{name}: {}", r#type)).collect();
            writeln!(f, "  {name}({}){result}", parameters.join(", "))?;
        }
        writeln!(f, "\ncodes: a call may answer these instead; the guest continues\n")?;
        for Code { code, name, meaning } in &self.codes {
            writeln!(f, "  {code:>3}  {name:<18}{meaning}")?;
        }
        writeln!(f, "\ntraps: the run ends without effects, and the whole grant is charged\n")?;
        for Trap { kind, meaning } in &self.traps {
            writeln!(f, "  {kind:<15}{meaning}")?;
        }
        writeln!(f, "\nlimits\n")?;
        for Limit { name, value, meaning } in &self.limits {
            writeln!(f, "  {name:<30}{:>16}  {meaning}", number(value))?;
        }
        writeln!(f, "\ncost schedule {}, {}: fuel\n", self.costs.version, self.costs.hash)?;
        for Price { name, fuel } in &self.costs.prices {
            writeln!(f, "  {name:<30}{:>16}", fuel.to_string().trim_matches('"'))?;
        }
        Ok(())
    }
}
