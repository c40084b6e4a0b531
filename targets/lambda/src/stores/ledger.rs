//! The ledger: a request's row and its hour's sums, written in one transaction.

use super::{ALONE, EXPIRES, Stores, dice, digest};
use crate::aws::dynamodb::{Item, Outcome, key, number, number_of, text_of};
use crate::platform::Platform;
use aws_sdk_dynamodb::types::AttributeValue;
use futures::future::try_join_all;
use std::borrow::Cow;
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tollbridge_core::ledger::{
    BUCKET_TEXTS, Bucket, Gathering, Summary, SummaryQuery, Sums, UsageRow, push_second,
};
use tollbridge_core::ports::{Ledger, LedgerError, Unwritten};
use tollbridge_core::sql::Value;

/// Sums of one hour lie in as many items. More make room for more requests a second, and a summary reads all.
const SHARDS: u64 = 16;

/// How long one attempt may take. One that is given up may have been done; the next finds that.
const ATTEMPT: Duration = Duration::from_millis(600);

/// All attempts together: less than an instance has after its answer, so that it is not frozen before a row
/// that was not kept is in the log.
const PATIENCE: Duration = Duration::from_millis(1500);

/// How many rows of an earlier time are written together.
const AT_ONCE: usize = 10;

/// How often a transaction that met another is tried again at once.
const MEETINGS: u32 = 6;

/// A row is written once: its key names the request.
const NEW: &str = "attribute_not_exists(pk)";

impl Ledger for Platform {
    async fn append(&self, row: UsageRow) -> Result<(), Box<Unwritten>> {
        // The log is the ledger.
        let Some(stores) = &self.stores else { return Ok(()) };
        let late = || LedgerError::Store("dynamodb took too long".to_owned());
        let written = timeout(ATTEMPT, stores.append(&row)).await.unwrap_or_else(|_| Err(late()));
        written.map(drop).map_err(|error| Box::new(Unwritten { row, error }))
    }

    fn patience(&self) -> Option<Duration> {
        Some(PATIENCE)
    }

    async fn import(&self, rows: Vec<UsageRow>) -> Result<usize, LedgerError> {
        let stores = self.stores.as_ref().ok_or(LedgerError::NotKept)?;
        let mut new = 0;
        for rows in rows.chunks(AT_ONCE) {
            let written = try_join_all(rows.iter().map(|row| stores.append(row))).await?;
            new += written.into_iter().filter(|is_new| *is_new).count();
        }
        Ok(new)
    }

    async fn summary(&self, query: SummaryQuery) -> Result<Summary, LedgerError> {
        self.stores.as_ref().ok_or(LedgerError::NotKept)?.summary(&query).await
    }

    async fn ready(&self) -> Result<(), LedgerError> {
        let stores = self.stores.as_ref().ok_or(LedgerError::NotKept)?;
        stores.table.get(key("ready", ALONE)).await?;
        Ok(())
    }
}

impl Stores {
    /// Writes a row that is not there yet, and says whether it was new.
    async fn append(&self, row: &UsageRow) -> Result<bool, LedgerError> {
        let mut sums = Sums::default();
        sums.add(row);
        let mut meetings = 0;
        loop {
            let writes = vec![
                self.table.put(self.row_item(row), NEW)?,
                self.table.update(
                    hour_key(dice() % SHARDS, &Bucket::of(row)),
                    texts(Bucket::of(row)),
                    sums.columns().filter(|(_, sum)| *sum > 0),
                )?,
            ];
            let Outcome::Cancelled(reasons) = self.table.transact(writes).await? else { return Ok(true) };
            let is = |wanted: &str| reasons.iter().any(|reason| reason == wanted);
            if is("ConditionalCheckFailed") {
                // An earlier attempt was done, though nobody heard of it.
                return Ok(false);
            }
            if !is("TransactionConflict") || meetings == MEETINGS {
                return Err(LedgerError::Store(format!(
                    "dynamodb cancelled the row: {}",
                    reasons.join(", ")
                )));
            }
            meetings += 1;
            sleep(Duration::from_millis(dice() % 10)).await;
        }
    }

    fn row_item(&self, row: &UsageRow) -> Item {
        let mut item = row_key(row);
        for (name, value) in row.columns() {
            let attribute = match value {
                // No column holds bytes.
                Value::Null | Value::Blob(_) => continue,
                Value::Integer(number) => AttributeValue::N(number.to_string()),
                Value::Text(text) => AttributeValue::S(text.into_owned()),
            };
            item.insert(name.into(), attribute);
        }
        if let Some(days) = self.usage_days {
            let until = row.at / 1_000_000 + days * 24 * 60 * 60;
            item.insert(EXPIRES.into(), number(until));
        }
        item
    }

    async fn summary(&self, query: &SummaryQuery) -> Result<Summary, LedgerError> {
        let gathering = Gathering::new(query);
        let hours = gathering.hours();
        let gathering = Mutex::new(gathering);
        let (from, to) = (hour_sort(hours.start), hour_sort(hours.end));
        let add = |item: Item| {
            let (bucket, sums) = (read_bucket(&item), read_sums(&item));
            gathering.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).add(&bucket, &sums);
        };
        let shards = (0..SHARDS).map(|shard| {
            let (from, to, add) = (&from, &to, &add);
            async move { self.table.query(&hour_partition(shard), from, to, add).await }
        });
        try_join_all(shards).await?;
        Ok(gathering.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner()).finish())
    }
}

fn row_key(row: &UsageRow) -> Item {
    let mut day = String::new();
    push_second(row.at, &mut day);
    day.truncate("2026-11-21".len());
    let digest = digest(&row.id);
    let shard = digest.get(..1).unwrap_or_default();
    // Digests are as long as each other, ids as a caller likes.
    let id = digest.get(..32).unwrap_or_default();
    key(format!("usage#{day}#{shard}"), format!("{:016}#{id}", row.at))
}

fn hour_partition(shard: u64) -> String {
    format!("hour#{shard:02}")
}

/// Sorts as the hours do, and before all items of the hour.
fn hour_sort(hour: u64) -> String {
    format!("{hour:08}#")
}

fn hour_key(shard: u64, bucket: &Bucket<'_>) -> Item {
    // A sort key has a kilobyte at most, which the names together may exceed.
    let names = digest(&bucket.texts().join("\n"));
    key(hour_partition(shard), hour_sort(bucket.hour) + &names)
}

fn texts(bucket: Bucket<'_>) -> impl Iterator<Item = (&'static str, AttributeValue)> {
    let Bucket { hour, tenant, key, provider, model, endpoint } = bucket;
    let texts = BUCKET_TEXTS.into_iter().zip([tenant, key, provider, model, endpoint]);
    let texts = texts.map(|(name, text)| (name, AttributeValue::S(text.into_owned())));
    texts.chain([("hour", number(hour))])
}

fn read_bucket(item: &Item) -> Bucket<'_> {
    let text = |name: &str| Cow::Borrowed(text_of(item, name).unwrap_or_default());
    let [tenant, key, provider, model, endpoint] = BUCKET_TEXTS.map(text);
    let hour = number_of(item, "hour").unwrap_or_default();
    Bucket { hour, tenant, key, provider, model, endpoint }
}

fn read_sums(item: &Item) -> Sums {
    Sums::from_columns(|column| number_of(item, column))
}
