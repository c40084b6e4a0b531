//! The ports that need a binding: KV for the cache, D1 for the ledger.
//!
//! Every binding is optional. Where one is missing, the port answers as a target without that store does.

use crate::d1::D1;
use crate::platform::Platform;
use bytes::Bytes;
use std::slice;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tollbridge_core::cache::admit;
use tollbridge_core::ledger::sql::{self, Among, migrate_beside_wrangler};
use tollbridge_core::ledger::{Summary, SummaryQuery, UsageRow};
use tollbridge_core::ports::{Cache, CacheError, Ledger, LedgerError, Unwritten};

impl Cache for Platform {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, CacheError> {
        let Some(store) = &self.cache else { return Ok(None) };
        let value = store.get(key).bytes().await.map_err(|error| CacheError::Store(error.to_string()))?;
        Ok(value.map(Bytes::from))
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), CacheError> {
        let Some(store) = &self.cache else { return Err(CacheError::NotKept) };
        let seconds = admit(key, &value, ttl)?;
        let failed = |error: worker::kv::KvError| CacheError::Store(error.to_string());
        store.put_bytes(key, &value).map_err(failed)?.expiration_ttl(seconds).execute().await.map_err(failed)
    }

    async fn delete(&self, key: &str) -> Result<(), CacheError> {
        let Some(store) = &self.cache else { return Ok(()) };
        store.delete(key).await.map_err(|error| CacheError::Store(error.to_string()))
    }

    async fn ready(&self) -> Result<(), CacheError> {
        if self.cache.is_none() {
            return Err(CacheError::NotKept);
        }
        self.get("ready").await.map(drop)
    }
}

impl Ledger for Platform {
    async fn append(&self, row: UsageRow) -> Result<(), Box<Unwritten>> {
        let written = match self.ledger().await {
            // The log is the ledger.
            Err(LedgerError::NotKept) => Ok(()),
            Err(error) => Err(error),
            Ok(ledger) => sql::append(&ledger, slice::from_ref(&row)).await.map_err(LedgerError::from),
        };
        written.map_err(|error| Box::new(Unwritten { row, error }))
    }

    /// An answer of D1's that was lost on its way may have been a yes.
    async fn append_again(&self, row: UsageRow) -> Result<(), Box<Unwritten>> {
        let written = match self.ledger().await {
            Ok(ledger) => sql::append_missing(&ledger, slice::from_ref(&row), Among::Latest).await,
            Err(error) => return Err(Box::new(Unwritten { row, error })),
        };
        written.map(drop).map_err(|error| Box::new(Unwritten { row, error: error.into() }))
    }

    async fn import(&self, rows: Vec<UsageRow>) -> Result<usize, LedgerError> {
        Ok(sql::append_missing(&self.ledger().await?, &rows, Among::All).await?)
    }

    async fn summary(&self, query: SummaryQuery) -> Result<Summary, LedgerError> {
        Ok(sql::summary(&self.ledger().await?, &query).await?)
    }

    async fn ready(&self) -> Result<(), LedgerError> {
        self.ledger().await.map(drop)
    }
}

impl Platform {
    /// The ledger's database, brought to this release's schema by whoever comes first. Nobody waits for
    /// another: two may do it, and the second finds it done or tries again with its next row.
    async fn ledger(&self) -> Result<D1<'_>, LedgerError> {
        let database = D1(self.ledger.as_ref().ok_or(LedgerError::NotKept)?);
        if !self.migrated.load(Relaxed) {
            migrate_beside_wrangler(&database)
                .await
                .map_err(|error| LedgerError::Store(error.to_string()))?;
            self.migrated.store(true, Relaxed);
        }
        Ok(database)
    }
}
