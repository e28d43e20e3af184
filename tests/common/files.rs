//! Scratch directories, keys by name, sample elections, and directories as maps of files.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use icn_runtime::SecretKey;
use sha2::{Digest as _, Sha256};

/// A directory that is gone when the test is over.
pub(crate) fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A key that a name stands for.
pub(crate) fn key(name: &str) -> SecretKey {
    SecretKey::from_bytes(&Sha256::digest(name).into())
}

/// The elections that ship with the program.
pub(crate) fn samples() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/commands/demo/sample");
    vec![dir.join("maple-district.pb"), dir.join("river-city.pb")]
}

/// The real elections whose names begin so, where they are beside the project; else nothing, said aloud.
pub(crate) fn pabulib(prefix: &str) -> Option<Vec<PathBuf>> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/pabulib");
    let entries = std::fs::read_dir(&dir).into_iter().flatten().filter_map(Result::ok);
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)))
        .collect();
    files.sort();
    if files.is_empty() {
        println!("no real elections `{prefix}…` beside the project: the samples stand in");
        return None;
    }
    Some(files)
}

/// Every file under a directory, with its bytes.
pub(crate) fn tree(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut waiting = vec![dir.to_owned()];
    while let Some(next) = waiting.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
                continue;
            }
            match std::fs::read(&path) {
                Ok(bytes) => drop(files.insert(path.strip_prefix(dir).unwrap().to_owned(), bytes)),
                // A file that a running host renamed just now is there under its other name.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => panic!("{}: {error}", path.display()),
            }
        }
    }
    files
}

/// Copies a directory as it is at this moment: what a kill at this moment would leave.
pub(crate) fn copy(from: &Path, to: &Path) {
    for (name, bytes) in tree(from) {
        let path = to.join(&name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        // As a backup keeps them: a key that others could read is replaced at the next opening.
        if let Ok(metadata) = std::fs::metadata(from.join(&name)) {
            std::fs::set_permissions(&path, metadata.permissions()).unwrap();
        }
    }
}

/// Writes a file that its owner alone may read, as key files must be.
pub(crate) fn write_secret(path: &Path, bytes: impl AsRef<[u8]>) {
    std::fs::write(path, bytes).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Writes a key file, as a host stores a key without a passphrase.
pub(crate) fn write_key(path: &Path, key: &SecretKey) {
    write_secret(path, format!("{}\n", data_encoding::HEXLOWER.encode(&key.to_bytes())));
}

/// Makes a data directory whose host will have this key.
pub(crate) fn directory_of_host(data: &Path, key: &SecretKey) {
    std::fs::create_dir_all(data).unwrap();
    write_key(&data.join("host.key"), key);
}

/// The only segment file of a small log.
pub(crate) fn segment(data: &Path) -> PathBuf {
    data.join("log/00000000.seg")
}

/// The snapshots of a data directory, the newest last.
pub(crate) fn snapshots(data: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(data.join("snapshots")).into_iter().flatten().filter_map(Result::ok);
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.sort();
    files
}
