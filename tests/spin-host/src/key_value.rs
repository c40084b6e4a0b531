//! `spin:key-value`: the declared stores, in one SQLite file as Spin keeps them.

use crate::bindings::spin::key_value::key_value::{Error, Host, HostStore, HostStoreWithStore};
use crate::instances::State;
use anyhow::{Context as _, Result};
use rusqlite::{Connection, OptionalExtension as _, params};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::component::{Accessor, FutureReader, HasSelf, Resource, StreamReader};

const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS entries \
                      (store TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (store, key))";

/// Every declared store.
pub(crate) struct Stores {
    labels: Vec<String>,
    entries: Arc<Mutex<Connection>>,
}

impl Stores {
    pub(crate) fn open(folder: &Path, labels: Vec<String>) -> Result<Self> {
        let path = folder.join("key-value.db");
        let open = || {
            let connection = Connection::open(&path)?;
            connection.execute(SCHEMA, [])?;
            Ok::<_, rusqlite::Error>(connection)
        };
        let connection = open().with_context(|| format!("cannot open {}", path.display()))?;
        Ok(Self { labels, entries: Arc::new(Mutex::new(connection)) })
    }
}

/// What the component holds: a store that it may use.
#[derive(Clone)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Store {
    label: String,
    entries: Arc<Mutex<Connection>>,
}

impl Store {
    /// Runs SQL on a thread that may block.
    async fn run<T: Send + 'static>(
        self,
        statements: impl FnOnce(&Connection, &str) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Error> {
        let run = move || {
            statements(&self.entries.lock().unwrap_or_else(PoisonError::into_inner), &self.label)
                .map_err(|error| Error::Other(error.to_string()))
        };
        tokio::task::spawn_blocking(run).await.unwrap_or_else(|error| Err(Error::Other(error.to_string())))
    }
}

impl Host for State {}

impl HostStore for State {
    fn drop(&mut self, store: Resource<Store>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}

fn held<T: Send>(accessor: &Accessor<T, HasSelf<State>>, store: &Resource<Store>) -> wasmtime::Result<Store> {
    accessor.with(|mut access| Ok(access.get().table.get(store)?.clone()))
}

impl<T: Send> HostStoreWithStore<T> for HasSelf<State> {
    async fn open(
        accessor: &Accessor<T, Self>,
        label: String,
    ) -> wasmtime::Result<Result<Resource<Store>, Error>> {
        accessor.with(|mut access| {
            let state = access.get();
            let stores = &state.app.key_value;
            if !stores.labels.contains(&label) {
                return Ok(Err(Error::AccessDenied));
            }
            let store = Store { label, entries: stores.entries.clone() };
            Ok(Ok(state.table.push(store)?))
        })
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        let get = move |entries: &Connection, label: &str| {
            let mut get = entries.prepare_cached("SELECT value FROM entries WHERE store = ? AND key = ?")?;
            get.query_row([label, &key], |row| row.get(0)).optional()
        };
        Ok(held(accessor, &store)?.run(get).await)
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        let set = move |entries: &Connection, label: &str| {
            let mut set = entries.prepare_cached("INSERT OR REPLACE INTO entries VALUES (?, ?, ?)")?;
            set.execute(params![label, key, value]).map(drop)
        };
        Ok(held(accessor, &store)?.run(set).await)
    }

    async fn delete(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<(), Error>> {
        let delete = move |entries: &Connection, label: &str| {
            entries.execute("DELETE FROM entries WHERE store = ? AND key = ?", [label, &key]).map(drop)
        };
        Ok(held(accessor, &store)?.run(delete).await)
    }

    async fn exists(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<bool, Error>> {
        let exists = move |entries: &Connection, label: &str| {
            entries.prepare("SELECT 1 FROM entries WHERE store = ? AND key = ?")?.exists([label, &key])
        };
        Ok(held(accessor, &store)?.run(exists).await)
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
    ) -> wasmtime::Result<(StreamReader<String>, FutureReader<Result<(), Error>>)> {
        let keys = |entries: &Connection, label: &str| {
            let mut keys = entries.prepare("SELECT key FROM entries WHERE store = ?")?;
            keys.query_map([label], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()
        };
        let (keys, end) = match held(accessor, &store)?.run(keys).await {
            Ok(keys) => (keys, Ok(())),
            Err(error) => (Vec::new(), Err(error)),
        };
        accessor.with(|mut access| {
            let keys = StreamReader::new(&mut access, keys)?;
            let end = FutureReader::new(&mut access, async { wasmtime::error::Ok(end) })?;
            Ok((keys, end))
        })
    }
}
