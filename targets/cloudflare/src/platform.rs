//! The ports that need no binding, and what the others are made of.

use crate::timer::Sleep;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tollbridge_core::config::LogFormat;
use tollbridge_core::ledger::Notice;
use tollbridge_core::ports::{Clock, Log, Micros, Random, Timer};
use worker::kv::KvStore;
use worker::{D1Database, Date, Env, ObjectNamespace, console_log};

/// Workers, as the core sees it.
pub(crate) struct Platform {
    /// The KV namespace bound as `CACHE`.
    pub(crate) cache: Option<KvStore>,
    /// The D1 database bound as `LEDGER`.
    pub(crate) ledger: Option<D1Database>,
    /// The Durable Objects bound as `COUNTERS`.
    pub(crate) counters: Option<ObjectNamespace>,
    /// Whether the database is known to have this release's schema.
    pub(crate) migrated: AtomicBool,
}

impl Platform {
    /// With the bindings that are there, and a line in the log that names the others.
    pub(crate) fn new(env: &Env) -> Self {
        let platform = Self {
            cache: env.kv("CACHE").ok(),
            ledger: env.d1("LEDGER").ok(),
            counters: env.durable_object("COUNTERS").ok(),
            migrated: AtomicBool::new(false),
        };
        let missing = [
            ("CACHE", platform.cache.is_none()),
            ("LEDGER", platform.ledger.is_none()),
            ("COUNTERS", platform.counters.is_none()),
        ];
        let missing: Vec<&str> = missing.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
        if !missing.is_empty() {
            let notice = Notice::warning("bindings_missing").list("bindings", missing);
            platform.line(&notice.line(platform.now(), LogFormat::Json));
        }
        platform
    }
}

/// Now. Stands still between two I/O operations.
pub(crate) fn now() -> Micros {
    Date::now().as_millis() * 1000
}

impl Clock for Platform {
    fn now(&self) -> Micros {
        now()
    }
}

impl Timer for Platform {
    type Sleep = Sleep;

    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(duration)
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
