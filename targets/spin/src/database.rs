//! Spin's SQLite as the core's `Sql`.

use spin_sdk::sqlite::{Connection, Error, Value as SqliteValue};
use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};
use tollbridge_core::sql::{Cell, Sql, SqlError, Statement, Value};

/// The label in the manifest's `sqlite_databases`.
pub(crate) const LABEL: &str = "default";

/// The application's database: connections that are open and idle. Each is used by one request at a time, since a
/// transaction is the connection's; with libSQL, opening one is a handshake.
pub(crate) struct Database(Mutex<Vec<Connection>>);

impl Database {
    /// The database, where the platform has it and the manifest names it. One that cannot be reached now is tried
    /// again later.
    pub(crate) async fn find() -> Option<Self> {
        match open().await {
            Ok(connection) => Some(Self(Mutex::new(vec![connection]))),
            Err(Error::AccessDenied | Error::NoSuchDatabase) => None,
            Err(_) => Some(Self(Mutex::default())),
        }
    }

    /// Whether it answers.
    pub(crate) async fn check(&self) -> Result<(), SqlError> {
        self.query(plain("SELECT 1")).await.map(drop)
    }

    async fn take(&self) -> Result<Connection, SqlError> {
        let idle = self.idle().pop();
        match idle {
            Some(connection) => Ok(connection),
            None => open().await.map_err(failed),
        }
    }

    /// Keeps a connection that is in order.
    fn give_back(&self, connection: Connection) {
        self.idle().push(connection);
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sql for Database {
    /// Takes the writer's lock at once: a transaction that asked for it halfway could be refused.
    async fn transaction<'a>(&self, statements: impl Iterator<Item = Statement<'a>>) -> Result<(), SqlError> {
        let connection = self.take().await?;
        run(&connection, plain("BEGIN IMMEDIATE")).await?;
        let mut done = Ok(Vec::new());
        for statement in statements.chain([plain("COMMIT")]) {
            done = run(&connection, statement).await;
            if done.is_err() {
                // What it says to that is of no use: the connection is closed in any case.
                let _ = run(&connection, plain("ROLLBACK")).await;
                break;
            }
        }
        done?;
        self.give_back(connection);
        Ok(())
    }

    async fn query(&self, statement: Statement<'_>) -> Result<Vec<Vec<Cell>>, SqlError> {
        let connection = self.take().await?;
        let rows = run(&connection, statement).await?;
        self.give_back(connection);
        Ok(rows)
    }
}

/// How a file is to be kept: with a write-ahead log readers and the writer do not wait for each other, and a commit
/// needs no fsync to survive the end of the process. The end of the machine can cost the last moments, never the
/// file.
const PRAGMAS: [&str; 2] = ["PRAGMA journal_mode = wal", "PRAGMA synchronous = normal"];

async fn open() -> Result<Connection, Error> {
    let connection = Connection::open(LABEL).await?;
    for pragma in PRAGMAS {
        // A server's database (libSQL) decides that itself.
        let _ = run(&connection, plain(pragma)).await;
    }
    Ok(connection)
}

fn plain(sql: &'static str) -> Statement<'static> {
    Statement { sql: Cow::Borrowed(sql), values: Vec::new() }
}

async fn run(connection: &Connection, statement: Statement<'_>) -> Result<Vec<Vec<Cell>>, SqlError> {
    let values: Vec<_> = statement.values.into_iter().map(value).collect();
    let result = connection.execute(statement.sql, values).await.map_err(failed)?;
    let rows = result.collect().await.map_err(failed)?;
    Ok(rows.into_iter().map(|row| row.values.into_iter().map(cell).collect()).collect())
}

fn value(value: Value<'_>) -> SqliteValue {
    match value {
        Value::Null => SqliteValue::Null,
        Value::Integer(number) => SqliteValue::Integer(number),
        Value::Text(text) => SqliteValue::Text(text.into_owned()),
        Value::Blob(bytes) => SqliteValue::Blob(bytes.into_owned()),
    }
}

/// The core's tables hold no fractions.
fn cell(value: SqliteValue) -> Cell {
    match value {
        SqliteValue::Null => Cell::Null,
        SqliteValue::Integer(number) => Cell::Integer(number),
        SqliteValue::Real(number) => Cell::Integer(number as i64),
        SqliteValue::Text(text) => Cell::Text(text),
        SqliteValue::Blob(bytes) => Cell::Blob(bytes),
    }
}

fn failed(error: Error) -> SqlError {
    SqlError(error.to_string())
}
