//! The cache: an item for each value, or an item that names an object where the value is large.
//!
//! An object's name follows from its value's key, so that a large value replaces the one before; a small one, and
//! a removal, take the object away. Whoever reads while that happens finds nothing, which a cache may say at any
//! time.

use super::{ALONE, BUCKET, EXPIRES, Stores, digest};
use crate::aws::dynamodb::{Item, key, number, number_of, text_of};
use crate::aws::now;
use crate::platform::Platform;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use std::time::Duration;
use tollbridge_core::cache::admit;
use tollbridge_core::ports::{Cache, CacheError};

/// The largest value that lies in the table. An item has at most 400 KB, its key and names included.
const LARGEST_ITEM: usize = 350 << 10;

const VALUE: &str = "value";
const OBJECT: &str = "object";

impl Cache for Platform {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, CacheError> {
        let Some(stores) = &self.stores else { return Ok(None) };
        let Some(mut item) = stores.table.get(item_key(key)).await? else { return Ok(None) };
        // DynamoDB removes what has expired within days.
        if number_of(&item, EXPIRES).is_none_or(|expires| expires <= now() / 1_000_000) {
            return Ok(None);
        }
        match (item.remove(VALUE), item.remove(OBJECT), &stores.bucket) {
            (Some(AttributeValue::B(value)), _, _) => Ok(Some(value.into_inner().into())),
            (_, Some(AttributeValue::S(object)), Some(bucket)) => Ok(bucket.get(&object).await?),
            _ => Ok(None),
        }
    }

    /// An instance is busy until its answer is settled, so a caller's next request always meets another one.
    fn settles_within(&self) -> Duration {
        if self.stores.is_some() { Duration::from_millis(250) } else { Duration::ZERO }
    }

    async fn put(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), CacheError> {
        let Some(stores) = &self.stores else { return Err(CacheError::NotKept) };
        let seconds = admit(key, &value, ttl)?;
        let mut item = item_key(key);
        item.insert(EXPIRES.into(), number(now() / 1_000_000 + seconds));
        if value.len() > LARGEST_ITEM {
            // The object first: an item never names what was not there yet. It replaces an earlier one.
            let object = object_key(key);
            stores.put_object(&object, value).await?;
            item.insert(OBJECT.into(), AttributeValue::S(object));
            stores.table.write(item).await?;
        } else {
            item.insert(VALUE.into(), AttributeValue::B(Blob::new(value)));
            stores.forget_object(stores.table.write(item).await?).await?;
        }
        Ok(())
    }

    async fn delete(&self, key: &str) -> Result<(), CacheError> {
        let Some(stores) = &self.stores else { return Ok(()) };
        stores.forget_object(stores.table.delete(item_key(key)).await?).await
    }

    async fn ready(&self) -> Result<(), CacheError> {
        if self.stores.is_none() {
            return Err(CacheError::NotKept);
        }
        self.get("ready").await.map(drop)
    }
}

impl Stores {
    async fn put_object(&self, object: &str, value: Bytes) -> Result<(), CacheError> {
        match &self.bucket {
            Some(bucket) => Ok(bucket.put(object, value).await?),
            None => Err(CacheError::Store(format!(
                "a value of {} bytes needs a bucket: set {BUCKET} to the name of one",
                value.len()
            ))),
        }
    }

    /// Removes the object that an item named which is no more. Where it stays, and where an item was removed by
    /// DynamoDB when its time was up, the bucket removes the object by its age.
    async fn forget_object(&self, item: Option<Item>) -> Result<(), CacheError> {
        let object = item.as_ref().and_then(|item| text_of(item, OBJECT));
        if let (Some(object), Some(bucket)) = (object, &self.bucket) {
            bucket.delete(object).await?;
        }
        Ok(())
    }
}

fn item_key(of: &str) -> Item {
    key(format!("cache#{of}"), ALONE)
}

/// Keys of the cache have signs that would need escapes in a path.
fn object_key(key: &str) -> String {
    format!("cache/{}", digest(key))
}
