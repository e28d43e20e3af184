//! What is forged is refused, each forgery by its own code: exports whose log, CAR, checkpoint or tiles are not what the
//! host wrote, by people who have no keys, a scope's, or the host's own; logs that were rolled back or forked; proofs of
//! something else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use common::forge::{FIRST_NODE, FIRST_RECEIPT, forgeries, history};
use common::form_forgeries::{bounded, form_forgeries, long_ruling};
use common::hand::Begun;
use common::ledger_forgeries::{base, ledger_forgeries};
use common::{json, key, run, scratch, stderr, stdout};
use icn_core::fold::{Prepared, Trust};
use icn_core::log::{Frontier, TlogProof};
use icn_runtime::{Audit, AuditReport, Finding, Hash, Level, Subject};

fn audited(dir: &Path, level: Level, seen: &[(String, String)]) -> AuditReport {
    let asked = Audit { level, seen: seen.to_vec(), ..Audit::of(Subject::Export(dir.to_owned())) };
    asked.run(&mut ()).unwrap()
}

fn refused(dir: &Path, level: Level) -> Finding {
    let report = audited(dir, level, &[]);
    report.divergence.unwrap_or_else(|| panic!("{}: it passes", dir.display()))
}

#[test]
fn each_forgery_of_an_export_is_refused_by_its_own_code() {
    let dir = scratch();
    let history = history(&dir.path().join("data"));
    let good = dir.path().join("good");
    history.export(&history.entries, &good);
    let report = audited(&good, Level::Replay, &[]);
    assert!(report.ok, "{}", report.divergence.unwrap());
    let (mut names, mut passed) = (BTreeSet::new(), Vec::new());
    for forgery in forgeries() {
        let out = dir.path().join(forgery.name);
        forgery.make(&history, &out);
        assert!(names.insert(forgery.name), "{} is there twice", forgery.name);
        let code = |level| audited(&out, level, &[]).divergence.map(|finding| finding.code);
        // What structure shows does not need the ledger.
        let needs_ledger = ["nodes-module", "nodes-parents", "state-root"].contains(&forgery.code);
        let expected = Some(forgery.code.to_owned());
        let structure = if needs_ledger { None } else { expected.clone() };
        let found = (code(Level::Structure), code(Level::Ledger));
        if found != (structure, expected) {
            passed.push(format!("{}: {found:?}, expected {}", forgery.name, forgery.code));
            continue;
        }
        // The program says the same.
        let evidence = dir.path().join("evidence");
        let words = ["audit".as_ref(), "--json".as_ref(), "--evidence".as_ref(), evidence.as_os_str()];
        let output = run(words.into_iter().chain(["--export".as_ref(), out.as_os_str()]));
        assert_eq!(output.status.code(), Some(1), "{}: {}", forgery.name, stderr(&output));
        let said = &json(&output)["divergence"];
        assert_eq!(said["code"], forgery.code);
        assert!(
            !said["expected"].as_str().unwrap().is_empty() && !said["found"].as_str().unwrap().is_empty()
        );
        // And nothing is made of it.
        let data = dir.path().join("made");
        let words = ["import".as_ref(), "--from".as_ref(), out.as_os_str(), "--data".as_ref()];
        let output = run(words.into_iter().chain([data.as_os_str()]));
        if output.status.code() != Some(1) || data.exists() {
            passed.push(format!("{}: imported: {}", forgery.name, stderr(&output)));
        }
    }
    assert!(passed.is_empty(), "{}", passed.join("\n"));
}

#[test]
fn each_forgery_of_a_journal_is_refused_by_its_own_code() {
    let dir = scratch();
    let begun = Begun::new(&dir.path().join("data"));
    let good = dir.path().join("good");
    base(&begun).export(&good);
    let report = audited(&good, Level::Ledger, &[]);
    assert!(report.ok, "{}", report.divergence.unwrap());
    let (mut names, mut passed) = (BTreeSet::new(), Vec::new());
    for forgery in ledger_forgeries() {
        let out = dir.path().join(forgery.name);
        let position = forgery.make(&begun, &out);
        assert!(names.insert(forgery.name), "{} is there twice", forgery.name);
        // Structure has nothing to do with it: whoever signed it has every key.
        let structure = audited(&out, Level::Structure, &[]);
        assert!(structure.ok, "{}: {}", forgery.name, structure.divergence.unwrap());
        let found = audited(&out, Level::Ledger, &[]).divergence;
        let found = found.map(|finding| {
            let books = finding.found.split(',').next().unwrap_or_default().to_owned();
            (finding.code, finding.position, forgery.ledger.map(|_| books))
        });
        let expected = (forgery.code.to_owned(), Some(position), forgery.ledger.map(str::to_owned));
        if found.as_ref() != Some(&expected) {
            passed.push(format!("{}: {found:?}, expected {expected:?}", forgery.name));
        }
    }
    assert!(passed.is_empty(), "{}", passed.join("\n"));
}

#[test]
fn each_receipt_that_no_guest_can_bring_about_is_refused_by_its_form_at_every_level() {
    let dir = scratch();
    let begun = Begun::new(&dir.path().join("data"));
    let mut passed = Vec::new();
    for forgery in form_forgeries() {
        let out = dir.path().join(forgery.name);
        let position = forgery.make(&begun, &out);
        for level in [Level::Structure, Level::Ledger] {
            let found = audited(&out, level, &[]).divergence.map(|finding| (finding.code, finding.position));
            if found != Some((forgery.code.to_owned(), Some(position))) {
                passed.push(format!(
                    "{}, {}: {found:?}, expected {}",
                    forgery.name,
                    level.as_str(),
                    forgery.code
                ));
            }
        }
    }
    assert!(passed.is_empty(), "{}", passed.join("\n"));
    // At the bounds it is not the form that is refused; and what an administrator asks for has other bounds.
    let (at, ruling) = (dir.path().join("at the bounds"), dir.path().join("ruling"));
    bounded(&begun, &at);
    let report = audited(&at, Level::Structure, &[]);
    assert!(report.ok, "{}", report.divergence.unwrap());
    assert_ne!(refused(&at, Level::Ledger).code, "bounds");
    long_ruling(&begun, &ruling);
    let report = audited(&ruling, Level::Ledger, &[]);
    assert!(report.ok, "{}", report.divergence.unwrap());
}

#[test]
fn what_is_named_with_another_codec_is_refused_in_a_data_directory_too() {
    let dir = scratch();
    let history = history(&dir.path().join("data"));
    let mut count = 0;
    for forgery in forgeries() {
        let Some(forged) = forgery.entries(&history).filter(|_| forgery.code == "codec") else { continue };
        count += 1;
        let mut position = 0;
        let mut refusals = forged.into_iter().map(|entry| {
            let leaves = entry.leaves.len() as u64;
            position += leaves;
            Prepared::read(position - leaves, entry, Trust::Nobody).err()
        });
        let refusal =
            refusals.find_map(|refusal| refusal).unwrap_or_else(|| panic!("{}: passes", forgery.name));
        assert_eq!(refusal.what, "codec", "{}: {refusal}", forgery.name);
    }
    assert!(count >= 4, "{count} names of another codec");
}

#[test]
fn a_finding_names_the_position_and_the_file() {
    let dir = scratch();
    let history = history(&dir.path().join("data"));
    for (name, position, place) in [
        ("changed payload", Some(FIRST_RECEIPT as u64), None),
        ("later parent of a node", Some(FIRST_NODE as u64), None),
        ("entry bundle with a swapped entry", Some(2), Some("tiles/tile/entries/000.p/15")),
        ("tile with another hash", Some(1), Some("tiles/tile/0/000.p/15")),
        ("changed bytes of a block", Some(FIRST_RECEIPT as u64), Some("log.car at byte ")),
        ("forked checkpoint", Some(15), Some("tiles/checkpoint")),
    ] {
        let forgery = forgeries().into_iter().find(|forgery| forgery.name == name).unwrap();
        let out = dir.path().join(name);
        forgery.make(&history, &out);
        let finding = refused(&out, Level::Ledger);
        assert_eq!(finding.position, position, "{name}: {finding}");
        let found = finding.place.clone().unwrap_or_default();
        assert!(place.is_none_or(|place| found.contains(place)), "{name}: {finding}");
    }
}

#[test]
fn a_log_that_was_rolled_back_or_forked_is_given_away_by_a_checkpoint_seen_before() {
    let dir = scratch();
    let history = history(&dir.path().join("data"));
    let (whole, older) = (dir.path().join("whole"), dir.path().join("older"));
    history.export(&history.entries, &whole);
    history.export(&history.entries[..8], &older);
    let note = |export: &Path| fs::read_to_string(export.join("tiles/checkpoint")).unwrap();
    let seen = |note: String| vec![("the one seen".to_owned(), note)];
    // An older one is one that the log grew from.
    assert!(audited(&whole, Level::Ledger, &seen(note(&older))).ok);
    assert!(audited(&whole, Level::Structure, &seen(note(&whole))).ok);
    // In itself the older export is as good as ever; who saw the newer checkpoint knows better.
    assert!(audited(&older, Level::Ledger, &[]).ok);
    let finding = audited(&older, Level::Ledger, &seen(note(&whole))).divergence.unwrap();
    assert_eq!(finding.code, "size-of-a-seen-checkpoint", "{finding}");
    let mut frontier = Frontier::default();
    history.entries[..5].iter().for_each(|entry| frontier.append(&entry.leaves[0]));
    let fork = history.checkpoint(5, Hash::digest(b"another history"));
    let finding = audited(&whole, Level::Ledger, &seen(fork.clone())).divergence.unwrap();
    assert_eq!(
        (finding.code.as_str(), finding.position),
        ("root-of-a-seen-checkpoint", Some(5)),
        "{finding}"
    );
    assert!(audited(&whole, Level::Ledger, &seen(history.checkpoint(5, frontier.root()))).ok);
    let unsigned = note(&whole).replace('\u{2014}', "-");
    assert_eq!(audited(&whole, Level::Ledger, &seen(unsigned)).divergence.unwrap().code, "seen-checkpoint");
    // The same with the program, on the host's own directory.
    let file = dir.path().join("fork");
    fs::write(&file, fork).unwrap();
    let output = run(["audit", "--json", "--data"].map(Into::into).into_iter().chain([
        history.data.clone().into_os_string(),
        "--seen".into(),
        file.into_os_string(),
        "--evidence".into(),
        dir.path().join("evidence").into_os_string(),
    ]));
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_eq!(json(&output)["divergence"]["code"], "root-of-a-seen-checkpoint");
}

#[test]
fn a_proof_of_something_else_proves_nothing() {
    let dir = scratch();
    let history = history(&dir.path().join("data"));
    let (whole, older) = (dir.path().join("whole"), dir.path().join("older"));
    history.export(&history.entries, &whole);
    history.export(&history.entries[..8], &older);
    let leaf = history.entries[FIRST_RECEIPT].leaves[0].to_string();
    let proof_of = |export: &Path, leaf: &str| {
        let output = run(["proof".as_ref(), leaf.as_ref(), "--export".as_ref(), export.as_os_str()]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        stdout(&output)
    };
    let vkey = fs::read_to_string(whole.join("log.vkey")).unwrap();
    let file = dir.path().join("proof");
    let verify = |text: &str, leaf: &str, vkey: &str| {
        fs::write(&file, text).unwrap();
        let output = run([
            "proof".as_ref(),
            leaf.as_ref(),
            "--vkey".as_ref(),
            vkey.trim_end().as_ref(),
            "--json".as_ref(),
            "--verify".as_ref(),
            file.as_os_str(),
        ]);
        let said = json(&output);
        assert_eq!(output.status.code(), Some(i32::from(said["ok"] != true)), "{}", stderr(&output));
        said["code"].as_str().unwrap_or("proven").to_owned()
    };
    let good = proof_of(&whole, &leaf);
    // From the data directory it is the same, to the byte.
    let output = run(["proof".as_ref(), leaf.as_ref(), "--data".as_ref(), history.data.as_os_str()]);
    let from_log = TlogProof::parse(&stdout(&output)).unwrap();
    assert_eq!(from_log.hashes, TlogProof::parse(&good).unwrap().hashes);
    assert_eq!(verify(&good, &leaf, &vkey), "proven");
    // The hashes of one size under the checkpoint of another.
    let (older_proof, checkpoint) = (proof_of(&older, &leaf), good.split_once("\n\n").unwrap().1);
    let mixed = format!("{}\n\n{checkpoint}", older_proof.split_once("\n\n").unwrap().0);
    assert_eq!(verify(&mixed, &leaf, &vkey), "proof-size");
    let other = history.entries[4].leaves[0].to_string();
    assert_eq!(verify(&good, &other, &vkey), "proof-root");
    assert_eq!(verify(&good.replace("index 3\n", "index 99\n"), &leaf, &vkey), "proof-range");
    assert_eq!(verify(&good.replace("index 3\n", "index 03\n"), &leaf, &vkey), "proof-form");
    assert_eq!(verify(&good.replace("\n15\n", "\n16\n"), &leaf, &vkey), "signature-of-the-checkpoint");
    let mallory = icn_core::log::verifier_key(&history.origin, &key("mallory").did());
    assert_eq!(verify(&good, &leaf, &mallory), "signature-of-the-checkpoint");
    // Blocks without a place have no proof.
    let payload = history.entries[FIRST_RECEIPT].blocks[0].id().to_string();
    let output = run(["proof".as_ref(), payload.as_ref(), "--export".as_ref(), whole.as_os_str()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("is no leaf of the 15 that are signed"), "{}", stderr(&output));
}
