//! The program `icn` under a user who does everything wrong: files that the guest would not take, elections that
//! failed before, directories that are none, streams that are closed or full.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use common::{
    block_on, demo, icn, json, open, run, samples, scratch, snapshots, sound, stderr, stdout, tree,
};
use icn_runtime::{
    Amount, Invocation, ModuleSpec, Request, ScopeSpec, SecretKey, Unit, invocation_id, now_ms,
};
use sha2::{Digest as _, Sha256};

/// A small election. Its lines are counted on below.
const SMALL: &str = "META\nkey;value\nunit;Town\nnum_projects;2\nnum_votes;2\nbudget;100\nvote_type;cumulative\n\
                     rule;greedy\nmax_sum_points;10\nPROJECTS\nproject_id;cost\n1;60\n2;50\nVOTES\n\
                     voter_id;vote;points\n7;1,2;4,6\n8;2;10\n";

/// The small election with a change.
fn changed(from: &str, to: &str) -> String {
    assert_eq!(SMALL.matches(from).count(), 1, "{from:?} is there once");
    SMALL.replace(from, to)
}

/// The small election with another vote type and another rule of its ballots.
fn with_rule(vote_type: &str, rule: &str) -> String {
    changed("max_sum_points;10", rule).replace("vote_type;cumulative", &format!("vote_type;{vote_type}"))
}

fn write(dir: &Path, name: &str, text: &str) -> PathBuf {
    let file = dir.join(name);
    fs::write(&file, text).unwrap();
    file
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("killed: {}", stderr(output)))
}

/// A key as the demo derives it.
fn derived(what: &str, name: &str) -> SecretKey {
    SecretKey::from_bytes(&Sha256::digest(format!("icn demo {what}\n{name}")).into())
}

/// Opens the scope of a file as the demo does, and calls an entry under the demo's own id for it, too early or
/// with an input that is refused: its receipt says that it failed.
fn fail_before(data: &Path, file: &Path, entry: &str, input: &str) {
    let host = open(data);
    let ballot = ModuleSpec::of(
        common::election::BALLOT.to_vec(),
        &["state", "dag", "transfer", "treasury"],
        &[("open", "admin"), ("vote", "member"), ("tally", "admin")],
    )
    .unwrap();
    let (module, admin) = (ballot.id(), derived("administrator", ""));
    let spec = ScopeSpec::new("Town")
        .admin(admin.did())
        .role("member", ["7", "8"].map(|voter| derived("member", voter).did()))
        .module(ballot)
        .token(Unit::parse("MONEY").unwrap(), Amount(100));
    let key = derived("scope", file.file_stem().unwrap().to_str().unwrap());
    let scope = block_on(host.open_scope(key, spec)).unwrap();
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(fs::read(file).unwrap()));
    let id = invocation_id(&[&digest, entry, ""]);
    let expires = now_ms() + 3_600_000;
    let call = Invocation::new(host.origin(), scope, module, entry, input, id, admin.did(), expires);
    let committed = block_on(host.submit(Request::sign(&call, &admin)).unwrap()).unwrap();
    assert!(!committed.receipt.outcome.is_ok());
    host.close().unwrap();
}

/// The lines of standard error that name a file.
fn said_of(output: &Output, file: &Path) -> Vec<String> {
    let name = file.display().to_string();
    stderr(output).lines().filter(|line| line.contains(&name)).map(str::to_owned).collect()
}

#[test]
fn an_opening_or_a_tally_that_failed_is_a_failure_on_every_run_and_hides_no_other_scope() {
    for (entry, input, words, accepted) in [
        ("open", "nonsense", "the guest refused the election: line 1: ", 0),
        ("tally", "", "the tally failed: no election was opened here (the guest's code 30)", 2),
    ] {
        let dir = scratch();
        let (file, data) = (write(dir.path(), "town.pb", SMALL), dir.path().join("data"));
        fail_before(&data, &file, entry, input);
        let files = [file.clone(), samples()[0].clone()];
        let mut messages = Vec::new();
        for again in 0..3 {
            let output = demo(&files, &data, &["--json"]);
            assert_eq!(code(&output), 1, "run {again} of {entry}: {}", stderr(&output));
            let said = said_of(&output, &file);
            assert!(said.len() == 1 && said[0].contains(words), "{entry}: {said:?}");
            let report = json(&output);
            let (bad, good) = (&report["scopes"][0], &report["scopes"][1]);
            let error = bad["error"].as_str().unwrap();
            assert!(error.contains(words) && said[0].ends_with(error), "{error}");
            assert_eq!((&bad["ballots_accepted"], &bad["ballots_refused"]), (&accepted.into(), &0.into()));
            assert_eq!((&bad["funded"], &bad["spent"]), (&serde_json::json!([]), &0.into()));
            // The other election is held, and reported whole.
            let expected = common::oracle::greedy(&samples()[0]);
            assert_eq!(good["funded"], serde_json::json!(expected.funded));
            assert_eq!(good["spent"], expected.spent);
            assert!(good.get("error").is_none(), "{good}");
            assert_eq!(report["audit"]["ok"], true);
            messages.push((said, report["checkpoint"]["root"].clone()));
        }
        messages.dedup();
        assert_eq!(messages.len(), 1, "the same message and no new entry on every run: {messages:?}");
        let table = demo(&files, &data, &[]);
        assert_eq!(code(&table), 1);
        let text = stdout(&table);
        let failed = format!("failed      {}: ", file.display());
        assert!(text.contains(&failed) && text.contains("117 200"), "{text}");
    }
}

#[test]
fn a_file_that_was_changed_after_it_was_held_is_refused_on_every_run() {
    let dir = scratch();
    let (file, data) = (write(dir.path(), "town.pb", SMALL), dir.path().join("data"));
    let first = demo(std::slice::from_ref(&file), &data, &["--json"]);
    assert_eq!(code(&first), 0, "{}", stderr(&first));
    let held = json(&first);
    for (row, other) in [("8;2;10", "8;1;10"), ("8;2;10\n", "8;2;10\n9;1;1\n")] {
        let text = changed(row, other);
        let text = if other.len() > 8 { text.replace("num_votes;2", "num_votes;3") } else { text };
        fs::write(&file, text).unwrap();
        for again in 0..3 {
            let output = demo(std::slice::from_ref(&file), &data, &["--json"]);
            assert_eq!(code(&output), 1, "run {again}: {}", stderr(&output));
            let said = said_of(&output, &file);
            assert!(
                said.len() == 1 && said[0].contains("another election under this file's name"),
                "{said:?}"
            );
            let report = json(&output);
            assert_eq!(report["scopes"][0]["ballots_accepted"], 0, "nothing of the other election is shown");
            assert_eq!(report["checkpoint"], held["checkpoint"], "and nothing is submitted");
        }
    }
    fs::write(&file, SMALL).unwrap();
    let last = demo(&[file], &data, &["--json"]);
    assert_eq!(code(&last), 0);
    assert_eq!(json(&last)["scopes"], held["scopes"]);
}

#[test]
fn what_the_guest_would_refuse_is_refused_at_its_place_in_the_file_and_nothing_is_created() {
    let dir = scratch();
    let data = dir.path().join("data");
    let none = changed("1;60\n2;50\n", "").replace("num_projects;2", "num_projects;0");
    for (text, place, words) in [
        (changed("budget;100", "budget;0"), "line 6, column 8", "budget"),
        (changed("2;50", "2;0"), "line 13, column 3", "cost"),
        (none, "line 10, column 1", "no project"),
        (with_rule("approval", "min_length;2\nmax_length;1"), "line 10, column 12", "more than max_length"),
        (with_rule("approval", "min_length;3"), "line 9, column 12", "number of projects"),
        (with_rule("scoring", "max_points;5000000000"), "line 9, column 12", "too large"),
        (with_rule("approval", "max_sum_points;3"), "line 9, column 16", "vote type approval"),
        (changed("2;50", "2 b;50"), "line 13, column 1", "A-Z a-z 0-9"),
        (changed("2;50", "\u{17c};50"), "line 13, column 1", "A-Z a-z 0-9"),
        (changed("2;50", "\"2;b\";50"), "line 13, column 1", "A-Z a-z 0-9"),
        (changed("2;50", &format!("{};50", "2".repeat(33))), "line 13, column 1", "A-Z a-z 0-9"),
        (changed("1;60", "\"1;40\nghost\";60"), "line 12, column 1", "A-Z a-z 0-9"),
        (changed("cumulative", "ordinal"), "line 7, column 11", "\"ordinal\""),
        (changed("cumulative", "choose-1"), "line 7, column 11", "\"choose-1\""),
    ] {
        let file = write(dir.path(), "bad.pb", &text);
        let output = demo(&[samples()[0].clone(), file.clone()], &data, &["--json"]);
        let message = stderr(&output);
        assert_eq!(code(&output), 2, "{message}");
        let start = format!("icn demo: {}: {place}: ", file.display());
        assert!(message.starts_with(&start) && message.contains(words), "{start}: {message}");
        assert!(output.stdout.is_empty() && !data.exists(), "{message}");
    }
}

#[test]
fn what_the_reader_takes_the_guest_opens() {
    let dir = scratch();
    let longest = format!("{}A.z_/-", "9".repeat(26));
    let mut texts = vec![
        changed("budget;100", "budget;1"),
        changed("budget;100", "budget;1000000000000000"),
        changed("2;50", "2;1000000000000000").replace("1;60", "1;1"),
        changed("2;50", &format!("{longest};50")).replace(";1,2;", &format!(";1,{longest};")),
        changed("1;60", "\"001\";60").replace(";1,2;", ";001,2;"),
        changed("7;1,2;4,6\n8;2;10\n", "").replace("num_votes;2", "num_votes;0"),
    ];
    for (vote_type, rule) in [
        ("cumulative", "min_length;2\nmax_length;2"),
        ("cumulative", "min_length;0\nmax_length;0"),
        ("cumulative", "max_length;1000000000000000"),
        ("cumulative", "min_points;2147483647\nmax_points;2147483647"),
        ("cumulative", "min_sum_points;1000000000000000"),
        ("approval", "min_sum_cost;7\nmax_sum_cost;7"),
        ("scoring", "min_points;-2147483648\nmax_points;-2147483648\ndefault_score;-2147483648"),
        ("scoring", "default_score;2147483647\nmin_length;"),
    ] {
        texts.push(with_rule(vote_type, rule));
    }
    let rows = (0..4096).map(|place| format!("{place:0>32};{}\n", 1_000_000_000_000_000_u64));
    texts.push(
        changed("1;60\n2;50\n", &rows.collect::<String>()).replace("num_projects;2", "num_projects;4096"),
    );
    let files: Vec<PathBuf> =
        (0..).zip(&texts).map(|(at, text)| write(dir.path(), &format!("edge{at}.pb"), text)).collect();
    let data = dir.path().join("data");
    let output = demo(&files, &data, &["--json"]);
    let (_, kept) = sound(&data, false);
    let opened = kept.0.iter().filter(|(_, invocation, _)| invocation.entry == "open");
    let outcomes: Vec<bool> = opened.map(|(_, _, receipt)| receipt.outcome.is_ok()).collect();
    assert_eq!(outcomes, vec![true; files.len()], "{}", stderr(&output));
}

#[test]
fn a_ballot_never_means_something_else_than_its_row() {
    let dir = scratch();
    let ballots = "7;1,2;4,6\n8;2;10\n";
    let files = [
        // A separator or a line break inside a field, quoted so that the reader hands it on.
        changed(ballots, "7;\"1;4\";\n8;\"2\n1\";5,5\n"),
        changed(ballots, "7;1;\"4;\"\n8;2;\"10\n;1\"\n"),
        with_rule("approval", "max_length;2").replace(ballots, "7;\"1;2\";\n8;\"1\n2\";\n"),
    ];
    let files: Vec<PathBuf> =
        (0..).zip(&files).map(|(at, text)| write(dir.path(), &format!("odd{at}.pb"), text)).collect();
    let output = demo(&files, &dir.path().join("data"), &["--json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    for scope in json(&output)["scopes"].as_array().unwrap() {
        assert_eq!(
            (&scope["ballots_accepted"], &scope["ballots_refused"]),
            (&0.into(), &2.into()),
            "{scope}"
        );
    }
}

#[test]
fn what_the_host_repaired_is_said_when_the_elections_fail_too() {
    let dir = scratch();
    let (file, data) = (write(dir.path(), "town.pb", SMALL), dir.path().join("data"));
    assert_eq!(code(&demo(std::slice::from_ref(&file), &data, &[])), 0);
    let snapshot = snapshots(&data).pop().unwrap();
    let mut bytes = fs::read(&snapshot).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&snapshot, bytes).unwrap();
    fs::write(&file, changed("8;2;10", "8;1;10")).unwrap();
    let output = demo(&[file], &data, &[]);
    assert_eq!(code(&output), 1);
    let (message, name) = (stderr(&output), snapshot.file_name().unwrap().to_str().unwrap());
    assert!(
        message.lines().any(|line| line.starts_with("icn demo: note: ") && line.contains(name)),
        "{message}"
    );
}

#[test]
fn why_the_host_stopped_is_said() {
    let dir = scratch();
    let rows: String = (0..20_000).map(|voter| format!("v{voter};1;1\n")).collect();
    let text = changed("7;1,2;4,6\n8;2;10\n", &rows).replace("num_votes;2", "num_votes;20000");
    let (file, data) = (write(dir.path(), "many.pb", &text), dir.path().join("data"));
    // A file of more than 5 or 10 MiB, by the shell's unit, is refused as a full disk is, in other words.
    let script = "trap '' XFSZ; ulimit -f 10240; exec \"$0\" demo --json \"$1\" --data \"$2\"";
    let mut command = std::process::Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_icn")]).arg(&file).arg(&data);
    let output = command.stdin(Stdio::null()).env_remove("ICN_LOG").output().unwrap();
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let message = stderr(&output);
    let said =
        |line: &str| line.starts_with("icn demo: note: the host stopped") && line.contains("File too large");
    assert!(message.lines().any(said), "{message}");
    assert!(
        json(&output)["scopes"][0]["error"].is_string() && said_of(&output, &file).len() == 1,
        "{message}"
    );
    // With room again, it goes on to the end.
    let output = demo(&[file], &data, &["--json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(json(&output)["scopes"][0]["ballots_accepted"], 20_000);
}

#[test]
fn a_stream_that_is_closed_or_full_is_a_failure_without_a_panic() {
    let dir = scratch();
    let data = dir.path().join("data");
    assert_eq!(code(&demo(&samples(), &data, &[])), 0);
    let data = data.to_str().unwrap();
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    for arguments in [
        &["demo", "--json"][..],
        &["demo"],
        &["audit", "--data", data],
        &["audit", "--data", data, "--json"],
        &["--help"],
        &["demo", "--help"],
    ] {
        let output = icn().args(arguments).stdout(full()).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(code(&output), 1, "{arguments:?}: {}", stderr(&output));
        let is_help = arguments.contains(&"--help");
        assert!(is_help || stderr(&output).contains("writing the result: "), "{}", stderr(&output));
        // Whoever read goes away before the first word.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = icn().args(arguments).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!((code(&output), stderr(&output).as_str()), (1, ""), "{arguments:?}");
    }
    // The author's tools take a reader that had enough for a reader that is content.
    let guest = Path::new(env!("CARGO_MANIFEST_DIR")).join("guest/prebuilt/template.wasm");
    let guest = guest.to_str().unwrap();
    for (arguments, when_full) in [
        (&["abi"][..], 1),
        (&["abi", "--json"], 1),
        (&["check", guest], 1),
        (&["check", guest, "--json"], 1),
        (&["run", guest, "greet", "--grant", "all"], 1),
        (&["run", guest, "greet", "--grant", "all", "--json"], 1),
    ] {
        let output = icn().args(arguments).stdout(full()).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(code(&output), when_full, "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("standard output: "), "{}", stderr(&output));
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = icn().args(arguments).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        // The guest refuses an empty name.
        let expected = i32::from(arguments[0] == "run");
        assert_eq!((code(&output), stderr(&output).as_str()), (expected, ""), "{arguments:?}");
    }
    // With nowhere to complain, either.
    let output = icn().args(["demo", "nowhere.pb"]).stderr(full()).output().unwrap();
    assert_eq!(code(&output), 2);
    let output = icn().arg("demo").stdout(full()).stderr(full()).output().unwrap();
    assert_eq!(code(&output), 1);
}

#[test]
fn a_data_directory_or_a_file_that_cannot_be_is_misuse() {
    let dir = scratch();
    let file = write(dir.path(), "file", "x");
    for data in [file.clone(), file.join("below"), PathBuf::from("/proc/nowhere/below")] {
        let output = demo(&samples(), &data, &[]);
        assert_eq!(code(&output), 2, "{}: {}", data.display(), stderr(&output));
        assert!(stderr(&output).contains(data.to_str().unwrap()), "{}", stderr(&output));
    }
    let data = dir.path().join("data");
    let host = open(&data);
    let output = demo(&samples(), &data, &[]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("open in another process"), "{}", stderr(&output));
    host.close().unwrap();

    let fresh = dir.path().join("fresh");
    let metrics = dir.path().join("nowhere/metrics").display().to_string();
    let output = demo(&samples(), &fresh, &["--metrics", &metrics]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains(&metrics) && !fresh.exists(), "{}", stderr(&output));
    // It takes the name and then nothing more: the results are there, and the code says that something failed.
    let output = demo(&samples(), &fresh, &["--json", "--metrics", "/dev/full"]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("/dev/full") && json(&output)["audit"]["ok"] == true);
    // A longer one that is there is replaced.
    let metrics = write(dir.path(), "metrics", &"x".repeat(1_000_000));
    let output = demo(&samples(), &fresh, &["--metrics", metrics.to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let text = fs::read_to_string(&metrics).unwrap();
    assert!(!text.contains('x') || text.lines().all(|line| !line.contains("xxx")), "{text}");
}

#[test]
fn a_device_without_an_end_is_not_read_for_ever() {
    let dir = scratch();
    let before = tree(dir.path());
    let output = icn().args(["demo", "/dev/zero"]).env("TMPDIR", dir.path()).output().unwrap();
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("at most 268435456"), "{}", stderr(&output));
    assert!(tree(dir.path()) == before);
}

#[test]
fn a_demo_that_is_stopped_by_a_signal_leaves_no_scratch_directory() {
    let dir = scratch();
    // Enough ballots to be in the middle of them when the signal comes.
    let rows: String = (0..60_000).map(|voter| format!("v{voter};1;1\n")).collect();
    let text = changed("7;1,2;4,6\n8;2;10\n", &rows).replace("num_votes;2", "num_votes;60000");
    let (file, temporary) = (write(dir.path(), "many.pb", &text), dir.path().join("tmp"));
    for (name, number) in [("INT", 2), ("TERM", 15)] {
        fs::create_dir_all(&temporary).unwrap();
        let mut command = icn();
        command.arg("demo").arg(&file).env("TMPDIR", &temporary).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let voting = || tree(&temporary).keys().any(|path| path.ends_with("log/00000000.seg"));
        while !voting() {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it was stopped");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let sent = std::process::Command::new("kill").args(["-s", name, &child.id().to_string()]).status();
        assert!(sent.unwrap().success());
        assert_eq!(child.wait().unwrap().signal(), Some(number));
        assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "after SIG{name}");
    }
}

#[test]
fn another_rule_than_greedy_is_told() {
    let dir = scratch();
    let file = write(dir.path(), "town.pb", &changed("rule;greedy", "rule;equalshares"));
    let output = demo(std::slice::from_ref(&file), &dir.path().join("a dir"), &[]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let said = said_of(&output, &file);
    let words = "its rule is \"equalshares\", but this demo tallies by \"greedy\"";
    assert!(said.len() == 1 && said[0].contains(words), "{said:?}");
    // And the command that is printed for the next step is one that a shell takes.
    let text = stdout(&output);
    assert!(text.contains(&format!("icn audit --data '{}/a dir' --replay", dir.path().display())), "{text}");
}

#[test]
fn the_helps_say_what_the_environment_and_the_document_mean() {
    for arguments in [&["--help"][..], &["-h"]] {
        assert!(stdout(&run(arguments)).contains("ICN_LOG"), "{arguments:?}");
    }
    let help = stdout(&run(["demo", "--help"]));
    for field in ["state_root", "error", "ballots_accepted", "checkpoint"] {
        assert!(help.contains(&format!("`{field}`")), "{field}: {help}");
    }
    let output = icn().arg("demo").env("ICN_LOG", "icn=loudly").output().unwrap();
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).starts_with("icn: ICN_LOG: "), "{}", stderr(&output));
}
