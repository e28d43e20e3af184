//! A witness that is killed at any step, and one that lost its memory.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use icn_core::log::VerifierKey;
use icn_runtime::key_file;
use icn_runtime::witness::{
    ReplaceStep, StepListener, WitnessDir, WitnessError, WitnessOptions, origin_hash,
};

use crate::common::{copy, scratch, stderr, stdout};
use crate::helpers::{Running, begun, code, cosign, grow, log_key, note_of, size_of};
use icn_core::log::cosign;

const CHILD: &str = "ICN_TEST_WITNESS_CHILD";

/// Kills the process at the step with this number.
struct Killer {
    left: Mutex<usize>,
}

impl StepListener for Killer {
    fn at(&self, _: &Path, _: ReplaceStep) {
        let mut left = self.left.lock().unwrap();
        if *left == 0 {
            // As an operator's kill -9, or the out-of-memory killer's.
            signal_hook::low_level::raise(signal_hook::consts::SIGKILL).unwrap();
        }
        *left -= 1;
    }
}

/// Opens a witness and shows it a request, as another process; prints the answer. It may be killed on the way.
#[test]
#[ignore = "the child of another test"]
fn child_that_is_killed() {
    let Ok(told) = std::env::var(CHILD) else { return };
    let [dir, key, request, step] = &told.split('|').collect::<Vec<_>>()[..] else { panic!("{told}") };
    let mut options = WitnessOptions::new(Path::new(dir), vec![VerifierKey::parse(key).unwrap()]);
    options.steps = Arc::new(Killer { left: Mutex::new(step.parse().unwrap()) });
    let witness = WitnessDir::open(options, |_| key_file::no_passphrase()).unwrap();
    let answer = witness.add_checkpoint(&fs::read(request).unwrap(), 1_700_000_000);
    println!("ANSWER {} {}", answer.status, answer.body.trim_end());
}

/// The answer, if the child lived to give one.
fn ask_child(dir: &Path, key: &VerifierKey, request: &Path, step: usize) -> Option<(u16, String)> {
    let told = format!("{}|{key}|{}|{step}", dir.display(), request.display());
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child_that_is_killed", "--ignored", "--nocapture", "--test-threads=1"])
        .env(CHILD, told)
        .output()
        .unwrap();
    let said = stdout(&child);
    let answer = said.lines().find_map(|line| line.split_once("ANSWER ")).map(|(_, answer)| answer);
    assert!(
        answer.is_some() || child.status.code().is_none(),
        "it was killed, or it answered: {said} {}",
        stderr(&child)
    );
    let (status, body) = answer?.split_once(' ')?;
    Some((status.parse().unwrap(), body.to_owned()))
}

#[test]
fn a_witness_killed_at_any_step_never_signs_a_smaller_or_another_tree() {
    let dir = scratch();
    let (data, fork) = (dir.path().join("data"), dir.path().join("fork"));
    begun(&data);
    copy(&data, &fork);
    let first = note_of(&data);
    grow(&data, "ours", 3);
    grow(&fork, "another history", 3);
    let (second, forked, log) = (note_of(&data), note_of(&fork), log_key(&data));
    let (small, large) = (size_of(&first), size_of(&second));
    let proof = |data: &Path| {
        let proofs = icn_history::cosigned::consistency(data, &BTreeSet::from([small]), large).unwrap();
        proofs[&small].clone()
    };
    let file = |name: &str, text: String| {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let begin = file("begin", cosign::request(0, &[], &first));
    let grown = file("grown", cosign::request(small, &proof(&data), &second));
    let other = file("other", cosign::request(small, &proof(&fork), &forked));
    let from_nothing = file("nothing", cosign::request(0, &[], &forked));
    let same_size = file("same", cosign::request(large, &[], &forked));
    let whole = dir.path().join("whole");
    let mut options = WitnessOptions::new(&whole, vec![log.clone()]);
    options.name = Some("witness.example/w".into());
    drop(WitnessDir::open(options, |_| key_file::no_passphrase()).unwrap());
    // The first cosignature writes two files, each later one a file; there is no step without an answer behind them.
    let mut kills = 0;
    for (name, request, before) in [("first", &begin, None), ("second", &grown, Some(&begin))] {
        for step in 0.. {
            let killed = dir.path().join(format!("{name}-{step}"));
            copy(&whole, &killed);
            if let Some(before) = before {
                assert_eq!(ask_child(&killed, &log, before, usize::MAX).unwrap().0, 200);
            }
            let answered = ask_child(&killed, &log, request, step);
            let is_answered = answered.is_some();
            kills += usize::from(!is_answered);
            // Whatever the disk has now, it is one history: asked for the other one, the witness refuses as soon as it
            // has cosigned, and what it has cosigned is the first one's.
            let witness = || {
                WitnessDir::open(WitnessOptions::new(&killed, vec![log.clone()]), |_| {
                    key_file::no_passphrase()
                })
            };
            let opened = witness().unwrap();
            let (_, kept) = opened.logs()[0].clone();
            let base = if before.is_some() { small } else { 0 };
            let asked = if before.is_some() { large } else { small };
            assert!(kept == base || kept == asked, "{name} {step}: {kept}");
            if let Some((status, line)) = answered {
                assert_eq!((status, kept), (200, asked), "{name} {step}: what was answered is kept");
                assert!(line.starts_with('\u{2014}'), "{line}");
            }
            let now = 1_700_000_001;
            let ask = |file: &Path| opened.add_checkpoint(&fs::read(file).unwrap(), now).status;
            assert_eq!(ask(&same_size), if kept == large { 422 } else { 409 }, "{name} {step}");
            if kept > 0 {
                assert_eq!(ask(&from_nothing), 409, "{name} {step}: never again from nothing");
                assert_eq!(ask(&begin), 409, "{name} {step}: never a smaller one");
            }
            if kept == large {
                assert_eq!(ask(&other), 409, "{name} {step}");
            }
            // And it goes on where it was.
            let next = if kept == 0 { &begin } else { &grown };
            if kept < large {
                assert_eq!(ask(next), 200, "{name} {step}");
            }
            drop(opened);
            assert!(witness().is_ok(), "{name} {step}");
            // It was not killed: there is no step with this number.
            if is_answered {
                break;
            }
        }
    }
    assert_eq!(kills, 3 * 6, "the steps of three files");
}

#[test]
fn a_memory_that_was_lost_is_missed() {
    let dir = scratch();
    let (data, memory) = (dir.path().join("data"), dir.path().join("w"));
    begun(&data);
    let witness = Running::start(&memory, "witness.example/w", &[&data], &[]);
    assert_eq!(code(&cosign(&data, &[&witness], &[])), Some(0));
    let key = witness.key.clone();
    assert_eq!(witness.end("-INT"), Some(0));
    let open = |name: Option<&str>| {
        let mut options = WitnessOptions::new(&memory, vec![log_key(&data)]);
        options.name = name.map(str::to_owned);
        WitnessDir::open(options, |_| key_file::no_passphrase())
    };
    let opened = open(None).unwrap();
    assert_eq!((opened.key().to_string(), opened.logs()[0].1), (key, size_of(&note_of(&data))));
    assert!(matches!(open(None), Err(WitnessError::Lock(_))), "one process a directory");
    drop(opened);
    assert!(matches!(open(Some("another")), Err(WitnessError::OtherWitness { .. })));
    let note = memory.join("logs").join(origin_hash(log_key(&data).name())).join("checkpoint");
    let kept = fs::read(&note).unwrap();
    for (what, bytes) in [
        ("empty", Vec::new()),
        ("cut", kept[..kept.len() - 5].to_vec()),
        ("rolled back", note_of(&data).into_bytes()),
    ] {
        fs::write(&note, bytes).unwrap();
        assert!(matches!(open(None), Err(WitnessError::Watch { .. })), "{what}");
    }
    fs::remove_file(&note).unwrap();
    let error = open(None).unwrap_err();
    assert!(matches!(error, WitnessError::Lost { .. }) && error.to_string().contains("Restore"), "{error}");
    fs::write(&note, &kept).unwrap();
    fs::remove_file(memory.join("witness.vkey")).unwrap();
    assert!(matches!(open(Some("witness.example/w")), Err(WitnessError::NoMemory { .. })));
    assert!(open(None).unwrap_err().to_string().contains("--begin"));
}
