//! Backups and repairs: a backup taken under load audits and opens; damage to any place of a data directory is found, and
//! repaired from an export, from its CAR alone, or from a backup; what nobody has is named; and nothing is changed that
//! need not be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{
    Desk, Rng, audit_of, block_on, copy, json, open, run, scratch, seed, sound, standing, stderr, stdout,
    tree,
};
use icn_core::block::Entry;
use icn_history::store::{LogStore as _, Reader, SegmentStore};
use icn_runtime::backup::Backup;
use icn_runtime::export::export;
use icn_runtime::repair::{Repair, RepairError, Repaired};
use icn_runtime::{Audit, Host, HostOptions, Level, Subject};

/// A closed directory whose log has many small segments of several scopes, its export and its backup.
struct Made {
    _dir: tempfile::TempDir,
    data: PathBuf,
    out: PathBuf,
    backup: PathBuf,
    whole: BTreeMap<PathBuf, Vec<u8>>,
    size: u64,
    root: String,
}

/// Bytes of a segment of the test's logs.
const SEGMENT_BYTES: u64 = 16 * 1024;

/// Writes a log again with small segments, and groups of 1 to 6 entries.
fn cut_small(data: &Path, rng: &mut Rng) {
    let entries = common::forge::entries(data);
    let log = data.join("log");
    fs::remove_dir_all(&log).unwrap();
    fs::create_dir(&log).unwrap();
    let mut reader = Reader::new(&log);
    assert!(reader.next_group().unwrap().is_none());
    let mut store = SegmentStore::open(&log, &reader).unwrap().with_segment_bytes(SEGMENT_BYTES);
    let (mut position, mut rest) = (0, &entries[..]);
    while !rest.is_empty() {
        let count = rest.len().min(1 + usize::try_from(rng.below(6)).unwrap());
        let (group, behind) = rest.split_at(count);
        store.append(position, &group.iter().collect::<Vec<&Entry>>()).unwrap();
        position += group.iter().map(|entry| entry.leaves.len() as u64).sum::<u64>();
        rest = behind;
    }
    store.close().unwrap();
}

fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let dir = scratch();
        let (data, out, backup) =
            (dir.path().join("data"), dir.path().join("out"), dir.path().join("backup"));
        let mut rng = Rng::new(7);
        let host = open(&data);
        let desks: Vec<Desk> =
            ["ours", "theirs", "yours"].iter().map(|name| Desk::open(&host, name)).collect();
        for at in 0..100u32 {
            let desk = &desks[at as usize % desks.len()];
            let entry = ["put", "node", "step", "echo", "fail"][at as usize % 5];
            let length = usize::try_from(rng.below(200)).unwrap() + 1;
            let input: Vec<u8> = (0..length).map(|_| u8::try_from(rng.below(256)).unwrap()).collect();
            desk.call(&host, entry, &input, &format!("call {at}")).unwrap();
        }
        host.close().unwrap();
        cut_small(&data, &mut rng);
        // Compiled modules are no part of this, and large.
        let _ = fs::remove_dir_all(data.join("artefacts"));
        let (report, _) = sound(&data, false);
        assert!(report.notices.is_empty(), "{:?}", report.notices);
        export(&data, &out, &mut |_| {}).unwrap();
        Backup { data: data.clone(), out: backup.clone(), has_keys: true }.run(&mut |_| {}).unwrap();
        let whole = tree(&data);
        assert!(fs::read_dir(data.join("log")).unwrap().count() >= 8, "{:?}", whole.keys());
        Made { _dir: dir, data, out, backup, whole, size: report.size, root: report.root }
    })
}

fn repair(data: &Path, from: &[&Path]) -> Result<Repaired, RepairError> {
    let from = from.iter().map(|path| (*path).to_owned()).collect();
    Repair { data: data.to_owned(), from, is_dry: false, cuts_unsigned: false }.run(&mut ())
}

/// Changes one file; says how. False when this file is as it was.
fn damage(data: &Path, name: &Path, rng: &mut Rng) -> (String, bool) {
    let path = data.join(name);
    let Ok(bytes) = fs::read(&path) else { return ("it is gone".into(), false) };
    let is_snapshot = name.starts_with("snapshots");
    let somewhere = |rng: &mut Rng| usize::try_from(rng.below(bytes.len() as u64)).unwrap();
    let (what, changed) = match rng.below(8) {
        0 => {
            let length = somewhere(rng);
            (format!("cut to {length} bytes"), Some(bytes[..length].to_vec()))
        }
        1 | 2 => {
            let (from, length) = (somewhere(rng), usize::try_from(rng.below(6_000)).unwrap() + 1);
            let mut changed = bytes.clone();
            let end = bytes.len().min(from + length);
            changed[from..end].fill(0);
            (format!("zeros from {from} to {end}"), Some(changed))
        }
        3 if !is_snapshot => ("removed".into(), None),
        _ => {
            let (place, bit) = (somewhere(rng), rng.below(8));
            let mut changed = bytes.clone();
            changed[place] ^= 1 << bit;
            (format!("bit {bit} of byte {place}"), Some(changed))
        }
    };
    let is_changed = changed.as_ref() != Some(&bytes);
    match changed {
        Some(changed) => fs::write(&path, changed).unwrap(),
        None => fs::remove_file(&path).unwrap(),
    }
    (format!("{}: {what}", name.display()), is_changed)
}

/// What a directory has but for what a repair keeps, and what is derived.
fn log_of(data: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let kept = |name: &Path| {
        !name.starts_with("damaged") && !name.starts_with("snapshots") && name != Path::new("LOCK")
    };
    tree(data).into_iter().filter(|(name, _)| kept(name)).collect()
}

fn put_back(data: &Path) {
    let made = made();
    let _ = fs::remove_dir_all(data);
    copy(&made.data, data);
}

#[test]
fn damage_to_any_of_a_thousand_places_is_found_and_repaired() {
    let made = made();
    let mut rng = Rng::new(seed());
    let dir = scratch();
    let data = dir.path().join("data");
    let files: Vec<&PathBuf> = made
        .whole
        .keys()
        .filter(|name| {
            name.starts_with("log")
                || name.starts_with("snapshots")
                || name.as_path() == Path::new("checkpoint")
        })
        .collect();
    let car = made.out.join("log.car");
    let (mut places, mut same_bytes, mut from_exports) = (0, 0, 0);
    while places < 1_000 {
        put_back(&data);
        // One place, or up to four at once.
        let count = if places % 4 == 0 { 1 + rng.below(4) } else { 1 };
        let mut said = Vec::new();
        let mut has_checkpoint = true;
        for _ in 0..count {
            let name = files[usize::try_from(rng.below(files.len() as u64)).unwrap()];
            let (what, is_changed) = damage(&data, name, &mut rng);
            if is_changed {
                has_checkpoint &= name.as_path() != Path::new("checkpoint");
                places += 1;
                said.push(what);
            }
        }
        if said.is_empty() {
            continue;
        }
        let asked = Audit { level: Level::Structure, ..Audit::of(Subject::Data(data.clone())) };
        let report = asked.run(&mut ()).unwrap();
        // Snapshots are looked at by an audit of what they add up to.
        let is_found = !report.ok || !audit_of(&data, false).0.notices.is_empty();
        assert!(is_found, "not found: {said:?}");
        if places % 50 == 0 && !report.ok && has_checkpoint {
            assert!(Host::open(HostOptions::new(&data)).is_err(), "opens: {said:?}");
        }
        let from = match rng.below(4) {
            // Without a checkpoint, a CAR is as good as the directory's own.
            0 if has_checkpoint => &car,
            0 | 1 => &made.backup,
            _ => &made.out,
        };
        let done = repair(&data, &[from]).unwrap_or_else(|error| panic!("{said:?}: {error}"));
        assert!(done.ok, "{said:?} from {}: {done:?}", from.display());
        assert!(!done.damage.is_empty() && done.lost.is_empty(), "{said:?}: {done:?}");
        let audit = done.audit.unwrap();
        assert_eq!((audit.size, &audit.root), (made.size, &made.root), "{said:?}");
        assert!(audit.notices.is_empty(), "{said:?}: {:?}", audit.notices);
        let repaired = log_of(&data);
        assert!(repaired[Path::new("checkpoint")] == made.whole[Path::new("checkpoint")], "{said:?}");
        let is_same = repaired == log_of(&made.data);
        if *from == made.backup {
            assert!(is_same, "{said:?}: a backup has every byte, and another came out");
        } else {
            from_exports += 1;
            same_bytes += u32::from(is_same);
        }
        // What was damaged is kept.
        assert!(done.kept.as_ref().is_none_or(|kept| kept.exists()), "{said:?}");
        // A second one has nothing to do.
        if places % 20 == 0 {
            let again = repair(&data, &[from]).unwrap();
            assert!(again.ok && again.damage.is_empty() && again.rewritten.is_empty(), "{said:?}: {again:?}");
            assert!(log_of(&data) == repaired);
        }
    }
    println!("{places} places; {same_bytes} of {from_exports} from exports with the bytes that were there");
    assert!(same_bytes * 2 > from_exports, "{same_bytes} of {from_exports} have the bytes that were there");
}

#[test]
fn a_repaired_directory_stands_where_it_stood_and_goes_on() {
    let made = made();
    let dir = scratch();
    let (data, whole) = (dir.path().join("data"), dir.path().join("whole"));
    copy(&made.data, &whole);
    let host = open(&whole);
    let before = standing(&host);
    host.close().unwrap();
    for number in [0, 3, 7] {
        put_back(&data);
        fs::remove_file(data.join(format!("log/{number:08}.seg"))).unwrap();
        fs::remove_file(data.join("checkpoint")).unwrap();
        let done = repair(&data, &[&made.out]).unwrap();
        assert!(done.ok, "{done:?}");
        let host = open(&data);
        assert_eq!(standing(&host), before, "segment {number}");
        Desk::of("ours").ask(&host, "echo", b"on we go", "more");
        host.close().unwrap();
        sound(&data, true);
    }
}

#[test]
fn a_whole_log_is_restored_and_an_older_one_brought_up_to_date() {
    let made = made();
    let dir = scratch();
    let data = dir.path().join("data");
    // All segments, then all but the first.
    for first in [0, 1] {
        put_back(&data);
        let mut number = first;
        while fs::remove_file(data.join(format!("log/{number:08}.seg"))).is_ok() {
            number += 1;
        }
        let done = repair(&data, &[&made.out.join("log.car"), &made.out]).unwrap();
        assert!(done.ok, "{done:?}");
        assert_eq!(done.audit.unwrap().root, made.root);
    }
    // A backup from before the last calls, and an export from after.
    let older = dir.path().join("older");
    put_back(&older);
    let host = open(&older);
    Desk::of("ours").ask(&host, "echo", b"later", "later");
    host.close().unwrap();
    let newer = dir.path().join("newer");
    export(&older, &newer, &mut |_| {}).unwrap();
    put_back(&data);
    let done = repair(&data, &[&newer]).unwrap();
    let audit = done.audit.as_ref().unwrap();
    assert!(done.ok && audit.size > made.size, "{done:?}");
    assert_eq!(audit.root, sound(&older, false).0.root);
    assert_eq!(fs::read(data.join("checkpoint")).unwrap(), fs::read(older.join("checkpoint")).unwrap());
}

#[test]
fn what_nobody_has_is_named_and_all_else_is_restored() {
    let dir = scratch();
    let (data, out) = (dir.path().join("data"), dir.path().join("out"));
    put_back(&data);
    export(&data, &out, &mut |_| {}).unwrap();
    // The log grows behind the export: a segment more.
    let host = open(&data);
    let desk = Desk::of("theirs");
    let sized = host.head().size;
    let late = desk.call(&host, "echo", &[0x77; 3_000], "late").unwrap();
    desk.ask(&host, "echo", b"last", "last");
    host.close().unwrap();
    let whole = tree(&data);
    // The late receipt's input, and something old.
    let last = whole.keys().rfind(|name| name.starts_with("log")).unwrap();
    let mut bytes = whole[last].clone();
    let place = bytes.windows(8).rposition(|window| window == [0x77; 8]).unwrap();
    bytes[place] ^= 4;
    fs::write(data.join(last), &bytes).unwrap();
    let old = Path::new("log/00000002.seg");
    let mut bytes = whole[old].clone();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 700].fill(0);
    fs::write(data.join(old), &bytes).unwrap();

    let before = tree(&data);
    let words = |more: &[&str]| {
        let mut words: Vec<std::ffi::OsString> = vec!["repair".into(), "--data".into(), data.clone().into()];
        words.extend(["--from".into(), out.clone().into(), "--json".into()]);
        words.extend(more.iter().map(Into::into));
        run(words)
    };
    let output = words(&["--dry-run"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(tree(&data) == before, "a dry run writes");
    let dry = json(&output);
    let output = words(&[]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let said = json(&output);
    assert_eq!(said["lost"], dry["lost"]);
    assert_eq!(said["damage"], dry["damage"]);
    assert_eq!(said["lost"].as_array().unwrap().len(), 1, "{said}");
    let lost = &said["lost"][0];
    assert_eq!((&lost["from"], &lost["to"]), (&sized.into(), &(sized + 1).into()), "{lost}");
    let invocation = late.receipt.invocation;
    let entries = common::forge::entries(&made().data);
    assert!(entries.iter().all(|entry| entry.block(&invocation).is_none()));
    assert_eq!(lost["blocks"].as_array().unwrap().len(), 1, "the invocation's payload alone: {lost}");
    // What could be restored is as it was; what could not is as it was found.
    assert!(fs::read(data.join(old)).unwrap() == whole[old], "the old segment");
    assert!(fs::read(data.join(last)).unwrap() == before[last], "what is lost is left as it was found");
    // Somebody who has it makes it good.
    let rest = dir.path().join("rest");
    for (name, bytes) in &whole {
        fs::create_dir_all(rest.join(name).parent().unwrap()).unwrap();
        fs::write(rest.join(name), bytes).unwrap();
    }
    let done = repair(&data, &[&out, &rest]).unwrap();
    assert!(done.ok, "{done:?}");
    assert!(log_of(&data) == log_of(&rest));
}

#[test]
fn damage_behind_all_that_is_signed_is_cut_off_only_when_that_is_asked() {
    let dir = scratch();
    let (data, killed) = (dir.path().join("data"), dir.path().join("killed"));
    put_back(&data);
    let host = open(&data);
    common::settled(&host, &data);
    let checkpoint = fs::read(data.join("checkpoint")).unwrap();
    Desk::of("ours").ask(&host, "echo", b"unsigned", "unsigned");
    // As a kill before the next checkpoint leaves it.
    copy(&data, &killed);
    host.close().unwrap();
    fs::write(killed.join("checkpoint"), checkpoint).unwrap();
    let last = tree(&killed).into_keys().rfind(|name| name.starts_with("log")).unwrap();
    let path = killed.join(last);
    let mut bytes = fs::read(&path).unwrap();
    let at = bytes.windows(8).rposition(|window| window == b"unsigned").unwrap();
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    let asked = |cuts_unsigned| {
        let from = vec![made().out.clone()];
        Repair { data: killed.clone(), from, is_dry: false, cuts_unsigned }.run(&mut ()).unwrap()
    };
    let done = asked(false);
    assert!(!done.ok && done.lost.len() == 1, "{done:?}");
    assert_eq!(done.lost[0].from, made().size, "{done:?}");
    assert!(done.rewritten.is_empty() && done.kept.is_none(), "nothing is to be done: {done:?}");
    let done = asked(true);
    assert!(done.ok, "{done:?}");
    assert_eq!(done.audit.unwrap().size, made().size);
    open(&killed).close().unwrap();
}

#[test]
fn nothing_is_repaired_that_is_open_elsewhere_of_another_log_or_rewritten() {
    let made = made();
    let dir = scratch();
    let (data, other) = (dir.path().join("data"), dir.path().join("other"));
    put_back(&data);
    let host = open(&data);
    let output = run([Path::new("repair"), Path::new("--data"), &data, Path::new("--from"), &made.out]);
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert!(stderr(&output).contains("is open in another process"), "{}", stderr(&output));
    host.close().unwrap();
    // Another host's log, and no log at all.
    let host = open(&other);
    Desk::open(&host, "ours").ask(&host, "nothing", b"", "nothing");
    host.close().unwrap();
    put_back(&data);
    let before = log_of(&data);
    let error = repair(&data, &[&other]).unwrap_err();
    assert!(matches!(error, RepairError::OtherLog { .. }), "{error}");
    let nothing = dir.path().join("nothing");
    let error = repair(&data, &[&nothing]).unwrap_err();
    assert!(error.to_string().contains("is no export, no CAR and no data directory"), "{error}");
    let error = repair(&nothing, &[&made.out]).unwrap_err();
    assert!(matches!(error, RepairError::NoDirectory(_)), "{error}");
    // The same host's log, as it might have gone on: signed, and of another history.
    let fork = dir.path().join("fork");
    put_back(&fork);
    let host = open(&fork);
    Desk::of("ours").ask(&host, "echo", b"here", "here");
    host.close().unwrap();
    put_back(&data);
    let host = open(&data);
    Desk::of("ours").ask(&host, "echo", b"there", "there");
    host.close().unwrap();
    let forked = dir.path().join("forked");
    export(&fork, &forked, &mut |_| {}).unwrap();
    fs::remove_file(data.join("log/00000001.seg")).unwrap();
    let before_fork = log_of(&data);
    let error = repair(&data, &[&forked]).unwrap_err();
    assert!(matches!(error, RepairError::OtherHistory { .. }), "{error}");
    assert!(log_of(&data) == before_fork && before.len() <= before_fork.len());
}

#[test]
fn an_interrupted_repair_is_finished_by_the_next() {
    let made = made();
    let dir = scratch();
    let data = dir.path().join("data");
    put_back(&data);
    let (old, new) = ("log/00000001.seg", "log/00000001.new");
    let whole = fs::read(data.join(old)).unwrap();
    let mut bytes = whole.clone();
    bytes[700] ^= 1;
    fs::write(data.join(old), &bytes).unwrap();
    fs::write(data.join(new), &whole).unwrap();
    let plan = serde_json::json!({ "aside": "damaged/1", "replaced": [[new, old]], "removed": [] });
    fs::write(data.join("repair.json"), plan.to_string()).unwrap();
    // Until then it is as damaged as it was.
    assert!(!audit_of(&data, false).0.ok);
    let done = repair(&data, &[&made.out]).unwrap();
    assert!(done.ok && done.damage.is_empty() && done.notices.len() == 1, "{done:?}");
    assert!(fs::read(data.join(old)).unwrap() == whole);
    assert!(fs::read(data.join("damaged/1").join(old)).unwrap() == bytes, "the damaged file is kept");
    assert!(!data.join("repair.json").exists());
}

#[test]
fn a_backup_taken_under_load_audits_and_opens() {
    const SCOPES: usize = 8;
    let dir = scratch();
    let data = dir.path().join("data");
    let host = open(&data);
    let names: Vec<String> = (0..SCOPES).map(|at| format!("scope {at}")).collect();
    let desks: Vec<Desk> = names.iter().map(|name| Desk::open(&host, name)).collect();
    let is_over = AtomicBool::new(false);
    let backups: Vec<PathBuf> = (0..5).map(|at| dir.path().join(format!("backup {at}"))).collect();
    std::thread::scope(|scope| {
        let (host, is_over) = (&host, &is_over);
        for desk in &desks {
            scope.spawn(move || {
                for at in 0u32.. {
                    if is_over.load(Ordering::Relaxed) {
                        return;
                    }
                    let pending: Vec<_> = (0..8)
                        .map(|nth| {
                            let input = [at.to_le_bytes(), [nth; 4]].concat();
                            host.submit(desk.request(host, "put", &input, &format!("{at} {nth}"))).unwrap()
                        })
                        .collect();
                    pending.into_iter().for_each(|pending| drop(block_on(pending).unwrap()));
                }
            });
        }
        // Every scope is signed for, or a backup has nothing of the load.
        let covered =
            || fs::read_to_string(data.join("checkpoint")).ok()?.lines().nth(1)?.parse::<usize>().ok();
        while covered().is_none_or(|size| size <= SCOPES) {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        for out in &backups {
            let output = run([Path::new("backup"), Path::new("--data"), &data, Path::new("--out"), out]);
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
            assert!(stdout(&output).contains("secret keys are in it"), "{}", stdout(&output));
        }
        is_over.store(true, Ordering::Relaxed);
    });
    host.close().unwrap();
    let mut sizes = Vec::new();
    let seen: Vec<(String, String)> = backups
        .iter()
        .map(|out| (out.display().to_string(), fs::read_to_string(out.join("checkpoint")).unwrap()))
        .collect();
    for out in &backups {
        use std::os::unix::fs::PermissionsExt as _;
        let (report, _) = sound(out, false);
        assert!(report.notices.is_empty(), "{:?}", report.notices);
        sizes.push(report.size);
        let keys = fs::read_dir(out.join("scopes")).unwrap().map(|entry| entry.unwrap().path());
        for key in keys.chain([out.join("host.key")]) {
            assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600, "{}", key.display());
        }
    }
    assert!(sizes.is_sorted() && sizes[0] > SCOPES as u64 && sizes[0] < sizes[4], "{sizes:?}");
    // Each is where the log was: the log has grown from there.
    assert!(Audit { seen, ..Audit::of(Subject::Data(data.clone())) }.run(&mut ()).unwrap().ok);
    // A restored backup is a host again.
    let host = open(&backups[2]);
    assert_eq!(host.head().size, sizes[2]);
    Desk::of("scope 3").ask(&host, "echo", b"restored", "restored");
    host.close().unwrap();
    sound(&backups[2], true);
}

#[test]
fn a_backup_without_keys_has_no_secret_and_none_goes_over_what_is_there() {
    let made = made();
    let dir = scratch();
    let out = dir.path().join("out");
    let backup = |has_keys| Backup { data: made.data.clone(), out: out.clone(), has_keys }.run(&mut |_| {});
    let done = backup(false).unwrap();
    assert_eq!((done.keys, done.size, &done.root), (0, made.size, &made.root));
    assert!(!out.join("host.key").exists() && !out.join("scopes").exists());
    sound(&out, false);
    assert!(backup(true).unwrap_err().to_string().contains("is not empty"));
    // Byte for byte the log, in the same files.
    for (name, bytes) in tree(&out) {
        if name.starts_with("log") {
            assert!(made.whole[&name] == bytes, "{}", name.display());
        }
    }
}

#[test]
fn an_audit_says_how_far_it_is_and_reports_for_machines() {
    let made = made();
    for (option, dir) in [("--data", &made.data), ("--export", &made.out)] {
        let output =
            run([Path::new("audit"), Path::new(option), dir, Path::new("--json"), Path::new("--progress")]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        // The result alone on standard output.
        let report = json(&output);
        assert_eq!((&report["ok"], &report["size"]), (&true.into(), &made.size.into()));
        let said = format!("icn audit: {} of {} leaves hold", made.size, made.size);
        assert!(stderr(&output).lines().any(|line| line == said), "{}", stderr(&output));
        // Nobody who did not ask, and has no terminal, is told.
        let output = run([Path::new("audit"), Path::new(option), dir]);
        assert!(output.stderr.is_empty(), "{}", stderr(&output));
    }
}
