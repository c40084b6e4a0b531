//! From a host's name to a connection that takes requests.

use std::{
    error::Error,
    fmt,
    future::Future,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
    vec,
};

use http::{Uri, uri::Scheme};
use hyper::client::conn::http2;
use hyper_util::{
    client::legacy::connect::{
        HttpConnector,
        dns::{GaiResolver, Name},
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

/// Which addresses a connection may be made to; where there is no such test, to any.
pub(super) type Allowed = Option<fn(IpAddr) -> bool>;

/// Opens a connection within the limit on connecting.
pub(super) async fn connect(
    origin: &Origin,
    settings: &Settings,
    allowed: Allowed,
) -> Result<Opened, HttpError> {
    tokio::time::timeout(settings.connect_timeout, open(origin, settings, allowed))
        .await
        .unwrap_or(Err(HttpError::ConnectTimeout))
}

async fn open(origin: &Origin, settings: &Settings, allowed: Allowed) -> Result<Opened, HttpError> {
    let stream = reach(origin, allowed).await?.into_inner();
    if origin.scheme == Scheme::HTTP {
        return Ok(Opened::Http1(Connection::new(Stream::Plain(stream))));
    }
    let (stream, negotiated_http2) = settings.tls.handshake(origin.authority.host(), stream).await?;
    let stream = Stream::Tls(Box::new(stream));
    if negotiated_http2 { http2(stream).await } else { Ok(Opened::Http1(Connection::new(stream))) }
}

/// The TCP connection, to the host itself or through a proxy to it.
async fn reach(origin: &Origin, allowed: Allowed) -> Result<TokioIo<TcpStream>, HttpError> {
    if let Some(allowed) = allowed {
        let host = origin.authority.host().trim_start_matches('[').trim_end_matches(']');
        // The connector asks no resolver for these; and a proxy looks names up where nobody checks.
        if host.parse().is_ok_and(|ip| !allowed(ip)) || origin.way != Way::Direct {
            return Err(HttpError::Refused);
        }
    }
    let mut direct = HttpConnector::new_with_resolver(Resolver { system: GaiResolver::new(), allowed });
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
    connector.call(to).await.map_err(|error| match of_name(&error) {
        Some(NoAddress::Unknown) => HttpError::Dns,
        Some(NoAddress::Forbidden) => HttpError::Refused,
        None => HttpError::Connect,
    })
}

/// Whether it all began with a name that has no address.
fn of_name<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e NoAddress> {
    error.downcast_ref::<NoAddress>().or_else(|| error.source().and_then(of_name))
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

/// The system's resolver, with errors that can be told from those of connecting. A name one of whose
/// addresses is forbidden has none at all.
#[derive(Clone)]
struct Resolver {
    system: GaiResolver,
    allowed: Allowed,
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = NoAddress;
    type Future = Resolving;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), NoAddress>> {
        self.system.poll_ready(context).map_err(|_| NoAddress::Unknown)
    }

    fn call(&mut self, name: Name) -> Resolving {
        Resolving { found: self.system.call(name), allowed: self.allowed }
    }
}

struct Resolving {
    found: <GaiResolver as Service<Name>>::Future,
    allowed: Allowed,
}

impl Future for Resolving {
    type Output = Result<vec::IntoIter<SocketAddr>, NoAddress>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let found = ready!(Pin::new(&mut self.found).poll(context)).map_err(|_| NoAddress::Unknown)?;
        let found: Vec<SocketAddr> = found.collect();
        let forbidden = |address: &SocketAddr| self.allowed.is_some_and(|allowed| !allowed(address.ip()));
        Poll::Ready(match found.iter().any(forbidden) {
            true => Err(NoAddress::Forbidden),
            false => Ok(found.into_iter()),
        })
    }
}

#[derive(Debug)]
enum NoAddress {
    Unknown,
    Forbidden,
}

impl fmt::Display for NoAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unknown => "the name has no address",
            Self::Forbidden => "the name leads where no connection may be made to",
        })
    }
}

impl Error for NoAddress {}
