//! How values are written and read: a version, numbers, texts, one after the other.

use alloc::vec;
use alloc::vec::Vec;
use icn_guest::Failure;

use crate::refusal::{STATE_UNREADABLE, refuse};

const VERSION: u8 = 1;

/// A value that is being written.
#[derive(Debug)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Begins with the version.
    pub fn new() -> Writer {
        Writer(vec![VERSION])
    }

    /// A number of 8 bytes.
    pub fn number(mut self, value: i64) -> Writer {
        self.0.extend(value.to_le_bytes());
        self
    }

    /// A text with its length, which the host bounds far below 16 bits.
    pub fn text(mut self, text: &str) -> Writer {
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        self.0.extend(length.to_le_bytes());
        self.0.extend(&text.as_bytes()[..usize::from(length)]);
        self
    }

    /// The value's bytes.
    pub fn bytes(self) -> Vec<u8> {
        self.0
    }
}

impl Default for Writer {
    fn default() -> Writer {
        Writer::new()
    }
}

/// A value that is being read.
#[derive(Debug)]
pub struct Reader<'b> {
    rest: &'b [u8],
    what: &'static str,
}

impl<'b> Reader<'b> {
    /// Checks the version; `what` is named by refusals.
    pub fn new(bytes: &'b [u8], what: &'static str) -> Result<Reader<'b>, Failure> {
        let mut reader = Reader { rest: bytes, what };
        if reader.take(1)? != [VERSION] {
            return Err(reader.unreadable());
        }
        Ok(reader)
    }

    /// A number of 8 bytes.
    pub fn number(&mut self) -> Result<i64, Failure> {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(self.take(8)?);
        Ok(i64::from_le_bytes(bytes))
    }

    /// A text.
    pub fn text(&mut self) -> Result<&'b str, Failure> {
        let length = self.take(2)?;
        let bytes = self.take(usize::from(u16::from_le_bytes([length[0], length[1]])))?;
        core::str::from_utf8(bytes).map_err(|_| self.unreadable())
    }

    /// Nothing may follow.
    pub fn end(self) -> Result<(), Failure> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.unreadable()) }
    }

    fn take(&mut self, count: usize) -> Result<&'b [u8], Failure> {
        let (head, rest) = self.rest.split_at_checked(count).ok_or_else(|| self.unreadable())?;
        self.rest = rest;
        Ok(head)
    }

    fn unreadable(&self) -> Failure {
        refuse(STATE_UNREADABLE, format_args!("the stored {} cannot be read", self.what))
    }
}
