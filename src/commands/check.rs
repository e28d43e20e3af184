//! `icn check`: whether a host would take a module, and every reason why not.

use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use icn_core::encode::Block;
use icn_core::id::{BlockId, Codec};
use icn_core::limits;
use icn_sandbox::{Engine, EngineOptions, FUNCTIONS, Module, Rejected, Shape, capability_names, validate};
use serde::Serialize;

use super::text::{line, number};
use super::{FAILED, OK, files, misuse, print_report};

/// Say whether a host would take a guest module, and if not, why.
///
/// FILE is a WebAssembly module in the binary format (.wasm), as `guest/build.sh` makes them. It is read, checked
/// against the rules of docs/host-abi.md and compiled; nothing of it runs. A module that is taken is shown with
/// its entries, what it imports, the capabilities that its manifest asks for, its sizes against the limits, and
/// how long it took to compile. One that is refused is shown with each reason and, where there is one, the byte.
///
/// Exit code: 0 accepted, 1 refused, 2 the arguments or the file cannot be used.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The module (.wasm)
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

/// How much of something a module has, and the most that is allowed.
#[derive(Serialize)]
struct Size {
    name: &'static str,
    found: u64,
    max: u64,
}

/// All that is known of a module.
struct Looked {
    reasons: Vec<Rejected>,
    shape: Shape,
    sizes: Vec<Size>,
    compiled: Option<Duration>,
}

fn look(engine: &Engine, block: &Block) -> Looked {
    let size = |name, found: usize, max: usize| Size { name, found: found as u64, max: max as u64 };
    let (mut reasons, shape) = match validate(block.bytes()) {
        Ok(shape) => (Vec::new(), shape),
        Err(rejected) => (vec![rejected], Shape::default()),
    };
    let sizes = vec![
        size("bytes", block.bytes().len(), limits::MODULE_BYTES_MAX),
        size("imports", shape.imports.len(), FUNCTIONS.len()),
    ];
    let mut compiled = None;
    if reasons.is_empty() {
        let begun = Instant::now();
        match Module::compile(engine, block) {
            Ok(_) => compiled = Some(begun.elapsed()),
            Err(rejected) => reasons.push(rejected),
        }
    }
    Looked { reasons, shape, sizes, compiled }
}

pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let looked = files::module(&arguments.file).and_then(|bytes| {
        let engine = Engine::new(&EngineOptions::default())?;
        let block = Block::new(Codec::Raw, bytes);
        Ok(Report::of(block.id(), &look(&engine, &block)))
    });
    let printed = looked.and_then(|report| {
        print_report(&report, arguments.json)?;
        Ok(if report.accepted { OK } else { ExitCode::from(FAILED) })
    });
    printed.unwrap_or_else(|error| misuse("check", &error))
}

#[derive(Serialize)]
struct Report {
    accepted: bool,
    /// The CID of its bytes: what a policy installs.
    module: String,
    reasons: Vec<Reason>,
    name: Option<String>,
    version: Option<String>,
    entries: Vec<Entry>,
    imports: Vec<String>,
    capabilities: Vec<String>,
    sizes: Vec<Size>,
    compile_ms: Option<f64>,
}

#[derive(Serialize)]
pub(super) struct Reason {
    what: String,
    offset: Option<usize>,
}

impl Reason {
    pub(super) fn of(rejected: &Rejected) -> Self {
        Self { what: rejected.what.clone(), offset: rejected.offset }
    }
}

#[derive(Serialize)]
struct Entry {
    name: String,
    /// Whether it returns a number, which fails the call when it is not 0.
    returns: bool,
}

impl Report {
    fn of(module: BlockId, looked: &Looked) -> Self {
        let shape = &looked.shape;
        let manifest = shape.manifest.as_ref();
        let entries = shape.entries.iter();
        Self {
            accepted: looked.reasons.is_empty(),
            module: module.to_string(),
            reasons: looked.reasons.iter().map(Reason::of).collect(),
            name: manifest.map(|manifest| manifest.name.clone()),
            version: manifest.map(|manifest| manifest.version.clone()),
            entries: entries.map(|(name, returns)| Entry { name: name.clone(), returns: *returns }).collect(),
            imports: shape.imports.iter().cloned().collect(),
            capabilities: capability_names(&shape.capabilities()),
            sizes: looked.sizes.iter().map(|size| Size { ..*size }).collect(),
            compile_ms: looked.compiled.map(|time| (time.as_secs_f64() * 1e6).round() / 1e3),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", if self.accepted { "accepted" } else { "REFUSED" })?;
        for Reason { what, offset } in &self.reasons {
            match offset {
                Some(offset) => writeln!(f, "  at byte {offset}: {}", line(what))?,
                None => writeln!(f, "  {}", line(what))?,
            }
        }
        writeln!(f, "module        {}", self.module)?;
        if self.accepted {
            match (&self.name, &self.version) {
                (Some(name), Some(version)) => writeln!(f, "manifest      {} {}", line(name), line(version))?,
                _ => writeln!(f, "manifest      none, so it can be granted no capability")?,
            }
            let entries: Vec<String> = self.entries.iter().map(|entry| entry.name.clone()).collect();
            writeln!(f, "entries       {}", list(&entries))?;
            writeln!(f, "imports       {}", list(&self.imports))?;
            writeln!(f, "asks for      {}", list(&self.capabilities))?;
        }
        if let Some(ms) = self.compile_ms {
            writeln!(f, "compiled in   {ms:.1} ms")?;
        }
        for size in &self.sizes {
            writeln!(f, "size          {} {} of {}", number(size.found), size.name, number(size.max))?;
        }
        Ok(())
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { line(&names.join(", ")) }
}
