//! HTTP/1.1, as much as witnesses and publications need. Every message is bounded in size and time.
//! `httparse` reads heads.
//!
//! There is no TLS here. What is fetched is checked by signatures and hashes, and a public witness runs
//! behind a server that has TLS.
//!
//! - `bounds.rs`: sizes and times
//! - `message.rs`: the parts of a message
//! - `connection.rs`: bytes in and out until a deadline; heads
//! - `body.rs`: bodies
//! - `url.rs`: addresses
//! - `client.rs`: one request to a server
//! - `server.rs`: connections, each on a thread, and a limited number of them

mod body;
pub(crate) mod bounds;
pub(crate) mod client;
mod connection;
mod message;
pub(crate) mod server;
pub(crate) mod url;
