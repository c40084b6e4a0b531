//! Books in anything that speaks SQLite's SQL.
//!
//! A row is a book as text, and a version that grows with every change: a book that was changed by
//! another since it was read is read again. The table is made by the
//! [migrations](crate::ledger::sql::MIGRATIONS) of the ledger, whose database it shares.

use std::borrow::Cow;

use super::{Ask, Book, Grant, Settlement, Window};
use crate::{
    ledger::sql::{Cell, Sql, SqlError, Statement, Value},
    ports::{CountersError, Micros},
};

/// How often a book is read again because another changed it meanwhile. Of those that change a book at
/// once one succeeds, so this is how many may.
const TRIES: usize = 64;

const READ: &str = "SELECT version, book FROM counters WHERE scope = ?";
const READ_ALL: &str = "SELECT scope, book FROM counters";
const CHANGE: &str = "INSERT INTO counters (scope, version, book) VALUES (?, 1, ?) ON CONFLICT DO UPDATE SET \
                      version = version + 1, book = excluded.book WHERE version = ? RETURNING version";
const KEEP: &str = "INSERT INTO counters (scope, version, book) VALUES (?, 1, ?) ON CONFLICT DO UPDATE SET \
                    version = version + 1, book = excluded.book";

/// [`Counters::lease`](crate::ports::Counters::lease).
pub async fn lease(database: &impl Sql, scope: &str, ask: &Ask) -> Result<Grant, SqlError> {
    change(database, scope, |book| book.lease(ask)).await
}

/// [`Counters::settle`](crate::ports::Counters::settle).
pub async fn settle(database: &impl Sql, scope: &str, back: &Settlement) -> Result<(), SqlError> {
    change(database, scope, |book| book.settle(back)).await
}

/// [`Counters::window`](crate::ports::Counters::window).
pub async fn window(database: &impl Sql, scope: &str, at: Micros) -> Result<Window, SqlError> {
    Ok(read(database, scope).await?.1.window(at))
}

/// Writes books whatever the table has: for a process that alone counts, and keeps its counts here.
pub async fn keep(database: &impl Sql, books: impl Iterator<Item = (&str, &Book)>) -> Result<(), SqlError> {
    let statements = books.map(|(scope, book)| statement(KEEP, vec![text(scope), owned(book)]));
    database.transaction(statements).await
}

/// All books, each with its scope.
pub async fn read_all(database: &impl Sql) -> Result<Vec<(String, Book)>, SqlError> {
    let rows = database.query(statement(READ_ALL, Vec::new())).await?;
    let books = rows.into_iter().map(|row| match <[Cell; 2]>::try_from(row) {
        Ok([Cell::Text(scope), Cell::Text(book)]) => Ok((scope, Book::read(&book).unwrap_or_default())),
        _ => Err(unreadable()),
    });
    books.collect()
}

/// Reads a book, changes it, and writes it where nobody else has meanwhile.
async fn change<T>(
    database: &impl Sql,
    scope: &str,
    mut by: impl FnMut(&mut Book) -> T,
) -> Result<T, SqlError> {
    for _ in 0..TRIES {
        let (version, mut book) = read(database, scope).await?;
        let outcome = by(&mut book);
        let values = vec![text(scope), owned(&book), Value::Integer(version)];
        if !database.query(statement(CHANGE, values)).await?.is_empty() {
            return Ok(outcome);
        }
    }
    Err(SqlError(format!("the counts of {scope} are changed by too many at once")))
}

/// A book and its version. Where there is none it is empty, and its version is zero.
async fn read(database: &impl Sql, scope: &str) -> Result<(i64, Book), SqlError> {
    let mut rows = database.query(statement(READ, vec![text(scope)])).await?;
    let Some(row) = rows.pop() else { return Ok((0, Book::default())) };
    match <[Cell; 2]>::try_from(row) {
        Ok([Cell::Integer(version), Cell::Text(book)]) => {
            Ok((version, Book::read(&book).unwrap_or_default()))
        }
        _ => Err(unreadable()),
    }
}

fn statement<'a>(sql: &'static str, values: Vec<Value<'a>>) -> Statement<'a> {
    Statement { sql: Cow::Borrowed(sql), values }
}

fn text(text: &str) -> Value<'_> {
    Value::Text(Cow::Borrowed(text))
}

fn owned(book: &Book) -> Value<'static> {
    Value::Text(Cow::Owned(book.to_string()))
}

fn unreadable() -> SqlError {
    SqlError("a row of counters is not of the shape that its schema says".into())
}

impl From<SqlError> for CountersError {
    fn from(error: SqlError) -> Self {
        Self::Store(error.0)
    }
}
