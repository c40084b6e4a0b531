use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tollbridge_core::{
    cache::sql::{self, Entry},
    ports::{Cache, CacheError},
};

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

/// A folder of its own, gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("tollbridge-cache-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        Self(std::env::temp_dir().join(name))
    }

    fn open(&self) -> SqliteCache {
        SqliteCache::open(&self.0, |notice| panic!("{notice:?}")).unwrap()
    }

    fn database(&self) -> Database {
        Database::open(&self.0.join(FILE)).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn the_cache_does_what_caches_must() {
    use tollbridge_core::cache::conformance;

    let folder = Folder::new();
    let cache = folder.open();
    conformance::check(&cache, "test").await.unwrap();
    conformance::before_restart(&cache, "restart").await.unwrap();
    cache.close();
    conformance::after_restart(&folder.open(), "restart").await.unwrap();
}

#[tokio::test(flavor = "current_thread")]
async fn who_asks_at_once_gets_each_their_own_from_disk() {
    let folder = Folder::new();
    let cache = folder.open();
    for i in (0..100).step_by(2) {
        cache.put(&format!("\"{i}\\"), Bytes::from(i.to_string()), HOUR).await.unwrap();
    }
    cache.close();
    let cache = folder.open();
    let keys: Vec<String> = (0..100).chain(0..10).map(|i| format!("\"{i}\\")).collect();
    let (each, all) = futures::join!(
        futures::future::join_all(keys.iter().map(|key| cache.get(key))),
        cache.get_all(&keys)
    );
    for (i, (found, again)) in (0..100).chain(0..10).zip(each.into_iter().zip(all.unwrap())) {
        let want = (i % 2 == 0).then(|| Bytes::from(i.to_string()));
        assert_eq!((found.unwrap(), again), (want.clone(), want), "{i}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_value_is_there_at_once_and_after_a_restart() {
    let folder = Folder::new();
    let cache = folder.open();
    cache.put("a", Bytes::from_static(b"first"), HOUR).await.unwrap();
    cache.put("a", Bytes::from_static(b"second\0\xff"), HOUR).await.unwrap();
    cache.put("b", Bytes::from_static(b"gone"), HOUR).await.unwrap();
    cache.delete("b").await.unwrap();
    cache.delete("never there").await.unwrap();
    for round in ["at once", "after a restart"] {
        let cache = if round == "at once" {
            &cache
        } else {
            &{
                cache.close();
                folder.open()
            }
        };
        assert_eq!(cache.get("a").await.unwrap().as_deref(), Some(&b"second\0\xff"[..]), "{round}");
        assert_eq!(cache.get("b").await.unwrap(), None, "{round}");
        assert_eq!(cache.get("c").await.unwrap(), None, "{round}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn what_memory_forgot_is_on_its_way_to_the_disk_or_there() {
    let folder = Folder::new();
    let cache = folder.open();
    for i in 0..60_u8 {
        cache.put(&i.to_string(), vec![i; 1 << 20].into(), HOUR).await.unwrap();
    }
    for i in 0..60_u8 {
        let value = cache.get(&i.to_string()).await.unwrap().unwrap();
        assert!(value.len() == 1 << 20 && value[0] == i);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn what_has_expired_is_not_found_and_is_taken_away() {
    let folder = Folder::new();
    folder.open().close();
    let database = folder.database();
    let late = Entry { value: Bytes::from_static(b"x"), expires: now() - 1 };
    let good = Entry { value: Bytes::from_static(b"y"), expires: now() + 60 };
    done(sql::write(&database, [("late", Some(&late)), ("good", Some(&good))].into_iter())).unwrap();
    let cache = folder.open();
    assert_eq!(cache.get("late").await.unwrap(), None);
    assert_eq!(cache.get("good").await.unwrap().as_deref(), Some(&b"y"[..]));
    assert_eq!(cache.put("k", Bytes::new(), HOUR).await, Ok(()));
    assert_eq!(cache.put(&"k".repeat(513), Bytes::new(), HOUR).await, Err(CacheError::TooLarge));
    cache.close();
    assert_eq!(done(sql::get(&database, &["late"], 0)).unwrap(), [], "it was taken away");
    assert_eq!(cache.put("k", Bytes::new(), HOUR).await, Err(CacheError::Store("it is closed".into())));
}

#[test]
fn the_file_is_bounded() {
    let folder = Folder::new();
    folder.open().close();
    let database = folder.database();
    let entries: Vec<_> = (0..100)
        .map(|i| (format!("k{i}"), Entry { value: vec![0; 100].into(), expires: now() + 1000 + i }))
        .collect();
    done(sql::write(&database, entries.iter().map(|(key, entry)| (key.as_str(), Some(entry))))).unwrap();
    done(sql::prune(&database, now(), 10_000)).unwrap();
    assert!(!done(sql::get(&database, &["k0"], now())).unwrap().is_empty(), "it was not more than that");
    done(sql::prune(&database, now(), 9_999)).unwrap();
    assert!(done(sql::get(&database, &["k10"], now())).unwrap().is_empty(), "a tenth goes");
    assert!(!done(sql::get(&database, &["k11"], now())).unwrap().is_empty(), "and no more");
}

#[test]
fn threads_see_each_others_values() {
    let folder = Folder::new();
    let cache = Arc::new(folder.open());
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let cache = cache.clone();
            std::thread::spawn(move || {
                for i in 0..500 {
                    let key = format!("{thread}/{i}");
                    cache.put_now(&key, key.clone().into(), HOUR).unwrap();
                    assert_eq!(cache.get_now(std::slice::from_ref(&key)), [Some(Some(key.into()))]);
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    for thread in 0..4 {
        assert!(matches!(cache.get_now(&[format!("{thread}/499")]).as_slice(), [Some(Some(_))]));
    }
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let folder = Folder::new();
    fs::create_dir_all(&folder.0).unwrap();
    fs::write(folder.0.join(FILE), "this is not a database, and long enough for SQLite to see so").unwrap();
    let Err(error) = SqliteCache::open(&folder.0, |_| {}) else { panic!("it opened") };
    assert!(error.to_string().contains("cache.db"), "{error}");
}
