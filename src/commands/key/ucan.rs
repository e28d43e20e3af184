//! Signs delegations and revocations, and shows what a file says (UCAN 1.0). Whatever is signed here is read
//! back and checked before it is written, so no file is made that a host refuses.

use std::path::Path;

use icn_core::block::ucan::{Delegation, Revocation};
use icn_core::rules::keys::{check_delegation, delegate};
use icn_runtime::{BlockId, Did, SecretKey, now_ms};

use super::failure::Failure;
use super::report::Report;
use super::{file, when};

/// The DID of a key file, or the content of a delegation or a revocation. `read_key` reads a key file.
pub(super) fn show(
    path: &Path,
    read_key: impl Fn(&Path) -> Result<SecretKey, Failure>,
) -> Result<Report, Failure> {
    let bytes = file::read(path).map_err(Failure::Misuse)?;
    if let Ok(delegation) = Delegation::read(&bytes) {
        Delegation::read_signed(&bytes).map_err(|error| Failure::of_file(path, error))?;
        return Ok(Report::of_delegation(&delegation));
    }
    if let Ok(revocation) = Revocation::read(&bytes) {
        Revocation::read_signed(&bytes).map_err(|error| Failure::of_file(path, error))?;
        return Ok(Report::of_revocation(&revocation));
    }
    let key = read_key(path)?;
    Ok(Report::Key { did: key.did().to_string() })
}

/// The arguments of a delegation, as they were typed.
pub(super) struct Asked<'a> {
    /// The operating key's DID.
    pub(super) to: &'a str,
    /// When it ends.
    pub(super) until: &'a str,
    /// When it begins; at once without it.
    pub(super) from: Option<&'a str>,
    /// The file to write.
    pub(super) out: &'a Path,
}

/// Signs a delegation and writes it. The root key is read last, so that nobody types a passphrase for wrong
/// arguments.
pub(super) fn delegation(
    asked: &Asked<'_>,
    root: impl FnOnce() -> Result<SecretKey, Failure>,
) -> Result<Report, Failure> {
    let to = Did::parse(asked.to).map_err(|error| Failure::Misuse(format!("--to: {error}")))?;
    let parse = |name: &str, text: &str| {
        when::parse(text).map_err(|error| Failure::Misuse(format!("{name}: {error}")))
    };
    let until_s = parse("--until", asked.until)?;
    let from_s = asked.from.map(|from| parse("--from", from)).transpose()?;
    let now_s = i64::try_from(now_ms() / 1000).unwrap_or(i64::MAX);
    if until_s <= from_s.unwrap_or(now_s).max(now_s) {
        let what = "--until: expected a time in the future and after --from";
        return Err(Failure::Misuse(format!("{what}, found {}", when::text(until_s))));
    }
    let root = root()?;
    let mut nonce = [0; 12];
    getrandom::fill(&mut nonce)
        .map_err(|error| Failure::Failed(format!("the system gives no randomness: {error}")))?;
    let block = delegate(&root, to, from_s, until_s, &nonce);
    let read = Delegation::read_signed(block.bytes()).map_err(Failure::failed)?;
    check_delegation(&root.did(), &read).map_err(Failure::failed)?;
    file::create(asked.out, block.bytes()).map_err(Failure::Failed)?;
    Ok(Report::of_delegation(&read))
}

/// Signs the revocation of a delegation, which is named by its CID or its file, and writes it to `out`.
pub(super) fn revocation(root: &SecretKey, delegation: &str, out: &Path) -> Result<Report, Failure> {
    let id = match BlockId::parse(delegation) {
        Ok(id) => id,
        Err(_) => delegation_in(Path::new(delegation), &root.did())?,
    };
    let block = Revocation::sign(root, id);
    let read = Revocation::read_signed(block.bytes()).map_err(Failure::failed)?;
    file::create(out, block.bytes()).map_err(Failure::Failed)?;
    Ok(Report::of_revocation(&read))
}

/// The CID of the delegation in a file. This root must have issued it: only its issuer can revoke it.
fn delegation_in(path: &Path, root: &Did) -> Result<BlockId, Failure> {
    let bytes = file::read(path).map_err(Failure::Misuse)?;
    let delegation = Delegation::read_signed(&bytes).map_err(|error| Failure::of_file(path, error))?;
    if delegation.issuer == *root {
        return Ok(delegation.id);
    }
    let what = format!(
        "it was issued by {}, so a revocation by {root} has no effect: use the issuer's key",
        delegation.issuer
    );
    Err(Failure::of_file(path, what))
}
