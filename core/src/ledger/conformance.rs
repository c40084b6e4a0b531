//! What every implementation of [`Ledger`] must do, whatever it is made of.
//!
//! A target runs [`check`] over its own store on its real engine, and [`before_restart`] and
//! [`after_restart`] around an end of whatever keeps the rows. What is right is what
//! [`Gathering`] makes of the same rows in memory.

use futures::future::join_all;

use super::{Bucket, Cost, Dimension, Filters, Gathering, Summary, SummaryQuery, Sums, UsageRow, time::HOUR};
use crate::{
    conversation::Usage,
    error::ErrorKind,
    ledger::ErrorClass,
    ports::{Ledger, LedgerError, Micros},
};

/// How many rows are on their way together.
const AT_ONCE: usize = 10;

/// Appends rows of a tenant that was never used before, many at once, and asks every kind of question
/// about them. `now` is any moment. `name` must be fit for a tenant path (`a-z`, `0-9`).
///
/// # Errors
/// The rule that was broken, or the store's own failure.
pub async fn check<L: Ledger>(store: &L, name: &str, now: Micros) -> Result<(), String> {
    let rows: Vec<_> = (0..60).map(|n| row(name, n, now)).collect();
    append(store, &rows).await?;
    let tenant = Filters { tenant: Some(format!("/{name}")), ..Filters::default() };
    let one = |filters: Filters| Filters { tenant: tenant.tenant.clone(), ..filters };
    let filters = [
        tenant.clone(),
        Filters { tenant: Some(format!("/{name}/b")), ..Filters::default() },
        one(Filters { key: Some("key-1".into()), ..Filters::default() }),
        one(Filters { provider: Some(String::new()), ..Filters::default() }),
        one(Filters { model: Some("model-2".into()), ..Filters::default() }),
        one(Filters { endpoint: Some("messages".into()), ..Filters::default() }),
        one(Filters { endpoint: Some("nothing".into()), ..Filters::default() }),
    ];
    let groups = Dimension::ALL.map(|dimension| vec![dimension]);
    let groups =
        groups.into_iter().chain([vec![], vec![Dimension::Model, Dimension::Hour], Dimension::ALL.into()]);
    for group_by in groups {
        for filters in &filters {
            for (from, to, limit) in [(0, now + HOUR, 1000), (now - 2 * HOUR, now, 3)] {
                let query =
                    SummaryQuery { from, to, group_by: group_by.clone(), filters: filters.clone(), limit };
                let found = store.summary(query.clone()).await.map_err(failed("a summary"))?;
                let wanted = expected(&query, &rows);
                if found != wanted {
                    return Err(format!("the sums of {query:?} are {found:?} and should be {wanted:?}"));
                }
            }
        }
    }
    Ok(())
}

/// Appends rows of a tenant of this name.
///
/// # Errors
/// As [`check`].
pub async fn before_restart<L: Ledger>(store: &L, name: &str, now: Micros) -> Result<(), String> {
    append(store, &(0..5).map(|n| row(name, n, now)).collect::<Vec<_>>()).await
}

/// The rows of [`before_restart`] with the same `name` and `now` are still counted, and more are added to them.
///
/// # Errors
/// As [`check`].
pub async fn after_restart<L: Ledger>(store: &L, name: &str, now: Micros) -> Result<(), String> {
    append(store, &[row(name, 5, now)]).await?;
    let filters = Filters { tenant: Some(format!("/{name}")), ..Filters::default() };
    let query = SummaryQuery { from: 0, to: now + HOUR, group_by: vec![], filters, limit: 1000 };
    let found = store.summary(query).await.map_err(failed("a summary"))?.totals.requests();
    if found == 6 { Ok(()) } else { Err(format!("of 6 rows {found} are counted after a restart")) }
}

async fn append<L: Ledger>(store: &L, rows: &[UsageRow]) -> Result<(), String> {
    for rows in rows.chunks(AT_ONCE) {
        for appended in join_all(rows.iter().map(|row| store.append(row.clone()))).await {
            appended.map_err(|unwritten| failed("appending")(unwritten.error))?;
        }
    }
    Ok(())
}

fn expected(query: &SummaryQuery, rows: &[UsageRow]) -> Summary {
    let mut gathering = Gathering::new(query);
    for row in rows {
        let mut sums = Sums::default();
        sums.add(row);
        gathering.add(&Bucket::of(row), &sums);
    }
    gathering.finish()
}

/// The row of this number: of a few tenants, keys, providers, models and hours, and with what may be absent
/// absent in some.
fn row(name: &str, n: u64, now: Micros) -> UsageRow {
    let some = |of: u64| n.is_multiple_of(of);
    UsageRow {
        id: format!("{name}-{n}"),
        at: now - n % 5 * HOUR - n,
        tenant: if some(2) { format!("/{name}") } else { format!("/{name}/b") }.into(),
        key: format!("key-{}", n % 3).into(),
        provider: (!some(7)).then(|| format!("provider-{}", n % 2).into()),
        model_asked: "a \"model\" of\nwhatever name ü".into(),
        model_answered: (!some(7)).then(|| format!("model-{}", n % 4)),
        front: "chat",
        endpoint: if some(3) { "messages" } else { "chat.completions" },
        usage: Usage {
            input: (!some(5)).then_some(100 + n),
            output: (!some(5)).then_some(7),
            ..Usage::default()
        },
        cost: some(4).then(|| Cost { nanodollars: 1_000_000_007 * n, price_version: "1".into() }),
        latency_us: 1_000 * n,
        first_token_us: some(2).then_some(n),
        error: some(6).then_some(ErrorClass::Api(ErrorKind::Upstream)),
        status: 200,
        ..UsageRow::default()
    }
}

fn failed(what: &'static str) -> impl Fn(LedgerError) -> String {
    move |error| format!("{what} failed: {error}")
}
