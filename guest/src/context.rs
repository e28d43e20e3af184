//! The invocation: its input and output, who calls, in which scope, when.
//! The other files read the host's answers with [`read_in`] and [`read`].

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::results::answer;
use crate::{failure::HostError, host};

/// The size of the first buffer for a read, in bytes. Most inputs, DIDs and keys fit, so they cost one call.
const FIRST_READ_BYTES: usize = 512;

/// Reads the answer of `call` into the beginning of `scratch`, which grows when it must.
///
/// When the buffer is too small, the host writes nothing and says how much it needs, so a second call always
/// suffices.
pub(crate) fn read_in(scratch: &mut Vec<u8>, call: impl Fn(&mut [u8]) -> i32) -> Result<&[u8], HostError> {
    if scratch.len() < FIRST_READ_BYTES {
        scratch.resize(FIRST_READ_BYTES, 0);
    }
    let mut length = answer(call(scratch))?;
    if length > scratch.len() {
        // The old contents are not needed: a new buffer is cheaper than one that grows by copying.
        *scratch = vec![0; length];
        length = answer(call(scratch))?;
    }
    Ok(&scratch[..length])
}

/// Reads the answer of `call` into a new buffer, for a value that the guest keeps.
pub(crate) fn read(call: impl Fn(&mut [u8]) -> i32) -> Result<Vec<u8>, HostError> {
    let mut bytes = Vec::new();
    let length = read_in(&mut bytes, call)?.len();
    bytes.truncate(length);
    Ok(bytes)
}

pub(crate) fn text(bytes: Vec<u8>) -> Result<String, HostError> {
    String::from_utf8(bytes).map_err(|_| HostError::InvalidUtf8)
}

/// The invocation's input.
pub fn input() -> Result<Vec<u8>, HostError> {
    read(host::get_input)
}

/// The invocation's input as text; [`HostError::InvalidUtf8`] when it is not UTF-8.
pub fn input_text() -> Result<String, HostError> {
    text(input()?)
}

/// Sets the invocation's output; the last call wins.
pub fn set_output(bytes: &[u8]) -> Result<(), HostError> {
    answer(host::set_output(bytes)).map(drop)
}

/// The DID whose signature authorised this invocation.
pub fn caller() -> Result<String, HostError> {
    text(read(host::get_caller_did)?)
}

/// The DID of the federation scope.
pub fn scope() -> Result<String, HostError> {
    text(read(host::get_scope_did)?)
}

/// Milliseconds since the Unix epoch, fixed for the whole invocation.
pub fn time_ms() -> i64 {
    host::get_time()
}

/// Fills `bytes` from recorded data: a replay gets the same bytes. Nobody knows them before the run, and they are
/// not secret.
pub fn random(bytes: &mut [u8]) -> Result<(), HostError> {
    answer(host::get_random(bytes)).map(drop)
}

/// How important a logged text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Level {
    /// Every step.
    Trace = 0,
    /// Helps to find a mistake.
    Debug = 1,
    /// An operator may want to know it.
    Info = 2,
    /// An operator should look at it.
    Warn = 3,
    /// Something went wrong.
    Error = 4,
}

/// Writes a text to the host's log, and its digest into the receipt.
pub fn log(level: Level, text: &str) -> Result<(), HostError> {
    answer(host::log(level as i32, text.as_bytes())).map(drop)
}
