//! The counts of limits: an item for each scope, with its minute, the requests of that, and its streams.
//!
//! Most of what is asked is [plain](tollbridge_core::govern::limits::PlainLease): one write, which DynamoDB does
//! where its condition holds, so that those who ask at once never ask twice. For the rest the book is read and
//! written where nobody else has changed it since, which a version tells. A write whose answer is lost is not sent
//! again, because whether it was done is not known.

use super::{ALONE, EXPIRES, Stores, dice};
use crate::aws::dynamodb::{Change, Changed, Item, key, number, number_of};
use crate::platform::Platform;
use aws_sdk_dynamodb::types::AttributeValue;
use std::time::Duration;
use tokio::time::sleep;
use tollbridge_core::govern::limits::{
    Ask, Book, Grant, PlainLease, PlainSettlement, Running, Settlement, Window,
};
use tollbridge_core::ports::{Counters, CountersError, Micros};

/// How often a book is changed by another first.
const TRIES: u32 = 40;

/// A book that has not been used for two minutes may be forgotten; this is longer than clocks are apart.
const KEPT: u64 = 10 * 60;

const MINUTE: &str = "minute";
const REQUESTS: &str = "requests";
const STREAMS: &str = "streams";
const VERSION: &str = "version";

impl Counters for Platform {
    async fn lease(&self, scope: &str, ask: Ask) -> Result<Grant, CountersError> {
        let Some(stores) = &self.stores else { return Ok(Grant::alone(&ask)) };
        let plain =
            ask.plain().map(|plain| (lease(&plain, ask.at), move |now: &Item| plain.grant(requests_of(now))));
        stores.exchange(scope, ask.at, plain, |book| book.lease(&ask)).await
    }

    async fn settle(&self, scope: &str, back: Settlement) -> Result<(), CountersError> {
        let Some(stores) = &self.stores else { return Ok(()) };
        let plain = (settlement(&back.plain()), |_: &Item| ());
        stores.exchange(scope, back.at, Some(plain), |book| book.settle(&back)).await
    }

    async fn window(&self, scope: &str, at: Micros) -> Result<Window, CountersError> {
        let stores = self.stores.as_ref().ok_or(CountersError::NotKept)?;
        let item = stores.table.get(item_key(scope)).await?;
        Ok(book_of(&item.unwrap_or_default()).window(at))
    }
}

impl Stores {
    /// Makes the plain change, and says what it comes to; or, where its condition does not hold, has the book
    /// changed by the rules.
    async fn exchange<T>(
        &self,
        scope: &str,
        at: Micros,
        plain: Option<(Change, impl Fn(&Item) -> T)>,
        mut by: impl FnMut(&mut Book) -> T,
    ) -> Result<T, CountersError> {
        for turn in 1..=TRIES {
            let item = match &plain {
                Some((change, outcome)) => match self.table.change(item_key(scope), change.clone()).await? {
                    Changed::To(now) => return Ok(outcome(&now)),
                    Changed::Not(item) => item,
                },
                None => self.table.get(item_key(scope)).await?.unwrap_or_default(),
            };
            let mut book = book_of(&item);
            let before = book.clone();
            let outcome = by(&mut book);
            // What is refused changes nothing, and the reading was consistent.
            if book == before || self.replace(scope, &item, &book, at).await? {
                return Ok(outcome);
            }
            // Those who met here should not meet again, and what they know is old by then: they begin anew.
            sleep(Duration::from_millis(dice() % (16 << turn.min(4)))).await;
        }
        Err(CountersError::Store(format!("the counts of {scope} are changed by too many at once")))
    }

    /// Writes the book where nobody else has since the item was read, and says whether that was so.
    async fn replace(
        &self,
        scope: &str,
        read: &Item,
        book: &Book,
        at: Micros,
    ) -> Result<bool, CountersError> {
        let version = number_of(read, VERSION).unwrap_or_default();
        let values = Item::from([(":version".to_owned(), number(version))]);
        let unchanged = "attribute_not_exists(pk) OR version = :version";
        Ok(self.table.write_if(item_of(scope, book, version + 1, at), unchanged, values).await?)
    }
}

/// A lease as DynamoDB says it.
fn lease(plain: &PlainLease, at: Micros) -> Change {
    let mut change = Change::default();
    change.only_if("#minute = :minute").name("#minute", MINUTE).value(":minute", number(plain.minute));
    change.set("#expires = :expires").name("#expires", EXPIRES).value(":expires", number(expiry(at)));
    if let Some(units) = plain.units {
        change.set("#requests = #requests + :need").only_if("#requests <= :most").name("#requests", REQUESTS);
        change.value(":need", number(units.need.into())).value(":most", number(units.at_most.into()));
    }
    if let Some(slot) = plain.slot {
        change.set("#streams.#slot = :until").name("#streams", STREAMS).name("#slot", &slot_name(slot.id));
        change.value(":until", number(slot.until));
        if let Some(below) = slot.below {
            change.only_if("size(#streams) < :below").value(":below", number(below.into()));
        }
    }
    counted(change)
}

/// A settlement as DynamoDB says it.
fn settlement(plain: &PlainSettlement) -> Change {
    let mut change = Change::default();
    change.only_if("attribute_exists(#streams)").name("#streams", STREAMS);
    if let Some((minute, units)) = plain.units {
        change.only_if("#minute = :minute").name("#minute", MINUTE).value(":minute", number(minute));
        change.set("#requests = #requests - :back").only_if("#requests >= :back").name("#requests", REQUESTS);
        change.value(":back", number(units.into()));
    }
    if let Some(slot) = plain.slot {
        change.remove("#streams.#slot").name("#slot", &slot_name(slot));
    }
    counted(change)
}

/// With the version told that there was a change.
fn counted(mut change: Change) -> Change {
    change.add("#version :one").name("#version", VERSION).value(":one", number(1));
    change
}

fn item_key(scope: &str) -> Item {
    key(format!("counter#{scope}"), ALONE)
}

fn expiry(at: Micros) -> u64 {
    at / 1_000_000 + KEPT
}

fn slot_name(id: u64) -> String {
    format!("{id:x}")
}

fn requests_of(item: &Item) -> u32 {
    number_of(item, REQUESTS).and_then(|requests| u32::try_from(requests).ok()).unwrap_or_default()
}

fn item_of(scope: &str, book: &Book, version: u64, at: Micros) -> Item {
    let streams = book.streams().iter().map(|running| (slot_name(running.id), number(running.until)));
    let mut item = item_key(scope);
    item.insert(MINUTE.into(), number(book.minute()));
    item.insert(REQUESTS.into(), number(book.requests().into()));
    item.insert(STREAMS.into(), AttributeValue::M(streams.collect()));
    item.insert(VERSION.into(), number(version));
    item.insert(EXPIRES.into(), number(expiry(at)));
    item
}

/// The book of an item; an empty one where there is none.
fn book_of(item: &Item) -> Book {
    let streams = item.get(STREAMS).and_then(|streams| streams.as_m().ok()).into_iter().flatten();
    let streams = streams.filter_map(|(id, until)| {
        Some(Running { id: u64::from_str_radix(id, 16).ok()?, until: until.as_n().ok()?.parse().ok()? })
    });
    Book::new(number_of(item, MINUTE).unwrap_or_default(), requests_of(item), streams.collect())
}
