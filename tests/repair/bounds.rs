//! What a repair cuts off only on request, and what it refuses.

use std::fs;
use std::path::Path;

use icn_runtime::export::export;
use icn_runtime::repair::{Repair, RepairError};

use crate::common::{Desk, copy, open, run, scratch, stderr, tree};
use crate::helpers::{log_of, made, put_back, repair};

#[test]
fn damage_behind_all_that_is_signed_is_cut_off_only_when_that_is_asked() {
    let dir = scratch();
    let (data, killed) = (dir.path().join("data"), dir.path().join("killed"));
    put_back(&data);
    let host = open(&data);
    crate::common::settled(&host, &data);
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
