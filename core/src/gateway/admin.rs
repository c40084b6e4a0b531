//! `/admin`: sums over the ledger, and rows put into it later, for whoever holds the master key.

use bytes::Bytes;
use http::{Response, StatusCode, request::Parts};
use serde::Serialize;

use super::{Body, Gateway, answer, flight::Flight, read};
use crate::{
    error::{ApiError, ErrorKind},
    ledger::{Notice, SummaryQuery, UsageRow, read_unwritten},
    ports::{LedgerError, MOST_IMPORTED, Ports},
};

/// The answer of `POST /admin/usage/import`.
#[derive(Debug, Serialize)]
struct Imported {
    /// Lines that hold a row.
    rows: usize,
    /// Those of them that were not in the ledger.
    written: usize,
}

impl<P: Ports> Gateway<P> {
    pub(super) async fn usage_summary(&self, parts: &Parts, mut flight: Flight<P>) -> Response<Body<P>> {
        match self.summarize(parts, &mut flight).await {
            Ok(body) => flight.finish(answer::with_status(StatusCode::OK, body.into())),
            Err(error) => flight.refuse(&error),
        }
    }

    /// Takes the lines of a log and writes the rows of those that are `usage_unwritten`. All are read before
    /// the first is written.
    pub(super) async fn usage_import<B>(
        &self,
        parts: &Parts,
        body: B,
        mut flight: Flight<P>,
    ) -> Response<Body<P>>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
    {
        match self.import(parts, body, &mut flight).await {
            Ok(imported) => flight.finish(answer::json(&imported)),
            Err(error) => flight.refuse(&error),
        }
    }

    async fn import<B>(&self, parts: &Parts, body: B, flight: &mut Flight<P>) -> Result<Imported, ApiError>
    where
        B: http_body::Body<Data = Bytes> + Unpin,
    {
        self.admit_operator(parts, flight)?;
        let body = read::body(body, self.policy.body_size_limit).await?;
        let mut rows = rows(&body)?;
        let mut imported = Imported { rows: rows.len(), written: 0 };
        while !rows.is_empty() {
            let some = rows.split_off(rows.len().saturating_sub(MOST_IMPORTED));
            imported.written += self.ports.import(some).await.map_err(|error| {
                self.tell(&Notice::error("usage_import_failed").reason(&error.to_string()));
                unavailable(&error)
            })?;
        }
        Ok(imported)
    }

    async fn summarize(&self, parts: &Parts, flight: &mut Flight<P>) -> Result<String, ApiError> {
        self.admit_operator(parts, flight)?;
        let query = SummaryQuery::parse(parts.uri.query().unwrap_or_default(), self.ports.now())
            .map_err(|error| ApiError::invalid(error.to_string()))?;
        let summary = self.ports.summary(query).await.map_err(|error| unavailable(&error))?;
        Ok(summary.to_json())
    }

    fn admit_operator(&self, parts: &Parts, flight: &mut Flight<P>) -> Result<(), ApiError> {
        if self.policy.master_key.is_none() {
            let message = "The admin API is off: set TOLLBRIDGE_MASTER_KEY and send that key.";
            return Err(ApiError::new(ErrorKind::Permission, message).with_code("admin_disabled"));
        }
        if !self.identify(parts, flight)?.master {
            let message = "Only the master key may read usage: send it as `Authorization: Bearer`.";
            return Err(ApiError::new(ErrorKind::Permission, message).with_code("master_key_required"));
        }
        Ok(())
    }
}

fn rows(log: &[u8]) -> Result<Vec<UsageRow>, ApiError> {
    let mut rows = Vec::new();
    for (number, line) in log.split(|byte| *byte == b'\n').enumerate() {
        let line = String::from_utf8_lossy(line);
        match read_unwritten(&line) {
            Ok(row) => rows.extend(row),
            Err(error) => return Err(ApiError::invalid(format!("Line {}: {error}.", number + 1))),
        }
    }
    Ok(rows)
}

fn unavailable(error: &LedgerError) -> ApiError {
    let message = match error {
        LedgerError::NotKept => error.to_string(),
        LedgerError::Store(_) | LedgerError::Full => {
            "The usage ledger cannot be reached now: try again, or see the gateway's log.".to_owned()
        }
    };
    ApiError::new(ErrorKind::Overloaded, message).with_code("ledger_unavailable")
}
