//! What a witness refuses, and what a host does when no witness answers.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::Stdio;

use icn_core::log::{KeyKind, Note, Verdict, VerifierKey};
use icn_runtime::witness::origin_hash;

use crate::common::{Desk, copy, icn, open, run, scratch, stderr, stdout, tree};
use crate::helpers::{Running, answer_on, begun, code, cosign, grow, log_key, note_of, size_of};
use icn_core::log::cosign;

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
        let key = VerifierKey::new(name, KeyKind::Witness, crate::common::key(name).did()).unwrap();
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
    crate::common::sound(&data, false);
}
