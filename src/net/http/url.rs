//! Addresses of servers. Only plain http is supported.

/// The address of a server: `http://host:port/prefix`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpUrl {
    /// A name or an address; an IPv6 address is in brackets.
    pub(super) host: String,
    pub(super) port: u16,
    /// The path, without a slash at its end.
    pub(super) prefix: String,
}

/// Why a text is not the address of a server.
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
                return Err(fail(
                    "https is not supported; name a local proxy that speaks https to the server",
                ));
            }
            _ => return Err(fail("not a URL")),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '"' | '<' | '>' | '\\');
        if !path.chars().all(is_plain) {
            return Err(fail("its path has a character that is not allowed in a path"));
        }
        let (host, port) = match authority.rsplit_once(':') {
            // A colon inside brackets belongs to an IPv6 address.
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
            return Err(fail("its host is neither a name nor an address"));
        }
        Ok(Self { host: host.to_owned(), port, prefix: path.trim_end_matches('/').to_owned() })
    }
}

impl std::fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "http://{}:{}{}", self.host, self.port, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_read_and_other_text_is_refused() {
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
