//! Repairs from a backup or an export.

use std::fs;
use std::path::{Path, PathBuf};

use icn_runtime::export::export;
use icn_runtime::{Audit, Host, HostOptions, Level, Subject};

use crate::common::{
    Desk, Rng, audit_of, copy, json, open, run, scratch, seed, sound, standing, stderr, tree,
};
use crate::helpers::{damage, log_of, made, put_back, repair};

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
    let entries = crate::common::forge::entries(&made().data);
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
