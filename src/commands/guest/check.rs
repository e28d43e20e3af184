//! `icn check`: says whether a host would accept a module, and if not, every reason. Nothing of the module
//! runs.

use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use icn_core::encode::Block;
use icn_core::name::{BlockId, Codec};
use icn_sandbox::{
    Engine, EngineOptions, Inspection, Item, Module, Rejected, Size, Weight, capability_names, inspect,
};
use serde::Serialize;

use crate::commands::common::exit::{misuse, ok_if};
use crate::commands::common::files;
use crate::commands::common::report::print_report;
use crate::commands::common::text::{line, number};

/// Say whether a host would accept a guest module, and if not, why.
///
/// FILE is a WebAssembly module in the binary format (.wasm), as `guest/build.sh` makes them. It is read,
/// checked against the rules of docs/host-abi.md and compiled. Nothing of it runs. For an accepted module the
/// report has its entries, its imports, the capabilities that its manifest asks for, its sizes and their
/// limits, the function that costs most to compile, and the time that compilation took. For a refused module
/// it has every reason, with the index of the item that it is about and the byte where it is, as far as the
/// module could be read.
///
/// Exit code: 0 accepted, 1 refused or the report cannot be printed, 2 the arguments or the file cannot be
/// used.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The module (.wasm); - for standard input
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// The result of an examination.
struct Examined {
    inspection: Inspection,
    /// The error of the compiler.
    uncompiled: Option<Rejected>,
    /// The time that compilation took.
    compiled: Option<Duration>,
}

fn examine(engine: &Engine, block: &Block) -> Examined {
    let inspection = inspect(block.bytes());
    if !inspection.is_accepted() {
        return Examined { inspection, uncompiled: None, compiled: None };
    }
    let begun = Instant::now();
    match Module::compile(engine, block) {
        Ok(_) => Examined { inspection, uncompiled: None, compiled: Some(begun.elapsed()) },
        Err(rejected) => Examined { inspection, uncompiled: Some(rejected), compiled: None },
    }
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let report = files::module(&arguments.file).and_then(|bytes| {
        // Nothing runs here, so no pool of memory is reserved. Some machines do not allow one.
        let options = EngineOptions { pooled: false, ..EngineOptions::default() };
        let engine = Engine::new(&options)?;
        let block = Block::new(Codec::Raw, bytes);
        Ok(Report::of(block.id(), &examine(&engine, &block)))
    });
    match report {
        Ok(report) => print_report("check", &report, arguments.json, ok_if(report.accepted)),
        Err(error) => misuse("check", &error),
    }
}

#[derive(Serialize)]
struct Report {
    accepted: bool,
    /// The CID of its bytes, by which a policy installs it.
    module: String,
    reasons: Vec<Reason>,
    name: Option<String>,
    version: Option<String>,
    entries: Vec<Entry>,
    imports: Vec<String>,
    capabilities: Vec<String>,
    sizes: Vec<Size>,
    heaviest: Option<Heaviest>,
    compile_ms: Option<f64>,
}

#[derive(Serialize)]
struct Reason {
    what: String,
    item: Option<Place>,
    offset: Option<usize>,
}

/// The item that a reason is about.
#[derive(Serialize)]
struct Place {
    kind: &'static str,
    index: u32,
}

/// The function that costs most to compile, and the parts of its weight.
#[derive(Serialize)]
struct Heaviest {
    function: u32,
    weight: u64,
    operators: u64,
    merges: u64,
    scope: u64,
    calls: u64,
    alive: u64,
}

impl Reason {
    fn of(rejected: &Rejected) -> Self {
        let item = rejected.item.map(|Item { kind, index }| Place { kind, index });
        Self { what: rejected.what.clone(), item, offset: rejected.offset }
    }
}

impl Heaviest {
    const fn of((function, weight): (u32, Weight)) -> Self {
        let Weight { operators, merges, scope, calls, alive } = weight;
        Self { function, weight: weight.total(), operators, merges, scope, calls, alive }
    }
}

#[derive(Serialize)]
struct Entry {
    name: String,
    /// Whether it returns a number. A number other than 0 fails the call.
    returns: bool,
}

impl Report {
    fn of(module: BlockId, looked: &Examined) -> Self {
        let Examined { inspection, uncompiled, compiled } = looked;
        let shape = &inspection.shape;
        let manifest = shape.manifest.as_ref();
        let entries = shape.entries.iter();
        Self {
            accepted: compiled.is_some(),
            module: module.to_string(),
            reasons: inspection.reasons.iter().chain(uncompiled).map(Reason::of).collect(),
            name: manifest.map(|manifest| manifest.name.clone()),
            version: manifest.map(|manifest| manifest.version.clone()),
            entries: entries.map(|(name, returns)| Entry { name: name.clone(), returns: *returns }).collect(),
            imports: shape.imports.iter().cloned().collect(),
            capabilities: capability_names(&shape.capabilities()),
            sizes: inspection.sizes.clone(),
            heaviest: inspection.heaviest.map(Heaviest::of),
            compile_ms: compiled.map(|time| (time.as_secs_f64() * 1e6).round() / 1e3),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", if self.accepted { "accepted" } else { "REFUSED" })?;
        for Reason { what, item, offset } in &self.reasons {
            let item = item.as_ref().map(|Place { kind, index }| format!("{kind} {index}"));
            let place = [item, offset.map(|offset| format!("at byte {offset}"))];
            let place: Vec<String> = place.into_iter().flatten().collect();
            let gap = if place.is_empty() { "" } else { ": " };
            writeln!(f, "  {}{gap}{}", place.join(", "), line(what))?;
        }
        writeln!(f, "module        {}", self.module)?;
        // A refused module may have been read in part.
        if self.accepted || !self.entries.is_empty() {
            match (&self.name, &self.version) {
                (Some(name), Some(version)) => writeln!(f, "manifest      {} {}", line(name), line(version))?,
                _ => writeln!(f, "manifest      none, so no capability can be granted")?,
            }
            let entries: Vec<String> = self.entries.iter().map(|entry| entry.name.clone()).collect();
            let none = "none: nobody can call it. An entry is an exported function without parameters that returns \
                        nothing or an i32";
            let shown = if entries.is_empty() { none.to_owned() } else { list(&entries) };
            writeln!(f, "entries       {shown}")?;
            writeln!(f, "imports       {}", list(&self.imports))?;
            writeln!(f, "asks for      {}", list(&self.capabilities))?;
        }
        if let Some(ms) = self.compile_ms {
            writeln!(f, "compiled in   {ms:.1} ms")?;
        }
        if let Some(Heaviest { function, weight, operators, merges, scope, calls, alive }) = &self.heaviest {
            let [weight, operators, merges] = [weight, operators, merges].map(number);
            let [scope, calls, alive] = [scope, calls, alive].map(number);
            writeln!(
                f,
                "heaviest      function {function}: {weight} (operators {operators}, branches that meet {merges}, values in \
                 scope there {scope}, calls {calls}, values alive {alive})"
            )?;
        }
        for Size { name, found, max } in &self.sizes {
            let over = if found > max { "  TOO MUCH" } else { "" };
            writeln!(f, "size          {:<30}{:>12} of {:>12}{over}", name, number(found), number(max))?;
        }
        Ok(())
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { line(&names.join(", ")) }
}
