//! The parts of a message that matter here, and how the fields of a head are read (RFC 9112).
//!
//! Two programs must never understand one head in two ways, so a head that is unclear is refused.

use std::io::Error;

/// How the end of a body is found (RFC 9112, section 6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// After this many bytes.
    Length(usize),
    /// After the last chunk.
    Chunked,
    /// The head does not say.
    Unknown,
}

/// The fields of a head that matter here.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) framing: Framing,
    /// Whether the connection ends after this message.
    pub(super) closes: bool,
    /// Whether the sender waits for `100 Continue` before it sends the body.
    pub(super) expects: bool,
    pub(super) content_type: String,
    /// The address to which an answer redirects; empty when there is none.
    pub(super) location: String,
    /// Whether the body is encoded, for example compressed.
    pub(super) is_encoded: bool,
}

/// Why there is no message.
#[derive(Debug)]
pub(super) enum Fault {
    /// The message is wrong: the status to answer with, and why.
    Answer(u16, &'static str),
    /// The connection failed.
    Gone(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Gone(error)
    }
}

/// Reads the fields of a head. A length that is stated twice, or in an unknown way, is refused.
pub(super) fn fields(headers: &[httparse::Header<'_>], is_http_10: bool) -> Result<Fields, Fault> {
    let mut fields = Fields {
        framing: Framing::Unknown,
        closes: is_http_10,
        expects: false,
        content_type: String::new(),
        location: String::new(),
        is_encoded: false,
    };
    for header in headers {
        let value = std::str::from_utf8(header.value).unwrap_or_default().trim();
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        if is("content-length") || is("transfer-encoding") {
            let framing = if is("content-length") { length(value) } else { encoding(value, is_http_10) };
            match (fields.framing, framing) {
                (Framing::Unknown, Some(framing)) => fields.framing = framing,
                _ => {
                    let why = "the head states the length of the body twice, or in a way that is not known";
                    return Err(Fault::Answer(400, why));
                }
            }
        } else if is("connection") {
            fields.closes |= value.split(',').any(|word| word.trim().eq_ignore_ascii_case("close"));
        } else if is("expect") {
            fields.expects = value.eq_ignore_ascii_case("100-continue");
        } else if is("content-type") {
            fields.content_type = value.to_owned();
        } else if is("location") {
            fields.location = value.to_owned();
        } else if is("content-encoding") {
            fields.is_encoded |= !value.eq_ignore_ascii_case("identity");
        }
    }
    Ok(fields)
}

/// The value of Content-Length. A number that is too large for this machine is longer than any body that is
/// accepted.
fn length(value: &str) -> Option<Framing> {
    let is_number = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| Framing::Length(value.parse().unwrap_or(usize::MAX)))
}

/// The value of Transfer-Encoding. HTTP/1.0 has no chunks.
fn encoding(value: &str, is_http_10: bool) -> Option<Framing> {
    (value.eq_ignore_ascii_case("chunked") && !is_http_10).then_some(Framing::Chunked)
}
