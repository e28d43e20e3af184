//! `icn key`: keys that are made offline, and what they sign, is what a host takes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;

use common::operated::{DAY_S, delegation, open_operated, operating, root};
use common::{Desk, block_on, json, open, probe_spec, run, scratch, sound, stderr, stdout};
use icn_runtime::{RefusalCode, SecretKey, key_file, now_ms};

fn key(words: &[&str]) -> Output {
    run(std::iter::once("key").chain(words.iter().copied()))
}

fn done(words: &[&str]) -> String {
    let output = key(words);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    stdout(&output)
}

fn refused(words: &[&str], code: i32, why: &str) {
    let output = key(words);
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(
        said.starts_with("icn key: ") && said.contains(why) && said.lines().count() == 1,
        "{why}: {said}"
    );
}

fn secret(path: &Path) -> SecretKey {
    key_file::read(path, key_file::no_passphrase).unwrap()
}

#[test]
fn a_root_that_is_encrypted_signs_with_its_passphrase_alone() {
    let dir = scratch();
    let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (root, pass, wrong, out) = (file("root.key"), file("pass"), file("wrong"), file("out.ucan"));
    fs::write(&pass, "correct horse\n").unwrap();
    fs::write(&wrong, "another\n").unwrap();
    refused(&["new", "--encrypt", "--out", &root], 2, "give a file with its passphrase");
    assert!(!Path::new(&root).exists());
    let did = done(&["new", "--encrypt", "--passphrase-file", &pass, "--out", &root]).trim_end().to_owned();
    assert!(fs::read_to_string(&root).unwrap().starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
    assert_eq!(done(&["show", &root, "--passphrase-file", &pass]).trim_end(), did);
    let delegate = ["delegate", "--key", &root, "--to", &did, "--until", "2100-01-01", "--out", &out];
    refused(&delegate, 2, "encrypted");
    refused(&[&delegate[..], &["--passphrase-file", &wrong]].concat(), 2, "the passphrase is wrong");
    assert!(!Path::new(&out).exists());
}

#[test]
fn what_is_signed_offline_operates_a_scope_and_is_revoked() {
    let dir = scratch();
    let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (root, operating, next) = (file("root.key"), file("operating.key"), file("next.key"));
    let dids = [&root, &operating, &next].map(|path| done(&["new", "--out", path]).trim_end().to_owned());
    for (path, did) in [&root, &operating, &next].iter().zip(&dids) {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(done(&["show", path]).trim_end(), did);
        assert_eq!(secret(Path::new(path)).did().as_str(), did);
    }
    let until = "2100-01-01T00:00:00Z";
    let (first, second, word) = (file("first.ucan"), file("second.ucan"), file("revoke.ucan"));
    let said = done(&["delegate", "--key", &root, "--to", &dids[1], "--until", until, "--out", &first]);
    for line in [
        format!("by         {}", dids[0]),
        format!("to         {}", dids[1]),
        format!("of         {}", dids[0]),
        "may        /icn/operate".to_owned(),
        "from       at once".to_owned(),
        format!("until      {until}"),
    ] {
        assert!(said.lines().any(|found| found == line), "{line}: {said}");
    }
    assert_eq!(done(&["show", &first]), said);
    done(&[
        "delegate",
        "--key",
        &root,
        "--to",
        &dids[2],
        "--until",
        "2100-01-01",
        "--from",
        "2020-01-01",
        "--out",
        &second,
    ]);
    let shown = json(&key(&["show", "--json", &second]));
    assert_eq!(shown["delegation"]["until"], 4_102_444_800u64);
    assert_eq!(shown["delegation"]["from"], 1_577_836_800);
    let said = done(&["revoke", "--key", &root, &first, "--out", &word]);
    assert_eq!(done(&["show", &word]), said);
    // By its name it is the same, to the byte.
    let cid = json(&key(&["show", "--json", &first]))["delegation"]["cid"].as_str().unwrap().to_owned();
    let again = file("again.ucan");
    done(&["revoke", "--key", &root, &cid, "--out", &again]);
    assert_eq!(fs::read(&word).unwrap(), fs::read(&again).unwrap());

    // A host takes them.
    let data = dir.path().join("data");
    let host = open(&data);
    let read = |name: &str| fs::read(name).unwrap();
    let (_, spec) = probe_spec("ours");
    let signer = secret(Path::new(&root));
    let opening = spec.delegation(&read(&first)).opening(host.origin(), signer.did(), now_ms());
    let envelope = opening.sign(&signer);
    let scope = block_on(host.open_operated(opening, &envelope, secret(Path::new(&operating)))).unwrap();
    let desk = Desk { scope, ..Desk::of("ours") };
    desk.ask(&host, "step", b"1", "1");
    block_on(host.rotate_key(&scope, secret(Path::new(&next)), &read(&second))).unwrap();
    desk.ask(&host, "step", b"2", "2");
    block_on(host.revoke(&scope, &read(&word))).unwrap();
    desk.ask(&host, "step", b"3", "3");
    // The last one too, and then nobody signs.
    let last = file("last.ucan");
    done(&["revoke", "--key", &root, &second, "--out", &last]);
    block_on(host.revoke(&scope, &read(&last))).unwrap();
    assert_eq!(desk.call(&host, "step", b"4", "4").unwrap_err().code, RefusalCode::Unavailable);
    host.close().unwrap();
    assert_eq!(sound(&data, true).0.invocations, 3);
    // Both delegations were taken back.
    let listed = json(&key(&["list", "--json", "--data", data.to_str().unwrap()]));
    let listed = listed["delegations"].as_array().unwrap();
    assert_eq!(listed.len(), 2, "{listed:?}");
    assert!(listed.iter().all(|one| one["state"] == "revoked" && one["days_left"].is_null()), "{listed:?}");
    // Dates, keys and blocks of keys are in what other commands show.
    let output = run(["dag", "heads", "--data", data.to_str().unwrap()]);
    assert!(stdout(&output).contains("icn/keys/v1"), "{}{}", stdout(&output), stderr(&output));
}

#[test]
fn what_is_not_right_is_said_and_nothing_is_written() {
    let dir = scratch();
    let file = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let (root, other, out) = (file("root.key"), file("other.key"), file("out"));
    let did = done(&["new", "--out", &root]).trim_end().to_owned();
    done(&["new", "--out", &other]);
    let before = fs::read(&root).unwrap();
    refused(&["new", "--out", &root], 1, "exists already");
    assert_eq!(fs::read(&root).unwrap(), before);
    let delegate = |key: &str, to: &str, until: &str, more: &[&str], code: i32, why: &str| {
        let words = ["delegate", "--key", key, "--to", to, "--until", until, "--out", &out];
        refused(&[&words[..], more].concat(), code, why);
    };
    delegate(&root, "did:key:z6Mk", "2100-01-01", &[], 2, "--to: ");
    delegate(&root, &did, "tomorrow", &[], 2, "--until: `tomorrow` is no time");
    delegate(&root, &did, "2020-01-01", &[], 2, "in the future");
    delegate(&root, &did, "2100-01-01", &["--from", "2100-01-01"], 2, "after --from");
    delegate(&file("none.key"), &did, "2100-01-01", &[], 2, "No such file");
    let open_to_all = file("open.key");
    fs::write(&open_to_all, &before).unwrap();
    fs::set_permissions(&open_to_all, fs::Permissions::from_mode(0o644)).unwrap();
    delegate(&open_to_all, &did, "2100-01-01", &[], 2, "has mode 0644, expected 0600");
    assert!(!Path::new(&out).exists());
    let ucan = file("ucan");
    done(&["delegate", "--key", &root, "--to", &did, "--until", "2100-01-01", "--out", &ucan]);
    refused(&["revoke", "--key", &other, &ucan, "--out", &out], 2, "it was issued by");
    refused(&["revoke", "--key", &root, &root, "--out", &out], 2, "not");
    let mut changed = fs::read(&ucan).unwrap();
    changed[10] ^= 1;
    fs::write(&out, &changed).unwrap();
    refused(&["show", &out], 2, "its signature is not one of");
    fs::write(&out, b"nonsense").unwrap();
    fs::set_permissions(&out, fs::Permissions::from_mode(0o600)).unwrap();
    refused(&["show", &out], 2, "expected a key (PKCS#8 in PEM");
}

#[test]
fn a_key_that_is_about_to_end_is_warned_of() {
    let dir = scratch();
    let data = dir.path().join("data");
    let alerts = |host: &icn_runtime::Host, when: &str| {
        // Scopes start beside their host's opening: one that answers has told what it has to tell.
        for name in ["far", "near"] {
            Desk::of(name).ask(host, "put", b"value", &format!("{name} {when}"));
        }
        let alerts = block_on(host.alerts());
        alerts.into_iter().filter(|alert| alert.contains("may sign until")).collect::<Vec<_>>()
    };
    let listed = || {
        let listed = json(&key(&["list", "--json", "--data", data.to_str().unwrap()]));
        let text =
            |one: &serde_json::Value| (one["state"].as_str().unwrap().to_owned(), one["days_left"].as_u64());
        listed["delegations"].as_array().unwrap().iter().map(text).collect::<Vec<_>>()
    };
    let host = open(&data);
    let (far, near) =
        (open_operated(&host, "far", 60 * DAY_S), open_operated(&host, "near", 20 * DAY_S + 3600));
    let said = alerts(&host, "opened");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains(near.scope.as_str()) && said[0].contains("20 days from now"), "{said:?}");
    assert!(said[0].contains("icn key delegate") && !said[0].contains(far.scope.as_str()), "{said:?}");
    host.close().unwrap();
    let mut states = listed();
    states.sort();
    assert_eq!(states, [("ends_soon".to_owned(), Some(20)), ("in_force".to_owned(), Some(59))]);
    // Told again when it is opened again, until another delegation is brought.
    let host = open(&data);
    assert_eq!(alerts(&host, "opened again").len(), 1);
    let next = operating("near", 1);
    let longer = delegation(&root("near"), &next, 90 * DAY_S);
    block_on(host.rotate_key(&near.scope, next, &longer)).unwrap();
    host.close().unwrap();
    let host = open(&data);
    assert_eq!(alerts(&host, "delegated anew"), Vec::<String>::new());
    host.close().unwrap();
}
