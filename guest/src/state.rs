//! The values that this module keeps in this scope; needs the capability `state`.
//!
//! Memory is never freed while a call runs. To read many values, use one buffer again and again with [`get_in`], and
//! walk keys with [`Keys`], which does the same.

use alloc::vec::Vec;

use crate::context::{read, read_in};
use crate::results::answer;
use crate::{failure::HostError, host};

/// Turns [`HostError::NotFound`] into `None`.
fn optional<T>(result: Result<T, HostError>) -> Result<Option<T>, HostError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(HostError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A value; `None` when the key has none. An empty value is a value.
pub fn get(key: &[u8]) -> Result<Option<Vec<u8>>, HostError> {
    optional(read(|out| host::get_value(key, out)))
}

/// A value, read into `scratch` without allocating while it fits. What `scratch` held is lost.
///
/// A first call with a `scratch` of the expected length costs one call of the host, any other two.
pub fn get_in<'s>(key: &[u8], scratch: &'s mut Vec<u8>) -> Result<Option<&'s [u8]>, HostError> {
    optional(read_in(scratch, |out| host::get_value(key, out)))
}

/// Whether the key has a value, without reading it.
pub fn contains(key: &[u8]) -> Result<bool, HostError> {
    optional(answer(host::get_value(key, &mut []))).map(|length| length.is_some())
}

/// Sets a value; charged as storage.
pub fn set(key: &[u8], value: &[u8]) -> Result<(), HostError> {
    answer(host::set_value(key, value)).map(drop)
}

/// Deletes a value; its storage is refunded.
pub fn delete(key: &[u8]) -> Result<(), HostError> {
    answer(host::delete_value(key)).map(drop)
}

/// The keys that begin with `prefix`, in the order of their bytes.
pub fn keys(prefix: &[u8]) -> Keys<'_> {
    Keys { prefix, current: Vec::new(), length: 0, next: Vec::new() }
}

/// A walk over keys, by [`keys`]. It holds two buffers, whatever the number of keys.
#[derive(Debug)]
pub struct Keys<'p> {
    prefix: &'p [u8],
    current: Vec<u8>,
    length: usize,
    next: Vec<u8>,
}

impl Keys<'_> {
    /// The next key; `None` after the last one.
    pub fn next_key(&mut self) -> Result<Option<&[u8]>, HostError> {
        let (prefix, after) = (self.prefix, &self.current[..self.length]);
        let read = read_in(&mut self.next, |out| host::scan_keys(prefix, after, out));
        let Some(length) = optional(read.map(<[u8]>::len))? else { return Ok(None) };
        core::mem::swap(&mut self.current, &mut self.next);
        self.length = length;
        Ok(Some(&self.current[..length]))
    }
}
