//! A witness over HTTP (C2SP tlog-witness). Hosts show it their checkpoints, and it cosigns each checkpoint
//! that follows from the one it cosigned before.
//!
//! This file only translates requests and answers. [`WitnessDir`] decides what is cosigned, and makes it
//! durable before it answers.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

pub use icn_history::witness::{
    Answer, NewPassphrase, ReplaceStep, StepListener, WitnessDir, WitnessError, WitnessOptions, origin_hash,
};

use icn_core::limits;
use icn_system::now_ms;

use super::http::server::{Request, Response, Server, Service};

/// A witness that answers until it is stopped.
pub struct WitnessServer(Server);

impl WitnessServer {
    /// Starts to answer the requests that arrive at this socket.
    pub fn start(listener: TcpListener, witness: WitnessDir) -> io::Result<Self> {
        let witness = Arc::new(witness);
        let answer = Box::new(move |request: &Request| answer(&witness, request));
        let service = Service { body_bytes_max: limits::WITNESS_REQUEST_BYTES_MAX, answer };
        Ok(Self(Server::start(listener, service)?))
    }

    /// The address where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Accepts no more requests, and waits a short time for those in progress. Everything that was answered
    /// is durable.
    pub fn stop(self) {
        self.0.stop();
    }
}

impl std::fmt::Debug for WitnessServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("WitnessServer").field(&self.address()).finish()
    }
}

// Format: docs/formats.md, "Cosigned checkpoints".
fn answer(witness: &WitnessDir, request: &Request) -> Response {
    let not_allowed = |allow, why| Response { allow: Some(allow), ..Response::text(405, why) };
    if request.path == "/add-checkpoint" {
        return match request.method.as_str() {
            "POST" => {
                let Answer { status, content_type, body } =
                    witness.add_checkpoint(&request.body, now_ms() / 1000);
                Response { status, content_type, body, allow: None }
            }
            _ => not_allowed("POST", "expected POST with a checkpoint"),
        };
    }
    let hash = request.path.strip_prefix('/').and_then(|path| path.strip_suffix("/checkpoint"));
    match (hash, request.method.as_str()) {
        (None, _) => {
            let why =
                "expected POST /add-checkpoint, or GET /<SHA-256 of the origin in hexadecimal>/checkpoint";
            Response::text(404, why)
        }
        (Some(hash), "GET") => match witness.checkpoint(hash) {
            Some(note) => {
                Response { status: 200, content_type: "text/plain; charset=utf-8", body: note, allow: None }
            }
            None => Response::text(404, "no checkpoint was cosigned for a log whose origin has this hash"),
        },
        (Some(_), _) => not_allowed("GET", "expected GET"),
    }
}
