//! Backups of a running host, with keys and without; progress of an audit.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use icn_runtime::backup::Backup;
use icn_runtime::{Audit, Subject};

use crate::common::{Desk, block_on, json, open, run, scratch, sound, stderr, stdout, tree};
use crate::helpers::made;

/// Ends the load also when an assertion fails; otherwise the scope would wait for its threads for ever.
struct EndsLoad<'a>(&'a AtomicBool);

impl Drop for EndsLoad<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
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
        let _end = EndsLoad(is_over);
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
            assert!(stdout(&output).contains("it has the host's secret keys"), "{}", stdout(&output));
        }
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
