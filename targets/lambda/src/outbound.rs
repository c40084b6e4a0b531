//! The `Http` port over hyper and rustls, with the instance's connections kept between invocations.

use crate::platform::Platform;
use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use http::{HeaderValue, Request, Response};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming as HyperBody;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client as HyperClient, Error};
use hyper_util::rt::TokioExecutor;
use std::io;
use std::iter::successors;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tollbridge_core::payload::Payload;
use tollbridge_core::ports::{Http, HttpError};

/// For the name, the connection and every address tried.
const CONNECT: Duration = Duration::from_secs(10);

/// Shorter than the load balancers of providers keep a silent connection; a frozen instance wakes to dead ones.
const IDLE: Duration = Duration::from_secs(30);

pub(crate) type Client = HyperClient<HttpsConnector<HttpConnector>, Payload>;

pub(crate) fn client() -> Client {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(CONNECT));
    let connector = HttpsConnectorBuilder::new()
        .with_webpki_roots()
        .https_or_http()
        .enable_all_versions()
        .wrap_connector(connector);
    HyperClient::builder(TokioExecutor::new()).pool_idle_timeout(IDLE).build(connector)
}

impl Http for Platform {
    type Body = Incoming;

    async fn send(&self, mut request: Request<Payload>) -> Result<Response<Incoming>, HttpError> {
        // Nothing here decodes.
        request.headers_mut().insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let response = self.client.request(request).await.map_err(|error| failure(&error))?;
        let encoded = |coding: &HeaderValue| coding != "identity";
        if response.headers().get(CONTENT_ENCODING).is_some_and(encoded) {
            return Err(HttpError::Encoding);
        }
        Ok(response.map(Incoming))
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
pub(crate) struct Incoming(HyperBody);

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
        match Platform::new().send(request).await {
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
        let coded = says(b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\ncontent-length: 1\r\n\r\n\x06");
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
}
