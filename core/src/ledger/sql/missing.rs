//! Rows that may be there already.
//!
//! A row has no key of its own: its id is the caller's to choose, so that any two requests may share one.
//! What is taken for the same request is the same row, in all of its columns.

use std::{borrow::Cow, fmt::Write};

use super::{
    super::{UsageRow, columns::COLUMNS},
    Cell, Sql, SqlError, Statement, Value,
    append::append_all,
};

/// Where a row would be if it were there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    /// Anywhere: the whole table is read once for each call.
    All,
    /// Near the table's end: it was offered a moment ago.
    Latest,
}

/// How far from the table's end a row is looked for that was offered a moment ago.
const LATEST: u32 = 5_000;

/// Adds those rows that are not there yet, with their sums, in one transaction, and says how many they are. A row
/// that is given twice is added once. Two that do this at once with the same rows may both add them.
pub async fn append_missing(database: &impl Sql, rows: &[UsageRow], among: Among) -> Result<usize, SqlError> {
    let there = database.query(candidates(rows, among)).await?;
    let mut seen: Vec<Vec<Value<'_>>> = Vec::new();
    let mut missing = Vec::new();
    for row in rows {
        let values: Vec<_> = COLUMNS.iter().map(|column| (column.of)(row)).collect();
        if !seen.contains(&values) && !there.iter().any(|cells| same(cells, &values)) {
            missing.push(row);
            seen.push(values);
        }
    }
    if !missing.is_empty() {
        append_all(database, &missing).await?;
    }
    Ok(missing.len())
}

/// The statement whose rows are those of the same moments.
fn candidates(rows: &[UsageRow], among: Among) -> Statement<'static> {
    let names: Vec<_> = COLUMNS.iter().map(|column| column.name).collect();
    let mut sql =
        format!("SELECT {} FROM usage WHERE at IN (SELECT value FROM json_each(?))", names.join(", "));
    if among == Among::Latest {
        // Writing to a `String` cannot fail.
        let _ = write!(sql, " AND rowid > (SELECT max(rowid) FROM usage) - {LATEST}");
    }
    let moments: Vec<_> = rows.iter().map(|row| row.at.to_string()).collect();
    let moments = Value::Text(Cow::Owned(format!("[{}]", moments.join(","))));
    Statement { sql: Cow::Owned(sql), values: vec![moments] }
}

fn same(cells: &[Cell], values: &[Value<'_>]) -> bool {
    cells.len() == values.len()
        && cells.iter().zip(values).all(|pair| match pair {
            (Cell::Null, Value::Null) => true,
            (Cell::Integer(one), Value::Integer(other)) => one == other,
            (Cell::Text(one), Value::Text(other)) => one == other,
            _ => false,
        })
}
