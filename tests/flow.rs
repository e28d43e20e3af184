//! The whole story, once: elections from their files to an audited result, through the library's public API and
//! through the program. What is funded is held against the independent oracle in `oracle/`, and, where the real
//! elections are beside the project (`../shared/data/pabulib`), against what their cities published.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::election::Election;
use common::{
    Kept, block_on, demo, icn, json, oracle, pabulib, run, samples, scratch, snapshots, sound, stderr, stdout,
};
use icn_runtime::{Checkpoint, Did, Outcome, Owner};
use serde_json::Value;

/// The text of a `.pb` file's `path` as the report has it.
fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Holds a report of `icn demo --json` against the oracle and against an audit of its directory, with the runs
/// repeated or not. Gives what the audit saw.
fn hold_against_the_oracle(report: &Value, files: &[PathBuf], data: &Path, replay: bool) -> Kept {
    let (audited, kept) = sound(data, replay);
    assert_eq!(audited.replayed, replay);
    assert!(audited.notices.is_empty(), "{:?}", audited.notices);
    let top = keys(report);
    for field in ["scopes", "invocations", "seconds", "checkpoint", "audit"] {
        assert!(top.contains(field), "no field `{field}` in {top:?}");
    }
    assert_eq!(report["audit"], serde_json::json!({"ok": true}));
    assert!(report["seconds"].as_f64().unwrap() >= 0.0);
    let checkpoint = &report["checkpoint"];
    assert_eq!(keys(checkpoint), BTreeSet::from(["origin", "size", "root"]));
    assert_eq!(checkpoint["origin"].as_str(), audited.origin.as_deref());
    assert_eq!(checkpoint["size"], audited.size);
    assert_eq!(checkpoint["root"], *audited.root);
    let scopes = report["scopes"].as_array().unwrap();
    assert_eq!(scopes.len(), files.len());
    let mut invocations = 0;
    for (scope, file) in scopes.iter().zip(files) {
        let found = keys(scope);
        for field in [
            "name",
            "file",
            "did",
            "ballots_accepted",
            "ballots_refused",
            "funded",
            "spent",
            "budget",
            "fuel",
        ] {
            assert!(found.contains(field), "no field `{field}` in {found:?}");
        }
        let expected = oracle::greedy(file);
        assert_eq!(scope["file"], shown(file));
        assert!(!scope["name"].as_str().unwrap().is_empty());
        assert_eq!(scope["funded"], serde_json::json!(expected.funded), "{}", shown(file));
        assert_eq!(scope["ballots_accepted"], expected.accepted, "{}", shown(file));
        assert_eq!(scope["ballots_refused"], expected.refused, "{}", shown(file));
        assert_eq!(scope["spent"], expected.spent);
        assert_eq!(scope["budget"], expected.budget);
        let did = Did::parse(scope["did"].as_str().unwrap()).unwrap();
        let receipts: Vec<_> = kept.0.iter().filter(|(_, _, receipt)| receipt.scope == did).collect();
        // The election's opening, its ballots, its tally.
        assert_eq!(receipts.len(), 2 + expected.accepted + expected.refused);
        invocations += receipts.len();
        let fuel: u64 = receipts.iter().map(|(_, _, receipt)| receipt.fuel).sum();
        assert_eq!(scope["fuel"], fuel);
    }
    assert_eq!(report["invocations"], invocations);
    assert_eq!(audited.invocations, invocations as u64);
    kept
}

/// A report without what differs from run to run.
fn timeless(mut report: Value) -> Value {
    report.as_object_mut().unwrap().remove("seconds");
    report
}

#[test]
fn two_elections_run_from_signed_ballots_to_paid_projects_through_the_public_api() {
    let dir = scratch();
    let host = common::open(dir.path());
    let files = samples();
    let held: Vec<_> = files.iter().map(|file| Election::read(file).hold(&host)).collect();
    for (file, held) in files.iter().zip(&held) {
        let expected = oracle::greedy(file);
        assert_eq!(held.funded_ids(), expected.funded);
        assert_eq!(Some(expected.funded), expected.selected_column, "the sample says so itself");
        assert_eq!((held.accepted, held.refused), (expected.accepted, expected.refused));
        assert_eq!(i64::try_from(held.spent).unwrap(), expected.spent);
        // Double entry: each funded project has its cost, the treasury what is left.
        let account = |owner| block_on(host.account(held.scope, owner, held.unit.clone())).unwrap();
        let balance = |owner| account(owner).balance();
        let treasury = balance(Owner::Treasury);
        assert_eq!(treasury, i128::from(expected.budget - expected.spent));
        for (id, cost) in &held.funded {
            assert_eq!(balance(Owner::parse(&format!("project/{id}")).unwrap()), i128::from(*cost));
        }
        // The result is a node of its own in the log.
        let receipt = &held.tally.receipt;
        assert_eq!(receipt.anchors.len(), 1);
        assert_eq!(receipt.anchors[0].1, "tally");
        assert_eq!(receipt.nodes, [receipt.anchors[0].0]);
    }
    let (did, head) = (host.did(), host.head());
    let note = host.close().unwrap();
    let (report, kept) = sound(dir.path(), true);
    assert!(report.replayed && report.notices.is_empty());
    assert_eq!(kept.0.len() as u64, report.invocations);
    // The checkpoint that closing gives is signed by the host, and of what the audit found.
    let origin = icn_runtime::Origin::parse(&report.origin.unwrap()).unwrap();
    let checkpoint = Checkpoint::open(&note, &origin, &did).unwrap();
    assert_eq!((checkpoint.size, checkpoint.root.to_hex()), (report.size, report.root));
    assert_eq!((checkpoint.size, checkpoint.root.0), (head.size, head.root));
    assert_eq!(std::fs::read_to_string(dir.path().join("checkpoint")).unwrap(), note);
}

#[test]
fn the_demo_prints_one_json_document_and_says_the_same_when_it_is_run_again() {
    let dir = scratch();
    let data = dir.path().join("data");
    let files = samples();
    let first = demo(&files, &data, &["--json"]);
    assert_eq!(first.status.code(), Some(0), "{}", stderr(&first));
    let first = json(&first);
    hold_against_the_oracle(&first, &files, &data, false);
    let log = std::fs::read(common::segment(&data)).unwrap();

    let again = demo(&files, &data, &["--json"]);
    assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
    assert_eq!(timeless(json(&again)), timeless(first.clone()));
    assert_eq!(std::fs::read(common::segment(&data)).unwrap(), log, "a finished demo appends nothing");

    // With one file more the host goes on where it was.
    let more = common::election::made_up_files(dir.path(), 7, 1, 30);
    let all = [files.clone(), more].concat();
    let grown = demo(&all, &data, &["--json"]);
    assert_eq!(grown.status.code(), Some(0), "{}", stderr(&grown));
    let grown = json(&grown);
    hold_against_the_oracle(&grown, &all, &data, false);
    for at in 0..files.len() {
        assert_eq!(grown["scopes"][at], first["scopes"][at]);
    }
    for replay in [&["audit", "--data"][..], &["audit", "--replay", "--json", "--data"]] {
        let audited = icn().args(replay).arg(&data).output().unwrap();
        assert_eq!(audited.status.code(), Some(0), "{}", stdout(&audited));
    }
    assert_eq!(snapshots(&data).len(), 1);
}

#[test]
fn the_demo_without_files_holds_the_samples_and_leaves_nothing_behind() {
    let dir = scratch();
    let output = icn().args(["demo", "--json"]).env("TMPDIR", dir.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report = json(&output);
    for (scope, file) in report["scopes"].as_array().unwrap().iter().zip(samples()) {
        assert_eq!(scope["funded"], serde_json::json!(oracle::greedy(&file).funded));
        assert_eq!(scope["file"].as_str(), file.file_name().unwrap().to_str());
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "the scratch directory is removed");
}

#[test]
fn the_table_for_people_names_every_scope_and_where_to_look_further() {
    let dir = scratch();
    let output = demo(&samples(), dir.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    for word in ["scope", "accepted", "refused", "funded", "spent", "left", "fuel", "checkpoint", "a second"]
    {
        assert!(text.contains(word), "no `{word}` in:\n{text}");
    }
    assert!(text.contains("audit       passed"), "{text}");
    assert!(text.contains(&format!("icn audit --data {} --replay", dir.path().display())), "{text}");
}

#[test]
fn every_command_has_a_help() {
    for arguments in [&["--help"][..], &["demo", "--help"], &["audit", "--help"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(0));
        assert!(stdout(&output).contains("Usage: icn"), "{}", stdout(&output));
    }
    // Without a word of what to do, the help, and the code for misuse.
    let output = run([] as [&str; 0]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("demo"), "{}", stderr(&output));
}

#[test]
fn a_voter_of_two_elections_is_one_member_of_both() {
    let dir = scratch();
    let files = samples();
    assert_eq!(demo(&files, dir.path(), &[]).status.code(), Some(0));
    let (_, kept) = sound(dir.path(), false);
    let mut voters = Vec::new();
    for file in &files {
        let names = Election::read(file).ballots.into_iter().map(|(voter, _)| voter);
        voters.push(names.collect::<BTreeSet<String>>());
    }
    let scopes: BTreeSet<Did> = kept.0.iter().map(|(_, _, receipt)| receipt.scope).collect();
    let callers: Vec<BTreeSet<Did>> = scopes
        .iter()
        .map(|scope| {
            let of_scope = kept.0.iter().filter(|(_, invocation, _)| invocation.scope == *scope);
            let votes = of_scope.filter(|(_, invocation, _)| invocation.entry == "vote");
            votes.map(|(_, invocation, _)| invocation.caller).collect()
        })
        .collect();
    let shared = voters[0].intersection(&voters[1]).count();
    assert!(shared > 0);
    assert_eq!(callers[0].intersection(&callers[1]).count(), shared);
}

#[test]
fn czestochowa_votes_as_published_but_for_the_one_ballot_that_names_a_project_four_times() {
    let Some(files) = pabulib("poland_czestochowa_2020_") else { return };
    assert_eq!(files.len(), 21);
    let dir = scratch();
    let output = demo(&files, dir.path(), &["--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report = json(&output);
    let kept = hold_against_the_oracle(&report, &files, dir.path(), true);
    let scopes = report["scopes"].as_array().unwrap();
    let sum = |field: &str| scopes.iter().map(|scope| scope[field].as_u64().unwrap()).sum::<u64>();
    assert_eq!(sum("ballots_accepted") + sum("ballots_refused"), 33_088);
    assert_eq!(sum("ballots_refused"), 1);
    let city = scopes.iter().find(|scope| scope["ballots_refused"] == 1).unwrap();
    assert!(city["file"].as_str().unwrap().ends_with("poland_czestochowa_2020_.pb"), "{city}");

    let failed: Vec<_> = kept.0.iter().filter(|(_, _, receipt)| !receipt.outcome.is_ok()).collect();
    assert_eq!(failed.len(), 1);
    let (_, invocation, receipt) = failed[0];
    assert_eq!(invocation.entry, "vote");
    assert_eq!(receipt.scope.to_string(), city["did"].as_str().unwrap());
    // The guest's number for a project named twice, and its reason.
    assert_eq!(receipt.outcome, Outcome::Failed(34));
    let reason = String::from_utf8(receipt.output.clone()).unwrap();
    assert!(reason.contains("579"), "{reason}");
    assert!(receipt.writes.is_empty() && receipt.journal.is_empty() && receipt.nodes.is_empty());
    assert!(receipt.fuel > 0, "what was burned is charged all the same");
}

#[test]
fn wroclaw_funds_what_the_city_published() {
    let Some(files) = pabulib("poland_wroclaw_2021_") else { return };
    let dir = scratch();
    let output = demo(&files, dir.path(), &["--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report = json(&output);
    let scope = &report["scopes"][0];
    assert_eq!(scope["ballots_accepted"], 84_611);
    assert_eq!(scope["ballots_refused"], 0);
    let expected = oracle::greedy(&files[0]);
    assert_eq!(scope["funded"], serde_json::json!(expected.selected_column.unwrap()));
    assert_eq!(scope["funded"], serde_json::json!(expected.funded));
    assert_eq!(scope["spent"], expected.spent);
    let audited = icn().args(["audit", "--replay", "--json", "--data"]).arg(dir.path()).output().unwrap();
    assert_eq!(audited.status.code(), Some(0), "{}", stdout(&audited));
    let audited = json(&audited);
    assert_eq!(audited["replayed"], true);
    assert_eq!(audited["invocations"], 84_613);
    assert_eq!(audited["root"], report["checkpoint"]["root"]);
}
