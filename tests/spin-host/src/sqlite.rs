//! `spin:sqlite`: the declared databases, in memory.

use crate::bindings::spin::sqlite::sqlite::{
    Error, Host, HostConnection, HostConnectionWithStore, QueryResult, RowResult, Value,
};
use crate::instances::State;
use anyhow::{Context as _, Result};
use rusqlite::types::{Value as SqlValue, ValueRef};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmtime::component::{Accessor, FutureReader, HasSelf, Resource, StreamReader};

/// Every declared database by its name.
pub(crate) struct Databases(HashMap<String, Connection>);

impl Databases {
    pub(crate) fn open(names: Vec<String>) -> Result<Self> {
        let open = |name| {
            let connection =
                rusqlite::Connection::open_in_memory().context("cannot open a database in memory")?;
            Ok((name, Connection(Arc::new(Mutex::new(connection)))))
        };
        names.into_iter().map(open).collect::<Result<_>>().map(Self)
    }
}

/// One database, shared by all instances as a file would be.
#[derive(Clone)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Connection(Arc<Mutex<rusqlite::Connection>>);

impl Connection {
    fn lock(&self) -> MutexGuard<'_, rusqlite::Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, query: &str, parameters: Vec<Value>) -> Result<(Vec<String>, Vec<RowResult>), Error> {
        rows(&self.lock(), query, parameters).map_err(|error| Error::Io(error.to_string()))
    }
}

fn rows(
    connection: &rusqlite::Connection,
    query: &str,
    parameters: Vec<Value>,
) -> rusqlite::Result<(Vec<String>, Vec<RowResult>)> {
    let mut statement = connection.prepare(query)?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut cursor = statement.query(rusqlite::params_from_iter(parameters.into_iter().map(to_sqlite)))?;
    let mut found = Vec::new();
    while let Some(row) = cursor.next()? {
        let values = (0..columns.len()).map(|index| row.get_ref(index).map(from_sqlite));
        found.push(RowResult { values: values.collect::<rusqlite::Result<_>>()? });
    }
    Ok((columns, found))
}

fn to_sqlite(value: Value) -> SqlValue {
    match value {
        Value::Integer(integer) => SqlValue::Integer(integer),
        Value::Real(real) => SqlValue::Real(real),
        Value::Text(text) => SqlValue::Text(text),
        Value::Blob(blob) => SqlValue::Blob(blob),
        Value::Null => SqlValue::Null,
    }
}

fn from_sqlite(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(integer) => Value::Integer(integer),
        ValueRef::Real(real) => Value::Real(real),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(blob) => Value::Blob(blob.to_vec()),
    }
}

type Rows = (Vec<String>, StreamReader<RowResult>, FutureReader<Result<(), Error>>);

impl State {
    fn database(&mut self, connection: &Resource<Connection>) -> wasmtime::Result<Connection> {
        Ok(self.table.get(connection)?.clone())
    }
}

impl Host for State {}

impl HostConnection for State {
    fn open(&mut self, name: String) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        match self.app.databases.0.get(&name).cloned() {
            Some(database) => Ok(Ok(self.table.push(database)?)),
            None => Ok(Err(Error::AccessDenied)),
        }
    }

    fn execute(
        &mut self,
        connection: Resource<Connection>,
        query: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Result<QueryResult, Error>> {
        let result = self.database(&connection)?.run(&query, parameters);
        Ok(result.map(|(columns, rows)| QueryResult { columns, rows }))
    }

    fn last_insert_rowid(&mut self, connection: Resource<Connection>) -> wasmtime::Result<i64> {
        Ok(self.database(&connection)?.lock().last_insert_rowid())
    }

    fn changes(&mut self, connection: Resource<Connection>) -> wasmtime::Result<u64> {
        Ok(self.database(&connection)?.lock().changes())
    }

    fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.table.delete(connection)?;
        Ok(())
    }
}

impl<T: Send> HostConnectionWithStore<T> for HasSelf<State> {
    async fn open_async(
        accessor: &Accessor<T, Self>,
        name: String,
    ) -> wasmtime::Result<Result<Resource<Connection>, Error>> {
        accessor.with(|mut access| access.get().open(name))
    }

    async fn execute_async(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
        query: String,
        parameters: Vec<Value>,
    ) -> wasmtime::Result<Result<Rows, Error>> {
        accessor.with(|mut access| {
            let (columns, rows) = match access.get().database(&connection)?.run(&query, parameters) {
                Ok(result) => result,
                Err(error) => return Ok(Err(error)),
            };
            let rows = StreamReader::new(&mut access, rows)?;
            let done = FutureReader::new(&mut access, async { wasmtime::error::Ok(Ok(())) })?;
            Ok(Ok((columns, rows, done)))
        })
    }

    async fn last_insert_rowid_async(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
    ) -> wasmtime::Result<i64> {
        accessor.with(|mut access| access.get().last_insert_rowid(connection))
    }

    async fn changes_async(
        accessor: &Accessor<T, Self>,
        connection: Resource<Connection>,
    ) -> wasmtime::Result<u64> {
        accessor.with(|mut access| access.get().changes(connection))
    }
}
