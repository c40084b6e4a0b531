//! Questions answered from `usage_hour`.

use std::{borrow::Cow, fmt::Write};

use super::{
    super::{
        Dimension, Group, Summary, SummaryQuery, Sums,
        columns::number,
        sums::{self, MEASURES},
        time,
    },
    Cell, Sql, SqlError, Statement, Value,
};

/// Answers a query. Reads the roll-ups of the hours asked for and nothing else.
pub async fn summary(database: &impl Sql, query: &SummaryQuery) -> Result<Summary, SqlError> {
    let query = query.whole_hours();
    let mut answer = Summary {
        from: query.from,
        to: query.to,
        group_by: query.group_by.clone(),
        totals: Sums::default(),
        groups: Vec::new(),
        truncated: false,
    };
    if !query.group_by.is_empty() {
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let rows = database.query(groups(&query)).await?;
        answer.truncated = rows.len() > limit;
        for row in rows.iter().take(limit) {
            answer.groups.push(read_group(row, &query.group_by)?);
        }
    }
    answer.totals = if query.group_by.is_empty() || answer.truncated {
        match database.query(totals(&query)).await?.first() {
            Some(row) => read_sums(row)?,
            None => return Err(unreadable()),
        }
    } else {
        // All groups are here: no second pass over the roll-ups.
        answer.groups.iter().map(|group| group.sums).sum()
    };
    Ok(answer)
}

/// The statement whose one row is the sums over all that counts.
fn totals(query: &SummaryQuery) -> Statement<'_> {
    let mut sql = String::from("SELECT ");
    push_sums(&mut sql);
    let values = push_from(query, &mut sql);
    Statement { sql: Cow::Owned(sql), values }
}

/// The statement whose rows are the groups, and one more than the limit where there are more.
fn groups(query: &SummaryQuery) -> Statement<'_> {
    let dimensions: Vec<_> = query.group_by.iter().map(|d| expression(*d)).collect();
    let dimensions = dimensions.join(", ");
    let mut sql = format!("SELECT {dimensions}, ");
    push_sums(&mut sql);
    let mut values = push_from(query, &mut sql);
    // Writing to a `String` cannot fail.
    let _ = write!(sql, " GROUP BY {dimensions} ORDER BY sum(requests) DESC, {dimensions} LIMIT ?");
    values.push(number(u64::from(query.limit) + 1));
    Statement { sql: Cow::Owned(sql), values }
}

fn expression(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Tenant => "tenant",
        Dimension::Key => "key_name",
        Dimension::Provider => "provider",
        Dimension::Model => "model",
        Dimension::Endpoint => "endpoint",
        Dimension::Hour => "hour",
        Dimension::Day => "hour / 24",
    }
}

fn push_sums(sql: &mut String) {
    let sums: Vec<_> = MEASURES.iter().map(|m| format!("coalesce(sum({}), 0)", m.column)).collect();
    sql.push_str(&sums.join(", "));
}

fn push_from<'a>(query: &'a SummaryQuery, sql: &mut String) -> Vec<Value<'a>> {
    sql.push_str(" FROM usage_hour WHERE hour >= ? AND hour < ?");
    let mut values = vec![number(query.from / time::HOUR), number(query.to / time::HOUR)];
    let filters = &query.filters;
    if let Some(tenant) = &filters.tenant
        && tenant != "/"
    {
        // The path itself, or what lies between `path/` and `path0`, the next sign after `/`.
        sql.push_str(" AND (tenant = ? OR (tenant > ? AND tenant < ?))");
        values.push(Value::Text(Cow::Borrowed(tenant)));
        values.push(Value::Text(Cow::Owned(format!("{tenant}/"))));
        values.push(Value::Text(Cow::Owned(format!("{tenant}0"))));
    }
    for (column, filter) in [
        ("key_name", &filters.key),
        ("provider", &filters.provider),
        ("model", &filters.model),
        ("endpoint", &filters.endpoint),
    ] {
        if let Some(text) = filter {
            let _ = write!(sql, " AND {column} = ?");
            values.push(Value::Text(Cow::Borrowed(text)));
        }
    }
    values
}

fn read_group(row: &[Cell], group_by: &[Dimension]) -> Result<Group, SqlError> {
    let (values, sums) = row.split_at_checked(group_by.len()).ok_or_else(unreadable)?;
    let values = values.iter().zip(group_by).map(|(cell, dimension)| read_value(cell, *dimension));
    Ok(Group { values: values.collect::<Result<_, _>>()?, sums: read_sums(sums)? })
}

fn read_value(cell: &Cell, dimension: Dimension) -> Result<String, SqlError> {
    let mut text = String::new();
    match (dimension, cell) {
        (Dimension::Hour, Cell::Integer(hour)) => {
            time::push_hour(hour.unsigned_abs().saturating_mul(time::HOUR), &mut text)
        }
        (Dimension::Day, Cell::Integer(day)) => {
            time::push_date(day.unsigned_abs().saturating_mul(time::DAY), &mut text)
        }
        (_, Cell::Text(value)) => text.push_str(value),
        _ => return Err(unreadable()),
    }
    Ok(text)
}

fn read_sums(cells: &[Cell]) -> Result<Sums, SqlError> {
    let mut sums = [0; sums::COUNT];
    if cells.len() != sums.len() {
        return Err(unreadable());
    }
    for (sum, cell) in sums.iter_mut().zip(cells) {
        let Cell::Integer(number) = cell else { return Err(unreadable()) };
        *sum = u64::try_from(*number).map_err(|_| unreadable())?;
    }
    Ok(Sums(sums))
}

fn unreadable() -> SqlError {
    SqlError("a row of usage_hour is not of the shape that its schema says".into())
}
