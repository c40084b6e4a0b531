//! The `Http` port over hyper and rustls, with the instance's connections kept between invocations.
//!
//! A request whose address a caller named ([`PublicOnly`]) goes through a client of its own, whose resolver
//! knows public addresses only: what it found is what is connected to. The instance's own services (its runtime
//! API among them) and a private network that the function may be part of are out of reach.

use crate::platform::Platform;
use bytes::Bytes;
use http::header::ACCEPT_ENCODING;
use http::{HeaderValue, Request, Response, Uri};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming as HyperBody;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use hyper_util::client::legacy::{Client as HyperClient, Error};
use hyper_util::rt::TokioExecutor;
use std::fmt;
use std::io;
use std::iter::successors;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use std::vec;
use tollbridge_core::media::is_public;
use tollbridge_core::payload::Payload;
use tollbridge_core::ports::{Http, HttpError, PublicOnly};
use tollbridge_decode::{Decoded, identity};
use tower_service::Service;

/// For connections to Amazon's services, before there are settings.
const CONNECT: Duration = Duration::from_secs(10);

/// Shorter than the load balancers of providers keep a silent connection; a frozen instance wakes to dead ones.
const IDLE: Duration = Duration::from_secs(30);

type Client = HyperClient<HttpsConnector<HttpConnector<Resolver>>, Payload>;

/// The instance's connections. A clone shares them.
#[derive(Clone)]
pub struct Connections {
    /// To providers and to Amazon's services.
    any: Client,
    /// To addresses that callers name.
    public: Client,
}

impl Connections {
    /// No connection yet. Those that are made have `connect`: for the name, the connection and every address
    /// tried.
    pub fn within(connect: Duration) -> Self {
        Self { any: client(connect, false), public: client(connect, true) }
    }

    /// No connection yet, and ten seconds for each.
    pub fn new() -> Self {
        Self::within(CONNECT)
    }

    /// Sends a request once, as it is.
    pub(crate) async fn send(&self, request: Request<Payload>) -> Result<Response<Incoming>, HttpError> {
        let public_only = request.extensions().get::<PublicOnly>().is_some();
        if public_only && is_private_literal(request.uri()) {
            return Err(HttpError::Refused);
        }
        let client = if public_only { &self.public } else { &self.any };
        let response = client.request(request).await.map_err(|error| failure(&error))?;
        Ok(response.map(Incoming))
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Connections").finish_non_exhaustive()
    }
}

impl Default for Connections {
    fn default() -> Self {
        Self::new()
    }
}

fn client(connect: Duration, public_only: bool) -> Client {
    let mut connector =
        HttpConnector::new_with_resolver(Resolver { system: GaiResolver::new(), public_only });
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(connect));
    let connector = HttpsConnectorBuilder::new()
        .with_webpki_roots()
        .https_or_http()
        .enable_all_versions()
        .wrap_connector(connector);
    HyperClient::builder(TokioExecutor::new()).pool_idle_timeout(IDLE).build(connector)
}

/// The system's resolver; for addresses that callers name, a name that leads anywhere else than to the public
/// internet has no address.
#[derive(Clone)]
struct Resolver {
    system: GaiResolver,
    public_only: bool,
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.system.poll_ready(cx)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (found, public_only) = (self.system.call(name), self.public_only);
        Box::pin(async move {
            let found: Vec<SocketAddr> = found.await?.collect();
            if public_only && found.iter().any(|address| !is_public(address.ip())) {
                return Err(io::ErrorKind::AddrNotAvailable.into());
            }
            Ok(found.into_iter())
        })
    }
}

/// Whether the host is written as an address that is not public: the connector asks no resolver for it.
fn is_private_literal(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host.parse().is_ok_and(|ip| !is_public(ip))
}

impl Http for Platform {
    type Body = Decoded<Incoming>;

    async fn send(&self, mut request: Request<Payload>) -> Result<Response<Decoded<Incoming>>, HttpError> {
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        // What comes compressed all the same is decoded.
        identity(self.connections.send(request).await?)
    }
}

/// Why there is no head. The connector says what kind it was only through the errors under its own.
fn failure(error: &Error) -> HttpError {
    if !error.is_connect() {
        return HttpError::ResetBeforeHead;
    }
    let causes = || successors(Some(error as &(dyn std::error::Error + 'static)), |error| error.source());
    if causes().any(|cause| cause.to_string() == "dns error") {
        return HttpError::Dns;
    }
    match causes().find_map(|cause| cause.downcast_ref::<io::Error>()).map(innermost_kind) {
        Some(io::ErrorKind::TimedOut) => HttpError::ConnectTimeout,
        // What rustls says comes in this kind.
        Some(io::ErrorKind::InvalidData) => HttpError::Tls,
        _ => HttpError::Connect,
    }
}

/// The connector wraps an I/O error in another, of no kind.
fn innermost_kind(error: &io::Error) -> io::ErrorKind {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>());
    inner.map_or_else(|| error.kind(), innermost_kind)
}

/// What a provider sends. Dropped, it closes the connection that it came on.
pub struct Incoming(HyperBody);

impl http_body::Body for Incoming {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, HttpError>>> {
        Pin::new(&mut self.0).poll_frame(cx).map_err(|_| HttpError::ResetAfterHead)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    async fn failure_at(uri: &str) -> HttpError {
        let request = Request::get(uri).body(Payload::empty()).unwrap();
        match Platform::with(Connections::new(), None).send(request).await {
            Ok(response) => panic!("{uri} answered {}", response.status()),
            Err(error) => error,
        }
    }

    /// A server that says `words` to whoever speaks to it, and hangs up.
    fn says(words: &'static [u8]) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 1024]);
                let _ = stream.write_all(words);
            }
        });
        port
    }

    #[tokio::test]
    async fn failures_are_told_apart() {
        let plain = says(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
        let mute = says(b"");
        let coded = says(b"HTTP/1.1 200 OK\r\ncontent-encoding: lzma\r\ncontent-length: 1\r\n\r\n\x06");
        let table = [
            ("http://no-such-host.invalid/".to_owned(), HttpError::Dns),
            ("http://127.0.0.1:1/".to_owned(), HttpError::Connect),
            (format!("https://127.0.0.1:{plain}/"), HttpError::Tls),
            (format!("http://127.0.0.1:{mute}/"), HttpError::ResetBeforeHead),
            (format!("http://127.0.0.1:{coded}/"), HttpError::Encoding),
        ];
        for (uri, expected) in table {
            assert_eq!(failure_at(&uri).await, expected, "{uri}");
        }
    }

    #[tokio::test]
    async fn what_callers_name_is_public_or_not_reached() {
        let port = says(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        let platform = Platform::with(Connections::new(), None);
        for (host, expected) in [("127.0.0.1", HttpError::Refused), ("localhost", HttpError::Dns)] {
            let mut request = Request::get(format!("http://{host}:{port}/")).body(Payload::empty()).unwrap();
            assert_eq!(
                platform.send(request.clone()).await.map(|response| response.status().as_u16()).ok(),
                Some(200)
            );
            request.extensions_mut().insert(PublicOnly);
            assert_eq!(platform.send(request).await.err(), Some(expected), "{host}");
        }
    }
}
