//! One host's connections: those at rest, and how to get another.

use std::{
    cell::RefCell,
    future::Future,
    rc::Rc,
    time::{Duration, Instant},
};

use futures::future::Either;
use http::{
    HeaderValue, Request, Response, Uri,
    header::{HOST, PROXY_AUTHORIZATION},
    uri::{Authority, Scheme},
};
use hyper::client::conn::http2::SendRequest;
use tollbridge_core::{payload::Payload, ports::HttpError};
use tollbridge_decode::decoder;

use super::{
    Body, Settings,
    connect::{Opened, connect},
    http1::{Answer, Connection, Outgoing, Unanswered},
    proxy::{Proxies, Way},
};

/// Connections of one host that may rest at a time.
const IDLE_LIMIT: usize = 1024;

/// How long a connection may rest. Most servers close theirs after 60 seconds or more; one that
/// is closed under a request costs an attempt.
const IDLE_TIMEOUT: Duration = Duration::from_secs(55);

/// Scheme, host and port, and the connections that lead there.
pub(super) struct Origin {
    pub(super) scheme: Scheme,
    pub(super) authority: Authority,
    pub(super) way: Way,
    host: HeaderValue,
    idle: RefCell<Vec<Resting>>,
    /// The one connection that all requests share, where the host speaks HTTP/2.
    shared: RefCell<Option<SendRequest<Payload>>>,
}

struct Resting {
    connection: Connection,
    since: Instant,
}

impl Origin {
    /// `None` for an address that no connection leads to: without host, or of another scheme
    /// than `http` and `https`.
    pub(super) fn new(uri: &Uri, proxies: &Proxies) -> Option<Self> {
        let scheme = uri.scheme().filter(|scheme| [Scheme::HTTP, Scheme::HTTPS].contains(scheme))?;
        let authority = uri.authority()?;
        let default_port = if *scheme == Scheme::HTTPS { 443 } else { 80 };
        let host = match authority.port_u16() {
            Some(port) if port != default_port => format!("{}:{port}", authority.host()),
            _ => authority.host().to_owned(),
        };
        Some(Self {
            scheme: scheme.clone(),
            authority: authority.clone(),
            way: proxies.way(uri),
            host: HeaderValue::from_str(&host).ok()?,
            idle: RefCell::default(),
            shared: RefCell::default(),
        })
    }

    pub(super) fn serves(&self, uri: &Uri) -> bool {
        uri.authority() == Some(&self.authority) && uri.scheme() == Some(&self.scheme)
    }

    /// Takes back a connection whose answer was read to its end.
    pub(super) fn rest(&self, mut connection: Connection) {
        let mut idle = self.idle.borrow_mut();
        if idle.len() < IDLE_LIMIT && connection.input.is_empty() {
            // A thousand connections at rest need no buffers.
            connection.input = Default::default();
            idle.push(Resting { connection, since: Instant::now() });
        }
    }

    /// Forgets connections that have rested for too long, or have been closed at the other end.
    pub(super) fn sweep(&self) {
        let is_fit =
            |resting: &mut Resting| resting.since.elapsed() < IDLE_TIMEOUT && resting.connection.is_at_rest();
        self.idle.borrow_mut().retain_mut(is_fit);
        self.shared.borrow_mut().take_if(|shared| shared.is_closed());
    }

    /// Sends on a connection at rest, or a new one. What is rare is boxed: the future is moved on
    /// the way of every request.
    pub(super) fn send<'a>(
        self: Rc<Self>,
        request: Request<Payload>,
        settings: &'a Settings,
    ) -> impl Future<Output = Result<Response<Body>, HttpError>> + use<'a> {
        match self.at_rest() {
            Some(connection) => {
                let outgoing = self.outgoing(request);
                Either::Left(self.send_at_rest(connection, outgoing, settings))
            }
            None => Either::Right(Box::pin(self.send_otherwise(request, settings))),
        }
    }

    async fn send_at_rest(
        self: Rc<Self>,
        connection: Connection,
        mut outgoing: Outgoing,
        settings: &Settings,
    ) -> Result<Response<Body>, HttpError> {
        match connection.exchange(&mut outgoing).await {
            Ok(answer) => self.answered(answer),
            // It was closed in this moment, and took nothing of the request with it.
            Err(Unanswered::Unsent) => match Box::pin(connect(&self, settings, None)).await? {
                Opened::Http1(connection) => self.exchange(connection, outgoing).await,
                // A host that changes its mind; the next request will find it so.
                Opened::Http2(_) => Err(HttpError::ResetBeforeHead),
            },
            Err(Unanswered::Reset) => Err(HttpError::ResetBeforeHead),
        }
    }

    async fn send_otherwise(
        self: Rc<Self>,
        request: Request<Payload>,
        settings: &Settings,
    ) -> Result<Response<Body>, HttpError> {
        if let Some(shared) = self.shared() {
            return send_shared(shared, request).await;
        }
        match connect(&self, settings, None).await? {
            Opened::Http1(connection) => {
                let outgoing = self.outgoing(request);
                self.exchange(connection, outgoing).await
            }
            Opened::Http2(shared) => {
                *self.shared.borrow_mut() = Some(shared.clone());
                send_shared(shared, request).await
            }
        }
    }

    /// Sends on a connection of its own, which leads to public addresses only and is not used again.
    pub(super) async fn send_once(
        self: Rc<Self>,
        request: Request<Payload>,
        settings: &Settings,
    ) -> Result<Response<Body>, HttpError> {
        match connect(&self, settings, Some(settings.public)).await? {
            Opened::Http1(connection) => {
                let outgoing = self.outgoing(request);
                self.exchange(connection, outgoing).await
            }
            Opened::Http2(shared) => send_shared(shared, request).await,
        }
    }

    fn shared(&self) -> Option<SendRequest<Payload>> {
        self.shared.borrow().as_ref().filter(|shared| shared.is_ready()).cloned()
    }

    /// The youngest first, so that those that are not needed grow old.
    fn at_rest(&self) -> Option<Connection> {
        let mut idle = self.idle.borrow_mut();
        loop {
            let mut youngest = idle.pop()?;
            if youngest.connection.is_at_rest() {
                return Some(youngest.connection);
            }
        }
    }

    async fn exchange(
        self: Rc<Self>,
        connection: Connection,
        mut outgoing: Outgoing,
    ) -> Result<Response<Body>, HttpError> {
        let answer = connection.exchange(&mut outgoing).await.map_err(|_| HttpError::ResetBeforeHead)?;
        self.answered(answer)
    }

    fn answered(self: Rc<Self>, answer: Answer) -> Result<Response<Body>, HttpError> {
        let pool = answer.keeps_alive.then_some(self);
        let body = Body::http1(answer.connection, answer.framing, pool);
        identity(Response::from_parts(answer.parts, body))
    }

    /// The request as HTTP/1.1 has it. A proxy that forwards requests reads the whole address in
    /// the request line; everybody else has the path there.
    fn outgoing(&self, request: Request<Payload>) -> Outgoing {
        let (mut parts, payload) = request.into_parts();
        if let Way::Forward { credentials, .. } = &self.way {
            parts.headers.extend(credentials.iter().map(|value| (PROXY_AUTHORIZATION, value.clone())));
            return Outgoing::new(parts.method, &parts.uri, &self.host, &parts.headers, payload);
        }
        let target = parts.uri.into_parts().path_and_query.map(Uri::from).unwrap_or_default();
        Outgoing::new(parts.method, &target, &self.host, &parts.headers, payload)
    }
}

async fn send_shared(
    mut shared: SendRequest<Payload>,
    mut request: Request<Payload>,
) -> Result<Response<Body>, HttpError> {
    request.headers_mut().remove(HOST);
    let answer = shared.send_request(request).await.map_err(|_| HttpError::ResetBeforeHead)?;
    identity(answer.map(Body::http2))
}

/// Removes the encoding from an answer.
fn identity(mut response: Response<Body>) -> Result<Response<Body>, HttpError> {
    let decoder = decoder(response.headers_mut())?;
    Ok(response.map(|body| body.decoded(decoder)))
}
