//! Writes evidence of a fork to a file. An existing file is never overwritten.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use icn_runtime::Hash;

use crate::commands::common::output::{shell_word, tell};

/// Writes the evidence to `file`, or to a new file in the current directory, and says where it is. If it
/// cannot be written, it says why; the report has the evidence too.
pub(super) fn keep(file: Option<&Path>, fork: &str) {
    let name = format!("icn-fork-{}.txt", &Hash::digest(fork.as_bytes()).to_hex()[..16]);
    let file = file.map_or_else(|| PathBuf::from(name), Path::to_owned);
    match write(&file, fork.as_bytes()) {
        Ok(()) => {
            let word = shell_word(&file);
            let what = format!(
                "evidence of a fork is in {word}: check it with `icn fork {word}`, and give it to others"
            );
            tell("audit", &what);
        }
        Err(error) => {
            tell("audit", &format!("writing the evidence of a fork to {}: {error}", file.display()));
        }
    }
}

fn write(file: &Path, fork: &[u8]) -> std::io::Result<()> {
    match File::create_new(file) {
        Ok(mut created) => created.write_all(fork).and_then(|()| created.sync_all()),
        // An earlier audit may have written the same evidence.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => match std::fs::read(file) {
            Ok(found) if found == fork => Ok(()),
            _ => Err(error),
        },
        Err(error) => Err(error),
    }
}
