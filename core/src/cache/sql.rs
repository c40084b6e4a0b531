//! The cache on anything that speaks SQLite's SQL.
//!
//! One table. It has no migrations: what it holds may be forgotten, so another schema is another
//! table's name. Times are seconds since the Unix epoch, and always passed in.

use std::borrow::Cow;

pub use super::entry::Entry;
use crate::{
    ports::CacheError,
    sql::{Cell, Sql, SqlError, Statement, Value},
};

/// What is done to a key.
pub type Change<'a> = (&'a str, Option<&'a Entry>);

const SCHEMA: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS cache_1 (key TEXT PRIMARY KEY, value BLOB NOT NULL, expires INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS cache_1_expires ON cache_1 (expires)",
];
const PUT: &str = "INSERT INTO cache_1 (key, value, expires) VALUES (?, ?, ?) \
                   ON CONFLICT DO UPDATE SET value = excluded.value, expires = excluded.expires";
const DELETE: &str = "DELETE FROM cache_1 WHERE key = ?";
const GET: &str = "SELECT value, expires FROM cache_1 WHERE key = ? AND expires > ?";
const EXPIRE: &str = "DELETE FROM cache_1 WHERE expires <= ?";
const SIZE: &str = "SELECT coalesce(sum(length(value)), 0) FROM cache_1";
/// The tenth that would be gone first.
const SHRINK: &str = "DELETE FROM cache_1 WHERE rowid IN (SELECT rowid FROM cache_1 ORDER BY expires \
                      LIMIT (SELECT count(*) / 10 + 1 FROM cache_1))";

/// Makes the table where there is none.
pub async fn prepare(database: &impl Sql) -> Result<(), SqlError> {
    database.transaction(SCHEMA.into_iter().map(|sql| statement(sql, Vec::new()))).await
}

/// The entry of a key, unless its time was up at `now`.
pub async fn get(database: &impl Sql, key: &str, now: u64) -> Result<Option<Entry>, SqlError> {
    let rows = database.query(statement(GET, vec![Value::Text(Cow::Borrowed(key)), seconds(now)])).await?;
    let Some(row) = rows.into_iter().next() else { return Ok(None) };
    let mut cells = row.into_iter();
    match (cells.next(), cells.next()) {
        (Some(Cell::Blob(value)), Some(Cell::Integer(expires))) => {
            Ok(Some(Entry { value: value.into(), expires: expires.unsigned_abs() }))
        }
        _ => Err(SqlError("a row of cache_1 is not of the shape that its schema says".into())),
    }
}

/// Makes all of the changes, or none.
pub async fn write(database: &impl Sql, changes: impl Iterator<Item = Change<'_>>) -> Result<(), SqlError> {
    let statements = changes.map(|(key, entry)| {
        let key = Value::Text(Cow::Borrowed(key));
        match entry {
            None => statement(DELETE, vec![key]),
            Some(Entry { value, expires }) => {
                statement(PUT, vec![key, Value::Blob(Cow::Borrowed(value)), seconds(*expires)])
            }
        }
    });
    database.transaction(statements).await
}

/// Takes away what has expired and, where the values are still more than `most` bytes, a tenth of
/// the rest. Reads the sizes of all values: for once in a while.
pub async fn prune(database: &impl Sql, now: u64, most: u64) -> Result<(), SqlError> {
    let expire = statement(EXPIRE, vec![seconds(now)]);
    database.transaction(std::iter::once(expire)).await?;
    let rows = database.query(statement(SIZE, Vec::new())).await?;
    let size = match rows.first().and_then(|row| row.first()) {
        Some(Cell::Integer(size)) => size.unsigned_abs(),
        _ => return Err(SqlError(format!("no number came of: {SIZE}"))),
    };
    if size > most {
        database.transaction(std::iter::once(statement(SHRINK, Vec::new()))).await?;
    }
    Ok(())
}

fn statement<'a>(sql: &'static str, values: Vec<Value<'a>>) -> Statement<'a> {
    Statement { sql: Cow::Borrowed(sql), values }
}

fn seconds<'a>(seconds: u64) -> Value<'a> {
    Value::Integer(i64::try_from(seconds).unwrap_or(i64::MAX))
}

impl From<SqlError> for CacheError {
    fn from(error: SqlError) -> Self {
        Self::Store(error.0)
    }
}
