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
/// One walk for any number of keys, a JSON array: a text for each count of them would be another statement.
const GET: &str = "SELECT key, value, expires FROM cache_1 \
                   WHERE key IN (SELECT value FROM json_each(?)) AND expires > ?";
const EXPIRE: &str = "DELETE FROM cache_1 WHERE expires <= ?";
const SIZE: &str = "SELECT coalesce(sum(length(value)), 0) FROM cache_1";
/// The tenth that would be gone first.
const SHRINK: &str = "DELETE FROM cache_1 WHERE rowid IN (SELECT rowid FROM cache_1 ORDER BY expires \
                      LIMIT (SELECT count(*) / 10 + 1 FROM cache_1))";

/// Makes the table where there is none.
pub async fn prepare(database: &impl Sql) -> Result<(), SqlError> {
    database.transaction(SCHEMA.into_iter().map(|sql| statement(sql, Vec::new()))).await
}

/// The entries of those keys that have one whose time was not up at `now`, in any order.
pub async fn get(
    database: &impl Sql,
    keys: &[impl AsRef<str>],
    now: u64,
) -> Result<Vec<(String, Entry)>, SqlError> {
    let keys: Vec<&str> = keys.iter().map(AsRef::as_ref).collect();
    let keys = serde_json::to_string(&keys).map_err(|error| SqlError(error.to_string()))?;
    let rows = database.query(statement(GET, vec![Value::Text(Cow::Owned(keys)), seconds(now)])).await?;
    rows.into_iter().map(entry).collect()
}

fn entry(row: Vec<Cell>) -> Result<(String, Entry), SqlError> {
    let mut cells = row.into_iter();
    match (cells.next(), cells.next(), cells.next()) {
        (Some(Cell::Text(key)), Some(Cell::Blob(value)), Some(Cell::Integer(expires))) => {
            Ok((key, Entry { value: value.into(), expires: expires.unsigned_abs() }))
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
