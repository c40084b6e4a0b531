//! Rows and their sums into the tables, in one transaction.

use std::{
    borrow::{Borrow, Cow},
    collections::BTreeMap,
    sync::LazyLock,
};

use super::{
    super::{
        BUCKET_TEXTS, Bucket, Sums, UsageRow,
        columns::{COLUMNS, number},
        sums::{MEASURES, Measure},
    },
    Sql, SqlError, Statement, Value,
};

/// Adds rows, all or none of them. Calling it twice with a row counts it twice.
pub async fn append(database: &impl Sql, rows: &[UsageRow]) -> Result<(), SqlError> {
    append_all(database, rows).await
}

pub(super) async fn append_all(database: &impl Sql, rows: &[impl Borrow<UsageRow>]) -> Result<(), SqlError> {
    let mut hours: BTreeMap<Bucket<'_>, Sums> = BTreeMap::new();
    for row in rows {
        hours.entry(Bucket::of(row.borrow())).or_default().add(row.borrow());
    }
    let rows = rows.iter().map(|row| row.borrow()).map(|row: &UsageRow| Statement {
        sql: Cow::Borrowed(&INSERT),
        values: COLUMNS.iter().map(|column| (column.of)(row)).collect(),
    });
    let sums = hours.iter().map(|(bucket, sums)| upsert(bucket, sums));
    database.transaction(rows.chain(sums)).await
}

fn upsert<'a>(bucket: &'a Bucket<'_>, sums: &Sums) -> Statement<'a> {
    let values = std::iter::once(number(bucket.hour))
        .chain(bucket.texts().map(|text| Value::Text(Cow::Borrowed(text))))
        .chain(sums.0.map(number));
    Statement { sql: Cow::Borrowed(&UPSERT), values: values.collect() }
}

static INSERT: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<_> = COLUMNS.iter().map(|column| column.name).collect();
    insert("usage", &names)
});

static UPSERT: LazyLock<String> = LazyLock::new(|| {
    let mut names = vec!["hour"];
    names.extend(BUCKET_TEXTS);
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
