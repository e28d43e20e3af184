//! A witness as a child process, a log that grows, and the commands that ask and audit.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use icn_core::log::{Note, TreeHead, TrustPolicy, VerifierKey};
use icn_runtime::backup::Backup;

use crate::common::{Desk, icn, open};

/// A witness that runs as a program.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) url: String,
    pub(crate) key: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    /// Starts a witness of this name in this directory.
    pub(crate) fn start(dir: &Path, name: &str, logs: &[&Path], more: &[&str]) -> Self {
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

    pub(crate) fn at(&self) -> String {
        format!("{}={}", self.url, self.key)
    }
    pub(crate) fn key(&self) -> VerifierKey {
        VerifierKey::parse(&self.key).unwrap()
    }

    /// Ends it with a signal, and gives its exit code.
    pub(crate) fn end(mut self, signal: &str) -> Option<i32> {
        let told = Command::new("kill").arg(signal).arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap().code()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        TcpStream::connect(self.url.strip_prefix("http://").unwrap()).unwrap()
    }

    /// Sends bytes as they are, and reads one answer: status, head and body.
    pub(crate) fn ask(&self, request: &[u8]) -> (u16, String, String) {
        answer_on(&mut self.connect(), request)
    }

    pub(crate) fn post(&self, body: &str) -> (u16, String, String) {
        self.ask(
            format!(
                "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .as_bytes(),
        )
    }
}

pub(crate) fn answer_on(stream: &mut TcpStream, request: &[u8]) -> (u16, String, String) {
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
pub(crate) fn grow(data: &Path, name: &str, count: usize) {
    let host = open(data);
    let desk = Desk::of("ours");
    for at in 0..count {
        desk.ask(&host, "put", name.as_bytes(), &format!("{name} {at}"));
    }
    host.close().unwrap();
}

/// A log of some entries, closed.
pub(crate) fn begun(data: &Path) {
    let host = open(data);
    Desk::open(&host, "ours");
    host.close().unwrap();
    grow(data, "begun", 5);
}

pub(crate) fn note_of(data: &Path) -> String {
    fs::read_to_string(data.join("checkpoint")).unwrap()
}

pub(crate) fn size_of(note: &str) -> u64 {
    TreeHead::parse(Note::parse(note).unwrap().text()).unwrap().size
}

pub(crate) fn log_key(data: &Path) -> VerifierKey {
    VerifierKey::parse(fs::read_to_string(data.join("log.vkey")).unwrap().trim_end()).unwrap()
}

/// Writes a policy of these witnesses.
pub(crate) fn policy(dir: &Path, data: &Path, witnesses: &[&Running], quorum: usize) -> PathBuf {
    let policy =
        TrustPolicy { log: log_key(data), witnesses: witnesses.iter().map(|w| w.key()).collect(), quorum };
    let file = dir.join(format!("policy-{}-{quorum}.json", witnesses.len()));
    fs::write(&file, serde_json::to_string(&policy).unwrap()).unwrap();
    file
}

pub(crate) fn cosign_at(data: &Path, witnesses: &[String], more: &[&str]) -> Output {
    let mut command = icn();
    command.args(["cosign", "--json", "--data"]).arg(data).args(more);
    for witness in witnesses {
        command.args(["--witness", witness]);
    }
    command.output().unwrap()
}

pub(crate) fn cosign(data: &Path, witnesses: &[&Running], more: &[&str]) -> Output {
    cosign_at(data, &witnesses.iter().map(|witness| witness.at()).collect::<Vec<_>>(), more)
}

pub(crate) fn audit(what: &str, dir: &Path, policy: &Path) -> Output {
    icn().args(["audit", "--json", what]).arg(dir).arg("--policy").arg(policy).output().unwrap()
}

pub(crate) fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

pub(crate) fn back_up(data: &Path, out: &Path) -> Result<u64, String> {
    let backup = Backup { data: data.to_owned(), out: out.to_owned(), has_keys: true };
    backup.run(&mut |_| {}).map(|backed| backed.size).map_err(|error| error.to_string())
}
