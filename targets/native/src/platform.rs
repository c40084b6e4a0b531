//! The core's ports on this machine.

use std::{
    future::Future,
    ops::Deref,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use tokio::time::Instant;
use tollbridge_core::{
    govern::limits::{Ask, Grant, Settlement, Window},
    ledger::{Summary, SummaryQuery, UsageRow},
    payload::Payload,
    ports::{self, CacheError, CountersError, HttpError, LedgerError, Micros, Unwritten},
};

use crate::{
    cache::SqliteCache,
    client::{Body, Client},
    clock, entropy,
    ledger::Counts,
    log::Log,
};

/// What one lane's gateway runs on.
pub(crate) struct Platform<L> {
    /// Of this lane.
    pub client: Client,
    /// Of the process.
    pub ledger: L,
    /// Of the process.
    pub cache: Arc<SqliteCache>,
    /// Of the process.
    pub counts: Arc<Counts>,
    /// Of the process.
    pub log: Log,
}

impl<L> ports::Http for Platform<L> {
    type Body = Body;

    fn send(&self, request: Request<Payload>) -> impl Future<Output = Result<Response<Body>, HttpError>> {
        self.client.send(request)
    }
}

impl<L: Deref<Target: ports::Ledger>> ports::Ledger for Platform<L> {
    fn patience(&self) -> Option<Duration> {
        self.ledger.patience()
    }

    fn append(&self, row: UsageRow) -> impl Future<Output = Result<(), Box<Unwritten>>> {
        self.ledger.append(row)
    }

    async fn import(&self, rows: Vec<UsageRow>) -> Result<usize, LedgerError> {
        self.ledger.import(rows).await
    }

    async fn summary(&self, query: SummaryQuery) -> Result<Summary, LedgerError> {
        self.ledger.summary(query).await
    }

    async fn ready(&self) -> Result<(), LedgerError> {
        self.ledger.ready().await
    }
}

impl<L> ports::Cache for Platform<L> {
    fn get(&self, key: &str) -> impl Future<Output = Result<Option<Bytes>, CacheError>> {
        self.cache.get(key)
    }

    fn get_all(&self, keys: &[String]) -> impl Future<Output = Result<Vec<Option<Bytes>>, CacheError>> {
        self.cache.get_all(keys)
    }

    fn put(&self, key: &str, value: Bytes, ttl: Duration) -> impl Future<Output = Result<(), CacheError>> {
        self.cache.put(key, value, ttl)
    }

    fn delete(&self, key: &str) -> impl Future<Output = Result<(), CacheError>> {
        self.cache.delete(key)
    }

    fn ready(&self) -> impl Future<Output = Result<(), CacheError>> {
        self.cache.ready()
    }
}

impl<L> ports::Counters for Platform<L> {
    fn lease(&self, scope: &str, ask: Ask) -> impl Future<Output = Result<Grant, CountersError>> {
        self.counts.lease(scope, ask)
    }

    fn settle(&self, scope: &str, back: Settlement) -> impl Future<Output = Result<(), CountersError>> {
        self.counts.settle(scope, back)
    }

    fn window(&self, scope: &str, at: Micros) -> impl Future<Output = Result<Window, CountersError>> {
        self.counts.window(scope, at)
    }
}

impl<L> ports::Clock for Platform<L> {
    fn now(&self) -> Micros {
        clock::now()
    }
}

impl<L> ports::Random for Platform<L> {
    fn random(&self) -> u64 {
        entropy::random()
    }
}

impl<L> ports::Log for Platform<L> {
    fn line(&self, line: &str) {
        self.log.line(line);
    }
}

impl<L> ports::Timer for Platform<L> {
    type Sleep = Sleep;

    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::Until(Instant::now() + duration)
    }
}

/// A wait. Most are never waited for, being the limits of things that end in time, so the timer
/// is made when one first is.
pub(crate) enum Sleep {
    /// Nobody has waited.
    Until(Instant),
    /// Somebody does.
    Polled(Pin<Box<tokio::time::Sleep>>),
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        loop {
            match &mut *self {
                Self::Until(deadline) => *self = Self::Polled(Box::pin(tokio::time::sleep_until(*deadline))),
                Self::Polled(sleep) => return sleep.as_mut().poll(context),
            }
        }
    }
}
