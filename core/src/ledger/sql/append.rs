//! Rows and their sums into the tables, in one transaction.

use std::{borrow::Cow, collections::BTreeMap, sync::LazyLock};

use super::{
    super::{
        Sums, UsageRow,
        columns::{COLUMNS, clip, number},
        sums::{MEASURES, Measure},
        time::HOUR,
    },
    Sql, SqlError, Statement, Value,
};

/// Adds rows, all or none of them. Calling it twice with a row counts it twice.
pub async fn append(database: &impl Sql, rows: &[UsageRow]) -> Result<(), SqlError> {
    let mut hours: BTreeMap<Bucket<'_>, Sums> = BTreeMap::new();
    for row in rows {
        hours.entry(Bucket::of(row)).or_default().add(row);
    }
    let rows = rows.iter().map(|row| Statement {
        sql: Cow::Borrowed(&INSERT),
        values: COLUMNS.iter().map(|column| (column.of)(row)).collect(),
    });
    let sums = hours.iter().map(|(bucket, sums)| bucket.upsert(sums));
    database.transaction(rows.chain(sums)).await
}

/// What the sums of an hour are kept apart by: the primary key of `usage_hour`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Bucket<'a> {
    hour: u64,
    tenant: &'a str,
    key: &'a str,
    provider: &'a str,
    model: &'a str,
    endpoint: &'static str,
}

impl<'a> Bucket<'a> {
    fn of(row: &'a UsageRow) -> Self {
        Self {
            hour: row.at / HOUR,
            tenant: clip(&row.tenant),
            key: clip(&row.key),
            provider: clip(row.provider.as_deref().unwrap_or_default()),
            // Never the caller's words: names made up by callers would grow the table.
            model: clip(row.model_answered.as_deref().unwrap_or_default()),
            endpoint: row.endpoint,
        }
    }

    fn upsert(&self, sums: &Sums) -> Statement<'a> {
        let texts = [self.tenant, self.key, self.provider, self.model, self.endpoint];
        let values = std::iter::once(number(self.hour))
            .chain(texts.map(|text| Value::Text(Cow::Borrowed(text))))
            .chain(sums.0.map(number));
        Statement { sql: Cow::Borrowed(&UPSERT), values: values.collect() }
    }
}

static INSERT: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<_> = COLUMNS.iter().map(|column| column.name).collect();
    insert("usage", &names)
});

static UPSERT: LazyLock<String> = LazyLock::new(|| {
    let mut names = vec!["hour", "tenant", "key_name", "provider", "model", "endpoint"];
    names.extend(MEASURES.iter().map(|measure| measure.column));
    let sums: Vec<_> = MEASURES
        .iter()
        .map(|Measure { column, .. }| format!("{column} = {column} + excluded.{column}"))
        .collect();
    format!("{} ON CONFLICT DO UPDATE SET {}", insert("usage_hour", &names), sums.join(", "))
});

fn insert(table: &str, columns: &[&str]) -> String {
    let marks = vec!["?"; columns.len()];
    format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), marks.join(", "))
}
