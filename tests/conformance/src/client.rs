//! A client that shows what it does: one connection a request, frames as they come, and leaving
//! by closing the socket. Connection reuse and retries would hide what the cases look for.

use std::{io::Read, time::Duration};

use bytes::{Bytes, BytesMut};
use flate2::read::GzDecoder;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinHandle};

use crate::verdict::{Verdict, fail};

/// The longest that any single wait may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// `http://host:port`, split.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    authority: String,
    prefix: String,
    resets: bool,
}

impl Origin {
    /// Reads `http://host:port[/prefix]`.
    pub(crate) fn parse(url: &str) -> Option<Origin> {
        let rest = url.strip_prefix("http://")?.trim_end_matches('/');
        let (authority, prefix) = match rest.split_once('/') {
            Some((authority, path)) => (authority, format!("/{path}")),
            None => (rest, String::new()),
        };
        let authority =
            if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
        Some(Origin { authority, prefix, resets: false })
    }

    /// Connections are reset, not closed, where they are left.
    pub(crate) fn resetting(self, resets: bool) -> Origin {
        Origin { resets, ..self }
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// The address as text.
    pub(crate) fn url(&self) -> String {
        format!("http://{}{}", self.authority, self.prefix)
    }
}

/// A request as a case writes it.
#[derive(Clone, Debug)]
pub(crate) struct Sending {
    /// The method.
    pub(crate) method: Method,
    /// The path with its query.
    pub(crate) path: String,
    /// The headers.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Bytes,
}

/// An answer whose body has not been read. Dropping it closes the connection.
pub(crate) struct Live {
    /// The status.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    body: Incoming,
    connection: JoinHandle<()>,
}

/// An answer that was read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Whole {
    /// The status.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    /// The body.
    pub(crate) body: Bytes,
    /// Whether the transfer broke before its end.
    pub(crate) broken: bool,
}

impl Drop for Live {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// Sends a request and waits for the head.
pub(crate) async fn send(origin: &Origin, sending: &Sending) -> Verdict<Live> {
    match tokio::time::timeout(PATIENCE, exchange(origin, sending)).await {
        Ok(result) => result,
        Err(_) => fail(format!("no answer within {PATIENCE:?}")),
    }
}

async fn exchange(origin: &Origin, sending: &Sending) -> Verdict<Live> {
    let socket = match TcpStream::connect(&origin.authority).await {
        Ok(socket) => socket,
        Err(error) => return fail(format!("cannot connect to {}: {error}", origin.url())),
    };
    if origin.resets && socket.set_zero_linger().is_err() {
        return fail("cannot set the socket to reset");
    }
    let failed = |error: hyper::Error| crate::verdict::Unmet::Failed(format!("no answer: {error:?}"));
    let (mut sender, connection) =
        hyper::client::conn::http1::Builder::new().handshake(TokioIo::new(socket)).await.map_err(failed)?;
    let connection = tokio::spawn(async move {
        let _closed = connection.await;
    });
    // Held by the guard from here on: an abandoned wait must close the socket too.
    let guard = Abandon(connection);
    let mut request = Request::builder()
        .method(sending.method.clone())
        .uri(format!("{}{}", origin.prefix, sending.path))
        .header("host", &origin.authority);
    for (name, value) in &sending.headers {
        request = request.header(name, value);
    }
    let request = match request.body(Full::new(sending.body.clone())) {
        Ok(request) => request,
        Err(error) => return fail(format!("the case wrote a request that cannot be sent: {error}")),
    };
    let response = sender.send_request(request).await.map_err(failed)?;
    let (parts, body) = response.into_parts();
    Ok(Live { status: parts.status, headers: parts.headers, body, connection: guard.keep() })
}

struct Abandon(JoinHandle<()>);

impl Abandon {
    fn keep(mut self) -> JoinHandle<()> {
        std::mem::replace(&mut self.0, tokio::spawn(async {}))
    }
}

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Live {
    /// The next bytes of the body; `None` at its end, `Err` when it breaks or takes too long.
    pub(crate) async fn frame(&mut self) -> Option<Result<Bytes, String>> {
        self.frame_within(PATIENCE).await
    }

    /// The next bytes, if they come in time.
    pub(crate) async fn frame_within(&mut self, time: Duration) -> Option<Result<Bytes, String>> {
        loop {
            match tokio::time::timeout(time, self.body.frame()).await {
                Err(_) => return Some(Err(format!("nothing came within {time:?}"))),
                Ok(None) => return None,
                Ok(Some(Err(error))) => return Some(Err(format!("the transfer broke: {error:?}"))),
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        return Some(Ok(data));
                    }
                }
            }
        }
    }

    /// Reads the rest.
    pub(crate) async fn whole(mut self) -> Whole {
        let mut body = BytesMut::new();
        let mut broken = false;
        while let Some(frame) = self.frame().await {
            match frame {
                Ok(data) => body.extend_from_slice(&data),
                Err(_) => {
                    broken = true;
                    break;
                }
            }
        }
        // A platform's front may compress for who says that it can read that.
        let body = match header(&self.headers, "content-encoding") {
            "gzip" => unzipped(&body),
            _ => body.freeze(),
        };
        Whole { status: self.status, headers: self.headers.clone(), body, broken }
    }
}

fn unzipped(body: &[u8]) -> Bytes {
    let mut plain = Vec::new();
    // What is cut off is read as far as it goes.
    let _read = GzDecoder::new(body).read_to_end(&mut plain);
    plain.into()
}

impl Whole {
    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON, or null.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header as text, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        header(&self.headers, name)
    }
}

/// A header as text, or nothing.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
