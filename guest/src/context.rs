//! The invocation: its input and output, who calls, in which scope, when.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::failure::answer;
use crate::{HostError, host};

/// How much a read offers the host before it knows how much there is: most inputs, DIDs and keys fit, and
/// so cost one call.
const FIRST_READ_BYTES: usize = 512;

/// Reads what the host gives into `scratch`, which grows when it must; what was read is its beginning.
///
/// The host writes nothing when the buffer is too small and says how much it needs, so a second call always
/// suffices.
pub(crate) fn read_in(scratch: &mut Vec<u8>, call: impl Fn(&mut [u8]) -> i32) -> Result<&[u8], HostError> {
    if scratch.len() < FIRST_READ_BYTES {
        scratch.resize(FIRST_READ_BYTES, 0);
    }
    let mut length = answer(call(scratch))?;
    if length > scratch.len() {
        // No need to keep what the buffer held: a fresh one is not copied.
        *scratch = vec![0; length];
        length = answer(call(scratch))?;
    }
    Ok(&scratch[..length])
}

/// The same, for a value that the guest keeps.
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

/// The invocation's input as text; [`HostError::InvalidUtf8`] when it is none.
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

/// Fills `bytes` deterministically from recorded data: the same at replay, unknown before, and not secret.
pub fn random(bytes: &mut [u8]) -> Result<(), HostError> {
    answer(host::get_random(bytes)).map(drop)
}

/// How much a logged text matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i32)]
pub enum Level {
    /// Every step.
    Trace = 0,
    /// What helps to find a mistake.
    Debug = 1,
    /// What an operator may want to know.
    Info = 2,
    /// What an operator should look at.
    Warn = 3,
    /// What went wrong.
    Error = 4,
}

/// Writes a text to the host's log, and its digest into the receipt.
pub fn log(level: Level, text: &str) -> Result<(), HostError> {
    answer(host::log(level as i32, text.as_bytes())).map(drop)
}

/// Ends the invocation as `Aborted`, with a message; no effect, and the whole grant is charged.
///
/// For what should be impossible. What a caller can bring about is a [`Failure`](crate::Failure).
pub fn abort(message: &str) -> ! {
    host::abort(message.as_bytes())
}
