//! `GET /admin/usage/summary`: sums over the ledger, for whoever holds the master key.

use http::{Response, request::Parts};

use super::{Body, Gateway, answer, flight::Flight};
use crate::{
    error::{ApiError, ErrorKind},
    ledger::SummaryQuery,
    ports::{LedgerError, Ports},
};

impl<P: Ports> Gateway<P> {
    pub(super) async fn usage_summary(&self, parts: &Parts, mut flight: Flight<P>) -> Response<Body<P>> {
        match self.summarize(parts, &mut flight).await {
            Ok(body) => flight.finish(answer::with_status(http::StatusCode::OK, body.into())),
            Err(error) => flight.refuse(&error),
        }
    }

    async fn summarize(&self, parts: &Parts, flight: &mut Flight<P>) -> Result<String, ApiError> {
        if self.policy.master_key.is_none() {
            let message = "The admin API is off: set TOLLBRIDGE_MASTER_KEY and send that key.";
            return Err(ApiError::new(ErrorKind::Permission, message).with_code("admin_disabled"));
        }
        if !self.identify(parts, flight)?.master {
            let message = "Only the master key may read usage: send it as `Authorization: Bearer`.";
            return Err(ApiError::new(ErrorKind::Permission, message).with_code("master_key_required"));
        }
        let query = SummaryQuery::parse(parts.uri.query().unwrap_or_default(), self.ports.now())
            .map_err(|error| ApiError::invalid(error.to_string()))?;
        let summary = self.ports.summary(query).await.map_err(|error| unavailable(&error))?;
        Ok(summary.to_json())
    }
}

fn unavailable(error: &LedgerError) -> ApiError {
    let message = match error {
        LedgerError::NotKept => error.to_string(),
        LedgerError::Store(_) | LedgerError::Full => {
            "The usage ledger cannot be read now: try again, or see the gateway's log.".to_owned()
        }
    };
    ApiError::new(ErrorKind::Overloaded, message).with_code("ledger_unavailable")
}
