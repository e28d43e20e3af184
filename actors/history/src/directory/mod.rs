//! The data directory of a host, apart from its log (`docs/formats.md`, "The data directory").
//!
//! - `layout.rs`: where each file is
//! - `lock.rs`: who has the directory open
//! - `contents.rs`: whether a directory is a host's, told before its log is read
//! - `keys.rs`: the secret keys of the host and its scopes
//! - `rekey.rs`: all of these keys under another passphrase
//! - `artefact_key.rs`: the secret that protects compiled modules
//!
//! A host calls in this order: `may_be_opened`, `Lock::take`, `read_key`, recovery, `log_is_not_gone`. Nothing
//! is created before the first, and nothing is written before the lock is held.

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
pub(crate) use rekey::is_key_file;
pub use rekey::{RekeyError, key_files, rekey_directory};
