//! The ports that need no service of Amazon's.

use crate::outbound::{self, Client};
use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::{Sleep, sleep};
use tollbridge_core::ports::{Cache, Clock, Counters, Ledger, Log, Micros, Random, Timer};

/// Lambda, as the core sees it.
pub(crate) struct Platform {
    pub(crate) client: Client,
    /// For addresses that callers name.
    pub(crate) public_client: Client,
}

impl Platform {
    pub(crate) fn new() -> Self {
        Self { client: outbound::client(false), public_client: outbound::client(true) }
    }
}

impl Clock for Platform {
    fn now(&self) -> Micros {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }
}

impl Timer for Platform {
    type Sleep = Pin<Box<Sleep>>;

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        Box::pin(sleep(duration))
    }
}

impl Random for Platform {
    fn random(&self) -> u64 {
        let mut bytes = [0; 8];
        // Linux answers once it has started, which a function can rely on.
        getrandom::fill(&mut bytes).unwrap_or_default();
        u64::from_ne_bytes(bytes)
    }
}

impl Log for Platform {
    fn line(&self, line: &str) {
        println!("{line}");
    }
}

/// The log is the ledger.
impl Ledger for Platform {}

impl Cache for Platform {}

impl Counters for Platform {}
