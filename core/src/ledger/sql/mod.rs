//! The ledger on anything that speaks SQLite's SQL.
//!
//! Schema, migrations and statements are written once, here; a target brings the small [`Sql`]
//! trait (SQLite natively, D1, Spin's SQLite). Two tables: `usage` has one row a request,
//! `usage_hour` its sums by hour, tenant, key, provider, model and endpoint. [`append`] writes
//! both in one transaction, after it has added the rows of a batch up in memory, so that a busy
//! hour costs a batch a handful of upserts and the two can never disagree. [`summary`] reads the
//! sums only: what it costs depends on the hours asked for and not on the requests in them.

mod append;
mod migrate;
mod summary;

use std::{borrow::Cow, future::Future};

pub use append::append;
pub use migrate::{MIGRATIONS, MigrateError, Migration, migrate};
pub use summary::summary;

/// A database that speaks SQLite's SQL.
pub trait Sql {
    /// Runs all of the statements, or none: one transaction.
    fn transaction<'a>(
        &self,
        statements: impl Iterator<Item = Statement<'a>>,
    ) -> impl Future<Output = Result<(), SqlError>>;

    /// The rows that a statement yields, each with its columns in order.
    fn query(&self, statement: Statement<'_>) -> impl Future<Output = Result<Vec<Vec<Cell>>, SqlError>>;
}

/// SQL with values for its `?`s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement<'a> {
    /// One statement. Equal statements of a transaction that follow each other share the text's
    /// address, so that an implementation can tell cheaply that it has prepared it already.
    pub sql: Cow<'a, str>,
    /// One value per `?`, at most 100 (D1's limit).
    pub values: Vec<Value<'a>>,
}

/// A value on its way into the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    /// Nothing is known.
    Null,
    /// A number, a flag.
    Integer(i64),
    /// Text.
    Text(Cow<'a, str>),
}

/// A value that came out of the database.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing is known.
    Null,
    /// A number, a flag.
    Integer(i64),
    /// Text.
    Text(String),
}

/// Why a database did not do what a statement says. The text is for the operator's log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SqlError(pub String);

impl From<SqlError> for crate::ports::LedgerError {
    fn from(error: SqlError) -> Self {
        Self::Store(error.0)
    }
}
