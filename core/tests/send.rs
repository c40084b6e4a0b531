//! Over ports that are `Send`, so are the gateway's futures and bodies; the simulation in
//! `tests/gateway` runs the same gateway over ports that are not. That this file compiles is the
//! test.

use std::{future::Ready, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use tollbridge_core::{
    config::Policy,
    gateway::{Gateway, State},
    ledger::{Summary, SummaryQuery, UsageRow},
    payload::Payload,
    ports::{
        Cache, Clock, Counters, Http, HttpError, Ledger, LedgerError, Log, Micros, Random, Timer, Unwritten,
    },
};

struct Nowhere;

struct Silence;

impl http_body::Body for Silence {
    type Data = Bytes;
    type Error = HttpError;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<Bytes>, HttpError>>> {
        std::task::Poll::Ready(None)
    }
}

impl Http for Nowhere {
    type Body = Silence;

    async fn send(&self, _: Request<Payload>) -> Result<Response<Silence>, HttpError> {
        Err(HttpError::Refused)
    }
}

impl Cache for Nowhere {}

impl Counters for Nowhere {}

impl Ledger for Nowhere {
    async fn append(&self, _: UsageRow) -> Result<(), Box<Unwritten>> {
        Ok(())
    }

    async fn summary(&self, _: SummaryQuery) -> Result<Summary, LedgerError> {
        Err(LedgerError::NotKept)
    }

    async fn ready(&self) -> Result<(), LedgerError> {
        Ok(())
    }
}

impl Clock for Nowhere {
    fn now(&self) -> Micros {
        0
    }
}

impl Timer for Nowhere {
    type Sleep = Ready<()>;

    fn sleep(&self, _: Duration) -> Ready<()> {
        std::future::ready(())
    }
}

impl Random for Nowhere {
    fn random(&self) -> u64 {
        0
    }
}

impl Log for Nowhere {
    fn line(&self, _: &str) {}
}

fn is_send<T: Send>(_: &T) {}

#[test]
fn the_gateway_is_send_over_ports_that_are() {
    let policy = Policy::default();
    let state = Arc::new(State::new(&policy));
    let gateway = Arc::new(Gateway::new(Nowhere, Arc::new(policy), state));
    let request = Request::post("/v1/chat/completions").body(Full::<Bytes>::from("{}"));
    let Ok(request) = request else { return };
    let (answer, after) = gateway.handle(request);
    is_send(&after);
    is_send(&answer);
    let body_is_send = async { is_send(answer.await.body()) };
    is_send(&body_is_send);
}
