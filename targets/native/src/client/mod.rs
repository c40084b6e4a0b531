//! The `Http` port: how the gateway talks to providers.
//!
//! Each lane has a pool of its own, so that taking a connection out and putting it back touches
//! no lock and spawns nothing: the end of an answer's body is what puts it back ([`body`]).
//! An [`origin`] is a scheme, a host and a port; it knows the way there, which is direct or
//! through a proxy that the environment names ([`proxy`]), how to open a connection ([`connect`]),
//! and which connections are open already. HTTP/2 is spoken where TLS negotiates it, by hyper;
//! HTTP/1.1, which is what streams cost least over, by [`http1`].
//!
//! A request whose address a caller named ([`PublicOnly`]) has a connection of its own, which is
//! opened to addresses that were found to be public and to nothing else: the check is part of the
//! resolver, so that no second look-up comes between it and the connection.
//!
//! What leaves this module is the contract of the port: bodies without encodings,
//! one small error without a word of a library in it, and nothing that goes on after the one who
//! asked has dropped the future or the body.

mod body;
mod connect;
mod http1;
mod origin;
mod proxy;
mod stream;
#[cfg(test)]
mod tests;
mod tls;

pub(crate) use body::Body;
pub(crate) use proxy::{Proxies, ProxyError};
pub(crate) use tls::Tls;

use std::{
    cell::RefCell,
    future::{Future, ready},
    net::IpAddr,
    rc::Rc,
    time::Duration,
};

use futures::future::Either;
use http::{Request, Response, Uri};
use tollbridge_core::{
    payload::Payload,
    ports::{HttpError, PublicOnly},
};

use self::origin::Origin;

/// How often connections that nobody used are looked for.
const SWEEP: Duration = Duration::from_secs(10);

/// What all lanes' clients have in common.
#[derive(Clone)]
pub(crate) struct Settings {
    /// For name, connection and TLS together.
    pub connect_timeout: Duration,
    /// Which requests go through which proxy.
    pub proxies: Proxies,
    /// Whom to trust.
    pub tls: Tls,
    /// Which addresses are public.
    pub public: fn(IpAddr) -> bool,
}

/// Sends requests from one lane.
pub(crate) struct Client {
    settings: Settings,
    /// As many as providers are configured: few, so that a list is quicker than a hash.
    origins: Rc<RefCell<Vec<Rc<Origin>>>>,
}

impl Client {
    /// A client of the lane that it is made on.
    pub(crate) fn new(settings: Settings) -> Self {
        let origins = Rc::<RefCell<Vec<Rc<Origin>>>>::default();
        let swept = Rc::downgrade(&origins);
        tokio::task::spawn_local(async move {
            loop {
                tokio::time::sleep(SWEEP).await;
                let Some(origins) = swept.upgrade() else { return };
                origins.borrow().iter().for_each(|origin| origin.sweep());
            }
        });
        Self { settings, origins }
    }

    /// Resolves with the answer's head. Dropping the future drops the request where it stands.
    pub(crate) fn send(
        &self,
        request: Request<Payload>,
    ) -> impl Future<Output = Result<Response<Body>, HttpError>> {
        if request.extensions().get::<PublicOnly>().is_some() {
            return match Origin::new(request.uri(), &self.settings.proxies) {
                Some(origin) => {
                    Either::Right(Either::Left(Rc::new(origin).send_once(request, &self.settings)))
                }
                None => Either::Right(Either::Right(ready(Err(HttpError::Refused)))),
            };
        }
        match self.origin(request.uri()) {
            Ok(origin) => Either::Left(origin.send(request, &self.settings)),
            Err(error) => Either::Right(Either::Right(ready(Err(error)))),
        }
    }

    fn origin(&self, uri: &Uri) -> Result<Rc<Origin>, HttpError> {
        let mut origins = self.origins.borrow_mut();
        if let Some(known) = origins.iter().find(|origin| origin.serves(uri)) {
            return Ok(known.clone());
        }
        let new = Rc::new(Origin::new(uri, &self.settings.proxies).ok_or(HttpError::Refused)?);
        origins.push(new.clone());
        Ok(new)
    }
}
