//! The core's `Sql` on SQLite. No call waits for anything but the disk: [`done`] takes its output
//! at once.

use std::{path::Path, time::Duration};

use futures::FutureExt;
use rusqlite::{
    CachedStatement, Connection, OpenFlags, Row, ToSql, Transaction, TransactionBehavior,
    types::{ToSqlOutput, ValueRef},
};
use tollbridge_core::sql::{Cell, Sql, SqlError, Statement, Value};

/// How long to wait for another process that has the file locked.
const BUSY: Duration = Duration::from_secs(1);

/// Pages of the write-ahead log after which it is folded into the file.
const CHECKPOINT_PAGES: u32 = 2_000;

/// One connection.
pub(crate) struct Database(Connection);

impl Database {
    /// Opens a file to write, and makes it where there is none.
    pub(crate) fn open(path: &Path) -> Result<Self, SqlError> {
        let connection = Connection::open(path).map_err(error)?;
        connection.busy_timeout(BUSY).map_err(error)?;
        // With a write-ahead log readers and the writer do not wait for each other, and a commit
        // needs no fsync to survive the end of the process. The end of the machine can cost the
        // last moments, never the file.
        for (pragma, value) in [("journal_mode", "wal"), ("synchronous", "normal"), ("temp_store", "memory")]
        {
            connection.pragma_update(None, pragma, value).map_err(error)?;
        }
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES).map_err(error)?;
        Ok(Self(connection))
    }

    /// Opens a file that is there, to read.
    pub(crate) fn open_to_read(path: &Path) -> Result<Self, SqlError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(error)?;
        connection.busy_timeout(BUSY).map_err(error)?;
        Ok(Self(connection))
    }

    /// Whether the ledger's tables can be read.
    pub(crate) fn check(&self) -> Result<(), SqlError> {
        self.0.query_row("SELECT max(version) FROM schema_version", (), |_| Ok(())).map_err(error)
    }
}

impl Sql for Database {
    async fn transaction<'a>(&self, statements: impl Iterator<Item = Statement<'a>>) -> Result<(), SqlError> {
        let transaction =
            Transaction::new_unchecked(&self.0, TransactionBehavior::Immediate).map_err(error)?;
        // A batch is hundreds of times the same text: looked up once.
        let mut last: Option<(_, CachedStatement<'_>)> = None;
        for Statement { sql, values } in statements {
            let mut statement = match last.take() {
                Some((text, statement)) if text == sql => statement,
                _ => self.0.prepare_cached(&sql).map_err(error)?,
            };
            bind(&mut statement, &values)?;
            statement.raw_execute().map_err(error)?;
            last = Some((sql, statement));
        }
        drop(last);
        transaction.commit().map_err(error)
    }

    async fn query(&self, Statement { sql, values }: Statement<'_>) -> Result<Vec<Vec<Cell>>, SqlError> {
        let mut statement = self.0.prepare_cached(&sql).map_err(error)?;
        bind(&mut statement, &values)?;
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(error)? {
            found.push((0..columns).map(|column| read(row, column)).collect::<Result<_, _>>()?);
        }
        Ok(found)
    }
}

struct Bound<'a>(&'a Value<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn bind(statement: &mut rusqlite::Statement<'_>, values: &[Value<'_>]) -> Result<(), SqlError> {
    for (index, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, Bound(value)).map_err(error)?;
    }
    Ok(())
}

fn read(row: &Row<'_>, column: usize) -> Result<Cell, SqlError> {
    match row.get_ref(column).map_err(error)? {
        ValueRef::Null => Ok(Cell::Null),
        ValueRef::Integer(number) => Ok(Cell::Integer(number)),
        ValueRef::Text(text) => Ok(Cell::Text(String::from_utf8_lossy(text).into_owned())),
        ValueRef::Blob(bytes) => Ok(Cell::Blob(bytes.to_vec())),
        other => {
            Err(SqlError(format!("column {column} holds {}, which is never written", other.data_type())))
        }
    }
}

fn error(error: rusqlite::Error) -> SqlError {
    SqlError(error.to_string())
}

/// The output of a future over a [`Database`], which never waits.
pub(crate) fn done<T, E: From<SqlError>>(future: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    future.now_or_never().unwrap_or_else(|| Err(SqlError("a statement did not finish".into()).into()))
}
