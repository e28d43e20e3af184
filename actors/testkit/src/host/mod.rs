//! A host for the tests of a guest: `test_host.rs` has the host, `names.rs` how a test names members and accounts, `ended.rs`
//! the assertions on how a call ended.

mod ended;
mod names;
mod test_host;

pub use ended::Ended;
pub use names::{AsCaller, AsOwner};
pub use test_host::{TestHost, TestHostError};
