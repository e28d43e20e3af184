//! Bounds on what the other side may send, and on how long it may take.

use std::time::Duration;

/// The most bytes in the head of a message.
pub(super) const HEAD_BYTES_MAX: usize = 16 * 1024;
/// The most fields in the head of a message.
pub(super) const HEADERS_MAX: usize = 64;
/// How long a request may take to arrive, and its answer to be sent.
pub(crate) const MESSAGE_TIME: Duration = Duration::from_secs(10);
/// How long a connection may be idle between two requests.
pub(super) const IDLE_TIME: Duration = Duration::from_secs(15);
/// The most connections at one time. Further ones are told to come back later.
pub(super) const CONNECTIONS_MAX: usize = 64;
/// The most requests on one connection.
pub(super) const REQUESTS_MAX: usize = 1000;
/// How long bytes are still read after the last answer.
pub(super) const LINGER_TIME: Duration = Duration::from_secs(1);
/// How many reads of 4 KiB are still made after the last answer.
pub(super) const LINGER_READS: usize = 64;
