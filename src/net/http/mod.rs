//! HTTP/1.1 as the witness protocol needs it: small bodies, bounded in size and time. Heads are read by
//! `httparse`; there is no TLS here: a cosignature proves itself, and a public witness stands behind a server
//! that has it.
//!
//! - `connection.rs`: bytes in and out until a deadline; heads and bodies
//! - `server.rs`: connections, each on a thread, and not more than so many
//! - `client.rs`: one request

pub(crate) mod bounds;
pub(crate) mod client;
mod connection;
pub(crate) mod server;
