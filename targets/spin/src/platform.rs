//! The ports that need no store, and what the others are made of.

use crate::database::Database;
use crate::stores;
use spin_sdk::http::Request;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tollbridge_core::gateway::EndBy;
use tollbridge_core::ledger::Notice;
use tollbridge_core::ports::{Clock, Log, Micros, Random, Timer};

/// Spin, as the core sees it.
pub(crate) struct Platform {
    /// How long a provider may take to accept a connection.
    pub(crate) connect: Duration,
    /// Whether there is a key-value store.
    pub(crate) has_key_value: bool,
    /// The SQLite database.
    pub(crate) database: Option<Database>,
    /// Whether the database is known to have this release's schema.
    pub(crate) migrated: AtomicBool,
}

impl Platform {
    /// With the stores that are there.
    pub(crate) async fn find(connect: Duration) -> Self {
        Self {
            connect,
            has_key_value: stores::has_key_value().await,
            database: Database::find().await,
            migrated: AtomicBool::new(false),
        }
    }

    /// What there is to say of stores that are not there; nothing where all are.
    pub(crate) fn missing(&self) -> Option<Notice> {
        let stores = [("key_value", self.has_key_value), ("sqlite", self.database.is_some())];
        let missing: Vec<&str> = stores.iter().filter(|(_, is)| !is).map(|(name, _)| *name).collect();
        (!missing.is_empty()).then(|| Notice::warning("bindings_missing").list("bindings", missing))
    }
}

impl Clock for Platform {
    fn now(&self) -> Micros {
        now()
    }
}

/// The time of day.
pub(crate) fn now() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// A request with the end that the host puts to it. The component that asks for no SQLite is the one for Akamai
/// Functions, which ends a request after 30 s ("Quotas and limits"): two of them are for ending an answer in order.
pub(crate) fn bounded(mut request: Request) -> Request {
    if cfg!(not(feature = "sqlite")) {
        request.extensions_mut().insert(EndBy(now().saturating_add(28_000_000)));
    }
    request
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
        log(line);
    }
}

/// The component's log is what it prints. Where nobody reads that any more, requests are served all the same.
pub(crate) fn log(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
