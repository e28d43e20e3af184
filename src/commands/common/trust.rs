//! Whom the user trusts: verifier keys and trust policies, read from arguments and files.

use std::path::Path;

use icn_core::log::{TrustPolicy, VerifierKey};

use super::files;

/// Reads a trust policy from a JSON file, and checks that it can be met.
pub(crate) fn trust_policy(file: &Path) -> Result<TrustPolicy, String> {
    let bytes = files::input(Some(file))?;
    let policy: TrustPolicy =
        serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", file.display()))?;
    policy.check().map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(policy)
}

/// Reads a verifier key. `text` is the key itself, `name+id+key`, or the path of a file that holds it.
/// `option` is the argument that named it, for the message.
pub(crate) fn verifier_key(option: &str, text: &str) -> Result<VerifierKey, String> {
    let read = |text: &str| VerifierKey::parse(text.trim_end()).map_err(|error| error.to_string());
    match read(text) {
        Ok(key) => Ok(key),
        // A key has two plus signs, and a path rarely has. So this was meant as a key.
        Err(why) if text.matches('+').count() >= 2 => Err(format!("{option}: {why}")),
        Err(_) => {
            let bytes = files::input(Some(Path::new(text)))?;
            read(&String::from_utf8_lossy(&bytes)).map_err(|why| format!("{text}: {why}"))
        }
    }
}
