//! A connection: bytes in and out until a deadline, and the heads of messages. Nothing waits longer than the
//! deadline, and no head is longer than [`HEAD_BYTES_MAX`].

use std::io::{Error, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use super::bounds::{HEAD_BYTES_MAX, HEADERS_MAX, LINGER_READS, LINGER_TIME};
use super::message::{Fault, Fields, fields};

/// One side of a connection, of a client or a server.
pub(super) struct Connection {
    stream: TcpStream,
    /// Bytes that arrived and are not used yet.
    pub(super) buffer: Vec<u8>,
    pub(super) deadline: Instant,
}

impl Connection {
    /// A connection that has `time` for the first message.
    pub(super) fn new(stream: TcpStream, time: Duration) -> Self {
        Self { stream, buffer: Vec::new(), deadline: Instant::now() + time }
    }

    /// Moves the deadline to `time` from now.
    pub(super) fn allow(&mut self, time: Duration) {
        self.deadline = Instant::now() + time;
    }

    /// The time until the deadline, or an error after it.
    fn left(&self) -> std::io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(Error::new(ErrorKind::TimedOut, "it took too long")) } else { Ok(left) }
    }

    /// Waits for bytes, and says how many arrived; 0 when the other side has ended.
    pub(super) fn fill(&mut self) -> std::io::Result<usize> {
        let mut bytes = [0; 4096];
        loop {
            self.stream.set_read_timeout(Some(self.left()?))?;
            match self.stream.read(&mut bytes) {
                Ok(count) => {
                    self.buffer.extend_from_slice(&bytes[..count]);
                    return Ok(count);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // This is how the system reports a timeout.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Err(Error::new(ErrorKind::TimedOut, "it took too long"));
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits for bytes that the message still needs.
    pub(super) fn more(&mut self) -> Result<(), Fault> {
        match self.fill()? {
            0 => Err(Fault::Gone(Error::new(ErrorKind::UnexpectedEof, "the message ends before its end"))),
            _ => Ok(()),
        }
    }

    /// Whether no bytes wait to be used.
    pub(super) fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    pub(super) fn send(&mut self, mut bytes: &[u8]) -> std::io::Result<()> {
        while !bytes.is_empty() {
            self.stream.set_write_timeout(Some(self.left()?))?;
            match self.stream.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Ends this side, and reads for a while what the other side still sends. If a connection is closed while
    /// bytes are unread, the other side may lose the answer.
    pub(super) fn end(mut self) {
        self.allow(LINGER_TIME);
        if self.stream.shutdown(Shutdown::Write).is_err() {
            return;
        }
        for _ in 0..LINGER_READS {
            self.buffer.clear();
            if self.fill().unwrap_or(0) == 0 {
                return;
            }
        }
    }

    /// Reads a head. `parse` returns the head and its length in bytes, or `None` while the head is
    /// incomplete.
    pub(super) fn head<T>(
        &mut self,
        parse: impl Fn(&[u8]) -> Result<Option<(T, usize)>, Fault>,
    ) -> Result<T, Fault> {
        loop {
            if let Some((head, length)) = parse(&self.buffer)? {
                self.buffer.drain(..length);
                return Ok(head);
            }
            if self.buffer.len() > HEAD_BYTES_MAX {
                return Err(Fault::Answer(431, "the head of the message is too long"));
            }
            self.more()?;
        }
    }

    /// Reads a request's method, path and fields.
    pub(super) fn request_head(&mut self) -> Result<(String, String, Fields), Fault> {
        self.head(|bytes| {
            let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
            let mut head = httparse::Request::new(&mut headers);
            let parsed =
                head.parse(bytes).map_err(|_| Fault::Answer(400, "expected a request of HTTP/1.1"))?;
            let httparse::Status::Complete(length) = parsed else { return Ok(None) };
            let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
            let fields = fields(head.headers, head.version == Some(0))?;
            Ok(Some(((text(head.method), text(head.path), fields), length)))
        })
    }

    /// Reads an answer's status and fields.
    pub(super) fn answer_head(&mut self) -> Result<(u16, Fields), Fault> {
        self.head(|bytes| {
            let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
            let mut head = httparse::Response::new(&mut headers);
            let parsed =
                head.parse(bytes).map_err(|_| Fault::Answer(0, "its answer is not an answer of HTTP/1.1"))?;
            let httparse::Status::Complete(length) = parsed else { return Ok(None) };
            let fields = fields(head.headers, head.version == Some(0))?;
            Ok(Some(((head.code.unwrap_or_default(), fields), length)))
        })
    }
}
