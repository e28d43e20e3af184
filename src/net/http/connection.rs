//! A connection: bytes in and out until a deadline, heads and bodies of messages.

use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use super::bounds::{HEAD_BYTES_MAX, HEADERS_MAX, LINGER_READS, LINGER_TIME, MESSAGE_TIME};
use icn_core::limits::FETCH_BYTES_PER_SECOND_MIN;

/// How the end of a body is told (RFC 9112, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes.
    Length(usize),
    /// In chunks.
    Chunked,
    /// Nothing says so.
    Untold,
}

/// The fields of a head that matter here.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) framing: Framing,
    /// Whether the connection ends with this message.
    pub(super) closes: bool,
    /// Whether the sender waits for a word before it sends the body.
    pub(super) expects: bool,
    pub(super) content_type: String,
    /// Where else an answer says that it is.
    pub(super) location: String,
    /// Whether the body is compressed, say.
    pub(super) is_encoded: bool,
}

/// Why there is no message: a status and a word for whoever sent it, or nobody to tell.
#[derive(Debug)]
pub(super) enum Fault {
    Answer(u16, &'static str),
    Gone(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Gone(error)
    }
}

/// Both ends' side of a connection.
pub(super) struct Connection {
    stream: TcpStream,
    /// What came and was not taken yet.
    buffer: Vec<u8>,
    deadline: Instant,
}

impl Connection {
    pub(super) fn new(stream: TcpStream, time: Duration) -> Self {
        Self { stream, buffer: Vec::new(), deadline: Instant::now() + time }
    }

    /// From now on there is so much time.
    pub(super) fn allow(&mut self, time: Duration) {
        self.deadline = Instant::now() + time;
    }

    fn left(&self) -> Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(Error::new(ErrorKind::TimedOut, "it took too long")) } else { Ok(left) }
    }

    /// Waits for bytes; 0 when the other side has no more.
    pub(super) fn fill(&mut self) -> Result<usize> {
        let mut bytes = [0; 4096];
        loop {
            self.stream.set_read_timeout(Some(self.left()?))?;
            match self.stream.read(&mut bytes) {
                Ok(count) => {
                    self.buffer.extend_from_slice(&bytes[..count]);
                    return Ok(count);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // What a timeout is called on this system.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Err(Error::new(ErrorKind::TimedOut, "it took too long"));
                }
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    pub(super) fn send(&mut self, mut bytes: &[u8]) -> Result<()> {
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

    /// Ends this side, and takes what the other one still sends, for a while: a connection that is closed
    /// over bytes that nobody read may lose the answer too.
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

    fn more(&mut self) -> std::result::Result<(), Fault> {
        match self.fill()? {
            0 => Err(Fault::Gone(Error::new(ErrorKind::UnexpectedEof, "the message ends before its end"))),
            _ => Ok(()),
        }
    }

    /// Reads a head; `parse` gives what it has of it and its length, or nothing while it is not whole.
    fn head<T>(
        &mut self,
        parse: impl Fn(&[u8]) -> std::result::Result<Option<(T, usize)>, Fault>,
    ) -> std::result::Result<T, Fault> {
        loop {
            if let Some((head, length)) = parse(&self.buffer)? {
                self.buffer.drain(..length);
                return Ok(head);
            }
            if self.buffer.len() > HEAD_BYTES_MAX {
                return Err(Fault::Answer(431, "the head of the request is too long"));
            }
            self.more()?;
        }
    }

    /// A request's method, path and fields.
    pub(super) fn request_head(&mut self) -> std::result::Result<(String, String, Fields), Fault> {
        self.head(|bytes| {
            let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
            let mut head = httparse::Request::new(&mut headers);
            let parsed =
                head.parse(bytes).map_err(|_| Fault::Answer(400, "this is not a request of HTTP/1.1"))?;
            let httparse::Status::Complete(length) = parsed else { return Ok(None) };
            let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
            let fields = fields(head.headers, head.version == Some(0))?;
            Ok(Some(((text(head.method), text(head.path), fields), length)))
        })
    }

    /// An answer's status and fields.
    pub(super) fn answer_head(&mut self) -> std::result::Result<(u16, Fields), Fault> {
        self.head(|bytes| {
            let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
            let mut head = httparse::Response::new(&mut headers);
            let parsed =
                head.parse(bytes).map_err(|_| Fault::Answer(0, "its answer is not one of HTTP/1.1"))?;
            let httparse::Status::Complete(length) = parsed else { return Ok(None) };
            let fields = fields(head.headers, head.version == Some(0))?;
            Ok(Some(((head.code.unwrap_or_default(), fields), length)))
        })
    }

    /// A body of so many bytes at most; of one whose end is not told, all until the other side ends.
    pub(super) fn body(&mut self, framing: Framing, max: usize) -> std::result::Result<Vec<u8>, Fault> {
        let long = Fault::Answer(413, "the body is too long");
        match framing {
            Framing::Length(length) if length > max => Err(long),
            Framing::Length(length) => self.take(length),
            Framing::Untold => {
                while self.buffer.len() <= max {
                    if self.fill()? == 0 {
                        return Ok(std::mem::take(&mut self.buffer));
                    }
                }
                Err(long)
            }
            Framing::Chunked => self.chunks(max),
        }
    }

    /// A body of so many bytes at most, given piece by piece to `sink`. As long as it comes fast enough it
    /// may take longer than one message may.
    pub(super) fn pour(
        &mut self,
        framing: Framing,
        max: u64,
        sink: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> std::result::Result<(), Pour> {
        let mut pour = Pouring { begun: Instant::now(), came: 0, sink };
        match framing {
            Framing::Length(length) if length as u64 > max => Err(Pour::Long),
            Framing::Length(length) => pour.exactly(self, length as u64),
            Framing::Untold => loop {
                pour.some(self, u64::MAX)?;
                if pour.came > max {
                    return Err(Pour::Long);
                }
                if self.fill().map_err(Fault::from)? == 0 {
                    return Ok(());
                }
            },
            Framing::Chunked => loop {
                match self.chunk_size()? {
                    0 => return Ok(self.line_break()?),
                    size if size <= max - pour.came => {
                        pour.exactly(self, size)?;
                        self.line_break()?;
                    }
                    _ => return Err(Pour::Long),
                }
            },
        }
    }

    fn take(&mut self, length: usize) -> std::result::Result<Vec<u8>, Fault> {
        while self.buffer.len() < length {
            self.more()?;
        }
        let rest = self.buffer.split_off(length);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    fn line_break(&mut self) -> std::result::Result<(), Fault> {
        if self.take(2)? == b"\r\n" {
            Ok(())
        } else {
            Err(Fault::Answer(400, "a chunk of the body is not one"))
        }
    }

    fn chunk_size(&mut self) -> std::result::Result<u64, Fault> {
        self.head(|bytes| match httparse::parse_chunk_size(bytes) {
            Ok(httparse::Status::Complete((length, size))) => Ok(Some((size, length))),
            Ok(httparse::Status::Partial) => Ok(None),
            Err(_) => Err(Fault::Answer(400, "a chunk of the body is not one")),
        })
    }

    /// The chunks of a body (RFC 9112, section 7.1). Fields behind them are not taken.
    fn chunks(&mut self, max: usize) -> std::result::Result<Vec<u8>, Fault> {
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
                _ => return Err(Fault::Answer(413, "the body is too long")),
            }
        }
    }
}

/// Why a body was not given on.
pub(super) enum Pour {
    /// The connection's word.
    Fault(Fault),
    /// More than is taken.
    Long,
    /// That of whoever takes it.
    Sink(Error),
}

impl From<Fault> for Pour {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// A body that is given on as it comes.
struct Pouring<'a> {
    begun: Instant,
    came: u64,
    sink: &'a mut dyn FnMut(&[u8]) -> Result<()>,
}

impl Pouring<'_> {
    /// Gives on what is there, so many bytes at most.
    fn some(&mut self, connection: &mut Connection, most: u64) -> std::result::Result<u64, Pour> {
        let count = connection.buffer.len().min(usize::try_from(most).unwrap_or(usize::MAX));
        (self.sink)(&connection.buffer[..count]).map_err(Pour::Sink)?;
        connection.buffer.drain(..count);
        self.came += count as u64;
        let earned = Duration::from_secs(self.came / FETCH_BYTES_PER_SECOND_MIN);
        connection.deadline = self.begun + MESSAGE_TIME + earned;
        Ok(count as u64)
    }

    fn exactly(&mut self, connection: &mut Connection, mut length: u64) -> std::result::Result<(), Pour> {
        loop {
            length -= self.some(connection, length)?;
            if length == 0 {
                return Ok(());
            }
            connection.more()?;
        }
    }
}

/// What a head's fields say. Whatever two readers could understand in two ways is refused.
fn fields(headers: &[httparse::Header<'_>], is_http_10: bool) -> std::result::Result<Fields, Fault> {
    let mut fields = Fields {
        framing: Framing::Untold,
        closes: is_http_10,
        expects: false,
        content_type: String::new(),
        location: String::new(),
        is_encoded: false,
    };
    let unclear = Fault::Answer(400, "the length of the body is told in two ways, or in none that is known");
    for header in headers {
        let value = std::str::from_utf8(header.value).unwrap_or_default().trim();
        let framing = if header.name.eq_ignore_ascii_case("content-length") {
            let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            // Longer than any that is taken, if it is no number that fits.
            is_number.then(|| Framing::Length(value.parse().unwrap_or(usize::MAX)))
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            (value.eq_ignore_ascii_case("chunked") && !is_http_10).then_some(Framing::Chunked)
        } else {
            if header.name.eq_ignore_ascii_case("connection") {
                fields.closes |= value.split(',').any(|word| word.trim().eq_ignore_ascii_case("close"));
            } else if header.name.eq_ignore_ascii_case("expect") {
                fields.expects = value.eq_ignore_ascii_case("100-continue");
            } else if header.name.eq_ignore_ascii_case("content-type") {
                fields.content_type = value.to_owned();
            } else if header.name.eq_ignore_ascii_case("location") {
                fields.location = value.to_owned();
            } else if header.name.eq_ignore_ascii_case("content-encoding") {
                fields.is_encoded |= !value.eq_ignore_ascii_case("identity");
            }
            continue;
        };
        match (fields.framing, framing) {
            (Framing::Untold, Some(framing)) => fields.framing = framing,
            _ => return Err(unclear),
        }
    }
    Ok(fields)
}
