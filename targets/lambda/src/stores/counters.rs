//! The counts of limits: a book for each scope as text, and a version that grows with every change.
//!
//! A change reads the book, and writes it where nobody else has meanwhile. A write whose answer is lost is not
//! sent again, because whether it was done is not known.

use super::{ALONE, EXPIRES, Stores, dice};
use crate::aws::dynamodb::{Item, key, number, number_of, text_of};
use crate::platform::Platform;
use aws_sdk_dynamodb::types::AttributeValue;
use std::time::Duration;
use tokio::time::sleep;
use tollbridge_core::govern::limits::{Ask, Book, Grant, Settlement, Window};
use tollbridge_core::ports::{Counters, CountersError, Micros};

/// How often a book is changed by another first.
const TRIES: u32 = 40;

/// A book that has not been used for two minutes may be forgotten; this is longer than clocks are apart.
const KEPT: u64 = 10 * 60;

const BOOK: &str = "book";
const VERSION: &str = "version";
const UNCHANGED: &str = "attribute_not_exists(pk) OR version = :version";

impl Counters for Platform {
    async fn lease(&self, scope: &str, ask: Ask) -> Result<Grant, CountersError> {
        match &self.stores {
            Some(stores) => stores.change(scope, ask.at, |book| book.lease(&ask)).await,
            None => Ok(Grant::alone(&ask)),
        }
    }

    async fn settle(&self, scope: &str, back: Settlement) -> Result<(), CountersError> {
        match &self.stores {
            Some(stores) => stores.change(scope, back.at, |book| book.settle(&back)).await,
            None => Ok(()),
        }
    }

    async fn window(&self, scope: &str, at: Micros) -> Result<Window, CountersError> {
        let stores = self.stores.as_ref().ok_or(CountersError::NotKept)?;
        let item = stores.table.get(item_key(scope)).await?;
        Ok(read(&item.unwrap_or_default()).1.window(at))
    }
}

impl Stores {
    async fn change<T>(
        &self,
        scope: &str,
        at: Micros,
        mut by: impl FnMut(&mut Book) -> T,
    ) -> Result<T, CountersError> {
        for turn in 1..=TRIES {
            let found = self.table.get(item_key(scope)).await?.unwrap_or_default();
            let (version, mut book) = read(&found);
            let before = book.to_string();
            let outcome = by(&mut book);
            let after = book.to_string();
            // What is refused changes nothing, and the reading was consistent.
            if after == before {
                return Ok(outcome);
            }
            let mut item = item_key(scope);
            item.insert(BOOK.into(), AttributeValue::S(after));
            item.insert(VERSION.into(), number(version + 1));
            item.insert(EXPIRES.into(), number(at / 1_000_000 + KEPT));
            let values = Item::from([(":version".into(), number(version))]);
            if self.table.write_if(item, UNCHANGED, values).await? {
                return Ok(outcome);
            }
            // Those who met here should not meet again, and what they know is old by then: they read anew.
            sleep(Duration::from_millis(dice() % (16 << turn.min(4)))).await;
        }
        Err(CountersError::Store(format!("the counts of {scope} are changed by too many at once")))
    }
}

fn item_key(scope: &str) -> Item {
    key(format!("counter#{scope}"), ALONE)
}

/// A book and its version. Where there is none it is empty, and its version is zero.
fn read(item: &Item) -> (u64, Book) {
    let book = text_of(item, BOOK).and_then(Book::read);
    (number_of(item, VERSION).unwrap_or_default(), book.unwrap_or_default())
}
