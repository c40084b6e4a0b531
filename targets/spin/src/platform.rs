//! The ports that need no store.

use std::pin::Pin;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tollbridge_core::ports::{Cache, Clock, Counters, Ledger, Log, Micros, Random, Timer};

/// Spin, as the core sees it.
#[derive(Debug)]
pub(crate) struct Platform;

impl Clock for Platform {
    fn now(&self) -> Micros {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
    }
}

impl Timer for Platform {
    type Sleep = Pin<Box<dyn Future<Output = ()>>>;

    fn sleep(&self, duration: Duration) -> Self::Sleep {
        Box::pin(spin_sdk::time::sleep(duration))
    }
}

impl Random for Platform {
    fn random(&self) -> u64 {
        let mut bytes = [0; 8];
        // WASI's random interface has no way to fail.
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
