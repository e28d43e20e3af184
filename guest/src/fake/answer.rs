//! How the fake host encodes an answer, and how it reads a text.

use std::borrow::ToOwned;
use std::string::String;

use crate::failure::HostError;

pub(super) fn code(result: Result<(), HostError>) -> i32 {
    result.map_or_else(HostError::code, |()| 0)
}

/// The convention of outputs: nothing is written when it does not fit.
pub(super) fn put(bytes: &[u8], out: &mut [u8]) -> i32 {
    if let Some(room) = out.get_mut(..bytes.len()) {
        room.copy_from_slice(bytes);
    }
    i32::try_from(bytes.len()).unwrap_or(HostError::TooLarge.code())
}

pub(super) fn put_or_absent(bytes: Option<&[u8]>, out: &mut [u8]) -> i32 {
    bytes.map_or(HostError::NotFound.code(), |bytes| put(bytes, out))
}

pub(super) fn text(bytes: &[u8]) -> Result<String, HostError> {
    core::str::from_utf8(bytes).map(ToOwned::to_owned).map_err(|_| HostError::InvalidUtf8)
}
