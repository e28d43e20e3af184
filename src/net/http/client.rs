//! One request to a server, within a time: a text that is posted, or a file that is got.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use super::bounds::MESSAGE_TIME;
use super::connection::{Connection, Fault, Fields, Pour};

/// Where a server is: `http://host:port/prefix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpUrl {
    host: String,
    port: u16,
    /// Without a slash at its end.
    prefix: String,
}

/// Why a text is not a URL that can be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{url}: {why}: expected http://HOST, with :PORT and /PATH where needed")]
pub struct UrlError {
    url: String,
    why: &'static str,
}

impl HttpUrl {
    /// Reads a URL.
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        let fail = |why| UrlError { url: url.to_owned(), why };
        let rest = match url.split_once("://") {
            Some(("http", rest)) => rest,
            Some(("https", _)) => {
                return Err(fail("there is no TLS here; name a local forwarder of the server, which has it"));
            }
            _ => return Err(fail("not a URL")),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '"' | '<' | '>' | '\\');
        if !path.chars().all(is_plain) {
            return Err(fail("its path has something that a path has not"));
        }
        let (host, port) = match authority.rsplit_once(':') {
            // The colons of an address in brackets are its own.
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().map_err(|_| fail("its port is not a number up to 65535"))?)
            }
            _ => (authority, 80),
        };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let in_brackets = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_host = match in_brackets {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.is_empty() && host.chars().all(is_name),
        };
        if !is_host {
            return Err(fail("its host is none"));
        }
        Ok(Self { host: host.to_owned(), port, prefix: path.trim_end_matches('/').to_owned() })
    }
}

impl std::fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "http://{}:{}{}", self.host, self.port, self.prefix)
    }
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

/// Posts a text to a path below a URL. The answer has so many bytes at most, and is here within this time,
/// but for the time that the system takes to find the host.
pub(crate) fn post(
    url: &HttpUrl,
    path: &str,
    body: &str,
    bytes_max: usize,
    time: Duration,
) -> Result<Answered, String> {
    let mut connection = connect(url, time)?;
    let head = format!(
        "POST {}{path} HTTP/1.1\r\nHost: {}:{}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        url.prefix,
        url.host,
        url.port,
        body.len()
    );
    let (status, fields) = answer(&mut connection, &[&head, body])?;
    let body = connection.body(fields.framing, bytes_max).map_err(said)?;
    let body = String::from_utf8(body).map_err(|_| "its answer is not UTF-8 text".to_owned())?;
    Ok(Answered { status, content_type: fields.content_type, body })
}

/// Why a file was not got.
#[derive(Debug)]
pub(crate) enum GetError {
    /// No answer, or none of use.
    Answer(String),
    /// It is elsewhere.
    Moved(String),
    /// It is longer than what is taken.
    Long,
    /// Whoever takes it could not.
    Sink(std::io::Error),
}

/// Gets a file below a URL, and gives its bytes, so many at most, to `sink`; false when there is none.
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
            Err(GetError::Answer("it is sent compressed: expected the bytes as they are".into()))
        }
        200 => connection.pour(fields.framing, bytes_max, sink).map(|()| true).map_err(|error| match error {
            Pour::Fault(fault) => GetError::Answer(said(fault)),
            Pour::Long => GetError::Long,
            Pour::Sink(error) => GetError::Sink(error),
        }),
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
        // A server that refuses early closes early, and has answered.
        let (status, fields) = match (connection.answer_head(), &sent) {
            (Err(Fault::Gone(_)), Err(error)) => return Err(error.to_string()),
            (head, _) => head.map_err(said)?,
        };
        // Below it is a word in between.
        if status >= 200 {
            return Ok((status, fields));
        }
    }
}

fn said(fault: Fault) -> String {
    match fault {
        Fault::Answer(_, why) => why.to_owned(),
        Fault::Gone(error) => error.to_string(),
    }
}

fn connect(url: &HttpUrl, time: Duration) -> Result<Connection, String> {
    let until = Instant::now() + time;
    let host = url.host.trim_matches(['[', ']']);
    let addresses = (host, url.port).to_socket_addrs().map_err(|error| format!("{}: {error}", url.host))?;
    let mut last = "it has no address".to_owned();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_and_what_is_none_is_refused() {
        for (text, written) in [
            ("http://witness.example", "http://witness.example:80"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("http://[::1]:8080/a/b/", "http://[::1]:8080/a/b"),
            ("http://[::1]/a", "http://[::1]:80/a"),
        ] {
            assert_eq!(HttpUrl::parse(text).unwrap().to_string(), written);
        }
        for text in [
            "",
            "witness.example",
            "https://witness.example",
            "http://",
            "http:///a",
            "http://h:x",
            "http://h:70000",
            "http://h/a b",
            "http://h/a\r\nX: y",
            "http://u@h",
            "http://h?x",
            "http://[::1",
            "http://[x]",
        ] {
            assert!(HttpUrl::parse(text).is_err(), "{text}");
        }
    }
}
