//! The ledger on anything that speaks SQLite's SQL.
//!
//! Schema, migrations and statements are written once, here; a target brings the small [`Sql`]
//! trait. Two tables: `usage` has one row a request, `usage_hour` its sums by hour, tenant, key,
//! provider, model and endpoint. [`append`] writes both in one transaction, after it has added the
//! rows of a batch up in memory, so that a busy hour costs a batch a handful of upserts and the two
//! can never disagree. [`summary`] reads the
//! sums only: what it costs depends on the hours asked for and not on the requests in them.

mod append;
mod migrate;
mod missing;
mod summary;
pub mod upgrades;

pub use crate::sql::{Cell, Sql, SqlError, Statement, Value};
pub use append::append;
pub use migrate::{Journal, MIGRATIONS, MigrateError, Migration, migrate, migrate_beside_wrangler};
pub use missing::{Among, append_missing};
pub use summary::summary;

impl From<SqlError> for crate::ports::LedgerError {
    fn from(error: SqlError) -> Self {
        Self::Store(error.0)
    }
}
