//! How many transfers a second does a host make durably, and how many does PostgreSQL with the ledger's rules in its
//! schema, on this machine, in the same run?
//!
//! What the host does is in `ledger_postgres/ours.rs`. It is not the same work: the host verifies a signature, runs a
//! guest, and writes and signs a receipt that anybody can check, for each invocation; PostgreSQL takes the word of
//! whoever is connected, and keeps a row.
//!
//! `ledger_postgres/schema.sql` has double entry, limits, holds, caps, and ids that make a command happen once, as
//! functions; `check.sql` proves them before anything is measured. A cluster of its own is made in a temporary directory,
//! on a socket there and on no network, `fsync` and `synchronous_commit` on, with room in memory for all that it needs.
//! pgbench drives it: *alone*, one client, one transfer each transaction; *single*, many clients, one transfer each;
//! *batched*, 1024 transfers each transaction, made as sets, by clients that need not even send them (they are drawn in
//! the server). Uniform: payer and payee at random; hot: one account pays everybody. *capped*: each payer has a cap by
//! the hour. Latency is of a transaction, so of a batch.
//!
//! Run: `cargo bench --workspace --bench ledger_postgres -- [--seconds N] [--clients N] [--dir DIR] [PART OF A NAME …]`.
//! `--dir` says on which disk (the temporary directory's if not); each measurement takes so many seconds (5). It prints
//! a line `OURS name=… tps=… p50_us=… p99_us=…` each, such a line `PG …`, a line `RATIO …` for what both have, and first
//! what a bare synced write costs there. Without PostgreSQL it says so and measures the host alone; `ICN_POSTGRES_BIN` names the directory of its programs, when they are not where
//! Debian or `PATH` has them. As root it runs as the user `postgres`.
//!
//! `ICN_TIGERBEETLE` names a TigerBeetle program, to be measured beside it (`ledger_postgres/tigerbeetle.rs`).

#![allow(clippy::cast_precision_loss, reason = "a bench's numbers are small")]

#[path = "ledger_postgres/cluster.rs"]
mod cluster;
#[path = "common/mod.rs"]
mod measured;
#[path = "ledger_postgres/ours.rs"]
mod ours;
#[path = "ledger_postgres/tigerbeetle.rs"]
mod tigerbeetle;

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cluster::Cluster;

/// Transfers in a batch, as in `benches/ledger.rs`.
const BATCH: u32 = 1024;
/// Who sends batches: enough to make one while another is synced.
const BATCH_CLIENTS: u32 = 2;
/// What each account has at first: enough for all that is taken from it.
const EACH: u64 = 1_000_000_000_000;

/// What is asked for on the command line.
struct Options {
    seconds: u32,
    clients: u32,
    dir: PathBuf,
    wanted: Vec<String>,
}

/// One way to ask for transfers.
#[derive(Debug, Clone, Copy)]
struct Way {
    name: &'static str,
    clients: u32,
    /// Transfers of a transaction.
    batch: u32,
}

/// What is to be measured.
#[derive(Debug)]
struct Measurement {
    way: Way,
    hot: bool,
    /// Each payer has a cap by the hour.
    capped: bool,
    name: String,
}

/// What was measured.
#[derive(Debug, Clone)]
struct Figure {
    name: String,
    tps: f64,
    p50_us: u64,
    p99_us: u64,
}

impl Figure {
    /// From the latencies of all transactions, in microseconds.
    fn new(name: String, tps: f64, mut latencies: Vec<u64>) -> Result<Self, String> {
        latencies.sort_unstable();
        let at =
            |percent: usize| latencies.get((latencies.len() * percent / 100).min(latencies.len().max(1) - 1));
        let (Some(p50_us), Some(p99_us)) = (at(50), at(99)) else {
            return Err(format!("{name}: no transaction came to an end"));
        };
        Ok(Self { name, tps, p50_us: *p50_us, p99_us: *p99_us })
    }

    fn tell(&self, who: &str) {
        let Self { name, tps, p50_us, p99_us } = self;
        println!("{who} name={name} tps={tps:.0} p50_us={p50_us} p99_us={p99_us}");
    }
}

fn options() -> Result<Options, String> {
    let mut options = Options { seconds: 5, clients: 16, dir: std::env::temp_dir(), wanted: Vec::new() };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} has no value"));
        let number = |value: String| value.parse().map_err(|_| format!("{arg} {value}: not a number"));
        match arg.as_str() {
            "--seconds" => options.seconds = number(value()?)?,
            "--clients" => options.clients = number(value()?)?,
            "--dir" => options.dir = PathBuf::from(value()?),
            // Cargo's own.
            "--bench" => {}
            _ if arg.starts_with("--") => {
                return Err(format!("{arg}: expected --seconds, --clients or --dir"));
            }
            _ => options.wanted.push(arg),
        }
    }
    Ok(options)
}

impl Options {
    fn wants(&self, name: &str) -> bool {
        self.wanted.is_empty() || self.wanted.iter().any(|part| name.contains(part))
    }

    /// Numbers of accounts.
    fn sizes(&self) -> &[u32] {
        if measured::testing() { &[100] } else { &[1_000, 1_000_000] }
    }

    /// How long a measurement takes.
    fn time(&self) -> Duration {
        if measured::testing() { Duration::from_millis(50) } else { Duration::from_secs(self.seconds.into()) }
    }

    /// What is measured with so many accounts: those without caps first.
    fn ways(&self, accounts: u32) -> Vec<Measurement> {
        let alone = Way { name: "alone", clients: 1, batch: 1 };
        let single = Way { name: "single", clients: self.clients, batch: 1 };
        let batched = Way { name: "batched", clients: BATCH_CLIENTS, batch: BATCH };
        let mut all = Vec::new();
        for way in [alone, single, batched] {
            for (pattern, hot) in [("uniform", false), ("hot", true)] {
                let name = format!("ledger_durable_{}_{pattern}_{accounts}", way.name);
                all.push(Measurement { way, hot, capped: false, name });
            }
        }
        if accounts <= 1_000 {
            for way in [single, batched] {
                let name = format!("ledger_durable_{}_capped_uniform_{accounts}", way.name);
                all.push(Measurement { way, hot: false, capped: true, name });
            }
        }
        all.retain(|measurement| self.wants(&measurement.name));
        all
    }
}

fn main() {
    if let Err(what) = options().and_then(|options| run(&options)) {
        eprintln!("ledger_postgres: {what}");
        std::process::exit(1);
    }
}

fn run(options: &Options) -> Result<(), String> {
    println!("transfers a second, durably, {} s each; latencies are of transactions", options.seconds);
    measured::tell_load();
    fdatasync(&options.dir)?.tell("DISK");
    let ours = ours::measure(options)?;
    if measured::testing() {
        return Ok(());
    }
    let postgres = match cluster::programs() {
        Ok(programs) => postgres(options, programs)?,
        Err(why) => {
            println!("SKIPPED PostgreSQL: {why}");
            Vec::new()
        }
    };
    let tigerbeetle = match std::env::var_os("ICN_TIGERBEETLE") {
        Some(program) => tigerbeetle::measure(options, Path::new(&program))?,
        None => {
            println!("SKIPPED TigerBeetle: ICN_TIGERBEETLE names no program");
            Vec::new()
        }
    };
    for (floor, figures) in [("postgres", &postgres), ("tigerbeetle", &tigerbeetle)] {
        beside(&ours, floor, figures);
    }
    Ok(())
}

/// Lines for the figures that both have.
fn beside(ours: &[Figure], floor_name: &str, floors: &[Figure]) {
    for (ours, floor) in ours.iter().flat_map(|ours| floors.iter().map(move |floor| (ours, floor))) {
        if ours.name == floor.name {
            let (name, ratio) = (&ours.name, ours.tps / floor.tps);
            let (ours, floor) = (ours.tps, floor.tps);
            println!(
                "RATIO name={name}_{floor_name} ours={ours:.0} floor={floor:.0} unit=transfers_per_second ratio={ratio:.3}"
            );
        }
    }
}

/// What one synced write of 8 KiB costs on that disk: no commit is faster, unless it shares one.
fn fdatasync(dir: &Path) -> Result<Figure, String> {
    let path = dir.join(format!("icn-fdatasync-{}", std::process::id()));
    let write = || -> std::io::Result<Vec<u64>> {
        let mut file = File::create(&path)?;
        let (started, mut latencies) = (Instant::now(), Vec::new());
        while started.elapsed() < Duration::from_secs(1) {
            let begun = Instant::now();
            file.rewind()?;
            file.write_all(&[7; 8192])?;
            file.sync_data()?;
            latencies.push(u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX));
        }
        Ok(latencies)
    };
    let written = write().map_err(|error| format!("{}: {error}", path.display()));
    let _ = std::fs::remove_file(&path);
    let latencies = written?;
    Figure::new("fdatasync_8k".to_owned(), latencies.len() as f64, latencies)
}

fn postgres(options: &Options, programs: PathBuf) -> Result<Vec<Figure>, String> {
    let cluster = Cluster::start(programs, &options.dir)?;
    println!("{}", cluster.sql("select version()")?.trim());
    cluster.sql(include_str!("ledger_postgres/schema.sql"))?;
    cluster.sql(include_str!("ledger_postgres/check.sql"))?;
    let mut figures = Vec::new();
    for accounts in options.sizes().iter().copied() {
        let all = options.ways(accounts);
        if all.is_empty() {
            continue;
        }
        cluster.sql(&format!("select fill({accounts}, {EACH})"))?;
        cluster.sql("vacuum analyze")?;
        cluster.sql("checkpoint")?;
        // The first change of a page after a checkpoint writes all of it into the log; no other checkpoint follows.
        let warm = Way { name: "warm", clients: BATCH_CLIENTS, batch: BATCH };
        cluster.pgbench("warm".to_owned(), warm, accounts, false, options.seconds.min(5))?;
        for Measurement { way, hot, capped, name } in all {
            if capped {
                cluster.sql(&format!(
                    "insert into cap select 1, 1, id, 3600000, {EACH} from account where id > 0 on conflict do nothing"
                ))?;
            }
            cluster.sql("vacuum analyze")?;
            let figure = cluster.pgbench(name, way, accounts, hot, options.seconds)?;
            figure.tell("PG");
            figures.push(figure);
        }
        let wrong = cluster
            .sql("select * from unsound; select code, count(*) from command where code <> 0 group by code")?;
        if !wrong.trim().is_empty() {
            return Err(format!("what was measured is not sound, or was refused:\n{wrong}"));
        }
    }
    Ok(figures)
}
