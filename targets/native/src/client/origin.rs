//! One host's connections: those at rest, and how to get another.

use std::{
    cell::RefCell,
    mem,
    rc::Rc,
    time::{Duration, Instant},
};

use http::{
    HeaderValue, Request, Response, Uri,
    header::{HOST, PROXY_AUTHORIZATION},
    uri::{Authority, Scheme},
};
use hyper::{
    body::Incoming,
    client::conn::{TrySendError, http1, http2},
};
use tollbridge_core::{payload::Payload, ports::HttpError};

use super::{
    Body, Settings,
    connect::{Connection, connect},
    proxy::{Proxies, Way},
};

/// Connections of one host that may rest at a time.
const IDLE_LIMIT: usize = 1024;

/// How long a connection may rest. Most servers close theirs after 60 seconds or more; one that
/// is closed under a request costs an attempt.
const IDLE_TIMEOUT: Duration = Duration::from_secs(55);

/// A connection that carries one request at a time.
type Http1 = http1::SendRequest<Payload>;

/// Scheme, host and port, and the connections that lead there.
pub(super) struct Origin {
    pub(super) scheme: Scheme,
    pub(super) authority: Authority,
    pub(super) way: Way,
    host: HeaderValue,
    idle: RefCell<Vec<Resting>>,
    http2: RefCell<Option<http2::SendRequest<Payload>>>,
}

struct Resting {
    connection: Http1,
    since: Instant,
}

/// A connection that is an answer's until its body ends.
pub(super) struct Lease {
    origin: Rc<Origin>,
    connection: Http1,
}

impl Lease {
    /// Puts the connection back. Only for one whose answer was read to its end: dropping a lease
    /// closes its connection, which is how a request is cancelled.
    pub(super) fn give_back(self) {
        if self.connection.is_closed() {
            return;
        }
        let mut idle = self.origin.idle.borrow_mut();
        if idle.len() < IDLE_LIMIT {
            idle.push(Resting { connection: self.connection, since: Instant::now() });
        }
    }
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
            http2: RefCell::default(),
        })
    }

    pub(super) fn serves(&self, uri: &Uri) -> bool {
        uri.authority() == Some(&self.authority) && uri.scheme() == Some(&self.scheme)
    }

    /// Forgets connections that have rested for too long, or have been closed at the other end.
    pub(super) fn sweep(&self) {
        self.idle
            .borrow_mut()
            .retain(|resting| resting.since.elapsed() < IDLE_TIMEOUT && !resting.connection.is_closed());
        let mut http2 = self.http2.borrow_mut();
        if http2.as_ref().is_some_and(http2::SendRequest::is_closed) {
            *http2 = None;
        }
    }

    /// Sends on a connection at rest, or a new one. A resting connection may be closed by the
    /// other end at any moment; when it took nothing of the request, the next one gets it.
    pub(super) async fn send(
        self: &Rc<Self>,
        mut request: Request<Payload>,
        settings: &Settings,
    ) -> Result<Response<Body>, HttpError> {
        let uri = mem::take(request.uri_mut());
        loop {
            let (connection, is_new) = match self.at_rest() {
                Some(connection) => (connection, false),
                None => (connect(self, settings).await?, true),
            };
            let unsent = match self.send_on(connection, &uri, request).await {
                Ok(response) => return Ok(response),
                Err(mut error) => error.take_message(),
            };
            match unsent {
                Some(unsent) if !is_new => request = unsent,
                _ => return Err(HttpError::ResetBeforeHead),
            }
        }
    }

    fn at_rest(&self) -> Option<Connection> {
        if let Some(shared) = self.http2.borrow().as_ref().filter(|shared| shared.is_ready()) {
            return Some(Connection::Http2(shared.clone()));
        }
        let mut idle = self.idle.borrow_mut();
        // The youngest first, so that those that are not needed grow old. One that is neither
        // closed nor ready was put back before its task had come round to it; it is next time.
        let ready = idle.iter().rposition(|resting| resting.connection.is_ready())?;
        Some(Connection::Http1(idle.remove(ready).connection))
    }

    async fn send_on(
        self: &Rc<Self>,
        connection: Connection,
        uri: &Uri,
        mut request: Request<Payload>,
    ) -> Result<Response<Body>, TrySendError<Request<Payload>>> {
        match connection {
            Connection::Http1(mut connection) => {
                request.headers_mut().insert(HOST, self.host.clone());
                *request.uri_mut() = self.target(uri);
                if let Way::Forward { credentials: Some(credentials), .. } = &self.way {
                    request.headers_mut().insert(PROXY_AUTHORIZATION, credentials.clone());
                }
                let response = connection.try_send_request(request).await?;
                let lease = Lease { origin: self.clone(), connection };
                Ok(response.map(|incoming| Body::new(incoming, Some(lease))))
            }
            Connection::Http2(mut shared) => {
                request.headers_mut().remove(HOST);
                *request.uri_mut() = uri.clone();
                let answer = shared.try_send_request(request);
                self.http2.borrow_mut().get_or_insert(shared);
                Ok(answer.await?.map(|incoming: Incoming| Body::new(incoming, None)))
            }
        }
    }

    /// What stands in the request line: the path, or for a proxy that forwards requests the whole.
    fn target(&self, uri: &Uri) -> Uri {
        match &self.way {
            Way::Forward { .. } => uri.clone(),
            _ => uri.path_and_query().cloned().map(Uri::from).unwrap_or_default(),
        }
    }
}
