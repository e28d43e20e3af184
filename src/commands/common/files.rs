//! Files that the author of a guest names: read whole, but never more than makes sense.

use std::fs::File;
use std::io::{Read, Result};
use std::path::Path;

/// Bytes of a file that may be a module, at most. Far above what a module may have, so that one that is too
/// large is told its size by the validator, and low enough that a wrong file does not fill the memory.
const MODULE_FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Bytes of an input that are read, at most. Far above what an invocation may have, which the gate says.
const INPUT_FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A module's bytes, whatever they are, of a file or `-` for standard input; or why it cannot be read.
pub(crate) fn module(path: &Path) -> std::result::Result<Vec<u8>, String> {
    file_or_standard_input(path, MODULE_FILE_BYTES_MAX)
}

/// The input that `--input` names: a file, or `-` for standard input; empty without it.
pub(crate) fn input(path: Option<&Path>) -> std::result::Result<Vec<u8>, String> {
    path.map_or_else(|| Ok(Vec::new()), |path| file_or_standard_input(path, INPUT_FILE_BYTES_MAX))
}

/// Whether a path stands for standard input.
pub(crate) fn is_standard_input(path: &Path) -> bool {
    path == Path::new("-")
}

fn file_or_standard_input(path: &Path, bytes_max: u64) -> std::result::Result<Vec<u8>, String> {
    if is_standard_input(path) {
        read(path, Ok(std::io::stdin()), bytes_max)
    } else {
        read(path, File::open(path), bytes_max)
    }
}

fn read(path: &Path, source: Result<impl Read>, bytes_max: u64) -> std::result::Result<Vec<u8>, String> {
    let name = if is_standard_input(path) { "standard input".to_owned() } else { path.display().to_string() };
    let mut bytes = Vec::new();
    let read = source.and_then(|source| source.take(bytes_max + 1).read_to_end(&mut bytes));
    match read {
        Err(error) => Err(format!("{name}: {error}")),
        Ok(_) if bytes.len() as u64 > bytes_max => Err(format!("{name}: more than {bytes_max} bytes")),
        Ok(_) => Ok(bytes),
    }
}
