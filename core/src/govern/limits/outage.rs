//! A store that fails: how often, and when to ask it again.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use super::{MINUTE, later};
use crate::ports::Micros;

/// How long a store that failed is left alone. Requests do not wait for it meanwhile.
const ALONE: Duration = Duration::from_secs(1);

/// What an instance knows of its store's failures.
#[derive(Debug, Default)]
pub struct Outage {
    failures: AtomicU64,
    until: AtomicU64,
    silent_until: AtomicU64,
}

impl Outage {
    /// Whether the store failed a moment ago.
    pub fn lasts(&self, now: Micros) -> bool {
        now < self.until.load(Relaxed)
    }

    /// It failed, or was left alone because it had. Says how often that was so far, where the operator
    /// has not been told for a minute.
    pub fn failed(&self, now: Micros) -> Option<u64> {
        let failures = self.failures.fetch_add(1, Relaxed) + 1;
        if !self.lasts(now) {
            self.until.store(later(now, ALONE), Relaxed);
        }
        if now < self.silent_until.load(Relaxed) {
            return None;
        }
        self.silent_until.store(now.saturating_add(MINUTE), Relaxed);
        Some(failures)
    }

    /// How many requests were decided without the store, and changes to it lost.
    pub fn failures(&self) -> u64 {
        self.failures.load(Relaxed)
    }
}
