//! The seam between the core's SQL and a database.
//!
//! What the core keeps in tables (the [ledger](crate::ledger::sql), the [cache](crate::cache::sql))
//! is written once, as statements in SQLite's SQL; a target brings this one small trait: SQLite
//! natively, D1, Spin's SQLite.

use std::{borrow::Cow, future::Future};

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
    /// Bytes.
    Blob(Cow<'a, [u8]>),
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
    /// Bytes.
    Blob(Vec<u8>),
}

/// Why a database did not do what a statement says. The text is for the operator's log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SqlError(pub String);
