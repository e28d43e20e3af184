//! One request to a server, within a time: a text is posted, or a file is fetched. Redirects are not
//! followed.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use super::body::StreamError;
use super::bounds::MESSAGE_TIME;
use super::connection::Connection;
use super::message::{Fault, Fields};
use super::url::HttpUrl;

/// The answer of a server.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

/// Posts a text to a path below a URL. The answer has at most `bytes_max` bytes. It arrives within `time`,
/// not counting the time in which the system looks up the host.
pub(crate) fn post(
    url: &HttpUrl,
    path: &str,
    body: &str,
    bytes_max: usize,
    time: Duration,
) -> Result<Answered, String> {
    let mut connection = connect(url, time)?;
    let head = format!(
        "POST {}{path} HTTP/1.1\r\nHost: {}:{}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        url.prefix,
        url.host,
        url.port,
        body.len()
    );
    let (status, fields) = answer(&mut connection, &[&head, body])?;
    let body = connection.body(fields.framing, bytes_max).map_err(message_of)?;
    let body = String::from_utf8(body).map_err(|_| "its answer is not UTF-8 text".to_owned())?;
    Ok(Answered { status, content_type: fields.content_type, body })
}

/// Why a file was not fetched.
#[derive(Debug)]
pub(crate) enum GetError {
    /// There is no answer, or the answer is no use.
    Answer(String),
    /// The server redirects to this address.
    Moved(String),
    /// The file has more bytes than the caller allows.
    Long,
    /// The receiver of the bytes failed.
    Sink(std::io::Error),
}

/// Fetches a file below a URL, at most `bytes_max` bytes, and gives its bytes to `sink`. False when there is
/// no such file.
pub(crate) fn get(
    url: &HttpUrl,
    path: &str,
    bytes_max: u64,
    sink: &mut dyn FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<bool, GetError> {
    let mut connection = connect(url, MESSAGE_TIME).map_err(GetError::Answer)?;
    let head = format!(
        "GET {}{path} HTTP/1.1\r\nHost: {}:{}\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n",
        url.prefix, url.host, url.port
    );
    let (status, fields) = answer(&mut connection, &[&head]).map_err(GetError::Answer)?;
    match status {
        200 if fields.is_encoded => {
            Err(GetError::Answer("it is sent compressed: expected no Content-Encoding".into()))
        }
        200 => {
            connection.stream(fields.framing, bytes_max, sink).map(|()| true).map_err(|error| match error {
                StreamError::Fault(fault) => GetError::Answer(message_of(fault)),
                StreamError::Long => GetError::Long,
                StreamError::Sink(error) => GetError::Sink(error),
            })
        }
        404 | 410 => Ok(false),
        300..400 => {
            Err(GetError::Moved(fields.location.chars().filter(|c| !c.is_control()).take(200).collect()))
        }
        _ => Err(GetError::Answer(format!("status {status}, expected 200"))),
    }
}

/// Sends a request, and reads the head of its answer.
fn answer(connection: &mut Connection, parts: &[&str]) -> Result<(u16, Fields), String> {
    let sent = parts.iter().try_for_each(|part| connection.send(part.as_bytes()));
    loop {
        // A server that refuses a request may close before all is sent. Its answer counts.
        let (status, fields) = match (connection.answer_head(), &sent) {
            (Err(Fault::Gone(_)), Err(error)) => return Err(error.to_string()),
            (head, _) => head.map_err(message_of)?,
        };
        // Other statuses are informational, and the final answer follows.
        if status >= 200 {
            return Ok((status, fields));
        }
    }
}

fn message_of(fault: Fault) -> String {
    match fault {
        Fault::Answer(_, why) => why.to_owned(),
        Fault::Gone(error) => error.to_string(),
    }
}

fn connect(url: &HttpUrl, time: Duration) -> Result<Connection, String> {
    let until = Instant::now() + time;
    let host = url.host.trim_matches(['[', ']']);
    let addresses = (host, url.port).to_socket_addrs().map_err(|error| format!("{}: {error}", url.host))?;
    let mut last = "the host has no address".to_owned();
    for address in addresses {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        match TcpStream::connect_timeout(&address, left) {
            Ok(stream) => {
                return Ok(Connection::new(stream, until.saturating_duration_since(Instant::now())));
            }
            Err(error) => last = format!("{address}: {error}"),
        }
    }
    Err(last)
}
