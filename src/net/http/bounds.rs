//! Bounds on what the other side may send, and on how long it may take.

use std::time::Duration;

/// Bytes of a message's head, at most.
pub(super) const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Header fields, at most.
pub(super) const HEADERS_MAX: usize = 64;
/// How long one message may take to come, and its answer to go.
pub(crate) const MESSAGE_TIME: Duration = Duration::from_secs(10);
/// How long a connection may be idle between requests.
pub(super) const IDLE_TIME: Duration = Duration::from_secs(15);
/// Connections at a time, at most; more are told to come back.
pub(super) const CONNECTIONS_MAX: usize = 64;
/// Requests on one connection, at most.
pub(super) const REQUESTS_MAX: usize = 1000;
/// How long, and for how many reads of 4 KiB, bytes are taken that come behind the last answer.
pub(super) const LINGER_TIME: Duration = Duration::from_secs(1);
pub(super) const LINGER_READS: usize = 64;
