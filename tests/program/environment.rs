//! What surrounds the program: streams, directories, devices, signals, helps.

use std::fs;
use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::common::{demo, icn, json, open, run, samples, scratch, snapshots, stderr, stdout, tree};
use crate::helpers::{SMALL, changed, code, said_of, write};

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
