//! Values of several fields, as bytes: a version in the first byte, then numbers and texts, one after the other. A
//! reader must read every field that was written: none is left out, and nothing follows the last one.
//!
//! ```
//! use icn_guest::record::{Reader, Writer};
//!
//! /// The guest's own number for a value that it did not write.
//! const STATE_UNREADABLE: i32 = 60;
//!
//! let bytes = Writer::new().number(7).text("ann").bytes();
//! let mut reader = Reader::new(&bytes, "member", STATE_UNREADABLE)?;
//! assert_eq!((reader.number()?, reader.text()?), (7, "ann"));
//! reader.end()?;
//! # Ok::<(), icn_guest::Failure>(())
//! ```

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use crate::failure::Failure;

/// The first byte of every value.
const VERSION: u8 = 1;
/// The longest text of a record, in bytes: the largest length that fits into 2 bytes.
const TEXT_BYTES_MAX: usize = u16::MAX as usize;

/// A value that is being written.
#[derive(Debug)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Begins with the version.
    pub fn new() -> Writer {
        Writer(vec![VERSION])
    }

    /// Adds a number of 8 bytes, little endian.
    pub fn number(mut self, value: i64) -> Writer {
        self.0.extend(value.to_le_bytes());
        self
    }

    /// Adds a text with its length, in bytes, as a number of 2 bytes.
    ///
    /// # Panics
    ///
    /// When the text has more than 65,535 bytes.
    pub fn text(mut self, text: &str) -> Writer {
        let bytes = text.len();
        assert!(bytes <= TEXT_BYTES_MAX, "a text of a record has at most 65535 bytes, not {bytes}");
        self.0.extend(&bytes.to_le_bytes()[..2]);
        self.0.extend(text.as_bytes());
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

/// A value that is being read. A value that cannot be read is refused with the guest's own number.
#[derive(Debug)]
pub struct Reader<'b> {
    rest: &'b [u8],
    what: &'static str,
    code: i32,
}

impl<'b> Reader<'b> {
    /// Checks the version. A refusal has the number `code`, not zero, and names the kind of value, `what`.
    pub fn new(bytes: &'b [u8], what: &'static str, code: i32) -> Result<Reader<'b>, Failure> {
        let mut reader = Reader { rest: bytes, what, code };
        if reader.take(1)? != [VERSION] {
            return Err(reader.unreadable());
        }
        Ok(reader)
    }

    /// The next field, a number.
    pub fn number(&mut self) -> Result<i64, Failure> {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(self.take(8)?);
        Ok(i64::from_le_bytes(bytes))
    }

    /// The next field, a text.
    pub fn text(&mut self) -> Result<&'b str, Failure> {
        let length = self.take(2)?;
        let bytes = self.take(usize::from(u16::from_le_bytes([length[0], length[1]])))?;
        core::str::from_utf8(bytes).map_err(|_| self.unreadable())
    }

    /// Ends the record: refuses bytes after the last field.
    pub fn end(self) -> Result<(), Failure> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.unreadable()) }
    }

    fn take(&mut self, count: usize) -> Result<&'b [u8], Failure> {
        let (head, rest) = self.rest.split_at_checked(count).ok_or_else(|| self.unreadable())?;
        self.rest = rest;
        Ok(head)
    }

    fn unreadable(&self) -> Failure {
        Failure::new(self.code, format!("the stored {} cannot be read", self.what))
    }
}
