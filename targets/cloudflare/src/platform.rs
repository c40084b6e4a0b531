//! The ports that need no binding.

use std::time::Duration;
use tollbridge_core::ledger::{Summary, SummaryQuery, UsageRow};
use tollbridge_core::ports::{Clock, Ledger, LedgerError, Log, Micros, Random, Timer, Unwritten};
use worker::{Date, Delay, console_log};

/// Workers, as the core sees it.
#[derive(Debug)]
pub(crate) struct Platform;

impl Clock for Platform {
    fn now(&self) -> Micros {
        Date::now().as_millis() * 1000
    }
}

impl Timer for Platform {
    type Sleep = Delay;

    fn sleep(&self, duration: Duration) -> Delay {
        Delay::from(duration)
    }
}

impl Random for Platform {
    fn random(&self) -> u64 {
        let mut bytes = [0; 8];
        // Workers' `crypto.getRandomValues` has no way to fail.
        getrandom::fill(&mut bytes).unwrap_or_default();
        u64::from_ne_bytes(bytes)
    }
}

impl Log for Platform {
    fn line(&self, line: &str) {
        console_log!("{line}");
    }
}

/// The log is the ledger: each request's line there has all that a row has.
impl Ledger for Platform {
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
