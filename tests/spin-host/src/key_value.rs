//! `spin:key-value`: the declared stores, in memory.

use crate::bindings::spin::key_value::key_value::{Error, Host, HostStore, HostStoreWithStore};
use crate::instances::State;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use wasmtime::component::{Accessor, FutureReader, HasSelf, Resource, StreamReader};

type Entries = BTreeMap<String, Vec<u8>>;

/// Every declared store by its label.
pub(crate) struct Stores(HashMap<String, Mutex<Entries>>);

impl Stores {
    pub(crate) fn new(labels: Vec<String>) -> Self {
        Self(labels.into_iter().map(|label| (label, Mutex::default())).collect())
    }
}

/// What the component holds: the label of a store that is known to exist.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Store(String);

impl State {
    fn entries<R>(
        &mut self,
        store: &Resource<Store>,
        f: impl FnOnce(&mut Entries) -> R,
    ) -> wasmtime::Result<R> {
        let label = &self.table.get(store)?.0;
        let entries = self.app.key_value.0.get(label).expect("a store is opened by a declared label");
        Ok(f(&mut entries.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Host for State {}

impl HostStore for State {
    fn drop(&mut self, store: Resource<Store>) -> wasmtime::Result<()> {
        self.table.delete(store)?;
        Ok(())
    }
}

impl<T: Send> HostStoreWithStore<T> for HasSelf<State> {
    async fn open(
        accessor: &Accessor<T, Self>,
        label: String,
    ) -> wasmtime::Result<Result<Resource<Store>, Error>> {
        accessor.with(|mut access| {
            let state = access.get();
            if !state.app.key_value.0.contains_key(&label) {
                return Ok(Err(Error::AccessDenied));
            }
            Ok(Ok(state.table.push(Store(label))?))
        })
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        accessor.with(|mut access| access.get().entries(&store, |entries| Ok(entries.get(&key).cloned())))
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
        value: Vec<u8>,
    ) -> wasmtime::Result<Result<(), Error>> {
        accessor.with(|mut access| {
            access.get().entries(&store, |entries| {
                entries.insert(key, value);
                Ok(())
            })
        })
    }

    async fn delete(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<(), Error>> {
        accessor.with(|mut access| {
            access.get().entries(&store, |entries| {
                entries.remove(&key);
                Ok(())
            })
        })
    }

    async fn exists(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
        key: String,
    ) -> wasmtime::Result<Result<bool, Error>> {
        accessor.with(|mut access| access.get().entries(&store, |entries| Ok(entries.contains_key(&key))))
    }

    async fn get_keys(
        accessor: &Accessor<T, Self>,
        store: Resource<Store>,
    ) -> wasmtime::Result<(StreamReader<String>, FutureReader<Result<(), Error>>)> {
        accessor.with(|mut access| {
            let keys: Vec<String> =
                access.get().entries(&store, |entries| entries.keys().cloned().collect())?;
            let keys = StreamReader::new(&mut access, keys)?;
            let done = FutureReader::new(&mut access, async { wasmtime::error::Ok(Ok(())) })?;
            Ok((keys, done))
        })
    }
}
