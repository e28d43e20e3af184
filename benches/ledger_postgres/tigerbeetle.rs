//! TigerBeetle by its own `benchmark` command, which formats a data file in the directory where it is run, starts one
//! replica on a port of the loopback interface, sends transfers and says how long that took. It creates accounts without
//! limits, and has neither caps nor rights. Latencies come in whole milliseconds.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{BATCH, Figure, Options};

/// A run that takes longer is ended.
const LONGEST: Duration = Duration::from_secs(120);

/// Measures what of it is comparable: batches, and one transfer a request by many clients.
pub(crate) fn measure(options: &Options, program: &Path) -> Result<Vec<Figure>, String> {
    let dir = options.dir.join(format!("icn-tb-{}", std::process::id()));
    std::fs::create_dir(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    let figures = all(options, program, &dir);
    let _ = std::fs::remove_dir_all(&dir);
    figures
}

fn all(options: &Options, program: &Path, dir: &Path) -> Result<Vec<Figure>, String> {
    let mut figures = Vec::new();
    for accounts in [1_000u32, 1_000_000] {
        // As many transfers as a fast disk and a slow one do in some seconds; there is no way to say how long.
        for (way, clients, batch, transfers) in
            [("single", options.clients, 1, 20_000u32), ("batched", 1, BATCH, 1_000_000)]
        {
            for (pattern, hot) in [("uniform", 0), ("hot", 1)] {
                let name = format!("ledger_durable_{way}_{pattern}_{accounts}");
                if !options.wants(&name) {
                    continue;
                }
                let mut command = Command::new(program);
                command.current_dir(dir).arg("benchmark");
                command.arg(format!("--account-count={accounts}")).arg(format!("--account-count-hot={hot}"));
                command.arg(format!("--transfer-count={transfers}")).arg("--transfer-hot-percent=100");
                command.arg(format!("--transfer-batch-size={batch}")).arg(format!("--clients={clients}"));
                let told = run(&mut command, &dir.join("told"))?;
                let figure = read(name, &told)?;
                figure.tell("TIGERBEETLE");
                figures.push(figure);
            }
        }
    }
    Ok(figures)
}

/// Runs it to its end, but not for ever.
fn run(command: &mut Command, told: &Path) -> Result<String, String> {
    let broken = |error: std::io::Error| format!("tigerbeetle benchmark: {error}");
    let output = std::fs::File::create(told).map_err(broken)?;
    let errors = output.try_clone().map_err(broken)?;
    let mut child = command.stdin(Stdio::null()).stdout(output).stderr(errors).spawn().map_err(broken)?;
    let started = Instant::now();
    let status = loop {
        match child.try_wait().map_err(broken)? {
            Some(status) => break status,
            None if started.elapsed() > LONGEST => {
                // Its replica ends when nobody holds the other end of its input.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("tigerbeetle benchmark takes more than {} s", LONGEST.as_secs()));
            }
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    let said = std::fs::read_to_string(told).map_err(broken)?;
    if status.success() { Ok(said) } else { Err(format!("tigerbeetle benchmark: {status}\n{said}")) }
}

/// `load accepted = 1000 tx/s`, `batch latency p50 = 7 ms`.
fn read(name: String, told: &str) -> Result<Figure, String> {
    let value = |line: &str| -> Option<(f64, String)> {
        let mut words = line.split_once('=')?.1.split_whitespace();
        Some((words.next()?.parse().ok()?, words.next()?.to_owned()))
    };
    let tps = told.lines().find(|line| line.starts_with("load accepted")).and_then(value);
    let latency = |percent: u32| {
        let is_it = |line: &&str| {
            let of = line.strip_prefix("batch latency p").and_then(|rest| rest.split_whitespace().next());
            of.and_then(|of| of.parse().ok()) == Some(percent)
        };
        let (number, unit) = told.lines().find(is_it).and_then(value)?;
        let micros = number * if unit == "ms" { 1000.0 } else { 1.0 };
        format!("{micros:.0}").parse::<u64>().ok()
    };
    match (tps, latency(50), latency(99)) {
        (Some((tps, _)), Some(p50_us), Some(p99_us)) => Ok(Figure { name, tps, p50_us, p99_us }),
        _ => Err(format!("{name}: no figures in what tigerbeetle says:\n{told}")),
    }
}
