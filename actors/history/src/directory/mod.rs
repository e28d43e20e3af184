//! The data directory of a host, before and beside its log.
//!
//! - `layout.rs`: where each file is
//! - `lock.rs`: who has the directory open
//! - `keys.rs`: the secret keys of the host and its scopes
//! - `rekey.rs`: the same keys under another passphrase
//! - `artefact_key.rs`: the secret that compiled modules are kept under
//! - `contents.rs`: what the files that are there say before the log is read

mod artefact_key;
mod contents;
mod keys;
mod layout;
mod lock;
mod rekey;

pub use artefact_key::artefact_key;
pub use contents::{DirectoryError, log_is_not_gone, may_be_opened};
pub(crate) use contents::{is_a_hosts, trace_of_entries};
pub use keys::{key_of, missing_key, read_key, read_key_of, write_key};
pub use layout::Layout;
pub(crate) use lock::Writers;
pub use lock::{Lock, LockError};
pub use rekey::{RekeyError, key_files, rekey_directory};
