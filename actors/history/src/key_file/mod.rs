//! Key files: a secret key on disk, for its owner alone (`docs/formats.md`, "Key files").
//!
//! A file has mode 0600. It is PKCS#8 in PEM (RFC 5958, RFC 7468, RFC 8410): `PRIVATE KEY`, or, under a
//! passphrase, `ENCRYPTED PRIVATE KEY` (PBES2 of RFC 8018 with scrypt and AES-256-CBC). `openssl pkey` reads
//! and writes both. The form of a host's own keys, 64 hexadecimal digits, is read too.
//!
//! A file that others can read is refused. A key is never written over another key. Secrets in memory are wiped
//! after use, and no error and no `Debug` text contains a byte of one.
//!
//! - `error.rs`: why there is no key
//! - `passphrase.rs`: passphrases
//! - `form.rs`: keys as text
//! - `file.rs`: keys in files
//! - `random.rs`: new keys
//! - `rekey.rs`: other passphrases for keys that exist

mod error;
mod file;
mod form;
mod passphrase;
mod random;
mod rekey;
#[cfg(test)]
mod tests;

pub use error::KeyFileError;
pub use file::{create, is_encrypted, no_passphrase, read, read_with, rewrite};
pub use form::FormError;
pub use passphrase::{Passphrase, PassphraseError};
pub use random::random_key;
pub use rekey::{is_any_encrypted, rekey};
