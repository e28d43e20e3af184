//! Exports: a log as files that other tools read, what is made of them again, and what is proven and shown of a log. What
//! is forged is in `forgeries.rs`, what others make of an export in `interop.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use common::forge::{car_parts, history};
use common::{Desk, Rng, block_on, copy, icn, json, open, run, scratch, seed, stderr, stdout, tree};
use icn_core::log::TlogProof;
use icn_runtime::export::{export, import};
use icn_runtime::{Audit, AuditReport, Host, HostOptions, Level, Subject};

/// A log of so many invocations and three entries more, closed; some store nodes.
fn grown(data: &Path, invocations: u32) -> Desk {
    let host = open(data);
    let desk = Desk::open(&host, "ours");
    let other = Desk::open(&host, "theirs");
    let mut waiting = Vec::new();
    for at in 0..invocations {
        let (entry, desk) = match at % 8 {
            0 => ("node", &desk),
            1 => ("put", &other),
            _ => ("nothing", &desk),
        };
        let request = desk.request(&host, entry, &at.to_le_bytes(), &format!("call {at}"));
        waiting.push(host.submit(request).unwrap());
        if waiting.len() == 100 {
            waiting.drain(..).for_each(|pending| drop(block_on(pending).unwrap()));
        }
    }
    waiting.into_iter().for_each(|pending| drop(block_on(pending).unwrap()));
    host.close().unwrap();
    desk
}

fn audited(subject: Subject, level: Level) -> AuditReport {
    let report = Audit { level, ..Audit::of(subject) }.run(&mut ()).unwrap();
    assert!(report.ok, "{}", report.divergence.unwrap());
    report
}

/// What two audits of one log have in common.
fn said(report: &AuditReport) -> (u64, &str, u64, u64, Option<&str>) {
    (report.size, &report.root, report.scopes, report.invocations, report.origin.as_deref())
}

fn arguments(words: &[&str], paths: &[(&str, &Path)]) -> Vec<OsString> {
    let mut all: Vec<OsString> = words.iter().map(OsString::from).collect();
    for (option, path) in paths {
        all.extend([OsString::from(option), path.as_os_str().to_owned()]);
    }
    all
}

#[test]
fn what_is_exported_audits_as_the_same_and_is_imported_as_the_same() {
    let dir = scratch();
    let (data, out, again) = (dir.path().join("data"), dir.path().join("out"), dir.path().join("again"));
    grown(&data, 600);
    let before = tree(&data);
    let done = export(&data, &out, &mut |_| {}).unwrap();
    assert!(tree(&data) == before, "an export writes into the directory that it reads");
    for level in [Level::Structure, Level::Ledger, Level::Replay] {
        let (ours, theirs) =
            (audited(Subject::Data(data.clone()), level), audited(Subject::Export(out.clone()), level));
        assert_eq!(said(&ours), said(&theirs), "{level:?}");
        assert_eq!((theirs.level, theirs.size), (level.as_str(), done.size));
    }
    import(&out, &again, &mut |_| {}).unwrap();
    let (ours, theirs) = (
        audited(Subject::Data(data.clone()), Level::Ledger),
        audited(Subject::Data(again.clone()), Level::Replay),
    );
    assert_eq!(said(&ours), said(&theirs));
    assert!(theirs.notices.is_empty(), "{:?}", theirs.notices);
    for name in ["checkpoint", "log.vkey"] {
        assert_eq!(fs::read(data.join(name)).unwrap(), fs::read(again.join(name)).unwrap(), "{name}");
    }
    // An export is a function of the log.
    let twice = dir.path().join("twice");
    export(&again, &twice, &mut |_| {}).unwrap();
    assert!(tree(&out) == tree(&twice), "the export of an import is another");
}

#[test]
fn one_bit_flipped_anywhere_in_an_export_is_found() {
    let dir = scratch();
    let (data, out) = (dir.path().join("data"), dir.path().join("out"));
    grown(&data, 270);
    export(&data, &out, &mut |_| {}).unwrap();
    let mut rng = Rng::new(seed());
    let files = tree(&out);
    assert!(files.len() >= 8, "the CAR, full and partial tiles and bundles, three texts: {:?}", files.keys());
    for (name, bytes) in files {
        let path = out.join(&name);
        // Every byte of what is small, the CAR's header among it, and some places of what is large.
        let (small, some) = (300.min(bytes.len()), if bytes.len() > 300 { 40 } else { 0 });
        let somewhere = (0..some).map(|_| usize::try_from(rng.below(bytes.len() as u64)).unwrap());
        let places: Vec<usize> = (0..small).step_by(3).chain(somewhere).collect();
        for place in places {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1 << rng.below(8);
            fs::write(&path, flipped).unwrap();
            let asked = Audit { level: Level::Structure, ..Audit::of(Subject::Export(out.clone())) };
            let report = asked.run(&mut ()).unwrap();
            assert!(!report.ok, "byte {place} of {}", name.display());
        }
        // Cut anywhere, or with something behind. Of the policy it is what it says that counts.
        let is_policy = name.ends_with("policy.json");
        let last = bytes.len() - 1;
        for (changed, may_hold) in [
            (&bytes[..0], false),
            (&bytes[..1], false),
            (&bytes[..last / 2], false),
            (&bytes[..last], is_policy),
            (&[&bytes[..], b"\n"].concat(), is_policy),
        ] {
            fs::write(&path, changed).unwrap();
            let report = Audit::of(Subject::Export(out.clone())).run(&mut ()).unwrap();
            assert_eq!(report.ok, may_hold, "{} bytes of {}", changed.len(), name.display());
        }
        fs::write(&path, &bytes).unwrap();
    }
    audited(Subject::Export(out), Level::Ledger);
}

#[test]
fn an_export_has_each_block_once_and_behind_what_it_links() {
    let dir = scratch();
    let (data, out) = (dir.path().join("data"), dir.path().join("out"));
    // A host that is opened again names its engine again; two scopes install one module.
    grown(&data, 20);
    let host = open(&data);
    Desk::of("ours").ask(&host, "echo", b"again", "again");
    host.close().unwrap();
    export(&data, &out, &mut |_| {}).unwrap();
    let (roots, blocks) = car_parts(&out.join("log.car"));
    let mut seen = BTreeSet::new();
    for (cid, bytes) in &blocks {
        if cid[1] == 0x71 {
            for link in icn_core::encode::cbor::strict(bytes).unwrap() {
                assert!(seen.contains(link.as_bytes().as_slice()), "{link} comes later, or never");
            }
        }
        assert!(seen.insert(cid.as_slice()), "a block twice");
    }
    assert_eq!(roots.len(), 3, "the host and two scopes");
    assert!(roots.iter().all(|root| seen.contains(root.as_slice())));
}

#[test]
fn no_secret_leaves_the_directory() {
    let dir = scratch();
    let (data, out) = (dir.path().join("data"), dir.path().join("out"));
    grown(&data, 10);
    export(&data, &out, &mut |_| {}).unwrap();
    let mut secrets = vec![data.join("host.key"), data.join("artefacts.key")];
    secrets.extend(fs::read_dir(data.join("scopes")).unwrap().map(|entry| entry.unwrap().path()));
    assert!(secrets.len() >= 4);
    for (name, bytes) in tree(&out) {
        for secret in &secrets {
            let text = fs::read_to_string(secret).unwrap();
            let raw = data_encoding::HEXLOWER.decode(text.trim().as_bytes()).unwrap();
            for secret in [text.trim().as_bytes(), &raw] {
                let found = bytes.windows(secret.len()).any(|part| part == secret);
                assert!(!found, "{} has a secret", name.display());
            }
        }
    }
}

#[test]
fn an_imported_directory_is_no_hosts_before_its_keys_are_put_back() {
    let dir = scratch();
    let (data, out, again) = (dir.path().join("data"), dir.path().join("out"), dir.path().join("again"));
    grown(&data, 30);
    export(&data, &out, &mut |_| {}).unwrap();
    let output = run(arguments(&["import"], &[("--from", &out), ("--data", &again)]));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains("no host can open it until you put back"), "{}", stdout(&output));
    let before = tree(&again);
    let error = Host::open(HostOptions::new(&again)).expect_err("there is no key");
    assert!(error.to_string().contains("it is missing: it must hold the key of"), "{error}");
    assert!(tree(&again) == before, "what cannot be opened is changed");
    fs::copy(data.join("host.key"), again.join("host.key")).unwrap();
    assert!(Host::open(HostOptions::new(&again)).is_err(), "a scope's key is missing");
    copy(&data.join("scopes"), &again.join("scopes"));
    let host = open(&again);
    let desk = Desk::of("ours");
    // It goes on where the log ends, and knows what was applied.
    let request = desk.request(&host, "nothing", &2u32.to_le_bytes(), "call 2");
    assert!(host.submit(request).map_or(true, |pending| block_on(pending).is_err()), "a replayed invocation");
    assert_eq!(desk.ask(&host, "echo", b"on we go", "more"), b"on we go");
    host.close().unwrap();
    audited(Subject::Data(again), Level::Replay);
}

#[test]
fn what_is_there_is_not_written_over_and_what_is_not_there_is_told() {
    let dir = scratch();
    let (data, out) = (dir.path().join("data"), dir.path().join("out"));
    grown(&data, 3);
    let code = |words: &[&str], paths: &[(&str, &Path)]| {
        let output = run(arguments(words, paths));
        (output.status.code(), stderr(&output))
    };
    fs::create_dir(&out).unwrap();
    // An empty directory is taken.
    assert_eq!(code(&["export"], &[("--data", &data), ("--out", &out)]).0, Some(0));
    let whole = tree(&out);
    let (status, said) = code(&["export"], &[("--data", &data), ("--out", &out)]);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("is not empty: name a new or an empty directory"), "{said}");
    assert!(tree(&out) == whole);
    assert_eq!(code(&["import"], &[("--from", &out), ("--data", &data)]).0, Some(2));
    let nothing = dir.path().join("nothing");
    for (words, paths) in [
        (&["export"][..], [("--data", &nothing), ("--out", &dir.path().join("new"))]),
        (&["import"], [("--from", &nothing), ("--data", &dir.path().join("new"))]),
        (&["audit", "--structure"], [("--export", &nothing), ("--seen", &out.join("tiles/checkpoint"))]),
        (
            &["audit", "--structure", "--replay"],
            [("--export", &out), ("--seen", &out.join("tiles/checkpoint"))],
        ),
        (&["audit"], [("--export", &out), ("--data", &data)]),
        (&["dag", "heads"], [("--data", &nothing), ("--data", &nothing)]),
    ] {
        let paths: Vec<(&str, &Path)> =
            paths.iter().map(|(option, path)| (*option, path.as_path())).collect();
        let (status, said) = code(words, &paths);
        assert_eq!(status, Some(2), "{words:?}: {said}");
        assert!(!said.is_empty() && !dir.path().join("new").exists(), "{words:?}");
    }
    // A log that does not hold leaves no export.
    let file = common::segment(&data);
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    let broken = dir.path().join("broken");
    let (status, said) = code(&["export"], &[("--data", &data), ("--out", &broken)]);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("is damaged at byte"), "{said}");
    assert!(!broken.join("log.car").exists() && !broken.join("tiles").exists());
}

#[test]
fn a_running_host_is_exported_up_to_its_checkpoint() {
    let dir = scratch();
    let (data, out) = (dir.path().join("data"), dir.path().join("out"));
    let host = open(&data);
    let desk = Desk::open(&host, "ours");
    for at in 0..20u8 {
        desk.ask(&host, "put", &[at], &format!("put {at}"));
    }
    common::settled(&host, &data);
    let output = run(arguments(&["export", "--json"], &[("--data", &data), ("--out", &out)]));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(json(&output)["size"], host.head().size);
    desk.ask(&host, "put", b"more", "more");
    host.close().unwrap();
    let report = audited(Subject::Export(out.clone()), Level::Replay);
    assert_eq!((report.size, report.in_use), (22, false));
    // The log has grown from there.
    let seen = vec![("export".to_owned(), fs::read_to_string(out.join("tiles/checkpoint")).unwrap())];
    assert!(Audit { seen, ..Audit::of(Subject::Data(data)) }.run(&mut ()).unwrap().ok);
}

#[test]
fn every_leaf_has_a_proof_from_the_log_and_from_the_tiles() {
    let dir = scratch();
    let (data, out) = (dir.path().join("data"), dir.path().join("out"));
    grown(&data, 700);
    export(&data, &out, &mut |_| {}).unwrap();
    let vkey = fs::read_to_string(out.join("log.vkey")).unwrap();
    let key = icn_core::log::VerifierKey::parse(vkey.trim_end()).unwrap();
    let policy = icn_core::log::TrustPolicy::log_alone(key);
    let leaves: Vec<_> = common::forge::entries(&data).into_iter().flat_map(|entry| entry.leaves).collect();
    assert!(leaves.len() > 3 * 256, "{}", leaves.len());
    for at in (0..leaves.len()).step_by(61).chain([255, 256, 511, 512, leaves.len() - 1]) {
        let leaf = leaves[at];
        let ours = icn_runtime::prove(&Subject::Export(out.clone()), &leaf).unwrap();
        assert_eq!(ours.index, at as u64);
        let trusted = TlogProof::parse(&ours.to_text()).unwrap().verify(&leaf, &policy).unwrap();
        assert_eq!(trusted.checkpoint.size, leaves.len() as u64);
        let theirs = icn_runtime::prove(&Subject::Data(data.clone()), &leaf).unwrap();
        assert_eq!(ours, theirs, "leaf {at}");
    }
    // The program prints it, and takes it from standard input.
    let leaf = leaves[300].to_string();
    let proof = stdout(&run(arguments(&["proof", &leaf], &[("--data", &data)])));
    let file = dir.path().join("proof");
    fs::write(&file, &proof).unwrap();
    for (option, value) in [("--vkey", out.join("log.vkey")), ("--policy", out.join("policy.json"))] {
        let mut command = icn();
        command.args(["proof", &leaf, "--verify", "-", option]).arg(value);
        let output = command.stdin(fs::File::open(&file).unwrap()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stdout(&output).starts_with(&format!("proven: {leaf} is at position 300 of the")));
    }
    let parsed = json(&run(arguments(&["proof", "--json", &leaf], &[("--export", &out)])));
    assert_eq!((&parsed["index"], &parsed["size"]), (&300.into(), &leaves.len().into()));
}

#[test]
fn the_dag_is_shown_its_heads_a_part_of_it_and_a_way_through_it() {
    let dir = scratch();
    let history = history(&dir.path().join("data"));
    let data = history.data.as_path();
    let dag = |words: &[&str]| {
        let output = run(arguments(&[&["dag"], words].concat(), &[("--data", data)]));
        assert_eq!(output.status.code(), Some(0), "{words:?}: {}", stderr(&output));
        stdout(&output)
    };
    let leaf = |at: usize| history.entries[at].leaves[0].to_string();
    let heads = dag(&["heads"]);
    for at in [0, 8, 12] {
        assert!(heads.contains(&leaf(at)), "{heads}");
    }
    assert_eq!(heads.lines().filter(|line| line.contains("number")).count(), 3, "{heads}");
    let shown = dag(&["show", "--count", "2"]);
    assert!(
        shown.contains(&leaf(12))
            && shown.contains(&leaf(11))
            && !shown.contains(&format!("  {}  ", leaf(10))),
        "{shown}"
    );
    let shown = dag(&["show", "--from", "3", "--count", "1"]);
    assert!(shown.contains("icn/invocation/v1") && shown.contains("icn/receipt/v1"), "{shown}");
    let receipt = common::forge::receipt_of(&history.entries[9]).2;
    let node = receipt.nodes[0].to_string();
    assert!(dag(&["show", &node]).contains("icn/node/v1"));
    // From the last receipt of ours back to its policy, by `prev` and payloads.
    let way = dag(&["path", &leaf(12), &leaf(1)]);
    let ends = way.lines().filter(|line| line.contains("envelope")).collect::<Vec<_>>();
    assert!(ends[0].contains(&leaf(12)) && ends.last().unwrap().contains(&leaf(1)), "{way}");
    assert_eq!(ends.len(), 8, "the envelopes of ours: {way}");
    let dot = dag(&["show", "--dot"]);
    assert!(dot.starts_with("digraph dag {") && dot.trim_end().ends_with('}'), "{dot}");
    assert!(dot.contains(&format!("\"{}\"", leaf(12))) && dot.matches(" -> ").count() > 20, "{dot}");
    // No way forward in time, and none to what is not there.
    let nowhere = icn_runtime::BlockId::of(icn_core::name::Codec::Raw, b"nowhere").to_string();
    for (words, said) in [
        (["path", &leaf(1), &leaf(12)], "no path of links leads from"),
        (["path", &leaf(12), &nowhere], "is not in the log"),
        (["path", &nowhere, &leaf(1)], "is not in the log"),
        (["show", &nowhere, "--dot"], "is not in the log"),
    ] {
        let output = run(arguments(&[&["dag"][..], &words].concat(), &[("--data", data)]));
        assert_eq!(output.status.code(), Some(1), "{words:?}");
        assert!(stderr(&output).contains(said), "{words:?}: {}", stderr(&output));
    }
}
