//! The one path that a request takes.
//!
//! [`Gateway::handle`] answers with two futures. The first becomes the response: *accept* finds
//! the endpoint, *identify* the caller, *read* takes the body within its limit, the *sketch*
//! checks it, the *route* names candidates, the key's limits let it pass, and *dispatch* sends the request to one after another
//! until the first event of an answer is there. What it returns is either a whole answer or a
//! [stream] that goes on under the caller's own demand. The second future is `after`: it
//! ends when the response's body has ended or was dropped, and settles the request off the
//! caller's time: the log line, the usage row, the drain of an upstream whose usage is still to
//! come. A target starts both at once and runs `after` to its end even where the caller leaves
//! before there is a response.
//!
//! Two speeds. Where caller and provider speak the same wire an answer is *relayed*: its bytes pass
//! through, and an observer reads usage from the events that carry it. Where they do not it is
//! *translated* through the conversation model.
//!
//! Nothing here knows a socket, a clock or a thread: those are [ports](crate::ports). State that
//! requests share is finished values behind short locks; no request ever waits for another.

mod accept;
mod accounts;
mod admin;
mod admit;
mod answer;
mod answer_id;
mod attempt;
mod body;
pub mod closed;
mod cors;
mod count;
mod demo;
mod dispatch;
mod failed;
mod flight;
mod generate;
mod health;
mod inventory;
mod limits;
mod media;
mod models;
mod passing;
mod pipe;
mod prepare;
mod read;
mod recall;
mod relay_chat;
mod relay_messages;
mod settle;
mod standing;
mod stream;
mod translate;
mod upstream;
mod written;

use std::{future::Future, sync::Arc};

use bytes::Bytes;
use http::{Request, Response};

pub use body::Body;

use accounts::Account;

use crate::{
    config::Policy,
    govern::{
        Keyring,
        limits::{Outage, Scopes},
    },
    ports::{Micros, Ports},
    route::{Inventories, Turns},
};

/// What the requests of one process share. One for all of a target's gateways.
#[derive(Debug)]
pub struct State {
    turns: Turns,
    inventories: Inventories,
    transit: recall::Transit,
    scopes: Scopes,
    outage: Outage,
}

impl State {
    /// Nothing was asked yet, and every key is free.
    pub fn new(policy: &Policy) -> Self {
        Self {
            turns: Turns::new(policy),
            inventories: Inventories::new(policy),
            transit: recall::Transit::default(),
            scopes: Scopes::new(policy),
            outage: Outage::default(),
        }
    }
}

/// When a platform ends a request by force: an extension of the request that its target sets. The
/// answer ends before, a stream with its error event, as if the whole of it had taken too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndBy(pub Micros);

/// The gateway over one platform.
pub struct Gateway<P> {
    ports: P,
    policy: Arc<Policy>,
    keyring: Arc<Keyring>,
    state: Arc<State>,
    accounts: Box<[Account]>,
}

impl<P: Ports> Gateway<P> {
    /// A gateway that acts through `ports` under `policy`. Gateways of one process share `state`.
    pub fn new(ports: P, policy: Arc<Policy>, state: Arc<State>) -> Self {
        let keyring = Arc::new(Keyring::new(&policy));
        let accounts = Account::all(&policy);
        Self { ports, policy, keyring, state, accounts }
    }

    /// The platform it acts through.
    pub fn ports(&self) -> &P {
        &self.ports
    }

    /// Takes a request: the future of its response, and the future of all that is to be done
    /// beside and after it. Start both; drop the first when the caller leaves; run the second to
    /// its end.
    pub fn handle<B>(
        self: &Arc<Self>,
        request: Request<B>,
    ) -> (impl Future<Output = Response<Body<P>>> + use<P, B>, impl Future<Output = ()> + use<P, B>)
    where
        B: http_body::Body<Data = Bytes> + Unpin,
    {
        let (flight, landing) = flight::depart(self.ports.now());
        let gateway = self.clone();
        (gateway.accept(request, flight), settle::after(self.clone(), landing))
    }
}
