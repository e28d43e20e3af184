//! A data directory whose keys are encrypted: it opens with its passphrase and nothing happens without, its new keys are
//! encrypted too, and the passphrase is put on, changed and taken off by `icn key passphrase`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;

use common::{Desk, icn, json, open, scratch, stderr, tree};
use icn_runtime::key_file::{self, Passphrase};
use icn_runtime::{Host, HostOptions};

const OLD: &str = "correct horse";
const NEW: &str = "battery staple";

fn open_with(data: &Path, passphrase: Option<&str>) -> Result<Host, String> {
    let mut options = HostOptions::new(data);
    options.passphrase = passphrase.map(|text| Arc::new(Passphrase::new(text).unwrap()));
    let debug = format!("{options:?}");
    assert!(passphrase.is_none_or(|text| !debug.contains(text)), "{debug}");
    Host::open(options).map_err(|error| error.to_string())
}

/// `icn key passphrase` of a directory, with files of these passphrases.
fn passphrase(dir: &Path, data: &Path, old: Option<&str>, new: Option<&str>) -> Output {
    let mut command = icn();
    command.args(["key", "passphrase", "--json", "--data"]).arg(data);
    for (option, file, text) in
        [("--passphrase-file", "old.txt", old), ("--new-passphrase-file", "new.txt", new)]
    {
        if let Some(text) = text {
            fs::write(dir.join(file), format!("{text}\n")).unwrap();
            command.arg(option).arg(dir.join(file));
        }
    }
    if new.is_none() {
        command.arg("--remove");
    }
    command.output().unwrap()
}

fn keys(data: &Path) -> Vec<PathBuf> {
    let keys = key_file::key_files(data).unwrap();
    for key in &keys {
        assert_eq!(fs::metadata(key).unwrap().permissions().mode() & 0o777, 0o600, "{}", key.display());
    }
    keys
}

/// How many keys there are, and how many of them are encrypted.
fn encrypted(data: &Path) -> (usize, usize) {
    let keys = keys(data);
    (keys.len(), keys.iter().filter(|key| key_file::is_encrypted(key).unwrap()).count())
}

#[test]
fn a_directory_with_encrypted_keys_opens_with_its_passphrase_alone() {
    let dir = scratch();
    let data = dir.path().join("data");
    let host = open(&data);
    Desk::open(&host, "ours");
    // A host that has it open writes keys too.
    let said = passphrase(dir.path(), &data, None, Some(OLD));
    assert_eq!(said.status.code(), Some(2), "{}", stderr(&said));
    host.close().unwrap();
    assert_eq!(encrypted(&data), (2, 0));
    let said = passphrase(dir.path(), &data, None, Some(OLD));
    assert_eq!(said.status.code(), Some(0), "{}", stderr(&said));
    assert_eq!(json(&said)["rewritten"]["files"].as_u64(), Some(2));
    assert_eq!(encrypted(&data), (2, 2));
    // Without it, or with another, nothing is opened and nothing changes.
    let before = tree(&data);
    let why = open_with(&data, None).unwrap_err();
    assert!(why.contains("host.key") && why.contains("is encrypted"), "{why}");
    let why = open_with(&data, Some(NEW)).unwrap_err();
    assert!(why.contains("host.key") && why.contains("passphrase is wrong"), "{why}");
    assert!(!why.contains(NEW) && tree(&data) == before, "{why}");
    // With it, and what is new is encrypted as well.
    let host = open_with(&data, Some(OLD)).unwrap();
    Desk::of("ours").ask(&host, "put", b"value", "with a passphrase");
    Desk::open(&host, "another");
    host.close().unwrap();
    assert_eq!(encrypted(&data), (3, 3));
    // A wrong one changes nothing.
    let before = tree(&data);
    let said = passphrase(dir.path(), &data, Some("wrong"), Some(NEW));
    assert_eq!(said.status.code(), Some(1));
    assert!(
        stderr(&said).contains("the passphrase is wrong") && !stderr(&said).contains(NEW),
        "{}",
        stderr(&said)
    );
    assert_eq!(tree(&data), before);
    // One that was cut short is done by doing it again.
    let (old, new) = (Passphrase::new(OLD).unwrap(), Passphrase::new(NEW).unwrap());
    key_file::rekey(&keys(&data)[..1], Some(&old), Some(&new)).unwrap();
    let said = passphrase(dir.path(), &data, Some(OLD), Some(NEW));
    assert_eq!(said.status.code(), Some(0), "{}", stderr(&said));
    assert_eq!(json(&said)["rewritten"]["files"].as_u64(), Some(2));
    assert!(open_with(&data, Some(OLD)).is_err());
    open_with(&data, Some(NEW)).unwrap().close().unwrap();
    // A backup has them as they are; and without one it opens as before.
    let said = passphrase(dir.path(), &data, Some(NEW), None);
    assert_eq!(said.status.code(), Some(0), "{}", stderr(&said));
    assert_eq!(encrypted(&data), (3, 0));
    open_with(&data, None).unwrap().close().unwrap();
}

#[test]
fn a_new_directory_with_a_passphrase_never_has_a_key_without() {
    let dir = scratch();
    let (data, file) = (dir.path().join("data"), dir.path().join("passphrase"));
    fs::write(&file, OLD).unwrap();
    let demo = |file: Option<&Path>| {
        let mut command = icn();
        command.args(["demo", "--json", "--data"]).arg(&data);
        if let Some(file) = file {
            command.arg("--passphrase-file").arg(file);
        }
        command.output().unwrap()
    };
    let said = demo(Some(&file));
    assert_eq!(said.status.code(), Some(0), "{}", stderr(&said));
    let (all, encrypted) = encrypted(&data);
    assert!(all == 3 && encrypted == 3, "{encrypted} of {all}");
    let said = demo(None);
    assert_eq!(said.status.code(), Some(2));
    assert!(stderr(&said).contains("the file is encrypted"), "{}", stderr(&said));
    // An audit needs none.
    assert_eq!(icn().args(["audit", "--data"]).arg(&data).output().unwrap().status.code(), Some(0));
}
