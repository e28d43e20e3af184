//! One request to a server, within a time.

use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use super::connection::{Connection, Fault};

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

/// Posts a text to a path below a URL. The answer has so many bytes at most, and is here within this time, but for the
/// time that the system takes to find the host.
pub(crate) fn post(
    url: &HttpUrl,
    path: &str,
    body: &str,
    bytes_max: usize,
    time: Duration,
) -> Result<Answered, String> {
    let until = Instant::now() + time;
    let host = url.host.trim_matches(['[', ']']);
    let addresses = (host, url.port).to_socket_addrs().map_err(|error| format!("{}: {error}", url.host))?;
    let mut connection = connect(addresses, until)?;
    let head = format!(
        "POST {}{path} HTTP/1.1\r\nHost: {}:{}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        url.prefix,
        url.host,
        url.port,
        body.len()
    );
    let fail = |fault| match fault {
        Fault::Answer(_, why) => why.to_owned(),
        Fault::Gone(error) => error.to_string(),
    };
    let sent = connection.send(head.as_bytes()).and_then(|()| connection.send(body.as_bytes()));
    // A server that refuses early closes early, and has answered.
    let (status, fields) = loop {
        let (status, fields) = match (connection.answer_head(), &sent) {
            (Err(Fault::Gone(_)), Err(error)) => return Err(error.to_string()),
            (head, _) => head.map_err(fail)?,
        };
        // A word in between.
        if status >= 200 {
            break (status, fields);
        }
    };
    let body = connection.body(fields.framing, bytes_max).map_err(fail)?;
    let body = String::from_utf8(body).map_err(|_| "its answer is not UTF-8 text".to_owned())?;
    Ok(Answered { status, content_type: fields.content_type, body })
}

fn connect(addresses: impl Iterator<Item = SocketAddr>, until: Instant) -> Result<Connection, String> {
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
