//! A server. Each connection has a thread, and there are at most [`CONNECTIONS_MAX`] of them. A function of
//! method, path and body gives the answers.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam::channel::{Receiver, Sender, bounded};

use super::bounds::{CONNECTIONS_MAX, IDLE_TIME, MESSAGE_TIME, REQUESTS_MAX};
use super::connection::Connection;
use super::message::{Fault, Framing};

/// A complete request.
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
}

/// An answer.
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
    /// The method that the path allows, when the request has another one.
    pub(crate) allow: Option<&'static str>,
}

impl Response {
    pub(crate) fn text(status: u16, why: &str) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: format!("{why}\n"), allow: None }
    }
}

/// How requests are answered.
pub(crate) struct Service {
    /// The most bytes in the body of a request.
    pub(crate) body_bytes_max: usize,
    /// Gives the answer.
    pub(crate) answer: Box<dyn Fn(&Request) -> Response + Send + Sync>,
}

/// A server that runs until it is stopped.
pub(crate) struct Server {
    address: SocketAddr,
    stop: Sender<()>,
    accepts: JoinHandle<()>,
    /// A bounded channel that holds one unit for each open connection.
    places: (Sender<()>, Receiver<()>),
}

impl Server {
    /// Starts to answer the requests that arrive at this socket.
    pub(crate) fn start(listener: TcpListener, service: Service) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (stop, stopped) = bounded(1);
        let places = bounded(CONNECTIONS_MAX);
        let taken = places.clone();
        let accepts = std::thread::Builder::new().name("icn-http".into()).spawn(move || {
            accept(&listener, &Arc::new(service), &stopped, &taken);
        })?;
        Ok(Self { address, stop, accepts, places })
    }

    /// The address where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more connections. Waits for the open ones, at most [`MESSAGE_TIME`].
    pub(crate) fn stop(self) {
        let _ = self.stop.send(());
        // The thread waits for a connection. This one wakes it.
        let mut address = self.address;
        match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        let woken = TcpStream::connect_timeout(&address, Duration::from_secs(1));
        if woken.is_ok() {
            let _ = self.accepts.join();
        }
        let until = Instant::now() + MESSAGE_TIME;
        for _ in 0..CONNECTIONS_MAX {
            if self.places.0.send_deadline((), until).is_err() {
                return;
            }
        }
    }
}

fn accept(
    listener: &TcpListener,
    service: &Arc<Service>,
    stopped: &Receiver<()>,
    (take, free): &(Sender<()>, Receiver<()>),
) {
    loop {
        let accepted = listener.accept();
        if stopped.try_recv().is_ok() {
            return;
        }
        let Ok((stream, _)) = accepted else {
            // The process may have no free file descriptor. Some are freed when other connections end.
            std::thread::sleep(Duration::from_millis(50));
            continue;
        };
        if take.try_send(()).is_err() {
            let mut connection = Connection::new(stream, Duration::from_millis(100));
            // It waits only shortly, because other connections arrive.
            let _ =
                send(&mut connection, &Response::text(503, "too many connections: try again later"), true);
            continue;
        }
        let (service, place) = (Arc::clone(service), Place(free.clone()));
        // If no thread can be started, dropping the closure frees the place.
        let _ = std::thread::Builder::new().name("icn-http".into()).spawn(move || {
            let _place = place;
            let _ = serve(Connection::new(stream, IDLE_TIME), &service);
        });
    }
}

/// The place of one open connection. Dropping it frees the place.
struct Place(Receiver<()>);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = self.0.try_recv();
    }
}

/// Answers the requests of a connection, one after the other.
fn serve(mut connection: Connection, service: &Service) -> io::Result<()> {
    for _ in 0..REQUESTS_MAX {
        connection.allow(IDLE_TIME);
        if connection.is_empty() && connection.fill()? == 0 {
            break;
        }
        connection.allow(MESSAGE_TIME);
        let (response, closes) = match read(&mut connection, service) {
            Ok((request, closes)) => ((service.answer)(&request), closes),
            // It is unknown where the next request begins, so the connection ends.
            Err(Fault::Answer(status, why)) => (Response::text(status, why), true),
            Err(Fault::Gone(error)) => return Err(error),
        };
        connection.allow(MESSAGE_TIME);
        send(&mut connection, &response, closes)?;
        if closes {
            break;
        }
    }
    connection.end();
    Ok(())
}

fn read(connection: &mut Connection, service: &Service) -> Result<(Request, bool), Fault> {
    let (method, path, fields) = connection.request_head()?;
    let framing = match fields.framing {
        Framing::Unknown if matches!(method.as_str(), "GET" | "HEAD") => Framing::Length(0),
        Framing::Unknown => return Err(Fault::Answer(411, "the request does not say how long its body is")),
        framing => framing,
    };
    if fields.expects && matches!(framing, Framing::Length(length) if length > service.body_bytes_max) {
        return Err(Fault::Answer(413, "the body is too long"));
    }
    if fields.expects {
        connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    let body = connection.body(framing, service.body_bytes_max)?;
    Ok((Request { method, path, body }, fields.closes))
}

fn send(connection: &mut Connection, response: &Response, closes: bool) -> io::Result<()> {
    let Response { status, content_type, body, allow } = response;
    let allow = allow.map_or_else(String::new, |allow| format!("Allow: {allow}\r\n"));
    let connection_is = if closes { "close" } else { "keep-alive" };
    let text = format!(
        "HTTP/1.1 {status} {}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n{allow}\
         Connection: {connection_is}\r\n\r\n{body}",
        reason(*status),
        body.len()
    );
    connection.send(text.as_bytes())
}

const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        411 => "Length Required",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    }
}
