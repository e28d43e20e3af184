//! Witnesses: a host's checkpoints are cosigned, audits hold by a quorum of cosignatures, and a log that is rolled back or
//! forked is not cosigned, however often the witness is killed. And what shows others that a log forked.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use common::{Desk, copy, icn, json, open, run, scratch, stderr, stdout, tree};
use icn_core::log::{Fork, KeyKind, Note, TreeHead, TrustPolicy, Verdict, VerifierKey, cosign};
use icn_runtime::backup::Backup;
use icn_runtime::export::{Publisher, export, import};
use icn_runtime::witness::{
    ReplaceStep, StepListener, WitnessDir, WitnessError, WitnessOptions, origin_hash,
};
use icn_runtime::{Host, HostOptions, SecretKey, key_file};

/// A witness that runs as a program.
struct Running {
    child: Child,
    url: String,
    key: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Starts a witness of this name in this directory.
    fn start(dir: &Path, name: &str, logs: &[&Path], more: &[&str]) -> Self {
        let mut command = icn();
        command
            .arg("witness")
            .arg("--data")
            .arg(dir)
            .args(["--name", name, "--listen", "127.0.0.1:0"])
            .args(more);
        for log in logs {
            command.arg("--log").arg(log.join("log.vkey"));
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next = |before: &str| match lines.next() {
            Some(Ok(line)) => line.strip_prefix(before).unwrap().to_owned(),
            _ => {
                let mut said = String::new();
                let _ = child.stderr.take().unwrap().read_to_string(&mut said);
                panic!("the witness does not start: {said}");
            }
        };
        let (key, url) = (next("witness "), next("listens on "));
        Self { child, url, key }
    }

    fn at(&self) -> String {
        format!("{}={}", self.url, self.key)
    }
    fn key(&self) -> VerifierKey {
        VerifierKey::parse(&self.key).unwrap()
    }

    /// Ends it with a signal, and gives its exit code.
    fn end(mut self, signal: &str) -> Option<i32> {
        let told = Command::new("kill").arg(signal).arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap().code()
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(self.url.strip_prefix("http://").unwrap()).unwrap()
    }

    /// Sends bytes as they are, and reads one answer: status, head and body.
    fn ask(&self, request: &[u8]) -> (u16, String, String) {
        answer_on(&mut self.connect(), request)
    }

    fn post(&self, body: &str) -> (u16, String, String) {
        self.ask(
            format!(
                "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .as_bytes(),
        )
    }
}

fn answer_on(stream: &mut TcpStream, request: &[u8]) -> (u16, String, String) {
    // A server that has refused already may have closed.
    let _ = stream.write_all(request);
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
    let length =
        head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap().parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head, String::from_utf8(body).unwrap())
}

/// More invocations of a log's desk.
fn grow(data: &Path, name: &str, count: usize) {
    let host = open(data);
    let desk = Desk::of("ours");
    for at in 0..count {
        desk.ask(&host, "put", name.as_bytes(), &format!("{name} {at}"));
    }
    host.close().unwrap();
}

/// A log of some entries, closed.
fn begun(data: &Path) {
    let host = open(data);
    Desk::open(&host, "ours");
    host.close().unwrap();
    grow(data, "begun", 5);
}

fn note_of(data: &Path) -> String {
    fs::read_to_string(data.join("checkpoint")).unwrap()
}
fn size_of(note: &str) -> u64 {
    TreeHead::parse(Note::parse(note).unwrap().text()).unwrap().size
}
fn log_key(data: &Path) -> VerifierKey {
    VerifierKey::parse(fs::read_to_string(data.join("log.vkey")).unwrap().trim_end()).unwrap()
}

/// Writes a policy of these witnesses.
fn policy(dir: &Path, data: &Path, witnesses: &[&Running], quorum: usize) -> PathBuf {
    let policy =
        TrustPolicy { log: log_key(data), witnesses: witnesses.iter().map(|w| w.key()).collect(), quorum };
    let file = dir.join(format!("policy-{}-{quorum}.json", witnesses.len()));
    fs::write(&file, serde_json::to_string(&policy).unwrap()).unwrap();
    file
}

fn cosign_at(data: &Path, witnesses: &[String], more: &[&str]) -> Output {
    let mut command = icn();
    command.args(["cosign", "--json", "--data"]).arg(data).args(more);
    for witness in witnesses {
        command.args(["--witness", witness]);
    }
    command.output().unwrap()
}

fn cosign(data: &Path, witnesses: &[&Running], more: &[&str]) -> Output {
    cosign_at(data, &witnesses.iter().map(|witness| witness.at()).collect::<Vec<_>>(), more)
}

fn audit(what: &str, dir: &Path, policy: &Path) -> Output {
    icn().args(["audit", "--json", what]).arg(dir).arg("--policy").arg(policy).output().unwrap()
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

#[test]
fn a_quorum_of_witnesses_is_met_or_not_in_a_directory_and_in_an_export() {
    let dir = scratch();
    let data = dir.path().join("data");
    begun(&data);
    let start = |name: &str| {
        Running::start(&dir.path().join(name), &format!("witness.example/{name}"), &[&data], &[])
    };
    let (a, b, c) = (start("a"), start("b"), start("c"));
    let (two, three) =
        (policy(dir.path(), &data, &[&a, &b, &c], 2), policy(dir.path(), &data, &[&a, &b, &c], 3));
    // Nothing is cosigned yet.
    let said = audit("--data", &data, &two);
    assert_eq!(
        (code(&said), json(&said)["divergence"]["code"].as_str()),
        (Some(1), Some("quorum-of-the-checkpoint"))
    );
    // One of the two that are asked is gone.
    let gone = c.at();
    assert_eq!(c.end("-TERM"), Some(0), "a witness that is told to end has done nothing wrong");
    let said = cosign_at(&data, &[a.at(), b.at(), gone.clone()], &[]);
    assert_eq!((code(&said), json(&said)["ok"].as_bool()), (Some(1), Some(false)));
    assert!(!data.join("cosigned").exists(), "{}", stdout(&said));
    let said = cosign_at(&data, &[a.at(), b.at(), gone], &["--quorum", "2"]);
    assert_eq!(
        (code(&said), json(&said)["cosigned"].as_array().unwrap().len()),
        (Some(0), 2),
        "{}",
        stderr(&said)
    );
    // The newest checkpoint is the cosigned one.
    let first = size_of(&note_of(&data));
    assert_eq!(size_of(&fs::read_to_string(data.join("cosigned")).unwrap()), first);
    let holds = |what: &str, dir: &Path, size: u64, notices: usize| {
        let said = audit(what, dir, &two);
        assert_eq!(code(&said), Some(0), "{}", stdout(&said));
        let report = json(&said);
        assert_eq!(report["cosigned"]["size"].as_u64(), Some(size));
        assert_eq!(report["cosigned"]["witnesses"].as_array().unwrap().len(), 2);
        assert_eq!(report["notices"].as_array().unwrap().len(), notices, "{report}");
        let said = audit(what, dir, &three);
        assert_eq!(
            (code(&said), json(&said)["divergence"]["code"].as_str()),
            (Some(1), Some("quorum-of-the-checkpoint"))
        );
    };
    holds("--data", &data, first, 0);
    // The log goes on: what was cosigned is held against it, and what is not is said.
    grow(&data, "more", 4);
    holds("--data", &data, first, 1);
    let (out, again) = (dir.path().join("out"), dir.path().join("again"));
    export(&data, &out, &mut |_| {}).unwrap();
    holds("--export", &out, first, 1);
    import(&out, &again, &mut |_| {}).unwrap();
    holds("--data", &again, first, 1);
    // So do a backup, and a publication that is kept up to date.
    let (www, backup) = (dir.path().join("www"), dir.path().join("backup"));
    back_up(&data, &backup).unwrap();
    holds("--data", &backup, first, 1);
    let mut publisher = Publisher::open(&data, &www, &mut |_| {}).unwrap().0;
    holds("--export", &www, first, 1);
    // The next checkpoint, with a proof from the one before; and then there is nothing to do.
    for round in 0..2 {
        let said = cosign(&data, &[&a, &b], &[]);
        assert_eq!(code(&said), Some(0), "round {round}: {}", stderr(&said));
        assert_eq!(json(&said)["size"].as_u64(), Some(size_of(&note_of(&data))));
    }
    holds("--data", &data, size_of(&note_of(&data)), 0);
    // What is cosigned after it was published, and what is cosigned while more is published already.
    assert!(publisher.update(&mut |_| {}).unwrap().is_some());
    holds("--export", &www, size_of(&note_of(&data)), 0);
    assert_eq!(publisher.update(&mut |_| {}).unwrap(), None);
    grow(&data, "meanwhile", 1);
    let (cosigned, behind) = (data.join("cosigned"), size_of(&note_of(&data)));
    let late = dir.path().join("late");
    copy(&data, &late);
    assert_eq!(code(&cosign(&late, &[&a, &b], &[])), Some(0));
    grow(&data, "more meanwhile", 1);
    assert!(publisher.update(&mut |_| {}).unwrap().is_some());
    fs::copy(late.join("cosigned"), &cosigned).unwrap();
    assert!(publisher.update(&mut |_| {}).unwrap().is_some());
    holds("--export", &www, behind, 1);
    // A log that does not reach the cosigned checkpoint does not hold, policy or not.
    grow(&data, "yet more", 2);
    assert_eq!(code(&cosign(&data, &[&a, &b], &[])), Some(0));
    fs::copy(data.join("cosigned"), again.join("cosigned")).unwrap();
    let said = run(["audit".as_ref(), "--json".as_ref(), "--data".as_ref(), again.as_os_str()]);
    assert_eq!(
        json(&said)["divergence"]["code"].as_str(),
        Some("size-of-a-cosigned-checkpoint"),
        "{}",
        stdout(&said)
    );
}

fn back_up(data: &Path, out: &Path) -> Result<u64, String> {
    let backup = Backup { data: data.to_owned(), out: out.to_owned(), has_keys: true };
    backup.run(&mut |_| {}).map(|backed| backed.size).map_err(|error| error.to_string())
}

/// A cosigned checkpoint that is not of the log goes along with no copy of it, and nothing is left behind.
#[test]
fn a_cosigned_checkpoint_of_another_log_is_not_copied() {
    let dir = scratch();
    let (data, other) = (dir.path().join("data"), dir.path().join("other"));
    begun(&data);
    let before = note_of(&data);
    begun(&other);
    // Another history under the same key, of the same size.
    let fork = dir.path().join("fork");
    copy(&data, &fork);
    grow(&data, "one", 1);
    grow(&fork, "another", 1);
    let longer = dir.path().join("longer");
    copy(&data, &longer);
    grow(&longer, "longer", 1);
    for (what, note, holds) in [
        ("an older one", before.clone(), true),
        ("the newest one", note_of(&data), true),
        ("another log's", note_of(&other), false),
        ("of another history", note_of(&fork), false),
        ("of a longer log", note_of(&longer), false),
        ("changed", before.replacen('\n', "\n1", 1), false),
        ("no note", "none".to_owned(), false),
    ] {
        fs::write(data.join("cosigned"), &note).unwrap();
        let name = what.replace(' ', "-");
        let path = |copy: &str| dir.path().join(format!("{copy}-{name}"));
        let made = [
            (path("backup").join("cosigned"), back_up(&data, &path("backup"))),
            (
                path("export").join("tiles/checkpoint.cosigned"),
                export(&data, &path("export"), &mut |_| {}).map(|done| done.size).map_err(|e| e.to_string()),
            ),
            (
                path("www").join("tiles/checkpoint.cosigned"),
                Publisher::open(&data, &path("www"), &mut |_| {})
                    .map(|(_, done)| done.size)
                    .map_err(|error| error.to_string()),
            ),
        ];
        for (file, made) in made {
            match made {
                Ok(_) if holds => assert_eq!(fs::read_to_string(&file).unwrap(), note, "{what}"),
                Err(why) if !holds => {
                    assert!(
                        why.contains("cosigned") && why.contains("expected a checkpoint of"),
                        "{what}: {why}"
                    );
                    assert!(!file.exists() && !file.with_file_name("checkpoint").exists(), "{what}");
                }
                made => panic!("{what}, {}: {made:?}", file.display()),
            }
        }
    }
}

#[test]
fn a_log_that_was_rolled_back_or_forked_is_not_cosigned() {
    let dir = scratch();
    let (data, old, fork) = (dir.path().join("data"), dir.path().join("old"), dir.path().join("fork"));
    begun(&data);
    copy(&data, &old);
    copy(&data, &fork);
    grow(&data, "ours", 3);
    grow(&fork, "another history", 3);
    let memory = dir.path().join("w");
    let witness = Running::start(&memory, "witness.example/w", &[&data], &[]);
    assert_eq!(code(&cosign(&data, &[&witness], &[])), Some(0));
    let (ours, forked) = (note_of(&data), note_of(&fork));
    let size = size_of(&ours);
    assert_eq!(size_of(&forked), size, "two trees of one size");
    // The old copy knows nothing of what came since.
    let said = cosign(&old, &[&witness], &[]);
    assert_eq!(code(&said), Some(1));
    assert!(stderr(&said).contains("was rolled back"), "{}", stderr(&said));
    let (status, head, body) = witness.post(&cosign::request(0, &[], &note_of(&old)));
    assert_eq!((status, body.as_str()), (409, &*format!("{size}\n")));
    assert!(head.contains("Content-Type: text/x.tlog.size\r\n"), "{head}");
    assert_eq!(
        witness.post(&cosign::request(size, &[], &note_of(&old))).0,
        400,
        "the old size is the larger one"
    );
    // Another tree of the same size, and one that goes on from it.
    let said = cosign(&fork, &[&witness], &[]);
    assert_eq!(code(&said), Some(1));
    assert!(stderr(&said).contains("does not follow") && stderr(&said).contains("422"), "{}", stderr(&said));
    grow(&fork, "another history goes on", 2);
    let said = cosign(&fork, &[&witness], &[]);
    assert!(code(&said) == Some(1) && stderr(&said).contains("does not follow"), "{}", stderr(&said));
    assert!(!fork.join("cosigned").exists() && !old.join("cosigned").exists());
    // The witness kept what shows it, once.
    let kept: Vec<PathBuf> = tree(&memory).into_keys().filter(|name| name.starts_with("forks")).collect();
    assert_eq!(kept.len(), 1, "{kept:?}");
    let evidence = memory.join(&kept[0]);
    let said =
        run(["fork".as_ref(), evidence.as_os_str(), "--vkey".as_ref(), data.join("log.vkey").as_os_str()]);
    assert!(code(&said) == Some(0) && stdout(&said).contains("the log FORKED"), "{}", stdout(&said));
    // And it goes on with the log that it knows.
    grow(&data, "ours goes on", 2);
    assert_eq!(code(&cosign(&data, &[&witness], &[])), Some(0));
    let (status, _, note) = witness.ask(
        format!("GET /{}/checkpoint HTTP/1.1\r\nHost: w\r\n\r\n", origin_hash(log_key(&data).name()))
            .as_bytes(),
    );
    assert_eq!((status, size_of(&note)), (200, size_of(&note_of(&data))));
    assert!(matches!(Note::parse(&note).unwrap().by(&witness.key()), Verdict::Signed(Some(_))));
    assert_eq!(Note::parse(&note).unwrap().by(&log_key(&data)), Verdict::Signed(None));
}

#[test]
fn what_is_no_request_is_refused_and_the_witness_goes_on() {
    let dir = scratch();
    let (data, other) = (dir.path().join("data"), dir.path().join("other"));
    begun(&data);
    begun(&other);
    let witness = Running::start(&dir.path().join("w"), "witness.example/w", &[&data], &[]);
    let (ours, unknown) = (note_of(&data), note_of(&other));
    let body = cosign::request(0, &[], &ours);
    assert_eq!(witness.post(&cosign::request(0, &[], &unknown)).0, 404, "not a log that is watched");
    assert_eq!(witness.post("").0, 400);
    assert_eq!(witness.post(&body.replace("old 0", "old 00")).0, 400);
    // Signed, and by nobody who is known: the last line is another log's.
    let text = Note::parse(&ours).unwrap().text().to_owned();
    let line = Note::parse(&unknown).unwrap().signatures()[0].to_line();
    assert_eq!(witness.post(&cosign::request(0, &[], &format!("{text}\n{line}"))).0, 403);
    let (size, larger) = (size_of(&ours), size_of(&ours) + 1);
    let changed = ours.replacen(&format!("\n{size}\n"), &format!("\n{larger}\n"), 1);
    assert_eq!(witness.post(&cosign::request(0, &[], &changed)).0, 403, "not what was signed");
    let hash = origin_hash(log_key(&other).name());
    for (request, status) in [
        ("GET / HTTP/1.1\r\nHost: w\r\n\r\n".to_owned(), 404),
        (format!("GET /{hash}/checkpoint HTTP/1.1\r\nHost: w\r\n\r\n"), 404),
        ("GET /../witness.key HTTP/1.1\r\nHost: w\r\n\r\n".into(), 404),
        ("GET /../witness.key/checkpoint HTTP/1.1\r\nHost: w\r\n\r\n".into(), 404),
        ("GET /add-checkpoint HTTP/1.1\r\nHost: w\r\n\r\n".into(), 405),
        (format!("PUT /{hash}/checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 0\r\n\r\n"), 405),
        ("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n\r\n".into(), 411),
        ("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 99999999999999999999999\r\n\r\n".into(), 413),
        ("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 70000\r\n\r\n".into(), 413),
        ("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab".into(), 400),
        ("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".into(), 400),
        ("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: gzip\r\n\r\n".into(), 400),
        ("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".into(), 400),
        ("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n".into(), 413),
        ("\u{0}\u{1}\u{2}\r\n\r\n".into(), 400),
        (format!("GET / HTTP/1.1\r\nX: {}\r\n", "x".repeat(40_000)), 431),
    ] {
        let (found, _, said) = witness.ask(request.as_bytes());
        assert_eq!(found, status, "{request:.80}: {said}");
    }
    // One connection, several requests; one of them in chunks.
    let mut stream = witness.connect();
    for at in 0..3 {
        let request = if at == 1 {
            let (front, back) = body.split_at(10);
            let chunks =
                format!("{:x}\r\n{front}\r\n{:x};x=y\r\n{back}\r\n0\r\n\r\n", front.len(), back.len());
            format!("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}")
        } else {
            format!(
                "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        let (status, head, said) = answer_on(&mut stream, request.as_bytes());
        let expected = if at == 0 { 200 } else { 409 };
        assert_eq!(status, expected, "{said}");
        assert!(head.contains("Connection: keep-alive"), "{head}");
    }
    // More connections than there are places: the rest is told so, and all is well when they end.
    let held: Vec<TcpStream> = (0..80).map(|_| witness.connect()).collect();
    let mut full = witness.connect();
    let mut said = String::new();
    let _ = full.read_to_string(&mut said);
    assert!(said.starts_with("HTTP/1.1 503 "), "{said}");
    drop(held);
    drop(stream);
    grow(&data, "more", 1);
    // It takes a moment until the places are free.
    let mut tries = (0..200).map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        code(&cosign(&data, &[&witness], &[]))
    });
    assert!(tries.any(|code| code == Some(0)));
}

#[test]
fn a_witness_that_does_not_answer_does_not_keep_the_host_from_anything() {
    let dir = scratch();
    let data = dir.path().join("data");
    begun(&data);
    // One that takes requests and says nothing, and one that says nonsense.
    let (silent, liar) =
        (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
    let at = |listener: &TcpListener, name: &str| {
        let key = VerifierKey::new(name, KeyKind::Witness, common::key(name).did()).unwrap();
        format!("http://{}={key}", listener.local_addr().unwrap())
    };
    let witnesses = [at(&silent, "silent"), at(&liar, "liar")];
    let host = open(&data);
    let mut child = icn()
        .args(["cosign", "--data"])
        .arg(&data)
        .args(["--witness", &witnesses[0], "--witness", &witnesses[1]])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (held, _) = silent.accept().unwrap();
    let (mut lied, _) = liar.accept().unwrap();
    lied.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nyes!\n").unwrap();
    drop(lied);
    // It waits; the host commits, signs, and closes.
    let desk = Desk::of("ours");
    for at in 0..50 {
        desk.ask(&host, "put", b"x", &format!("while it waits {at}"));
    }
    host.close().unwrap();
    assert!(child.try_wait().unwrap().is_none(), "it still waits for the witness");
    drop(held);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(code(&ended), Some(1));
    let said = stderr(&ended);
    assert!(said.contains("silent: no answer") && said.contains("liar: no answer"), "{said}");
    assert!(!data.join("cosigned").exists());
    common::sound(&data, false);
}

// A witness that is killed while it writes.

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
        .args(["--exact", "child_that_is_killed", "--ignored", "--nocapture", "--test-threads=1"])
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

// Forks.

#[test]
fn what_an_audit_finds_forked_others_can_verify() {
    let dir = scratch();
    let (data, fork) = (dir.path().join("data"), dir.path().join("fork"));
    begun(&data);
    copy(&data, &fork);
    let common_size = size_of(&note_of(&data));
    let shared = dir.path().join("shared");
    fs::write(&shared, note_of(&data)).unwrap();
    grow(&data, "ours", 3);
    grow(&fork, "another history", 7);
    let seen = dir.path().join("seen");
    fs::write(&seen, note_of(&data)).unwrap();
    let out = dir.path().join("out");
    export(&fork, &out, &mut |_| {}).unwrap();
    let vkey = data.join("log.vkey");
    for (what, subject) in [("--data", &fork), ("--export", &out)] {
        let evidence = dir.path().join(format!("evidence{what}"));
        let run_audit = |seen: &Path| {
            icn()
                .args(["audit", "--json", what])
                .arg(subject)
                .arg("--seen")
                .arg(seen)
                .arg("--evidence")
                .arg(&evidence)
                .output()
                .unwrap()
        };
        let said = run_audit(&shared);
        assert!(code(&said) == Some(0) && !evidence.exists(), "what both histories share is no fork");
        let said = run_audit(&seen);
        assert_eq!(
            (code(&said), json(&said)["divergence"]["code"].as_str()),
            (Some(1), Some("root-of-a-seen-checkpoint"))
        );
        assert!(stderr(&said).contains("icn fork"), "{}", stderr(&said));
        let text = fs::read_to_string(&evidence).unwrap();
        assert_eq!(json(&said)["fork"].as_str(), Some(text.as_str()));
        let forked = Fork::parse(&text).unwrap().verify(&log_key(&data)).unwrap();
        assert_eq!(
            (forked.earlier.size, forked.later.size),
            (size_of(&note_of(&data)), size_of(&note_of(&fork)))
        );
        assert!(forked.earlier.size > common_size);
        // Again: it is there already.
        assert!(stderr(&run_audit(&seen)).contains("icn fork"));
        // A third party has the file and the key alone.
        let check = |more: &[&std::ffi::OsStr]| {
            let mut command = icn();
            command.args(["fork", "--json"]).arg(&evidence).args(more).output().unwrap()
        };
        let said = check(&["--vkey".as_ref(), vkey.as_os_str()]);
        assert_eq!((code(&said), json(&said)["is_own_key"].as_bool()), (Some(0), Some(false)));
        let said = check(&[]);
        assert_eq!(
            (code(&said), json(&said)["is_own_key"].as_bool()),
            (Some(0), Some(true)),
            "the file's own key, and it is said"
        );
        let stranger =
            VerifierKey::new(log_key(&data).name(), KeyKind::Log, common::key("stranger").did()).unwrap();
        assert_eq!(code(&check(&["--vkey".as_ref(), stranger.to_string().as_ref()])), Some(1));
        // An honest log is not accused with it: the same checkpoint twice.
        let own = note_of(&fork);
        fs::write(&evidence, text.replacen(&note_of(&data), &own, 1)).unwrap();
        assert_eq!(code(&check(&["--vkey".as_ref(), vkey.as_os_str()])), Some(1));
        fs::write(&evidence, text.replacen("\n\n", "\n", 1)).unwrap();
        assert_eq!(code(&check(&[])), Some(1));
        assert_eq!(code(&run(["fork".as_ref(), dir.path().join("none").as_os_str()])), Some(2));
    }
}

// Keys.

#[test]
fn the_program_reads_an_encrypted_key_and_tells_nobody_of_it() {
    let dir = scratch();
    let data = dir.path().join("data");
    begun(&data);
    let (file, pass) = (dir.path().join("key"), dir.path().join("pass"));
    let secret: [u8; 32] = std::array::from_fn(|at| 0xa0 + u8::try_from(at).unwrap());
    let passphrase = "correct horse battery staple";
    let key = SecretKey::from_bytes(&secret);
    key_file::create(&file, &key, Some(&key_file::Passphrase::new(passphrase).unwrap())).unwrap();
    fs::write(&pass, format!("{passphrase}\n")).unwrap();
    let mut said = String::new();
    let mut ask = |more: &[&std::ffi::OsStr]| {
        let mut command = icn();
        command
            .env("ICN_LOG", "trace")
            .args(["witness", "--name", "w", "--begin", "--data"])
            .arg(dir.path().join("w"));
        command.arg("--log").arg(data.join("log.vkey")).arg("--key").arg(&file).args(more);
        // A port that nobody can listen on ends it once the key was read.
        let output = command.args(["--listen", "256.0.0.1:1"]).output().unwrap();
        said += &format!("{}{}", stdout(&output), stderr(&output));
        (code(&output), stderr(&output))
    };
    let (status, why) = ask(&[]);
    assert!(status == Some(2) && why.contains("encrypted: give a file with its passphrase"), "{why}");
    let wrong = dir.path().join("wrong");
    fs::write(&wrong, "another\n").unwrap();
    let (status, why) = ask(&["--passphrase-file".as_ref(), wrong.as_os_str()]);
    assert!(status == Some(2) && why.contains("passphrase is wrong"), "{why}");
    let (status, why) = ask(&["--passphrase-file".as_ref(), pass.as_os_str()]);
    assert!(status == Some(2) && why.contains("--listen 256.0.0.1:1"), "the key was read: {why}");
    assert!(why.contains("--listen"), "{why}");
    let mode = |mode| fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    mode(0o640);
    let (status, why) = ask(&["--passphrase-file".as_ref(), pass.as_os_str()]);
    assert!(status == Some(2) && why.contains("has mode 0640, expected 0600"), "{why}");
    let hex = data_encoding::HEXLOWER.encode(&secret);
    let base64 = data_encoding::BASE64.encode(&secret);
    for text in [&hex[..16], &hex.to_uppercase()[..16], &base64[..16], "160, 161, 162", passphrase, "horse"] {
        assert!(!said.contains(text), "{text}");
    }
    // A key that the first start makes is encrypted when that is asked for.
    let made = dir.path().join("made");
    let log = data.join("log.vkey");
    let start = |encrypt: &[&str], pass: &Path| {
        let mut command = icn();
        command
            .args(["witness", "--name", "w", "--listen", "256.0.0.1:1", "--data"])
            .arg(&made)
            .args(encrypt);
        stderr(&command.arg("--log").arg(&log).arg("--passphrase-file").arg(pass).output().unwrap())
    };
    assert!(start(&["--encrypt"], &pass).contains("--listen 256.0.0.1:1"));
    assert!(key_file::is_encrypted(&made.join("witness.key")).unwrap());
    assert!(start(&[], &wrong).contains("passphrase is wrong"));
    assert!(start(&[], &pass).contains("--listen 256.0.0.1:1"));
    // A host's own keys are kept the same way, and refused the same way.
    let host_key = data.join("host.key");
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&host_key).unwrap().permissions()) & 0o777,
        0o600
    );
    fs::set_permissions(&host_key, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let error =
        Host::open(HostOptions::new(&data)).expect_err("a key that others can read is used").to_string();
    let digits = fs::read_to_string(&host_key).unwrap();
    assert!(error.contains("chmod 600") && !error.contains(&digits[..16]), "{error}");
}
