//! The ports that need no binding.

use std::time::Duration;
use tollbridge_core::ports::{Cache, Clock, Ledger, Log, Micros, Random, Timer};
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

/// The log is the ledger.
impl Ledger for Platform {}

impl Cache for Platform {}
