//! From a host's name to a connection that takes requests.

use std::{
    error::Error,
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http::{Uri, uri::Scheme};
use hyper::client::conn::http2;
use hyper_util::{
    client::legacy::connect::{
        HttpConnector,
        dns::{GaiAddrs, GaiResolver, Name},
        proxy::{SocksV4, SocksV5, Tunnel},
    },
    rt::{TokioIo, TokioTimer},
};
use tokio::net::TcpStream;
use tollbridge_core::{payload::Payload, ports::HttpError};
use tower_service::Service;

use super::{Settings, http1::Connection, origin::Origin, proxy::Way, stream::Stream};
use crate::local::Local;

/// Bytes of answers that a provider may send ahead of their readers, on one HTTP/2 stream and on
/// one connection.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 8 << 20;

/// A provider that answers no ping for so long is gone, however many requests wait for it.
const PING_EVERY: Duration = Duration::from_secs(20);

/// What takes requests.
pub(super) enum Opened {
    /// One at a time.
    Http1(Connection),
    /// Many.
    Http2(http2::SendRequest<Payload>),
}

/// Opens a connection within the limit on connecting.
pub(super) async fn connect(origin: &Origin, settings: &Settings) -> Result<Opened, HttpError> {
    tokio::time::timeout(settings.connect_timeout, open(origin, settings))
        .await
        .unwrap_or(Err(HttpError::ConnectTimeout))
}

async fn open(origin: &Origin, settings: &Settings) -> Result<Opened, HttpError> {
    let stream = reach(origin).await?.into_inner();
    if origin.scheme == Scheme::HTTP {
        return Ok(Opened::Http1(Connection::new(Stream::Plain(stream))));
    }
    let (stream, negotiated_http2) = settings.tls.handshake(origin.authority.host(), stream).await?;
    let stream = Stream::Tls(Box::new(stream));
    if negotiated_http2 { http2(stream).await } else { Ok(Opened::Http1(Connection::new(stream))) }
}

/// The TCP connection, to the host itself or through a proxy to it.
async fn reach(origin: &Origin) -> Result<TokioIo<TcpStream>, HttpError> {
    let mut direct = HttpConnector::new_with_resolver(Resolver(GaiResolver::new()));
    direct.enforce_http(false);
    direct.set_nodelay(true);
    direct.set_keepalive(Some(Duration::from_secs(60)));
    let host = Uri::builder()
        .scheme(origin.scheme.clone())
        .authority(origin.authority.clone())
        .path_and_query("/")
        .build()
        .map_err(|_| HttpError::Refused)?;
    match &origin.way {
        Way::Direct => call(direct, host).await,
        Way::Forward { proxy, .. } => call(direct, proxy.clone()).await,
        Way::Tunnel { proxy, credentials } => {
            let tunnel = Tunnel::new(proxy.clone(), direct);
            call(credentials.iter().cloned().fold(tunnel, Tunnel::with_auth), host).await
        }
        Way::Socks4(proxy) => call(SocksV4::new(proxy.clone(), direct), host).await,
        Way::Socks5 { proxy, credentials } => {
            let socks = SocksV5::new(proxy.clone(), direct);
            let socks =
                credentials.iter().cloned().fold(socks, |socks, (user, word)| socks.with_auth(user, word));
            call(socks, host).await
        }
    }
}

async fn call<S>(mut connector: S, to: Uri) -> Result<S::Response, HttpError>
where
    S: Service<Uri, Error: Error + 'static>,
{
    connector
        .call(to)
        .await
        .map_err(|error| if is_of_name(&error) { HttpError::Dns } else { HttpError::Connect })
}

/// Whether it all began with a name that has no address.
fn is_of_name(error: &(dyn Error + 'static)) -> bool {
    error.is::<NoAddress>() || error.source().is_some_and(is_of_name)
}

async fn http2(stream: Stream) -> Result<Opened, HttpError> {
    let (sender, connection) = http2::Builder::new(Local)
        .timer(TokioTimer::new())
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_EVERY)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_| HttpError::Connect)?;
    tokio::task::spawn_local(connection);
    Ok(Opened::Http2(sender))
}

/// The system's resolver, with an error that can be told from those of connecting.
#[derive(Clone)]
struct Resolver(GaiResolver);

impl Service<Name> for Resolver {
    type Response = GaiAddrs;
    type Error = NoAddress;
    type Future = Resolving;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), NoAddress>> {
        self.0.poll_ready(context).map_err(|_| NoAddress)
    }

    fn call(&mut self, name: Name) -> Resolving {
        Resolving(self.0.call(name))
    }
}

struct Resolving(<GaiResolver as Service<Name>>::Future);

impl Future for Resolving {
    type Output = Result<GaiAddrs, NoAddress>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map_err(|_| NoAddress)
    }
}

#[derive(Debug)]
struct NoAddress;

impl fmt::Display for NoAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name has no address")
    }
}

impl Error for NoAddress {}
