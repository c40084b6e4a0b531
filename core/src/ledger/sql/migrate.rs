//! The schema, in numbered steps.
//!
//! Each step is a file of statements beside this one, and records its own number, so that the core sees
//! what a platform's own tool ran (`wrangler d1 migrations apply`). That tool keeps a list of file names
//! of its own, to which [`migrate_beside_wrangler`] adds: whichever of the two comes first, the other
//! finds it done. A step that was released is never edited.

use std::borrow::Cow;

use super::{Cell, Sql, SqlError, Statement, Value};

/// One step of the schema.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Counted from 1.
    pub version: u32,
    /// The file's name.
    pub file: &'static str,
    /// Statements, each ended by a `;` at the end of a line. No text in them ends a line so.
    pub sql: &'static str,
}

/// All steps, oldest first.
pub const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, file: "0001_usage.sql", sql: include_str!("0001_usage.sql") },
    Migration { version: 2, file: "0002_counters.sql", sql: include_str!("0002_counters.sql") },
    Migration { version: 3, file: "0003_lost.sql", sql: include_str!("0003_lost.sql") },
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

/// Who else keeps a list of the steps that ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Journal {
    /// Nobody: the store's own `schema_version` is all there is.
    Own,
    /// wrangler, in its table `d1_migrations`.
    Wrangler,
}

/// wrangler's list, as it makes it itself.
pub(super) const WRANGLERS_TABLE: &str = "CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY \
    AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)";

/// Brings a store's schema up to date, each step in a transaction of its own. An empty store
/// gets all of it. Several may do this at once: a step that fails because another has done it
/// meanwhile is done.
pub async fn migrate(database: &impl Sql) -> Result<(), MigrateError> {
    migrate_with(database, Journal::Own, MIGRATIONS).await
}

/// The same in a database of D1's, which `wrangler d1 migrations apply` may bring up to date as well.
pub async fn migrate_beside_wrangler(database: &impl Sql) -> Result<(), MigrateError> {
    migrate_with(database, Journal::Wrangler, MIGRATIONS).await
}

pub(super) async fn migrate_with(
    database: &impl Sql,
    journal: Journal,
    steps: &'static [Migration],
) -> Result<(), MigrateError> {
    let found = version(database).await?;
    let known = steps.last().map_or(0, |m| m.version);
    if found > i64::from(known) {
        return Err(MigrateError::Newer { found, known });
    }
    for step in steps.iter().filter(|m| i64::from(m.version) > found) {
        let notes = match journal {
            Journal::Own => None,
            Journal::Wrangler => Some(note(step)),
        };
        let notes = notes.into_iter().flatten();
        if let Err(error) = database.transaction(statements(step.sql).chain(notes)).await
            && version(database).await? < i64::from(step.version)
        {
            return Err(error.into());
        }
    }
    Ok(())
}

/// Adds a step to wrangler's list.
fn note(step: &Migration) -> [Statement<'static>; 2] {
    let insert = "INSERT OR IGNORE INTO d1_migrations (name) VALUES (?)";
    [
        Statement { sql: Cow::Borrowed(WRANGLERS_TABLE), values: Vec::new() },
        Statement { sql: Cow::Borrowed(insert), values: vec![Value::Text(Cow::Borrowed(step.file))] },
    ]
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

pub(super) fn statements(sql: &'static str) -> impl Iterator<Item = Statement<'static>> {
    sql.split_inclusive(";\n")
        .map(str::trim)
        .filter(|s| !s.is_empty())
        .map(|s| Statement { sql: Cow::Borrowed(s), values: Vec::new() })
}
