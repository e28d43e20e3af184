//! Audits of a publication that a web server serves: one that holds is fetched and holds; whatever a server does else is
//! named, bounded and believed no more than a host.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on stops")]

mod common;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use common::{Desk, icn, json, open, scratch, stderr, stdout, tree};
use icn_runtime::export::Publisher;

/// What a server sends for a path; `usize` counts requests from 0.
type Answers = dyn Fn(&str, usize) -> Vec<u8> + Send + Sync;

/// Serves until the test ends, and gives the address.
fn serve(answers: Arc<Answers>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let count = AtomicUsize::new(0);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut lines = Vec::new();
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) <= 2 {
                    break;
                }
                lines.push(line);
            }
            let Some(path) = lines.first().and_then(|line| line.split(' ').nth(1)) else { continue };
            let bytes = answers(path, count.fetch_add(1, Ordering::Relaxed));
            // A client that has seen enough may have gone.
            let _ = reader.get_mut().write_all(&bytes);
        }
    });
    format!("http://{address}/")
}

fn answer(status: &str, fields: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{fields}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// What any web server sends of a directory.
fn file(www: &Path, path: &str) -> Vec<u8> {
    match fs::read(www.join(path.trim_start_matches('/'))) {
        Ok(bytes) => answer("200 OK", "", &bytes),
        Err(_) => answer("404 Not Found", "", b"no such file\n"),
    }
}

fn published(dir: &Path) -> PathBuf {
    let (data, www) = (dir.join("data"), dir.join("www"));
    let host = open(&data);
    let desk = Desk::open(&host, "ours");
    for at in 0..90 {
        desk.ask(&host, "put", b"value", &format!("put {at}"));
    }
    host.close().unwrap();
    // More than a tile, so that there are full ones and partial ones, on two levels.
    for round in 0..2 {
        let host = open(&data);
        for at in 0..90 {
            Desk::of("ours").ask(&host, "put", b"value", &format!("put {round} {at}"));
        }
        host.close().unwrap();
    }
    Publisher::open(&data, &www, &mut |_| {}).unwrap();
    www
}

fn audit(url: &str, more: &[&str]) -> Output {
    icn().args(["audit", "--json", url]).args(more).output().unwrap()
}
fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

#[test]
fn a_publication_is_audited_from_a_web_server_and_so_is_one_that_was_changed() {
    let dir = scratch();
    let www = published(dir.path());
    assert!(www.join("tiles/tile/0/000").exists() && www.join("tiles/tile/1/000.p/1").exists());
    let root = www.clone();
    let url = serve(Arc::new(move |path, _| file(&root, path)));
    let keep = dir.path().join("kept");
    let said = audit(&url, &["--keep", keep.to_str().unwrap()]);
    assert_eq!(code(&said), Some(0), "{}{}", stdout(&said), stderr(&said));
    assert_eq!(tree(&keep), tree(&www), "what is kept is what was published");
    // Below a path, chunked, and without a length.
    let root = www.clone();
    let below = serve(Arc::new(move |path, count| {
        let bytes = fs::read(root.join(path.strip_prefix("/logs/ours/").unwrap_or("none")));
        let Ok(bytes) = bytes else { return answer("404 Not Found", "", b"") };
        if count % 2 == 0 {
            return [b"HTTP/1.1 200 OK\r\n\r\n", bytes.as_slice()].concat();
        }
        let mut chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for chunk in bytes.chunks(1000) {
            chunked.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
            chunked.extend(chunk);
            chunked.extend(b"\r\n");
        }
        chunked.extend(b"0\r\n\r\n");
        chunked
    }));
    let said = audit(&format!("{below}logs/ours/"), &[]);
    assert_eq!(code(&said), Some(0), "{}{}", stdout(&said), stderr(&said));
    // A tile that was changed, and one that is missing: named as the server names it.
    for change in [false, true] {
        let root = www.clone();
        let url = serve(Arc::new(move |path, _| match path {
            "/tiles/tile/entries/000" if change => answer("200 OK", "", &[7; 9728]),
            "/tiles/tile/entries/000" => answer("404 Not Found", "", b""),
            path => file(&root, path),
        }));
        let said = audit(&url, &[]);
        let report = json(&said);
        assert_eq!(
            (code(&said), report["divergence"]["code"].as_str()),
            (Some(1), Some("entry-bundle")),
            "{report}"
        );
        let place = report["divergence"]["place"].as_str().unwrap();
        assert_eq!(place, format!("{url}tiles/tile/entries/000"));
    }
    // What is there already is not written over.
    let said = audit(&url, &["--keep", www.to_str().unwrap()]);
    assert_eq!(code(&said), Some(2));
}

/// Each says what was wrong, where, and what would be right, and ends.
/// What is served where and how, the exit code and the words.
type Case<'a> = (&'a str, &'a str, Vec<u8>, i32, &'a [&'a str]);

#[test]
fn what_a_server_does_else_is_named() {
    let dir = scratch();
    let www = published(dir.path());
    let car = fs::read(www.join("log.car")).unwrap();
    let note = fs::read_to_string(www.join("tiles/checkpoint")).unwrap();
    let size = note.lines().nth(1).unwrap().to_owned();
    let endless = note.replacen(&format!("\n{size}\n"), "\n999999999999\n", 1);
    let cases: Vec<Case<'_>> = vec![
        (
            "/tiles/checkpoint",
            "moved",
            answer("301 Moved Permanently", "Location: https://x.example/\r\n", b""),
            2,
            &["redirects to https://x.example/", "not followed", "bad answers: 1"],
        ),
        ("/tiles/checkpoint", "none", answer("404 Not Found", "", b""), 2, &["404", "`icn publish`"]),
        (
            "/log.vkey",
            "an error",
            answer("500 Oh", "", b""),
            2,
            &["status 500, expected 200", "bad answers: 3"],
        ),
        (
            "/policy.json",
            "no HTTP",
            b"hello\r\n\r\n".to_vec(),
            2,
            &["not an answer of HTTP/1.1", "bad answers: 3"],
        ),
        (
            "/log.car",
            "cut off",
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12".to_vec(),
            2,
            &["ends before its end"],
        ),
        ("/log.car", "compressed", answer("200 OK", "Content-Encoding: gzip\r\n", &car), 2, &["compressed"]),
        ("/log.car", "too small", answer("200 OK", "", &car[..100]), 1, &["too few for the"]),
        (
            "/tiles/tile/0/000",
            "too large",
            answer("200 OK", "", &[1; 20_000]),
            2,
            &["more than 16384 bytes", "/tiles/tile/0/000"],
        ),
        (
            "/tiles/checkpoint",
            "no note",
            answer("200 OK", "", b"hello\n"),
            1,
            &["expected a signed checkpoint"],
        ),
        (
            "/tiles/checkpoint",
            "a log without end",
            answer("200 OK", "", endless.as_bytes()),
            1,
            &["999999999999 leaves"],
        ),
        (
            "/tiles/checkpoint",
            "two lengths",
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n12".to_vec(),
            2,
            &["states the length of the body twice"],
        ),
    ];
    for (at, what, bytes, expected, words) in cases {
        let root = www.clone();
        let url = serve(Arc::new(move |path, _| if path == at { bytes.clone() } else { file(&root, path) }));
        let said = audit(&url, &[]);
        let why = stderr(&said);
        assert_eq!(code(&said), Some(expected), "{what}: {why}");
        assert!(
            why.contains(at.trim_start_matches('/')) && words.iter().all(|word| why.contains(word)),
            "{what}: {why}"
        );
    }
    // A server that stumbles is asked again, and the report says so.
    let root = www.clone();
    let url = serve(Arc::new(move |path, count| match count {
        2 | 5 => answer("503 Busy", "", b""),
        _ => file(&root, path),
    }));
    let said = audit(&url, &[]);
    assert_eq!(code(&said), Some(0), "{}", stderr(&said));
    let notice = json(&said)["notices"][0].as_str().unwrap().to_owned();
    assert!(notice.contains("2 bad answers") && notice.contains("503"), "{notice}");
    // No more is taken than may be.
    let said = audit(&url, &["--bytes-max", "5000"]);
    assert_eq!(code(&said), Some(2));
    assert!(stderr(&said).contains("more than the 5000 bytes"), "{}", stderr(&said));
    // Without TLS there is no https.
    let said = audit("https://log.example/", &[]);
    assert_eq!(code(&said), Some(2));
    assert!(stderr(&said).contains("wget --mirror") && stderr(&said).contains("rsync"), "{}", stderr(&said));
}
