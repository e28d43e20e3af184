//! Reads files that the user names. A file is read whole, up to a bound: a wrong file must not fill the
//! memory.

use std::fs::File;
use std::io::{Read, Result};
use std::path::Path;

/// The most bytes that are read of a module. A module may have far fewer, so that the validator, and not this
/// bound, refuses a module that is too large.
const MODULE_FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The most bytes that are read of an input. An invocation may have far fewer, so that the gate, and not this
/// bound, refuses an input that is too large.
const INPUT_FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Reads a module from a file, or from standard input for `-`. The bytes are not checked.
pub(crate) fn module(path: &Path) -> std::result::Result<Vec<u8>, String> {
    file_or_standard_input(path, MODULE_FILE_BYTES_MAX)
}

/// Reads a file, or standard input for `-`. Empty without a path.
pub(crate) fn input(path: Option<&Path>) -> std::result::Result<Vec<u8>, String> {
    path.map_or_else(|| Ok(Vec::new()), |path| file_or_standard_input(path, INPUT_FILE_BYTES_MAX))
}

/// Whether a path means standard input.
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
