//! What every implementation of [`Cache`] must do, whatever it is made of.
//!
//! A target runs [`check`] over its own store on its real engine, and [`before_restart`] and
//! [`after_restart`] around an end of whatever keeps the values. Whether values go when their time is
//! up is for the target to test, since no store takes its clock from us. What is said when one fails
//! is the rule that was broken.

use std::time::Duration;

use bytes::Bytes;
use futures::future::join_all;

use crate::ports::{Cache, CacheError, MAX_KEY};

const HOUR: Duration = Duration::from_secs(3600);

/// Sizes around which stores change how they keep a value: nothing, DynamoDB's and SQLite's pages,
/// DynamoDB's largest item, and a value that no item holds.
const SIZES: [usize; 6] = [0, 1, 4096, 350 << 10, (350 << 10) + 1, 3 << 20];

/// Runs everything over keys that begin with `prefix`, which were never used before.
///
/// # Errors
/// The rule that was broken, or the store's own failure.
pub async fn check<C: Cache>(store: &C, prefix: &str) -> Result<(), String> {
    let key = |name: &str| format!("{prefix}/{name}");
    same("a key that was never put has no value", get(store, &key("missing")).await?, None)?;
    store.delete(&key("missing")).await.map_err(failed("deleting what is not there"))?;

    for (n, size) in SIZES.into_iter().enumerate() {
        let key = key(&format!("size-{size}"));
        let value = filled(n, size);
        put(store, &key, &value).await?;
        same("a value comes back as it was", get(store, &key).await?, Some(value))?;
    }
    // Each size in place of every other.
    for (n, size) in SIZES.into_iter().chain(SIZES.into_iter().rev()).enumerate() {
        let value = filled(n + 7, size);
        put(store, &key("replaced"), &value).await?;
        same("a later value replaces an earlier one", get(store, &key("replaced")).await?, Some(value))?;
    }
    for size in SIZES {
        let key = key(&format!("size-{size}"));
        store.delete(&key).await.map_err(failed("deleting"))?;
        same("a deleted value is gone", get(store, &key).await?, None)?;
    }

    let long = format!("{prefix}/{}", "k".repeat(MAX_KEY - prefix.len() - 1));
    put(store, &long, &filled(1, 9)).await?;
    same("the longest key is kept", get(store, &long).await?, Some(filled(1, 9)))?;
    let longer = store.put(&format!("{long}k"), filled(1, 9), HOUR).await;
    same("a longer one is refused", longer, Err(CacheError::TooLarge))?;
    same("signs in a key are told apart", signs(store, prefix).await?, ())?;
    writers(store, &key("writers")).await
}

/// Puts something under `key`.
///
/// # Errors
/// As [`check`].
pub async fn before_restart<C: Cache>(store: &C, key: &str) -> Result<(), String> {
    put(store, key, &filled(3, 500_000)).await
}

/// What [`before_restart`] put under `key` is still there.
///
/// # Errors
/// As [`check`].
pub async fn after_restart<C: Cache>(store: &C, key: &str) -> Result<(), String> {
    same("values outlive a restart", get(store, key).await?, Some(filled(3, 500_000)))
}

async fn signs<C: Cache>(store: &C, prefix: &str) -> Result<(), String> {
    let keys = ["a/b", "a/B", "a%2Fb", "a?b", "a#b", "a&b=c", "../a", "\"a\"", "a\\b"];
    for (n, key) in keys.into_iter().enumerate() {
        put(store, &format!("{prefix}/{key}"), &filled(n, 20)).await?;
    }
    for (n, key) in keys.into_iter().enumerate() {
        let found = get(store, &format!("{prefix}/{key}")).await?;
        same("keys are told apart by every sign", found, Some(filled(n, 20)))?;
    }
    let missing = [format!("{prefix}/b/a"), format!("{prefix}/b/b")];
    let all: Vec<String> = missing.iter().cloned().chain(keys.map(|key| format!("{prefix}/{key}"))).collect();
    let found = store.get_all(&all).await.map_err(failed("getting several"))?;
    let want = missing.iter().map(|_| None).chain((0..keys.len()).map(|n| Some(filled(n, 20)))).collect();
    same("several keys are answered in their order", found, want)?;
    Ok(())
}

/// Many at once leave one of their values, whole.
async fn writers<C: Cache>(store: &C, key: &str) -> Result<(), String> {
    let values: Vec<_> = (0..12).map(|n| filled(n, 1000 + n)).collect();
    for result in join_all(values.iter().map(|value| put(store, key, value))).await {
        result?;
    }
    let found = get(store, key).await?.ok_or("a value that many wrote at once is not there")?;
    if values.contains(&found) { Ok(()) } else { Err("a value that many wrote at once is a mixture".into()) }
}

fn filled(seed: usize, size: usize) -> Bytes {
    (0..size).map(|n| u8::try_from((n * 31 + seed * 17 + n / 251) % 256).unwrap_or_default()).collect()
}

async fn put<C: Cache>(store: &C, key: &str, value: &Bytes) -> Result<(), String> {
    store.put(key, value.clone(), HOUR).await.map_err(failed("putting"))
}

async fn get<C: Cache>(store: &C, key: &str) -> Result<Option<Bytes>, String> {
    store.get(key).await.map_err(failed("getting"))
}

fn failed(what: &'static str) -> impl Fn(CacheError) -> String {
    move |error| format!("{what} failed: {error}")
}

fn same<T: PartialEq + std::fmt::Debug>(rule: &str, found: T, wanted: T) -> Result<(), String> {
    if found == wanted {
        return Ok(());
    }
    let shown = |value: &T| format!("{value:?}").chars().take(200).collect::<String>();
    Err(format!("{rule}: expected {}, found {}", shown(&wanted), shown(&found)))
}
