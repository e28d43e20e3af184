//! The same elections give the same results, whatever the machine does in between: in another directory, with
//! another number of arbiters, through the library and through the program. Compared are each scope's state
//! root, what is funded, every posted balance and every charge of fuel; what may differ is what the clock and
//! the schedule decide: times, and the order of the scopes' receipts in the common log.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

#[path = "../common/mod.rs"]
mod common;
mod record;
mod recorded;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use common::election::{Election, Held, made_up_files};
use common::{block_on, demo, json, oracle, pabulib, samples, scratch, seed, sound, stderr};
use icn_core::encode::Block;
use icn_runtime::{Account, AccountId, Did, Hash, Outcome, Receipt, Usage};
use icn_testkit::guests::{assembled, random_module, recursions};

/// Random modules that are run in every environment.
const RANDOM_MODULES: usize = 5;

/// All that must be the same.
#[derive(Debug, PartialEq, Eq)]
struct Ends {
    funded: Vec<Vec<(String, u64)>>,
    fuel: Vec<u64>,
    /// The state's root, the sequence, the invocations applied.
    scopes: BTreeMap<Did, (String, u64, usize)>,
    accounts: Vec<(AccountId, Account)>,
    /// What each receipt of each scope charged, in the scope's own sequence.
    charges: BTreeMap<Did, Vec<Charge>>,
}

#[derive(Debug, PartialEq, Eq)]
struct Charge {
    fuel: u64,
    usage: Usage,
    outcome: Outcome,
    /// The state's root after it.
    root: Hash,
}

fn files(dir: &Path, seed: u64) -> Vec<PathBuf> {
    let mut files = samples();
    files.extend(made_up_files(dir, seed, 5, 40));
    if let Some(real) = pabulib("poland_czestochowa_2020_grabowka") {
        files.extend(real);
    }
    files
}

/// Holds all elections at the same time, each from a thread of its own.
fn hold(files: &[PathBuf], data: &Path, arbiters: usize) -> Ends {
    let host = common::open_on(data, arbiters);
    let held: Vec<Held> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            files.iter().map(|file| scope.spawn(|| Election::read(file).hold(&host))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let scopes = held.iter().map(|held| {
        let view = block_on(host.view(&held.scope)).unwrap();
        (held.scope, (view.root.to_hex(), view.seq, view.invocations))
    });
    let scopes: BTreeMap<_, _> = scopes.collect();
    let accounts = block_on(host.accounts());
    host.close().unwrap();

    let (_, kept) = sound(data, false);
    let mut charges: BTreeMap<Did, Vec<Charge>> = BTreeMap::new();
    for (_, _, receipt) in &kept.0 {
        let Receipt { fuel, usage, root, .. } = *receipt;
        let charge = Charge { fuel, usage, outcome: receipt.outcome.clone(), root };
        charges.entry(receipt.scope).or_default().push(charge);
    }
    // What the host answers and what a fold of its log gives are the same balances.
    assert_eq!(reopened(data), accounts);
    Ends {
        funded: held.iter().map(|held| held.funded.clone()).collect(),
        fuel: held.iter().map(|held| held.fuel).collect(),
        scopes,
        accounts,
        charges,
    }
}

/// The balances of a directory, folded anew: its snapshots are thrown away.
fn reopened(data: &Path) -> Vec<(AccountId, Account)> {
    for snapshot in common::snapshots(data) {
        std::fs::remove_file(snapshot).unwrap();
    }
    block_on(common::open(data).accounts())
}

#[test]
fn the_same_elections_give_the_same_roots_balances_and_charges_with_any_number_of_arbiters() {
    let dir = scratch();
    let files = files(dir.path(), seed());
    let first = hold(&files, &dir.path().join("a"), 1);
    for (file, funded) in files.iter().zip(&first.funded) {
        let ids: Vec<String> = funded.iter().map(|(id, _)| id.clone()).collect();
        assert_eq!(ids, oracle::greedy(file).funded, "{}", file.display());
    }
    assert!(first.charges.values().flatten().any(|charge| !charge.outcome.is_ok()), "some ballot is refused");
    for (name, arbiters) in [("b", 1), ("c", 2), ("d", 5)] {
        let again = hold(&files, &dir.path().join(name), arbiters);
        assert_eq!(again, first, "with {arbiters} arbiters");
    }
}

#[test]
fn the_program_reports_the_same_with_any_number_of_arbiters() {
    let dir = scratch();
    let files = files(dir.path(), seed() + 1);
    let mut reports = Vec::new();
    for arbiters in ["1", "2", "5"] {
        let output = demo(&files, &dir.path().join(arbiters), &["--json", "--arbiters", arbiters]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        // Other keys, another order of the log: the checkpoint and the time are not the same.
        let report = json(&output);
        let mut scopes = report["scopes"].clone();
        for (scope, file) in scopes.as_array_mut().unwrap().iter_mut().zip(&files) {
            assert_eq!(scope["funded"], serde_json::json!(oracle::greedy(file).funded));
            assert_eq!(scope["state_root"].as_str().unwrap().len(), 64);
            assert!(scope["fuel"].as_u64().unwrap() > 0);
        }
        reports.push((scopes, report["invocations"].clone()));
    }
    assert_eq!(reports[0], reports[1]);
    assert_eq!(reports[0], reports[2]);
}

/// Another time zone, locale, log level or folder is none of a receipt's business: the same call of every entry of
/// every example guest, of some random modules and of a recursion without an end prints the same receipt, to the byte.
#[test]
fn no_receipt_depends_on_the_environment() {
    let dir = scratch();
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("guest/prebuilt");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(guests).unwrap().map(|file| file.unwrap().path()).collect();
    // No guest that somebody wrote: some random modules, and a recursion without an end.
    let accepted = |block: &Block| icn_sandbox::validate(block.bytes()).is_ok();
    let random = (0..).filter_map(random_module).filter(accepted).take(RANDOM_MODULES);
    for (at, block) in random.chain([assembled(&recursions()[0].1)]).enumerate() {
        let path = dir.path().join(format!("{at}.wasm"));
        std::fs::write(&path, block.bytes()).unwrap();
        paths.push(path);
    }
    let environments: [&[(&str, &str)]; 5] = [
        &[],
        &[("TZ", "Pacific/Chatham"), ("LC_ALL", "tr_TR.UTF-8"), ("LANG", "tr_TR.UTF-8")],
        &[("TZ", "America/St_Johns"), ("LC_ALL", "C"), ("ICN_LOG", "trace")],
        &[("ICN_LOG", "warn"), ("LC_NUMERIC", "de_DE.UTF-8"), ("COLUMNS", "20"), ("NO_COLOR", "1")],
        &[("RUST_BACKTRACE", "full"), ("HOME", "/nowhere"), ("TMPDIR", "/tmp")],
    ];
    let mut compared = 0;
    for path in paths {
        let wasm = std::fs::read(&path).unwrap();
        let shape = icn_sandbox::validate(&wasm).unwrap();
        for entry in shape.entries.keys() {
            let runs = environments.map(|environment| {
                let output = std::process::Command::new(env!("CARGO_BIN_EXE_icn"))
                    .args(["run", path.to_str().unwrap(), entry, "--grant", "all", "--time", "1700000000000"])
                    .args(["--fuel", "100000000"])
                    .args(["--issue", "1000:H:treasury", "--json"])
                    .env_clear()
                    .envs(environment.iter().copied())
                    .output()
                    .unwrap();
                assert_ne!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
                output.stdout
            });
            assert!(String::from_utf8_lossy(&runs[0]).contains("\"receipt\":{"), "{entry}");
            for (run, environment) in runs.iter().zip(environments) {
                assert_eq!(run, &runs[0], "{} {entry} with {environment:?}", path.display());
            }
            compared += 1;
        }
    }
    assert!(compared >= 10 + RANDOM_MODULES, "every entry of every guest: {compared}");
}
