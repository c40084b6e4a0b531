//! `spin:sqlite`: the declared databases, each in a file of its own.
//!
//! As in Spin, every connection that a component opens is a connection to the file: transactions of several go on
//! side by side, and wait for each other as SQLite makes them wait.

use crate::bindings::spin::sqlite::sqlite::{
    Error, Host, HostConnection, HostConnectionWithStore, QueryResult, RowResult, Value,
};
use crate::instances::State;
use rusqlite::types::{Value as SqlValue, ValueRef};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmtime::component::{Accessor, FutureReader, HasSelf, Resource, StreamReader};

/// Every declared database.
pub(crate) struct Databases {
    pub(crate) folder: PathBuf,
    pub(crate) names: Vec<String>,
}

impl Databases {
    fn open(&self, name: &str) -> Result<Connection, Error> {
        if !self.names.iter().any(|known| known == name) {
            return Err(Error::AccessDenied);
        }
        let file = self.folder.join(format!("sqlite-{name}.db"));
        let connection = rusqlite::Connection::open(file).map_err(|error| Error::Io(error.to_string()))?;
        Ok(Connection(Arc::new(Mutex::new(connection))))
    }
}

/// A connection of one instance's.
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
    let mut statement = connection.prepare_cached(query)?;
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
        match self.app.databases.open(&name) {
            Ok(connection) => Ok(Ok(self.table.push(connection)?)),
            Err(error) => Ok(Err(error)),
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
        let connection = accessor.with(|mut access| access.get().database(&connection))?;
        let run = tokio::task::spawn_blocking(move || connection.run(&query, parameters));
        let (columns, rows) = match run.await.unwrap_or_else(|error| Err(Error::Io(error.to_string()))) {
            Ok(result) => result,
            Err(error) => return Ok(Err(error)),
        };
        accessor.with(|mut access| {
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
