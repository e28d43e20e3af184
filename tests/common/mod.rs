//! What the tests share: scratch hosts, a guest written as text, seeded randomness, the program as a child,
//! and a witness that keeps what an audit shows it.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that cannot go on stops the test that asked it"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use icn_runtime::{
    Account, AccountId, Amount, Audit, AuditReport, BlockId, Committed, Did, Faults, Host, HostOptions,
    Invocation, InvocationId, Level, Listener, ModuleSpec, Outcome, Receipt, Refusal, Request, ScopeSpec,
    SecretKey, Subject, Unit, invocation_id, now_ms,
};
use sha2::{Digest as _, Sha256};

pub(crate) use futures::executor::block_on;

pub(crate) mod crossing_forgeries;
pub(crate) mod election;
pub(crate) mod escrow;
pub(crate) mod forge;
pub(crate) mod form_forgeries;
pub(crate) mod hand;
pub(crate) mod ledger_forgeries;
pub(crate) mod operated;
#[path = "../oracle/mod.rs"]
pub(crate) mod oracle;
pub(crate) mod second;
pub(crate) mod union;
pub(crate) mod wishes;

/// Small numbers from a seed (SplitMix64): the same ones on every machine.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// The seed of a test's random choices: fixed, or what `ICN_TEST_SEED` says. Said aloud, so that a failure
/// shows it.
pub(crate) fn seed() -> u64 {
    let seed = std::env::var("ICN_TEST_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_260_302);
    println!("ICN_TEST_SEED={seed}");
    seed
}

/// A directory that is gone when the test is over.
pub(crate) fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A key that a name stands for.
pub(crate) fn key(name: &str) -> SecretKey {
    SecretKey::from_bytes(&Sha256::digest(name).into())
}

// Files.

/// The elections that ship with the program.
pub(crate) fn samples() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commands/demo/sample");
    vec![dir.join("maple-district.pb"), dir.join("river-city.pb")]
}

/// The real elections whose names begin so, where they are beside the project; else nothing, said aloud.
pub(crate) fn pabulib(prefix: &str) -> Option<Vec<PathBuf>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/pabulib");
    let entries = std::fs::read_dir(&dir).into_iter().flatten().filter_map(Result::ok);
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)))
        .collect();
    files.sort();
    if files.is_empty() {
        println!("no real elections `{prefix}…` beside the project: the samples stand in");
        return None;
    }
    Some(files)
}

/// Every file under a directory, with its bytes.
pub(crate) fn tree(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut waiting = vec![dir.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
                continue;
            }
            match std::fs::read(&path) {
                Ok(bytes) => drop(files.insert(path.strip_prefix(dir).unwrap().to_owned(), bytes)),
                // A file that a running host renamed just now is there under its other name.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => panic!("{}: {error}", path.display()),
            }
        }
    }
    files
}

/// Copies a directory as it is at this moment: what a kill at this moment would leave.
pub(crate) fn copy(from: &Path, to: &Path) {
    for (name, bytes) in tree(from) {
        let path = to.join(&name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        // As a backup keeps them: a key that others could read is replaced at the next opening.
        if let Ok(metadata) = std::fs::metadata(from.join(&name)) {
            std::fs::set_permissions(&path, metadata.permissions()).unwrap();
        }
    }
}

/// Writes a file that its owner alone may read, as key files must be.
pub(crate) fn write_secret(path: &Path, bytes: impl AsRef<[u8]>) {
    std::fs::write(path, bytes).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// The only segment file of a small log.
pub(crate) fn segment(data: &Path) -> PathBuf {
    data.join("log/00000000.seg")
}

/// The snapshots of a data directory, the newest last.
pub(crate) fn snapshots(data: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(data.join("snapshots")).into_iter().flatten().filter_map(Result::ok);
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}

// The program.

/// The program, not run yet.
pub(crate) fn icn() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_icn"));
    command.stdin(Stdio::null()).env_remove("ICN_LOG");
    command
}

/// Runs the program with these arguments.
pub(crate) fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    icn().args(arguments).output().unwrap()
}

/// Runs `icn demo` on these files; the arguments that come behind them follow.
pub(crate) fn demo(files: &[PathBuf], data: &Path, more: &[&str]) -> Output {
    icn().arg("demo").args(files).arg("--data").arg(data).args(more).output().unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The JSON document that a run printed, alone on standard output.
pub(crate) fn json(output: &Output) -> serde_json::Value {
    let text = stdout(output);
    assert!(text.ends_with('\n') && text.trim_end().lines().count() == 1, "one line: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}\n{}", stderr(output)))
}

// The log.

/// Keeps every receipt that holds, in the order of the log.
#[derive(Debug, Default)]
pub(crate) struct Kept(pub(crate) Vec<(BlockId, Invocation, Receipt)>);

impl Listener for Kept {
    fn receipt(&mut self, id: BlockId, invocation: &Invocation, receipt: &Receipt) {
        self.0.push((id, invocation.clone(), receipt.clone()));
    }
}

impl Kept {
    /// The names of all receipts, as the receipts' file of the demo has them.
    pub(crate) fn ids(&self) -> BTreeSet<String> {
        self.0.iter().map(|(id, ..)| id.to_string()).collect()
    }
}

/// Audits a directory.
pub(crate) fn audit_of(data: &Path, replay: bool) -> (AuditReport, Kept) {
    let mut kept = Kept::default();
    let level = if replay { Level::Replay } else { Level::Ledger };
    let asked = Audit { level, ..Audit::of(Subject::Data(data.to_owned())) };
    let report = asked.run(&mut kept).unwrap();
    (report, kept)
}

/// Audits a directory that must hold.
pub(crate) fn sound(data: &Path, replay: bool) -> (AuditReport, Kept) {
    let (report, kept) = audit_of(data, replay);
    assert!(report.ok, "{}", report.divergence.unwrap());
    (report, kept)
}

// Hosts.

/// Opens a host.
pub(crate) fn open(data: &Path) -> Host {
    Host::open(HostOptions::new(data)).unwrap()
}

/// Opens a host with so many arbiters for scopes.
pub(crate) fn open_on(data: &Path, arbiters: usize) -> Host {
    let mut options = HostOptions::new(data);
    options.arbiters = Some(arbiters);
    Host::open(options).unwrap()
}

/// Opens a host with one arbiter for scopes and these faults.
pub(crate) fn open_with(data: &Path, faults: Arc<dyn Faults>) -> Host {
    let mut options = HostOptions::new(data);
    options.arbiters = Some(1);
    options.faults = faults;
    Host::open(options).unwrap()
}

/// Waits until a host that nobody asks anything has nothing left to write: its checkpoint covers its log.
pub(crate) fn settled(host: &Host, data: &Path) {
    let covered = || {
        let note = std::fs::read_to_string(data.join("checkpoint")).ok()?;
        note.lines().nth(1)?.parse::<u64>().ok()
    };
    for _ in 0..3_000 {
        if covered() == Some(host.head().size) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the checkpoint does not come");
}

/// Everything that a refusal must leave as it is: the log's head, each scope's root and sequence, all balances.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    size: u64,
    root: [u8; 32],
    scopes: Vec<(Did, String, u64, usize)>,
    accounts: Vec<(AccountId, Account)>,
}

pub(crate) fn standing(host: &Host) -> Standing {
    let mut scopes = Vec::new();
    for scope in host.scopes() {
        let view = block_on(host.view(&scope)).expect("the scope answers");
        scopes.push((scope, view.root.to_hex(), view.seq, view.invocations));
    }
    let head = host.head();
    Standing { size: head.size, root: head.root, scopes, accounts: block_on(host.accounts()) }
}

// A guest written as text.

/// What the guest below imports.
const IMPORTS: &str = r#"
  (import "icn" "host_get_input" (func $get_input (param i32 i32) (result i32)))
  (import "icn" "host_set_output" (func $set_output (param i32 i32) (result i32)))
  (import "icn" "host_get_value" (func $get_value (param i32 i32 i32 i32) (result i32)))
  (import "icn" "host_set_value" (func $set_value (param i32 i32 i32 i32) (result i32)))
  (import "icn" "host_transfer" (func $transfer (param i32 i32 i32 i32 i32 i64 i32 i32) (result i32)))
  (import "icn" "host_get_balance" (func $balance (param i32 i32 i32 i32) (result i64)))
  (import "icn" "host_store_node" (func $store_node (param i32 i32 i32 i32 i32) (result i32)))
  (import "icn" "host_contains_node" (func $contains_node (param i32) (result i32)))
  (import "icn" "host_anchor_to_dag" (func $anchor (param i32 i32 i32) (result i32)))"#;

/// The entries of the guest: each does one thing that a test looks at.
const ENTRIES: &str = r#"
  (memory (export "memory") 4)
  (global $count (mut i32) (i32.const 0))
  (data (i32.const 0) "till")
  (data (i32.const 16) "CHIP")
  (data (i32.const 32) "probe")
  (func $input (result i32) (call $get_input (i32.const 1024) (i32.const 200000)))
  ;; Does nothing.
  (func (export "nothing"))
  ;; Answers its input.
  (func (export "echo") (result i32) (call $set_output (i32.const 1024) (call $input)))
  ;; Keeps its input under its input.
  (func $put (export "put") (result i32) (local $n i32)
    (local.set $n (call $input))
    (call $set_value (i32.const 1024) (local.get $n) (i32.const 1024) (local.get $n)))
  ;; Answers what is kept under its input; fails with the host's code when there is nothing.
  (func (export "get") (result i32) (local $n i32)
    (local.set $n (call $get_value (i32.const 1024) (call $input) (i32.const 4096) (i32.const 256)))
    (if (i32.lt_s (local.get $n) (i32.const 0)) (then (return (local.get $n))))
    (call $set_output (i32.const 4096) (local.get $n)))
  ;; Pays one CHIP from the treasury to the till.
  (func $pay (export "pay") (result i32)
    (call $transfer (i32.const 2) (i32.const 0) (i32.const 4) (i32.const 16) (i32.const 4) (i64.const 1)
      (i32.const 0) (i32.const 0)))
  ;; Pays and keeps.
  (func (export "step") (result i32)
    (if (call $pay) (then (return (i32.const 1))))
    (call $put))
  ;; Pays and keeps, and then fails.
  (func (export "fail") (result i32)
    (drop (call $pay)) (drop (call $put)) (i32.const 7))
  ;; Pays and keeps, and then traps.
  (func (export "trap") (drop (call $pay)) (drop (call $put)) unreachable)
  ;; Never ends by itself.
  (func (export "spin") (loop $again (br $again)))
  ;; Answers the till's balance as eight bytes.
  (func (export "till") (result i32)
    (i64.store (i32.const 1024) (call $balance (i32.const 0) (i32.const 4) (i32.const 16) (i32.const 4)))
    (call $set_output (i32.const 1024) (i32.const 8)))
  ;; Stores its input as a node, anchors it and answers its name.
  (func (export "node") (result i32)
    (if (call $store_node (i32.const 1024) (call $input) (i32.const 0) (i32.const 0) (i32.const 512))
      (then (return (i32.const 1))))
    (if (call $anchor (i32.const 512) (i32.const 32) (i32.const 5)) (then (return (i32.const 2))))
    (call $set_output (i32.const 512) (i32.const 36)))
  ;; Answers one byte: whether the node named by its input is there.
  (func (export "has_node") (result i32)
    (drop (call $input))
    (i32.store8 (i32.const 512) (call $contains_node (i32.const 1024)))
    (call $set_output (i32.const 512) (i32.const 1)))
  ;; Counts in a global, in its memory and in a page that it grows, and answers what it finds there first:
  ;; twelve bytes.
  (func (export "remember") (result i32)
    (i32.store (i32.const 1024) (global.get $count))
    (i32.store (i32.const 1028) (i32.load (i32.const 100000)))
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i32.store (i32.const 100000) (i32.const 1))
    (i32.store (i32.const 1032) (memory.grow (i32.const 1)))
    (i32.store (i32.const 262144) (i32.const 77))
    (call $set_output (i32.const 1024) (i32.const 12)))"#;

/// The names of the guest's entries.
pub(crate) const PROBE_ENTRIES: [&str; 13] = [
    "nothing", "echo", "put", "get", "pay", "step", "fail", "trap", "spin", "till", "node", "has_node",
    "remember",
];

/// A module from text.
pub(crate) fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
}

/// The text of a manifest's section.
pub(crate) fn manifest(entries: &[&str], capabilities: &[&str]) -> String {
    let json = serde_json::json!({
        "abi": 1, "name": "probe", "version": "1.0.0", "entries": entries, "capabilities": capabilities,
    });
    format!("(@custom \"icn.manifest\" \"{}\")", json.to_string().replace('"', "\\22"))
}

/// The guest, as bytes.
pub(crate) fn probe_wasm() -> Vec<u8> {
    let manifest = manifest(&PROBE_ENTRIES, &["state", "dag", "transfer", "treasury"]);
    wasm(&format!("(module {IMPORTS} {ENTRIES} {manifest})"))
}

/// The unit that the guest pays.
pub(crate) fn chip() -> Unit {
    Unit::parse("CHIP").unwrap()
}

/// A scope with the guest installed, and the keys of those who may call it: `spin` is the administrator's, the
/// rest is the member's.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) scope: Did,
    pub(crate) module: BlockId,
    pub(crate) admin: SecretKey,
    pub(crate) member: SecretKey,
}

/// Chips that a scope's treasury begins with.
pub(crate) const CHIPS: u64 = 1_000_000;

/// What a scope of this name is opened with.
pub(crate) fn probe_spec(name: &str) -> (SecretKey, ScopeSpec) {
    let entries: Vec<(&str, &str)> = PROBE_ENTRIES
        .iter()
        .map(|entry| (*entry, if *entry == "spin" { "admin" } else { "member" }))
        .collect();
    let module = ModuleSpec::of(probe_wasm(), &["state", "dag", "transfer", "treasury"], &entries).unwrap();
    let spec = ScopeSpec::new(name)
        .admin(key(&format!("{name} admin")).did())
        .role("member", [key(&format!("{name} member")).did()])
        .module(module)
        .token(chip(), Amount(CHIPS));
    (key(&format!("{name} scope")), spec)
}

impl Desk {
    /// The scope of this name, opened before or not.
    pub(crate) fn of(name: &str) -> Self {
        let module = ModuleSpec::of(probe_wasm(), &[], &[]).unwrap().id();
        Self {
            scope: key(&format!("{name} scope")).did(),
            module,
            admin: key(&format!("{name} admin")),
            member: key(&format!("{name} member")),
        }
    }

    /// Opens the scope of this name.
    pub(crate) fn open(host: &Host, name: &str) -> Self {
        let (key, spec) = probe_spec(name);
        block_on(host.open_scope(key, spec)).unwrap();
        Self::of(name)
    }

    /// The id of an invocation that goes by this name.
    pub(crate) fn id(&self, name: &str) -> InvocationId {
        invocation_id(&[self.scope.as_str(), name])
    }

    /// Who calls this entry.
    pub(crate) fn caller(&self, entry: &str) -> &SecretKey {
        if entry == "spin" { &self.admin } else { &self.member }
    }

    /// An invocation that goes by this name, good for an hour.
    pub(crate) fn invocation(&self, host: &Host, entry: &str, input: &[u8], name: &str) -> Invocation {
        let expires = now_ms() + 3_600_000;
        let caller = self.caller(entry).did();
        Invocation::new(host.origin(), self.scope, self.module, entry, input, self.id(name), caller, expires)
    }

    /// The same, signed.
    pub(crate) fn request(&self, host: &Host, entry: &str, input: &[u8], name: &str) -> Request {
        Request::sign(&self.invocation(host, entry, input, name), self.caller(entry))
    }

    /// Submits and waits.
    pub(crate) fn call(
        &self,
        host: &Host,
        entry: &str,
        input: &[u8],
        name: &str,
    ) -> Result<Committed, Refusal> {
        block_on(host.submit(self.request(host, entry, input, name))?)
    }

    /// Submits and waits; the run must end well. Gives its output.
    pub(crate) fn ask(&self, host: &Host, entry: &str, input: &[u8], name: &str) -> Vec<u8> {
        let committed = self.call(host, entry, input, name).unwrap();
        assert_eq!(committed.receipt.outcome, Outcome::Ok, "{entry}");
        committed.receipt.output.clone()
    }
}
