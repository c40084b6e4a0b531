//! Whether the gateway lives, can reach its store, and what it is.

use http::{Response, StatusCode};
use serde::Serialize;

use super::{Body, Gateway, answer, flight::Flight};
use crate::{
    config::OnStoreFailure,
    ledger::Notice,
    ports::{Cache, CacheError, CountersError, Ledger, LedgerError, Ports},
};

/// The answer of `GET /version`.
#[derive(Debug, Serialize)]
pub(super) struct Version {
    name: &'static str,
    version: &'static str,
}

/// The answer of `GET /health/ready`.
#[derive(Debug, Serialize)]
struct Ready {
    status: &'static str,
    ledger: &'static str,
    cache: &'static str,
    #[serde(flatten)]
    limits: Option<Limits>,
}

/// The part about the limits of keys, where there are any.
#[derive(Debug, Serialize)]
struct Limits {
    /// `ok`, `unreachable`, or `instance`: where there is no store each instance counts for itself.
    limits: &'static str,
    /// Requests that were decided without the store, and changes to it that were lost, since this
    /// instance began.
    limits_failures: u64,
}

impl<P: Ports> Gateway<P> {
    pub(super) fn version(&self) -> Version {
        Version { name: "tollbridge", version: env!("CARGO_PKG_VERSION") }
    }

    /// 200 where requests can be served and accounted for, 503 where a store is out of reach; one
    /// that this target, or its configuration, does not have is named and no failure. Why a store
    /// cannot be reached goes to the log: the probe needs no key.
    pub(super) async fn ready(&self, flight: Flight<P>) -> Response<Body<P>> {
        let ledger = match Ledger::ready(&self.ports).await {
            Ok(()) => "ok",
            Err(LedgerError::NotKept) => "none",
            Err(error) => self.unreachable("ledger", &error.to_string()),
        };
        let cache = match Cache::ready(&self.ports).await {
            Ok(()) => "ok",
            Err(CacheError::NotKept) => "none",
            Err(error) => self.unreachable("cache", &error.to_string()),
        };
        let limits = self.limits_ready().await;
        let refusing = self.policy.limits.on_store_failure == OnStoreFailure::Refuse
            && limits.as_ref().is_some_and(|limits| limits.limits == UNREACHABLE);
        let failed = refusing || [ledger, cache].contains(&UNREACHABLE);
        let status = if failed { "unavailable" } else { "ok" };
        let mut response = answer::json(&Ready { status, ledger, cache, limits });
        if failed {
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        }
        flight.quietly(response)
    }

    fn unreachable(&self, store: &str, error: &str) -> &'static str {
        self.tell(&Notice::error(format!("{store}_unreachable")).reason(error));
        UNREACHABLE
    }

    /// How the counts of limits are; `None` where no key has limits. Where they cannot be reached and
    /// requests pass all the same, that is no failure.
    async fn limits_ready(&self) -> Option<Limits> {
        let scope = self.state.scopes.any()?;
        let limits = match self.ports.window(&scope.id, self.ports.now()).await {
            Ok(_) => "ok",
            Err(CountersError::NotKept) => "instance",
            Err(error) => self.unreachable("limits", &error.to_string()),
        };
        Some(Limits { limits, limits_failures: self.state.outage.failures() })
    }
}

/// The word for a store that should be there and does not answer.
const UNREACHABLE: &str = "unreachable";
