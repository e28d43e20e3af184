//! Exit codes of the program for misuse and for a corrupt directory.

use std::fs;

use crate::common::{demo, icn, run, samples, scratch, stderr, stdout, tree};

#[test]
fn the_program_says_2_when_its_arguments_are_not_right() {
    let dir = scratch();
    let path = |name: &str| dir.path().join(name).display().to_string();
    fs::create_dir(dir.path().join("empty")).unwrap();
    fs::write(dir.path().join("file"), "x").unwrap();
    let sample = samples()[0].display().to_string();
    let cases: Vec<Vec<String>> = vec![
        vec!["audit".into()],
        vec!["audit".into(), "--data".into(), path("nowhere")],
        vec!["audit".into(), "--data".into(), path("empty")],
        vec!["audit".into(), "--data".into(), path("file")],
        vec!["audit".into(), "--data".into(), path("nowhere"), "--json".into()],
        vec!["demo".into(), path("nowhere.pb")],
        vec!["demo".into(), path("empty")],
        vec!["demo".into(), sample.clone(), sample.clone()],
        vec!["demo".into(), sample.clone(), "--arbiters".into(), "0".into()],
        vec!["demo".into(), sample, "--receipts".into(), path("nowhere/receipts")],
        vec!["fly".into()],
    ];
    let before = tree(dir.path());
    for arguments in cases {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert!(!stderr(&output).trim().is_empty(), "{arguments:?}");
    }
    assert!(tree(dir.path()) == before);
    let missing = icn().args(["audit", "--data"]).arg(dir.path().join("nowhere")).output().unwrap();
    let message = stderr(&missing);
    assert!(message.contains("nowhere") && message.contains("expected a host's data directory"), "{message}");
}

#[test]
fn an_audit_of_a_corrupt_directory_says_1_and_where() {
    let dir = scratch();
    assert_eq!(demo(&samples(), dir.path(), &["--json"]).status.code(), Some(0));
    let segment = crate::common::segment(dir.path());
    let mut bytes = fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&segment, &bytes).unwrap();
    let output = icn().args(["audit", "--data"]).arg(dir.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("AUDIT FAILED") && text.contains("00000000.seg at byte "), "{text}");
    let output = icn().args(["audit", "--json", "--data"]).arg(dir.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report = crate::common::json(&output);
    assert_eq!(report["ok"], false);
    let place = report["divergence"]["place"].as_str().unwrap();
    let (_, byte) = place.rsplit_once(' ').unwrap();
    assert!(byte.parse::<usize>().is_ok_and(|byte| byte <= middle), "{place}");
    // The demo does not go on with it, and repairs nothing.
    let before = tree(dir.path());
    let output = demo(&samples(), dir.path(), &["--json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("is damaged at byte"), "{}", stderr(&output));
    assert!(tree(dir.path()) == before);
}
