//! HTTP/1.1 as the witness protocol needs it: small bodies, bounded in size and time. Heads are read by `httparse`; there is
//! no TLS here: a cosignature proves itself, and a public witness stands behind a server that has it.
//!
//! - `connection.rs`: bytes in and out until a deadline; heads and bodies
//! - `server.rs`: connections, each on a thread, and not more than so many
//! - `client.rs`: one request

pub(crate) mod client;
mod connection;
pub(crate) mod server;

use std::time::Duration;

/// Bytes of a message's head, at most.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Header fields, at most.
const HEADERS_MAX: usize = 64;
/// How long one message may take to come, and its answer to go.
pub(crate) const MESSAGE_TIME: Duration = Duration::from_secs(10);
/// How long a connection may be idle between requests.
const IDLE_TIME: Duration = Duration::from_secs(15);
/// Connections at a time, at most; more are told to come back.
const CONNECTIONS_MAX: usize = 64;
/// Requests on one connection, at most.
const REQUESTS_MAX: usize = 1000;
/// How long, and for how many reads of 4 KiB, bytes are taken that come behind the last answer.
const LINGER_TIME: Duration = Duration::from_secs(1);
const LINGER_READS: usize = 64;
