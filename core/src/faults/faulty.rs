//! The wrapper: everything is the platform's own, and the stores fail first.

use std::{
    collections::HashMap,
    future::{Future, pending},
    ops::Deref,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;

use super::plan::{How, Plan};
use crate::{
    govern::limits::{Ask, Grant, Settlement, Window},
    ledger::{Summary, SummaryQuery, UsageRow},
    payload::Payload,
    ports::{
        Cache, CacheError, Clock, Counters, CountersError, Http, HttpError, Ledger, LedgerError, Log, Micros,
        Random, Timer, Unwritten,
    },
};

/// How often a flaky ledger refuses a row: as often as the gateway offers it again.
const REFUSALS: u8 = 2;

/// How long a hanging ledger is waited for where the platform's own never waits.
const PATIENCE: Duration = Duration::from_secs(1);

/// A platform whose stores fail as planned.
#[derive(Debug)]
pub struct Faulty<P> {
    platform: P,
    plan: Plan,
    /// Calls of flaky stores so far.
    calls: AtomicUsize,
    /// How often a flaky ledger has refused each row, by the request's id. It grows: this is a build for tests.
    refused: Mutex<HashMap<String, u8>>,
}

impl<P> Faulty<P> {
    /// The platform, with these faults.
    pub fn new(platform: P, plan: Plan) -> Self {
        Self { platform, plan, calls: AtomicUsize::new(0), refused: Mutex::default() }
    }

    /// Whether a call fails. Never answers where the store hangs.
    async fn fails(&self, how: Option<How>) -> bool {
        match how {
            None => false,
            Some(How::Refuse) => true,
            Some(How::Hang) => pending().await,
            Some(How::Flaky) => self.calls.fetch_add(1, Ordering::Relaxed).is_multiple_of(2),
        }
    }

    /// Whether the ledger refuses a row now.
    async fn refuses(&self, row: &UsageRow) -> bool {
        if self.plan.ledger != Some(How::Flaky) {
            return self.fails(self.plan.ledger).await;
        }
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let times = refused.entry(row.id.clone()).or_default();
        *times = times.saturating_add(1);
        *times <= REFUSALS
    }
}

fn text() -> String {
    "a fault that a test asked for".to_owned()
}

impl<P> Deref for Faulty<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.platform
    }
}

impl<P: Ledger> Ledger for Faulty<P> {
    /// A store that hangs waits, even where the platform's own does not.
    fn patience(&self) -> Option<Duration> {
        match self.plan.ledger {
            Some(How::Hang) => Some(self.platform.patience().unwrap_or(PATIENCE)),
            _ => self.platform.patience(),
        }
    }

    async fn append(&self, row: UsageRow) -> Result<(), Box<Unwritten>> {
        if self.refuses(&row).await {
            return Err(Box::new(Unwritten { row, error: LedgerError::Store(text()) }));
        }
        self.platform.append(row).await
    }

    async fn append_again(&self, row: UsageRow) -> Result<(), Box<Unwritten>> {
        if self.refuses(&row).await {
            return Err(Box::new(Unwritten { row, error: LedgerError::Store(text()) }));
        }
        self.platform.append_again(row).await
    }

    async fn import(&self, rows: Vec<UsageRow>) -> Result<usize, LedgerError> {
        if self.fails(self.plan.ledger.filter(|how| *how != How::Flaky)).await {
            return Err(LedgerError::Store(text()));
        }
        self.platform.import(rows).await
    }

    async fn summary(&self, query: SummaryQuery) -> Result<Summary, LedgerError> {
        // A flaky ledger is one that is slow to take rows; what it has it tells.
        let how = self.plan.ledger.filter(|how| *how != How::Flaky);
        if self.fails(how).await {
            return Err(LedgerError::Store(text()));
        }
        self.platform.summary(query).await
    }

    async fn ready(&self) -> Result<(), LedgerError> {
        if self.plan.ledger == Some(How::Refuse) {
            return Err(LedgerError::Store(text()));
        }
        Ledger::ready(&self.platform).await
    }
}

impl<P: Cache> Cache for Faulty<P> {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, CacheError> {
        if self.fails(self.plan.cache).await {
            return Err(CacheError::Store(text()));
        }
        self.platform.get(key).await
    }

    async fn get_all(&self, keys: &[String]) -> Result<Vec<Option<Bytes>>, CacheError> {
        if self.fails(self.plan.cache).await {
            return Err(CacheError::Store(text()));
        }
        self.platform.get_all(keys).await
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), CacheError> {
        if self.fails(self.plan.cache).await {
            return Err(CacheError::Store(text()));
        }
        self.platform.put(key, value, ttl).await
    }

    async fn delete(&self, key: &str) -> Result<(), CacheError> {
        if self.fails(self.plan.cache).await {
            return Err(CacheError::Store(text()));
        }
        self.platform.delete(key).await
    }

    fn settles_within(&self) -> Duration {
        self.platform.settles_within()
    }

    async fn ready(&self) -> Result<(), CacheError> {
        if self.plan.cache == Some(How::Refuse) {
            return Err(CacheError::Store(text()));
        }
        Cache::ready(&self.platform).await
    }
}

impl<P: Counters> Counters for Faulty<P> {
    fn hold(&self) -> Duration {
        self.platform.hold()
    }

    async fn lease(&self, scope: &str, ask: Ask) -> Result<Grant, CountersError> {
        if self.fails(self.plan.counters).await {
            return Err(CountersError::Store(text()));
        }
        self.platform.lease(scope, ask).await
    }

    async fn settle(&self, scope: &str, back: Settlement) -> Result<(), CountersError> {
        if self.fails(self.plan.counters).await {
            return Err(CountersError::Store(text()));
        }
        self.platform.settle(scope, back).await
    }

    async fn window(&self, scope: &str, at: Micros) -> Result<Window, CountersError> {
        if self.plan.counters == Some(How::Refuse) {
            return Err(CountersError::Store(text()));
        }
        self.platform.window(scope, at).await
    }
}

impl<P: Http> Http for Faulty<P> {
    type Body = P::Body;

    fn send(
        &self,
        request: http::Request<Payload>,
    ) -> impl Future<Output = Result<http::Response<Self::Body>, HttpError>> {
        self.platform.send(request)
    }
}

impl<P: Clock> Clock for Faulty<P> {
    fn now(&self) -> Micros {
        self.platform.now()
    }
}

impl<P: Timer> Timer for Faulty<P> {
    type Sleep = P::Sleep;

    fn sleep(&self, duration: Duration) -> P::Sleep {
        self.platform.sleep(duration)
    }
}

impl<P: Random> Random for Faulty<P> {
    fn random(&self) -> u64 {
        self.platform.random()
    }
}

impl<P: Log> Log for Faulty<P> {
    fn line(&self, line: &str) {
        self.platform.line(line);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use futures::FutureExt as _;

    use super::*;

    /// Keeps rows.
    #[derive(Default)]
    struct Kept(RefCell<Vec<String>>);

    impl Ledger for Kept {
        async fn append(&self, row: UsageRow) -> Result<(), Box<Unwritten>> {
            self.0.borrow_mut().push(row.id);
            Ok(())
        }

        async fn ready(&self) -> Result<(), LedgerError> {
            Ok(())
        }
    }

    impl Cache for Kept {}

    /// Everything here is ready at once, or never.
    fn now<T>(future: impl Future<Output = T>) -> Option<T> {
        future.now_or_never()
    }

    fn row(id: &str) -> UsageRow {
        UsageRow { id: id.to_owned(), ..UsageRow::default() }
    }

    fn faulty(plan: &str) -> Faulty<Kept> {
        Faulty::new(Kept::default(), Plan::read(plan))
    }

    #[test]
    fn a_ledger_that_refuses_gives_rows_back() {
        let ledger = faulty("ledger:refuse");
        let unwritten = now(ledger.append(row("a"))).unwrap().unwrap_err();
        assert_eq!(unwritten.row.id, "a");
        assert!(now(Ledger::ready(&ledger)).unwrap().is_err());
    }

    #[test]
    fn a_flaky_ledger_takes_each_row_in_the_end() {
        let ledger = faulty("ledger:flaky");
        for id in ["a", "b"] {
            for _ in 0..REFUSALS {
                assert!(now(ledger.append(row(id))).unwrap().is_err());
            }
            now(ledger.append(row(id))).unwrap().unwrap();
        }
        assert_eq!(*ledger.0.borrow(), ["a", "b"]);
        assert!(now(Ledger::ready(&ledger)).unwrap().is_ok());
    }

    #[test]
    fn a_store_that_hangs_answers_nothing() {
        let cache = faulty("cache:hang");
        assert!(now(cache.get("key")).is_none());
    }

    #[test]
    fn without_a_plan_nothing_is_in_the_way() {
        let ledger = faulty("");
        now(ledger.append(row("a"))).unwrap().unwrap();
        assert_eq!(now(ledger.get("key")), Some(Ok(None)));
    }
}
