//! The ports that need a store: key-value for the cache, SQLite for the ledger and the counters.
//!
//! Every store is optional. Where one is missing, the port answers as a target without that store does.

use crate::database::Database;
use crate::platform::Platform;
use bytes::Bytes;
use spin_sdk::key_value::{Error, Store};
use std::slice;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tollbridge_core::cache::{admit, entry};
use tollbridge_core::govern::limits::{self, Ask, Grant, Settlement, Window};
use tollbridge_core::ledger::sql::{self, Among, SqlError, migrate};
use tollbridge_core::ledger::{Summary, SummaryQuery, UsageRow};
use tollbridge_core::ports::{
    Cache, CacheError, Clock as _, Counters, CountersError, Ledger, LedgerError, Micros, Random as _,
    Unwritten,
};

/// The label in the manifest's `key_value_stores`.
pub(crate) const KEY_VALUE: &str = "default";

/// What the keys of the cache begin with: a store may be shared with others (Redis is).
const OURS: &str = "tollbridge/";

impl Cache for Platform {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, CacheError> {
        let Some(store) = self.key_value().await? else { return Ok(None) };
        let found = store.get(ours(key)).await.map_err(failed)?;
        let entry = found.and_then(|bytes| entry::Entry::from_bytes(bytes.into()));
        Ok(entry.filter(|entry| entry.lives(self.seconds())).map(|entry| entry.value))
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), CacheError> {
        let Some(store) = self.key_value().await? else { return Err(CacheError::NotKept) };
        let expires = self.seconds() + admit(key, &value, ttl)?;
        store.set(ours(key), entry::Entry { value, expires }.to_bytes()).await.map_err(failed)?;
        if entry::looks(self.random()) {
            // The value is kept whatever comes of this.
            let _ = self.look(&store).await;
        }
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), CacheError> {
        let Some(store) = self.key_value().await? else { return Ok(()) };
        store.delete(ours(key)).await.map_err(failed)
    }

    async fn ready(&self) -> Result<(), CacheError> {
        let store = self.key_value().await?.ok_or(CacheError::NotKept)?;
        store.exists(ours("ready")).await.map(drop).map_err(failed)
    }
}

impl Ledger for Platform {
    async fn append(&self, row: UsageRow) -> Result<(), Box<Unwritten>> {
        let written = match self.database().await {
            Ok(Some(database)) => sql::append(database, slice::from_ref(&row)).await,
            // The log is the ledger.
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        written.map_err(|error| Box::new(Unwritten { row, error: error.into() }))
    }

    /// An answer of a server's (libSQL) that was lost on its way may have been a yes.
    async fn append_again(&self, row: UsageRow) -> Result<(), Box<Unwritten>> {
        let written = match self.database().await {
            Ok(Some(database)) => {
                sql::append_missing(database, slice::from_ref(&row), Among::Latest).await.map(drop)
            }
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        written.map_err(|error| Box::new(Unwritten { row, error: error.into() }))
    }

    async fn import(&self, rows: Vec<UsageRow>) -> Result<usize, LedgerError> {
        let database = self.database().await?.ok_or(LedgerError::NotKept)?;
        Ok(sql::append_missing(database, &rows, Among::All).await?)
    }

    async fn summary(&self, query: SummaryQuery) -> Result<Summary, LedgerError> {
        Ok(sql::summary(self.database().await?.ok_or(LedgerError::NotKept)?, &query).await?)
    }

    async fn ready(&self) -> Result<(), LedgerError> {
        Ok(self.database().await?.ok_or(LedgerError::NotKept)?.check().await?)
    }
}

impl Counters for Platform {
    async fn lease(&self, scope: &str, ask: Ask) -> Result<Grant, CountersError> {
        match self.database().await? {
            Some(database) => Ok(limits::sql::lease(database, scope, &ask).await?),
            None => Ok(Grant::alone(&ask)),
        }
    }

    async fn settle(&self, scope: &str, back: Settlement) -> Result<(), CountersError> {
        match self.database().await? {
            Some(database) => Ok(limits::sql::settle(database, scope, &back).await?),
            None => Ok(()),
        }
    }

    async fn window(&self, scope: &str, at: Micros) -> Result<Window, CountersError> {
        let database = self.database().await?.ok_or(CountersError::NotKept)?;
        Ok(limits::sql::window(database, scope, at).await?)
    }
}

impl Platform {
    /// The cache's store. Opening one is a look into a table of the host's.
    async fn key_value(&self) -> Result<Option<Store>, CacheError> {
        if self.has_key_value { Store::open(KEY_VALUE).await.map(Some).map_err(failed) } else { Ok(None) }
    }

    /// Takes away some of what is over.
    async fn look(&self, store: &Store) -> Result<(), Error> {
        let mut keys = store.get_keys().await.collect().await?;
        keys.retain(|key| key.starts_with(OURS));
        for key in entry::looked_at(&keys, self.random()) {
            let found = store.get(key).await?.and_then(|bytes| entry::Entry::from_bytes(bytes.into()));
            if found.is_some_and(|entry| !entry.lives(self.seconds())) {
                store.delete(key).await?;
            }
        }
        Ok(())
    }

    /// The database, brought to this release's schema by whoever comes first. Nobody waits for another: several
    /// may do it at once.
    async fn database(&self) -> Result<Option<&Database>, SqlError> {
        let Some(database) = &self.database else { return Ok(None) };
        if !self.migrated.load(Relaxed) {
            migrate(database).await.map_err(|error| SqlError(error.to_string()))?;
            self.migrated.store(true, Relaxed);
        }
        Ok(Some(database))
    }

    fn seconds(&self) -> u64 {
        self.now() / 1_000_000
    }
}

/// Whether the manifest grants the cache's store. One that cannot be reached now is tried again later.
pub(crate) async fn has_key_value() -> bool {
    !matches!(Store::open(KEY_VALUE).await, Err(Error::AccessDenied | Error::NoSuchStore))
}

fn ours(key: &str) -> String {
    format!("{OURS}{key}")
}

fn failed(error: Error) -> CacheError {
    CacheError::Store(error.to_string())
}
