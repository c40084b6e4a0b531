//! Whether the gateway lives, can reach its store, and what it is.

use http::{Response, StatusCode};
use serde::Serialize;

use super::{Body, Gateway, answer, flight::Flight};
use crate::ports::Ports;

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
}

impl<P: Ports> Gateway<P> {
    pub(super) fn version(&self) -> Version {
        Version { name: "tollbridge", version: env!("CARGO_PKG_VERSION") }
    }

    /// 200 where requests can be served and accounted for, 503 where the store is out of reach. Why
    /// it is goes to the log: the probe needs no key.
    pub(super) async fn ready(&self, flight: Flight<P>) -> Response<Body<P>> {
        match self.ports.ready().await {
            Ok(()) => flight.quietly(answer::json(&Ready { status: "ok", ledger: "ok" })),
            Err(error) => {
                self.ports.line(&serde_json::json!({"level": "error", "event": "ledger_unreachable", "error": error.to_string()}).to_string());
                let mut response = answer::json(&Ready { status: "unavailable", ledger: "unreachable" });
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                flight.quietly(response)
            }
        }
    }
}
