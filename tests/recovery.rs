//! A demo that is killed with SIGKILL, twenty times in one election: whatever was answered is in the log, the
//! audit passes on what the kill left, no ballot counts twice, and the rest leads to the result of a run that
//! nobody disturbed. Then what else stands between a host and its directory: the lock, and deleted snapshots.
//!
//! The twenty moments are drawn from a seed and spread over the run: three of four by how many ballots were
//! answered, the others by the time since the start, so that they fall into the opening of the directory, too.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use common::election::made_up_files;
use common::{
    Desk, Rng, block_on, copy, demo, icn, json, oracle, pabulib, samples, scratch, seed, snapshots, sound,
    standing, stderr, tree,
};
use icn_runtime::{Host, HostOptions, OpenError, RefusalCode};

const KILLS: usize = 20;

/// A demo that runs.
struct Running {
    child: Child,
    started: Instant,
    /// Where its standard error goes.
    said: PathBuf,
}

fn start(files: &[PathBuf], data: &Path, receipts: &Path) -> Running {
    let mut command = icn();
    command.arg("demo").args(files).arg("--data").arg(data).arg("--receipts").arg(receipts).arg("--json");
    // A file, and no pipe that nobody empties meanwhile.
    let said = data.with_extension("stderr");
    command.stdout(Stdio::null()).stderr(fs::File::create(&said).unwrap());
    Running { started: Instant::now(), child: command.spawn().unwrap(), said }
}

impl Running {
    /// Waits until something is so, or the child is over. Whether it still runs.
    fn until(&mut self, mut so: impl FnMut(Duration) -> bool) -> bool {
        loop {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if so(self.started.elapsed()) {
                return true;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// How it ended, or that it runs, and what it said on standard error: for words on what should not be.
    fn last_words(&mut self) -> String {
        let ended = self.child.try_wait().unwrap().map_or("it runs".into(), |status| status.to_string());
        format!("{ended}: {}", fs::read_to_string(&self.said).unwrap_or_default())
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Whole lines of the receipts' file: what was answered for certain.
fn answered(receipts: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(receipts).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(str::to_owned).collect()
}

/// How many receipts a file of them has: each line is a CID of 59 characters.
fn count(receipts: &Path) -> u64 {
    fs::metadata(receipts).map_or(0, |file| file.len()) / 60
}

/// Everything that must hold of a directory, whenever its host was killed.
fn check(data: &Path, receipts: &Path) -> u64 {
    let (report, kept) = sound(data, false);
    let logged = kept.ids();
    let answered = answered(receipts);
    let lost: Vec<_> = answered.difference(&logged).collect();
    assert!(lost.is_empty(), "answered, and not in the log: {lost:?}");
    let mut ids = BTreeSet::new();
    let mut voted: BTreeMap<_, u32> = BTreeMap::new();
    for (_, invocation, receipt) in &kept.0 {
        assert!(ids.insert((receipt.scope, invocation.id)), "an id is applied twice: {}", invocation.id);
        if invocation.entry == "vote" && receipt.outcome.is_ok() {
            *voted.entry((receipt.scope, invocation.caller)).or_default() += 1;
        }
    }
    assert!(voted.values().all(|ballots| *ballots == 1), "a ballot counts twice");
    report.invocations
}

/// What a report says, without what differs from one host to another.
fn lasting(mut report: serde_json::Value) -> serde_json::Value {
    let fields = report.as_object_mut().unwrap();
    assert!(fields.remove("seconds").is_some() && fields.remove("checkpoint").is_some());
    report
}

#[test]
fn killed_twenty_times_no_answer_is_lost_no_ballot_counts_twice_and_the_result_is_the_same() {
    let dir = scratch();
    let seed = seed();
    let mut rng = Rng::new(seed);
    let files = pabulib("poland_czestochowa_2020_")
        .unwrap_or_else(|| [samples(), made_up_files(dir.path(), seed, 10, 400)].concat());

    // The run that nobody disturbs, measured.
    let (data, receipts) = (dir.path().join("undisturbed"), dir.path().join("undisturbed.receipts"));
    let mut running = start(&files, &data, &receipts);
    assert!(running.until(|_| count(&receipts) > 0), "no answer: {}", running.last_words());
    let opening = running.started.elapsed();
    assert!(running.child.wait().unwrap().success(), "{}", running.last_words());
    let all = count(&receipts);
    assert_eq!(check(&data, &receipts), all, "every receipt of the log was answered");
    // On a finished directory the report is the finished run's.
    let undisturbed = demo(&files, &data, &["--json"]);
    let undisturbed = json(&undisturbed);
    for (scope, file) in undisturbed["scopes"].as_array().unwrap().iter().zip(&files) {
        assert_eq!(scope["funded"], serde_json::json!(oracle::greedy(file).funded), "{}", file.display());
    }

    let (data, receipts) = (dir.path().join("killed"), dir.path().join("killed.receipts"));
    let mut moments: Vec<u64> =
        (0..KILLS as u64).map(|at| (at * all + rng.below(all)) / KILLS as u64).collect();
    moments.sort_unstable();
    let mut reached = Vec::new();
    let mut logged = 0;
    for (at, moment) in moments.into_iter().enumerate() {
        let mut running = start(&files, &data, &receipts);
        let early = at % 4 == 3;
        let after = Duration::from_micros(rng.below(u64::try_from(opening.as_micros()).unwrap()));
        let more = Duration::from_micros(rng.below(20_000));
        // What was in the log and not answered when its host was killed is never written down as answered.
        let before = count(&receipts);
        let still_runs = if early {
            running.until(|elapsed| elapsed >= after)
        } else {
            running.until(|_| count(&receipts) > before && logged + count(&receipts) - before >= moment)
        };
        assert!(still_runs, "kill {at} comes before the end: {}", running.last_words());
        std::thread::sleep(more);
        running.kill();

        logged = check(&data, &receipts);
        reached.push((at, logged));
        // Of what the kills leave, a third is opened and closed by a host before the next start, and a third
        // loses its snapshots.
        match at % 3 {
            1 => {
                Host::open(HostOptions::new(&data)).unwrap().close().unwrap();
                assert_eq!(check(&data, &receipts), logged, "opening and closing adds nothing");
            }
            2 => snapshots(&data).iter().for_each(|snapshot| fs::remove_file(snapshot).unwrap()),
            _ => {}
        }
    }
    println!("kills, and receipts in the log after each: {reached:?}, of {all}");
    assert!(reached[0].1 < all / 4 && reached[KILLS - 1].1 > all / 2, "spread over the run: {reached:?}");

    let finished = demo(&files, &data, &["--json", "--receipts", receipts.to_str().unwrap()]);
    assert_eq!(finished.status.code(), Some(0), "{}", stderr(&finished));
    assert_eq!(check(&data, &receipts), all);
    assert_eq!(lasting(json(&finished)), lasting(undisturbed));
}

#[test]
fn a_second_process_on_an_open_directory_is_refused_and_changes_nothing() {
    let dir = scratch();
    let host = common::open(dir.path());
    let desk = Desk::open(&host, "held");
    desk.ask(&host, "put", b"mine", "first");
    common::settled(&host, dir.path());
    let before = tree(dir.path());

    let output = demo(&samples(), dir.path(), &["--json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty(), "a refusal is no report");
    let message = stderr(&output);
    assert!(message.contains("is open in another process"), "{message}");
    assert!(message.contains(&dir.path().display().to_string()), "{message}");
    // A host of this very process is refused like any other.
    let Err(OpenError::Lock(refused)) = Host::open(HostOptions::new(dir.path())) else {
        panic!("opened twice");
    };
    assert!(refused.to_string().contains("is open in another process"), "{refused}");
    assert!(before == tree(dir.path()), "the refused ones changed something");

    // The one that has it goes on, and leaves it to others when it is closed.
    desk.ask(&host, "put", b"mine too", "second");
    host.close().unwrap();
    assert_eq!(demo(&samples(), dir.path(), &["--json"]).status.code(), Some(0));
    let (_, kept) = sound(dir.path(), true);
    assert_eq!(kept.0.iter().filter(|(_, invocation, _)| invocation.scope == desk.scope).count(), 2);
}

#[test]
fn deleted_snapshots_are_no_loss() {
    let dir = scratch();
    let host = common::open(dir.path());
    let desks = [Desk::open(&host, "one"), Desk::open(&host, "two")];
    for (at, desk) in desks.iter().enumerate() {
        desk.ask(&host, "step", format!("value {at}").as_bytes(), "step");
        desk.ask(&host, "node", b"node", "node");
    }
    let before = standing(&host);
    host.close().unwrap();
    let other = scratch();
    copy(dir.path(), other.path());
    assert_eq!(snapshots(dir.path()).len(), 1);
    fs::remove_file(&snapshots(dir.path())[0]).unwrap();
    for data in [dir.path(), other.path()] {
        let host = common::open(data);
        assert_eq!(standing(&host), before);
        assert!(block_on(host.alerts()).is_empty(), "{:?}", block_on(host.alerts()));
        for (at, desk) in desks.iter().enumerate() {
            let value = format!("value {at}").into_bytes();
            assert_eq!(block_on(host.value(&desk.scope, desk.module, &value)), Some(value.clone()));
            let replayed = desk.call(&host, "step", &value, "step").unwrap_err();
            assert_eq!(replayed.code, RefusalCode::Replayed);
            // What is stored is seen by the guest, too.
            assert_eq!(desk.ask(&host, "get", &value, "get"), value);
        }
        host.close().unwrap();
        sound(data, true);
    }
}

#[test]
fn a_host_that_is_dropped_without_being_closed_ends_its_log_as_well() {
    let dir = scratch();
    let host = common::open(dir.path());
    let desk = Desk::open(&host, "dropped");
    let pending: Vec<_> = (0..50)
        .map(|at| host.submit(desk.request(&host, "step", &[at], &format!("step {at}"))).unwrap())
        .collect();
    drop(host);
    let (report, kept) = sound(dir.path(), true);
    assert!(report.notices.is_empty(), "{:?}", report.notices);
    // Whatever was answered is there; the rest was answered with a refusal.
    for pending in pending {
        match block_on(pending) {
            Ok(committed) => assert!(kept.ids().contains(&committed.id.to_string())),
            Err(refusal) => assert_eq!(refusal.code, RefusalCode::Unavailable),
        }
    }
}

#[test]
fn what_a_kill_leaves_at_any_step_of_the_beginning_holds_and_is_gone_on_with() {
    let dir = scratch();
    let left = scratch();
    let mut steps = 0;
    let mut leave = |data: &Path| {
        let to = left.path().join(format!("{steps}"));
        steps += 1;
        copy(data, &to);
        to
    };
    let host = common::open(dir.path());
    let after_opening = leave(dir.path());
    let desk = Desk::open(&host, "ours");
    let after_scope = leave(dir.path());
    desk.ask(&host, "step", b"x", "x");
    let after_call = leave(dir.path());
    drop(host);
    for (data, scopes, receipts) in [(&after_opening, 0, 0), (&after_scope, 1, 0), (&after_call, 1, 1)] {
        let (report, kept) = sound(data, true);
        assert_eq!((report.scopes, kept.0.len()), (scopes, receipts));
        let host = common::open(data);
        assert!(block_on(host.alerts()).is_empty(), "{:?}", block_on(host.alerts()));
        if scopes == 0 {
            Desk::open(&host, "ours");
        }
        desk.ask(&host, "step", b"y", "y");
        host.close().unwrap();
        assert_eq!(sound(data, true).1.0.len(), receipts + 1);
    }
}

#[test]
fn a_scope_that_is_first_called_in_a_later_life_leaves_a_log_that_holds() {
    let dir = scratch();
    let desk = Desk::of("ours");
    let host = common::open(dir.path());
    Desk::open(&host, "ours");
    host.close().unwrap();
    for life in 0..3 {
        assert!(sound(dir.path(), true).0.notices.is_empty());
        let host = common::open(dir.path());
        if life > 0 {
            desk.ask(&host, "step", &[life], &format!("{life}"));
        }
        host.close().unwrap();
    }
    assert_eq!(sound(dir.path(), true).1.0.len(), 2);
}

#[test]
fn a_key_that_was_written_before_the_crash_and_half_a_key_are_no_hindrance() {
    let dir = scratch();
    let desk = Desk::of("ours");
    let keys = dir.path().join("scopes");
    let file = keys.join(format!("{}.key", &desk.scope.as_str()["did:key:".len()..]));
    // A first life that ended before its log had an entry, in the middle of writing files.
    common::open(dir.path()).close().unwrap();
    let host_key = fs::read(dir.path().join("host.key")).unwrap();
    fs::remove_dir_all(dir.path()).unwrap();
    fs::create_dir_all(&keys).unwrap();
    common::write_secret(&dir.path().join("host.key"), &host_key);
    for half in [dir.path().join("host.new"), dir.path().join("checkpoint.new"), file.with_extension("new")] {
        fs::write(half, "0123").unwrap();
    }
    let host = common::open(dir.path());
    Desk::open(&host, "ours");
    desk.ask(&host, "step", b"x", "x");
    host.close().unwrap();
    assert_eq!(fs::read(dir.path().join("host.key")).unwrap(), host_key);
    // A scope's key that is there and is not this scope's: the scope is not opened, and the key stays.
    let host = common::open(dir.path());
    let (other, spec) = common::probe_spec("other");
    let place = keys.join(format!("{}.key", &other.did().as_str()["did:key:".len()..]));
    for wrong in [fs::read(&file).unwrap(), b"half a k".to_vec(), Vec::new()] {
        fs::write(&place, &wrong).unwrap();
        let (other, _) = common::probe_spec("other");
        let size = host.head().size;
        let refused = block_on(host.open_scope(other, spec.clone())).unwrap_err().to_string();
        assert!(refused.contains(&place.display().to_string()), "{refused}");
        assert_eq!(fs::read(&place).unwrap(), wrong);
        assert_eq!(host.head().size, size);
    }
    fs::remove_file(&place).unwrap();
    Desk::open(&host, "other");
    host.close().unwrap();
    open_again_and_audit(dir.path());
}

fn open_again_and_audit(data: &Path) {
    common::open(data).close().unwrap();
    sound(data, true);
}
