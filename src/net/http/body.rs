//! Bodies of messages. A small body is returned whole; a large one is passed on piece by piece. No more bytes
//! are accepted than the caller allows, and trailer fields after chunks are refused.

use std::io::Error;
use std::time::{Duration, Instant};

use icn_core::limits::FETCH_BYTES_PER_SECOND_MIN;

use super::bounds::MESSAGE_TIME;
use super::connection::Connection;
use super::message::{Fault, Framing};

const TOO_LONG: Fault = Fault::Answer(413, "the body is too long");
const BAD_CHUNK: Fault = Fault::Answer(400, "a chunk of the body is malformed");

impl Connection {
    /// Reads a body of at most `max` bytes. If its end is not known, it reads until the other side ends.
    pub(super) fn body(&mut self, framing: Framing, max: usize) -> Result<Vec<u8>, Fault> {
        match framing {
            Framing::Length(length) if length > max => Err(TOO_LONG),
            Framing::Length(length) => self.take(length),
            Framing::Unknown => {
                while self.buffer.len() <= max {
                    if self.fill()? == 0 {
                        return Ok(std::mem::take(&mut self.buffer));
                    }
                }
                Err(TOO_LONG)
            }
            Framing::Chunked => self.chunks(max),
        }
    }

    /// Reads a body of at most `max` bytes, and gives each piece to `sink`. It may take longer than
    /// [`MESSAGE_TIME`], as long as [`FETCH_BYTES_PER_SECOND_MIN`] bytes arrive each second.
    pub(super) fn stream(
        &mut self,
        framing: Framing,
        max: u64,
        sink: &mut dyn FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<(), StreamError> {
        let mut stream = Stream { begun: Instant::now(), received: 0, sink };
        match framing {
            Framing::Length(length) if length as u64 > max => Err(StreamError::Long),
            Framing::Length(length) => stream.pass_exactly(self, length as u64),
            Framing::Unknown => loop {
                stream.pass_some(self, u64::MAX)?;
                if stream.received > max {
                    return Err(StreamError::Long);
                }
                if self.fill().map_err(Fault::from)? == 0 {
                    return Ok(());
                }
            },
            Framing::Chunked => loop {
                match self.chunk_size()? {
                    0 => return Ok(self.line_break()?),
                    size if size <= max - stream.received => {
                        stream.pass_exactly(self, size)?;
                        self.line_break()?;
                    }
                    _ => return Err(StreamError::Long),
                }
            },
        }
    }

    /// The next `length` bytes.
    fn take(&mut self, length: usize) -> Result<Vec<u8>, Fault> {
        while self.buffer.len() < length {
            self.more()?;
        }
        let rest = self.buffer.split_off(length);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    fn line_break(&mut self) -> Result<(), Fault> {
        if self.take(2)? == b"\r\n" { Ok(()) } else { Err(BAD_CHUNK) }
    }

    fn chunk_size(&mut self) -> Result<u64, Fault> {
        self.head(|bytes| match httparse::parse_chunk_size(bytes) {
            Ok(httparse::Status::Complete((length, size))) => Ok(Some((size, length))),
            Ok(httparse::Status::Partial) => Ok(None),
            Err(_) => Err(BAD_CHUNK),
        })
    }

    /// The chunks of a body (RFC 9112, section 7.1).
    fn chunks(&mut self, max: usize) -> Result<Vec<u8>, Fault> {
        let mut body = Vec::new();
        loop {
            let size = self.chunk_size()?;
            let room = (max - body.len()) as u64;
            match usize::try_from(size) {
                Ok(0) => {
                    self.line_break()?;
                    return Ok(body);
                }
                Ok(size) if size as u64 <= room => {
                    body.extend(self.take(size)?);
                    self.line_break()?;
                }
                _ => return Err(TOO_LONG),
            }
        }
    }
}

/// Why a body was not passed on to its end.
pub(super) enum StreamError {
    /// The message is wrong, or the connection failed.
    Fault(Fault),
    /// The body has more bytes than the caller allows.
    Long,
    /// The receiver of the bytes failed.
    Sink(Error),
}

impl From<Fault> for StreamError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// A body that is passed on while it arrives.
struct Stream<'a> {
    begun: Instant,
    /// Bytes that were passed on.
    received: u64,
    sink: &'a mut dyn FnMut(&[u8]) -> std::io::Result<()>,
}

impl Stream<'_> {
    /// Passes on the bytes that are here, at most `max`, and says how many. Each byte moves the deadline.
    fn pass_some(&mut self, connection: &mut Connection, max: u64) -> Result<u64, StreamError> {
        let count = connection.buffer.len().min(usize::try_from(max).unwrap_or(usize::MAX));
        (self.sink)(&connection.buffer[..count]).map_err(StreamError::Sink)?;
        connection.buffer.drain(..count);
        self.received += count as u64;
        let earned = Duration::from_secs(self.received / FETCH_BYTES_PER_SECOND_MIN);
        connection.deadline = self.begun + MESSAGE_TIME + earned;
        Ok(count as u64)
    }

    fn pass_exactly(&mut self, connection: &mut Connection, mut length: u64) -> Result<(), StreamError> {
        loop {
            length -= self.pass_some(connection, length)?;
            if length == 0 {
                return Ok(());
            }
            connection.more()?;
        }
    }
}
