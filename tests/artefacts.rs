//! A host that is opened again takes its modules as it compiled them, when they and their key are as it left them;
//! otherwise it compiles them again, says so, and gives the same receipts.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod common;

use std::path::{Path, PathBuf};

use common::{Desk, block_on, open, scratch, sound};
use icn_runtime::Host;

/// Compiled, loaded, discarded.
fn counted(host: &Host) -> (u64, u64, u64) {
    let stats = host.cache_stats();
    (stats.compiled, stats.loaded, stats.discarded)
}

fn artefact(data: &Path, desk: &Desk) -> PathBuf {
    data.join(format!("artefacts/{}.cwasm", desk.module))
}

#[test]
fn a_host_that_is_opened_again_does_not_compile_its_modules_again() {
    let dir = scratch();
    let host = open(dir.path());
    let desk = Desk::open(&host, "desk");
    let other = Desk::open(&host, "other");
    desk.ask(&host, "step", b"one", "one");
    let first = desk.call(&host, "echo", b"hello", "cold").unwrap().receipt;
    // Two scopes, one module.
    assert_eq!(counted(&host), (1, 0, 0));
    host.close().unwrap();

    let host = open(dir.path());
    assert_eq!(counted(&host), (0, 1, 0));
    assert_eq!(block_on(host.alerts()), Vec::<String>::new());
    let again = desk.call(&host, "echo", b"hello", "loaded").unwrap().receipt;
    assert_eq!((first.fuel, &first.output, &first.usage), (again.fuel, &again.output, &again.usage));
    assert_eq!(other.ask(&host, "echo", b"x", "x"), b"x");
    host.close().unwrap();
    // Run again by the auditor, who compiles: the same receipts.
    sound(dir.path(), true);
}

#[test]
fn the_auditor_looks_at_no_artefact() {
    let dir = scratch();
    let host = open(dir.path());
    let desk = Desk::open(&host, "desk");
    desk.ask(&host, "echo", b"hello", "hello");
    host.close().unwrap();
    let path = artefact(dir.path(), &desk);
    std::fs::write(&path, b"nothing of the kind").unwrap();
    sound(dir.path(), true);
    assert_eq!(std::fs::read(&path).unwrap(), b"nothing of the kind");
}

#[test]
fn an_artefact_that_was_changed_is_compiled_anew() {
    let dir = scratch();
    let host = open(dir.path());
    let desk = Desk::open(&host, "desk");
    host.close().unwrap();
    let path = artefact(dir.path(), &desk);
    let good = std::fs::read(&path).unwrap();
    let mut bad = good.clone();
    bad[good.len() / 2] ^= 0x10;
    std::fs::write(&path, &bad).unwrap();

    let host = open(dir.path());
    assert_eq!(counted(&host), (1, 0, 1));
    assert_eq!(desk.ask(&host, "echo", b"hello", "hello"), b"hello");
    host.close().unwrap();
    assert!(std::fs::read(&path).unwrap() == good);
    assert_eq!(counted(&open(dir.path())), (0, 1, 0));
}

/// Does something to the key file, whose bytes it is told.
type Spoil<'a> = Box<dyn Fn(&[u8]) + 'a>;

#[test]
fn a_key_that_is_torn_missing_or_readable_is_replaced_and_what_it_kept_is_gone() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = scratch();
    let host = open(dir.path());
    let desk = Desk::open(&host, "desk");
    assert_eq!(block_on(host.alerts()), Vec::<String>::new(), "a first key is nothing to tell");
    host.close().unwrap();
    let path = dir.path().join("artefacts.key");
    let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    let whole = std::fs::read(&path).unwrap();
    assert_eq!(whole.len(), 65);

    let spoil: [(&str, Spoil<'_>); 6] = [
        ("torn", Box::new(|key| std::fs::write(&path, &key[..20]).unwrap())),
        ("empty", Box::new(|_| std::fs::write(&path, b"").unwrap())),
        ("longer", Box::new(|key| std::fs::write(&path, [key, b"0\n"].concat()).unwrap())),
        ("no digits", Box::new(|_| std::fs::write(&path, [b'x'; 65]).unwrap())),
        ("missing", Box::new(|_| std::fs::remove_file(&path).unwrap())),
        (
            "readable",
            Box::new(|_| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap()),
        ),
    ];
    for (what, spoil) in spoil {
        let before = std::fs::read(&path).unwrap();
        spoil(&before);
        let stray = artefact(dir.path(), &desk).with_file_name("stray.cwasm");
        std::fs::write(&stray, b"stray").unwrap();
        let host = open(dir.path());
        // What was kept is gone before it was looked at: compiled, nothing loaded.
        assert_eq!(counted(&host), (1, 0, 0), "{what}");
        let alerts = block_on(host.alerts());
        assert!(alerts.iter().any(|alert| alert.contains("artefacts.key")), "{what}: {alerts:?}");
        host.close().unwrap();
        let after = std::fs::read(&path).unwrap();
        assert_eq!((after.len(), mode(), stray.exists()), (65, 0o600, false), "{what}");
        assert_ne!(after, before, "{what}");
        assert_eq!(counted(&open(dir.path())), (0, 1, 0), "{what}: and now it is as it should be");
    }
}
