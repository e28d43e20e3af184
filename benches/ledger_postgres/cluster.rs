//! A PostgreSQL cluster of this bench's own: made, started, asked, stopped and removed.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::{Figure, Way};

/// Durable, and with enough memory and log that neither is what is measured.
const SETTINGS: &[&str] = &[
    "listen_addresses=''",
    "unix_socket_permissions=0700",
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "shared_buffers=1GB",
    "wal_buffers=64MB",
    "max_wal_size=8GB",
    "checkpoint_timeout=30min",
    "max_connections=128",
    "jit=off",
];

/// The directory with PostgreSQL's programs: the environment's, the newest where Debian keeps them, or one of `PATH`.
pub(crate) fn programs() -> Result<PathBuf, String> {
    let needed = ["initdb", "pg_ctl", "psql", "pgbench"];
    let has_all = |dir: &PathBuf| needed.iter().all(|name| dir.join(name).is_file());
    if let Some(dir) = std::env::var_os("ICN_POSTGRES_BIN").map(PathBuf::from) {
        return if has_all(&dir) {
            Ok(dir)
        } else {
            Err(format!("{} lacks one of {needed:?}", dir.display()))
        };
    }
    let installed = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = installed
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs = versions.into_iter().rev().map(|(_, dir)| dir).chain(std::env::split_paths(&path));
    dirs.into_iter().find(has_all).ok_or_else(|| "no directory here has its programs".to_owned())
}

/// A running cluster; it ends with this value.
pub(crate) struct Cluster {
    programs: PathBuf,
    dir: PathBuf,
    is_root: bool,
}

fn said(what: &str, output: &Output) -> Result<String, String> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{what}: {}, {}", output.status, String::from_utf8_lossy(&output.stderr).trim()))
}

impl Cluster {
    /// Makes a cluster in a new directory inside of `parent`, and starts it.
    pub(crate) fn start(programs: PathBuf, parent: &Path) -> Result<Self, String> {
        let is_root = said("id", &run(Command::new("id").arg("-u"))?)?.trim() == "0";
        let dir = parent.join(format!("icn-pg-{}", std::process::id()));
        fs::create_dir(&dir).map_err(|error| format!("{}: {error}", dir.display()))?;
        // From here on it is removed, whatever happens.
        let cluster = Self { programs, dir, is_root };
        if is_root {
            said("chown", &run(Command::new("chown").arg("postgres").arg(&cluster.dir))?)?;
        }
        let data = cluster.dir.join("data");
        let mut initdb = cluster.command("initdb");
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--pgdata"]);
        said("initdb", &run(initdb.arg(&data))?)?;
        let socket = format!("unix_socket_directories='{}'", cluster.dir.display());
        let settings: Vec<String> =
            SETTINGS.iter().map(|setting| (*setting).to_owned()).chain([socket]).collect();
        let settings: Vec<String> = settings.iter().map(|setting| format!("-c {setting}")).collect();
        let mut start = cluster.command("pg_ctl");
        start.arg("--pgdata").arg(&data).arg("--log").arg(cluster.dir.join("log")).arg("--wait").arg("start");
        start.arg("--options").arg(settings.join(" "));
        // The server outlives pg_ctl, so it must not hold a pipe that is read to its end.
        start.stdout(Stdio::null()).stderr(Stdio::null()).stdin(Stdio::null());
        let status = start.status().map_err(|error| format!("pg_ctl: {error}"))?;
        if !status.success() {
            let log = fs::read_to_string(cluster.dir.join("log")).unwrap_or_default();
            return Err(format!("pg_ctl start: {status}\n{log}"));
        }
        Ok(cluster)
    }

    /// One of PostgreSQL's programs, as who may run it, in the cluster's directory and with nobody's settings.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if self.is_root {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        for name in ["PGHOST", "PGPORT", "PGUSER", "PGDATABASE", "PGOPTIONS", "PGDATA", "PGSERVICE"] {
            command.env_remove(name);
        }
        command.current_dir(&self.dir);
        command
    }

    fn client(&self, program: &str) -> Command {
        let mut command = self.command(program);
        command.arg("--host").arg(&self.dir).arg("--username=postgres");
        command
    }

    /// Asks the server; what it answers, without headings.
    pub(crate) fn sql(&self, sql: &str) -> Result<String, String> {
        let mut psql = self.client("psql");
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--dbname=postgres"]);
        psql.args(["--set=ON_ERROR_STOP=1", "--file=-"]);
        psql.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = psql.spawn().map_err(|error| format!("psql: {error}"))?;
        if let Some(mut input) = child.stdin.take() {
            input.write_all(sql.as_bytes()).map_err(|error| format!("psql: {error}"))?;
        }
        said("psql", &child.wait_with_output().map_err(|error| format!("psql: {error}"))?)
    }

    /// Measures transfers in one way.
    pub(crate) fn pgbench(
        &self,
        name: String,
        way: Way,
        accounts: u32,
        hot: bool,
        seconds: u32,
    ) -> Result<Figure, String> {
        let script = if way.batch == 1 { include_str!("single.sql") } else { include_str!("batched.sql") };
        let (file, log) = (self.dir.join("script.sql"), format!("latency-{name}"));
        let written = File::create(&file).and_then(|mut file| file.write_all(script.as_bytes()));
        written.map_err(|error| format!("{}: {error}", file.display()))?;
        let mut pgbench = self.client("pgbench");
        pgbench.args(["--no-vacuum", "--protocol=prepared", "--log"]).arg(format!("--log-prefix={log}"));
        pgbench.arg(format!("--client={}", way.clients)).arg(format!("--jobs={}", way.clients.min(2)));
        pgbench.arg(format!("--time={seconds}")).arg("--file").arg(&file);
        for (variable, value) in [("accounts", accounts), ("hot", u32::from(hot)), ("batch", way.batch)] {
            pgbench.arg(format!("--define={variable}={value}"));
        }
        let told = said("pgbench", &run(pgbench.arg("postgres"))?)?;
        let tps =
            told.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse::<f64>().ok());
        let tps = tps.ok_or_else(|| format!("pgbench says no tps: {told}"))?;
        Figure::new(name, tps * f64::from(way.batch), self.latencies(&log)?)
    }

    /// What pgbench wrote down, a line a transaction: client, number, microseconds, and more.
    fn latencies(&self, prefix: &str) -> Result<Vec<u64>, String> {
        let mut latencies = Vec::new();
        for entry in fs::read_dir(&self.dir).map_err(|error| error.to_string())?.flatten() {
            if !entry.file_name().to_string_lossy().starts_with(&format!("{prefix}.")) {
                continue;
            }
            let text = fs::read_to_string(entry.path()).map_err(|error| error.to_string())?;
            for line in text.lines() {
                let micros = line.split(' ').nth(2).and_then(|field| field.parse().ok());
                latencies.push(micros.ok_or_else(|| format!("pgbench: a transaction failed: {line}"))?);
            }
        }
        Ok(latencies)
    }
}

fn run(command: &mut Command) -> Result<Output, String> {
    command.output().map_err(|error| format!("{}: {error}", command.get_program().to_string_lossy()))
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.dir.join("data");
        if data.join("postmaster.pid").exists() {
            let _ =
                self.command("pg_ctl").arg("--pgdata").arg(&data).args(["--mode=immediate", "stop"]).output();
        }
        let _ = fs::remove_dir_all(&self.dir);
    }
}
