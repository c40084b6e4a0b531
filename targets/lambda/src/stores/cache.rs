//! The cache: an item for each value, or an item that names an object where the value is large.

use super::{ALONE, BUCKET, EXPIRES, Stores};
use crate::aws::dynamodb::{Attribute, Key};
use crate::aws::{digest, now};
use crate::platform::Platform;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
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
        let Some(item) = stores.table.get(&item_key(key)).await? else { return Ok(None) };
        // DynamoDB removes what has expired within days.
        let expires = item.get(EXPIRES).and_then(Attribute::integer);
        if expires.is_none_or(|expires| expires <= now() / 1_000_000) {
            return Ok(None);
        }
        match (item.get(VALUE), item.get(OBJECT), &stores.bucket) {
            (Some(Attribute::B(value)), _, _) => {
                let value = BASE64_STANDARD.decode(value.as_bytes());
                value.map(|value| Some(value.into())).map_err(|error| CacheError::Store(error.to_string()))
            }
            (_, Some(Attribute::S(object)), Some(bucket)) => Ok(bucket.get(object).await?),
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
        let mut item = item_key(key).item();
        item.insert(EXPIRES.into(), Attribute::number(now() / 1_000_000 + seconds));
        if value.len() > LARGEST_ITEM {
            // The object first: an item never names what is not there yet.
            let object = object_key(key);
            stores.put_object(&object, value).await?;
            item.insert(OBJECT.into(), object.into());
        } else {
            item.insert(VALUE.into(), Attribute::B(BASE64_STANDARD.encode(&value).into()));
        }
        Ok(stores.table.write(&stores.table.put(item)).await?)
    }

    async fn delete(&self, key: &str) -> Result<(), CacheError> {
        let Some(stores) = &self.stores else { return Ok(()) };
        // The bucket removes objects that no item names by their age.
        Ok(stores.table.delete(&item_key(key)).await?)
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
}

fn item_key(key: &str) -> Key<'static> {
    Key::new(format!("cache#{key}"), ALONE)
}

/// Keys of the cache have signs that would need escapes in a path.
fn object_key(key: &str) -> String {
    format!("cache/{}", digest(key))
}
