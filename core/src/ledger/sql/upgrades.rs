//! What every database of the ledger must do: come up to date, whatever release wrote it.
//!
//! A target runs [`check`] over a database of its own kind, which is empty and there for nothing else.

use std::borrow::Cow;

use super::{
    MIGRATIONS, Migration, Sql, SqlError, Statement, Value, append,
    migrate::{Journal, WRANGLERS_TABLE, migrate_with, statements},
    summary,
};
use crate::{
    govern::limits::{self, Ask, Requests},
    ledger::{Filters, SummaryQuery, UsageRow, time::HOUR},
    ports::Micros,
};

/// A moment of a test's.
const AT: Micros = 1_795_248_000_000_000;

/// What a release of any schema could write of a request: the columns of the first schema that must be there.
const OLD: [&str; 2] = [
    "INSERT INTO usage (at, id, tenant, key_name, model_asked, front, endpoint, status, stream, attempts, \
     latency_us, estimated, input, output) VALUES (1795248000000000, 'old', '/team', 'ci', 'm', 'chat', \
     'chat.completions', 200, 0, 1, 1000, 0, 10, 3)",
    "INSERT INTO usage_hour VALUES (498680, '/team', 'ci', '', '', 'chat.completions', 1, 0, 0, 0, 1, 10, 0, 0, \
     0, 0, 3, 0, 0, 0, 0, 1000, 0, 0)",
];

/// Tables that were ever made, and wrangler's own.
const TABLES: [&str; 5] = ["usage", "usage_hour", "counters", "schema_version", "d1_migrations"];

/// Who brings a store up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Core,
    Wrangler,
}

/// Makes a store of each schema that ever was, none included, with a request in it; brings it up to date by
/// whoever may do so, in any order; and uses it. What the database holds is gone afterwards.
///
/// # Errors
/// What was not as it must be.
pub async fn check(database: &impl Sql, journal: Journal) -> Result<(), String> {
    let everybody: &[By] = match journal {
        Journal::Own => &[By::Core],
        Journal::Wrangler => &[By::Core, By::Wrangler],
    };
    for (schema, _) in MIGRATIONS.iter().map(Some).chain([None]).enumerate() {
        for maker in everybody {
            for upgrader in everybody {
                let upgraded = upgrade(database, schema, *maker, *upgrader, everybody).await;
                upgraded.map_err(|error| format!("schema {schema} of {maker:?} by {upgrader:?}: {error}"))?;
            }
        }
    }
    clear(database).await.map_err(told)
}

async fn upgrade(
    database: &impl Sql,
    schema: usize,
    maker: By,
    upgrader: By,
    everybody: &[By],
) -> Result<(), String> {
    clear(database).await.map_err(told)?;
    let journal = if everybody.len() > 1 { Journal::Wrangler } else { Journal::Own };
    let steps = MIGRATIONS.get(..schema).unwrap_or_default();
    maker.run(database, journal, steps).await?;
    if !steps.is_empty() {
        database.transaction(OLD.into_iter().map(plain)).await.map_err(told)?;
    }
    upgrader.run(database, journal, MIGRATIONS).await?;
    // Whoever comes later finds nothing to do.
    for other in everybody {
        other.run(database, journal, MIGRATIONS).await?;
    }
    used(database, u64::from(!steps.is_empty())).await
}

impl By {
    async fn run(
        self,
        database: &impl Sql,
        journal: Journal,
        steps: &'static [Migration],
    ) -> Result<(), String> {
        match self {
            Self::Core => migrate_with(database, journal, steps).await.map_err(|error| error.to_string()),
            Self::Wrangler => apply(database, steps).await.map_err(told),
        }
    }
}

/// What `wrangler d1 migrations apply` does: it runs the files whose names it has not noted.
async fn apply(database: &impl Sql, steps: &'static [Migration]) -> Result<(), SqlError> {
    database.transaction([plain(WRANGLERS_TABLE)].into_iter()).await?;
    for step in steps {
        let noted = Statement {
            sql: Cow::Borrowed("SELECT name FROM d1_migrations WHERE name = ?"),
            values: vec![Value::Text(Cow::Borrowed(step.file))],
        };
        if database.query(noted).await?.is_empty() {
            let note = Statement {
                sql: Cow::Borrowed("INSERT INTO d1_migrations (name) VALUES (?)"),
                values: vec![Value::Text(Cow::Borrowed(step.file))],
            };
            database.transaction(statements(step.sql).chain([note])).await?;
        }
    }
    Ok(())
}

/// Uses a store that is up to date, in which there are so many old requests.
async fn used(database: &impl Sql, old: u64) -> Result<(), String> {
    let row = UsageRow { id: "new".into(), at: AT + 1, lost: Some("images".into()), ..UsageRow::default() };
    append(database, &[row]).await.map_err(told)?;
    let query =
        SummaryQuery { from: AT, to: AT + HOUR, group_by: Vec::new(), filters: Filters::default(), limit: 1 };
    let totals = summary(database, &query).await.map_err(told)?.totals;
    let found = (totals.get("requests"), totals.get("input_tokens"));
    if found != (Some(old + 1), Some(10 * old)) {
        return Err(format!("{old} old requests and a new one are summed up as {found:?}"));
    }
    let rows = database.query(plain("SELECT id FROM usage ORDER BY rowid")).await.map_err(told)?;
    if rows.len() as u64 != old + 1 {
        return Err(format!("{old} old rows and a new one are {rows:?}"));
    }
    let requests = Requests { limit: 1, need: 1, ahead: 0, back: 0, minute: 0 };
    let ask = Ask { at: AT, requests: Some(requests), stream: None };
    match limits::sql::lease(database, "key/ci", &ask).await {
        Ok(grant) if grant.requests == 1 => Ok(()),
        other => Err(format!("counts are not kept: {other:?}")),
    }
}

async fn clear(database: &impl Sql) -> Result<(), SqlError> {
    let drops = TABLES.map(|table| format!("DROP TABLE IF EXISTS {table}"));
    let drops = drops.into_iter().map(|sql| Statement { sql: Cow::Owned(sql), values: Vec::new() });
    database.transaction(drops).await
}

fn plain(sql: &'static str) -> Statement<'static> {
    Statement { sql: Cow::Borrowed(sql), values: Vec::new() }
}

fn told(error: SqlError) -> String {
    error.0
}
