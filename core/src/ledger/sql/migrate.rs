//! The schema, in numbered steps.
//!
//! Each step is a file of statements beside this one, and records its own number, so that it
//! makes no difference whether the core runs it or a platform's own tool (`wrangler d1
//! migrations apply`). A step that was released is never edited.

use std::borrow::Cow;

use super::{Cell, Sql, SqlError, Statement};

/// One step of the schema.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Counted from 1.
    pub version: u32,
    /// Statements, each ended by a `;` at the end of a line. No text in them ends a line so.
    pub sql: &'static str,
}

/// All steps, oldest first.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, sql: include_str!("0001_usage.sql") },
    Migration { version: 2, sql: include_str!("0002_counters.sql") },
    Migration { version: 3, sql: include_str!("0003_lost.sql") },
];

/// Why a store could not be brought to this schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MigrateError {
    /// The store refused.
    #[error("the ledger's schema could not be brought up to date: {0}")]
    Sql(#[from] SqlError),
    /// The store has a schema that this release does not know.
    #[error(
        "the ledger was written by a newer release (schema {found}, this one knows {known}): \
         run that release, or choose another DATA_DIR"
    )]
    Newer {
        /// The schema of the store.
        found: i64,
        /// The newest that this release knows.
        known: u32,
    },
}

/// Brings a store's schema up to date, each step in a transaction of its own. An empty store
/// gets all of it. Two that do this at once do it one after the other, or one fails and may
/// try again.
pub async fn migrate(database: &impl Sql) -> Result<(), MigrateError> {
    let found = version(database).await?;
    let known = MIGRATIONS.last().map_or(0, |m| m.version);
    if found > i64::from(known) {
        return Err(MigrateError::Newer { found, known });
    }
    for migration in MIGRATIONS.iter().filter(|m| i64::from(m.version) > found) {
        database.transaction(statements(migration.sql)).await?;
    }
    Ok(())
}

async fn version(database: &impl Sql) -> Result<i64, SqlError> {
    let has = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'";
    if integer(database, has).await? == 0 {
        return Ok(0);
    }
    integer(database, "SELECT coalesce(max(version), 0) FROM schema_version").await
}

async fn integer(database: &impl Sql, sql: &'static str) -> Result<i64, SqlError> {
    let rows = database.query(Statement { sql: Cow::Borrowed(sql), values: Vec::new() }).await?;
    match rows.first().and_then(|row| row.first()) {
        Some(Cell::Integer(n)) => Ok(*n),
        _ => Err(SqlError(format!("no number came of: {sql}"))),
    }
}

fn statements(sql: &'static str) -> impl Iterator<Item = Statement<'static>> {
    sql.split_inclusive(";\n")
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .map(|s| Statement { sql: Cow::Borrowed(s), values: Vec::new() })
}
