//! The cache: memory over an embedded SQLite file.
//!
//! ```text
//! put ──▶ memory, and what waits ──▶ one writer thread ──▶ cache.db (WAL)
//! get ◀── memory, else what waits, else a reading connection on a blocking thread
//! ```
//!
//! A `put` is in memory before it returns, so that whoever comes next finds it, on any of the
//! process's threads; it costs no disk. The writer takes what has gathered after 100 ms, or the last
//! state of each key, to be exact, and writes it in one transaction. A process that is killed loses
//! what was put in its last moments; [`SqliteCache::close`] loses nothing. Memory is bounded, and
//! so is the file: what expires is taken away every few minutes, and so is what would be gone
//! soonest where the values are more than a gigabyte.
//!
//! A batch that the disk refuses is tried again, twice, and then dropped with a line in the log: a
//! cache may forget.

mod memory;
mod reader;
#[cfg(test)]
mod tests;
mod waiting;
mod writer;

use std::{
    collections::HashMap,
    fs,
    future::Future,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use bytes::Bytes;
use memory::Memory;
use reader::Reader;
use tollbridge_core::{
    cache::{
        admit,
        sql::{self, Entry},
    },
    ledger::Notice,
    ports::{Cache, CacheError},
    sql::SqlError,
};
use waiting::Waiting;
use writer::Writer;

use crate::{
    clock,
    database::{Database, done},
};

/// The file's name in the data folder. SQLite keeps two more beside it while it is open.
const FILE: &str = "cache.db";

/// A cache in memory and a SQLite file. One for the process, shared by its threads.
pub struct SqliteCache {
    memory: Mutex<Memory>,
    waiting: Arc<Waiting>,
    reader: Reader,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// Why the cache cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data folder is not there and cannot be made.
    #[error("cannot make the data folder {path}: {source}; set DATA_DIR to one that can be written")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// SQLite cannot use the file.
    #[error(
        "cannot open the cache {path}: {source}; set DATA_DIR to a folder that can be written, or \
         delete the file, of which nothing is lost that may not be forgotten"
    )]
    Database {
        /// The file.
        path: PathBuf,
        /// SQLite's word.
        source: SqlError,
    },
    /// The system has no thread to give.
    #[error("cannot start the cache's writer thread: {0}")]
    Thread(std::io::Error),
}

impl SqliteCache {
    /// Opens the cache of a data folder, makes what is missing, and starts the writer. `log` is
    /// told where the disk took no batch.
    pub fn open(folder: &Path, log: impl Fn(&Notice) + Send + 'static) -> Result<Self, OpenError> {
        fs::create_dir_all(folder).map_err(|source| OpenError::Folder { path: folder.into(), source })?;
        let path = folder.join(FILE);
        let open = || {
            let database = Database::open(&path)?;
            done(sql::prepare(&database))?;
            Ok((database, Database::open_to_read(&path)?))
        };
        let (database, reader) =
            open().map_err(|source| OpenError::Database { path: path.clone(), source })?;
        let waiting = Arc::new(Waiting::default());
        let writer = Writer { database, waiting: waiting.clone(), log };
        let thread = thread::Builder::new()
            .name("cache".into())
            .spawn(move || writer.run())
            .map_err(OpenError::Thread)?;
        Ok(Self {
            memory: Mutex::default(),
            waiting,
            reader: Reader::new(reader),
            writer: Mutex::new(Some(thread)),
        })
    }

    /// Writes what waits, and stops. Blocks until it is on disk. What is put later stays in memory.
    pub fn close(&self) {
        self.waiting.close();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            // A writer that panicked has said so on stderr, and there is nobody left to write.
            let _ = writer.join();
        }
    }

    fn put_now(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), CacheError> {
        let entry = Entry { expires: now().saturating_add(admit(key, &value, ttl)?), value };
        self.waiting.push(key, Some(entry.clone()))?;
        self.memory().insert(key, entry);
        Ok(())
    }

    fn delete_now(&self, key: &str) -> Result<(), CacheError> {
        self.waiting.push(key, None)?;
        self.memory().remove(key, now());
        Ok(())
    }

    /// What is known of each key without the disk: `None` where only that knows.
    fn get_now(&self, keys: &[String]) -> Vec<Option<Option<Bytes>>> {
        let now = now();
        let mut known: Vec<_> = {
            let mut memory = self.memory();
            keys.iter().map(|key| memory.get(key, now)).collect()
        };
        let unknown = keys.iter().zip(&known).filter(|(_, known)| known.is_none());
        let waiting = self.waiting.get(unknown.map(|(key, _)| key));
        for (known, change) in known.iter_mut().filter(|known| known.is_none()).zip(waiting) {
            *known = change.map(|entry| entry.filter(|entry| entry.expires > now).map(|entry| entry.value));
        }
        known
    }

    /// What only the disk knows, of those keys that it has.
    async fn get_from_disk(&self, keys: Vec<String>) -> Result<HashMap<String, Bytes>, CacheError> {
        let mut found = self.reader.get(keys.clone()).await?;
        let (now, mut memory) = (now(), self.memory());
        let newest = |key: String| {
            let value = memory.learn(&key, found.remove(&key), now)?;
            Some((key, value))
        };
        Ok(keys.into_iter().filter_map(newest).collect())
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cache for SqliteCache {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, CacheError> {
        Ok(self.get_all(&[key.to_owned()]).await?.pop().flatten())
    }

    async fn get_all(&self, keys: &[String]) -> Result<Vec<Option<Bytes>>, CacheError> {
        let known = self.get_now(keys);
        let unknown = keys.iter().zip(&known).filter(|(_, known)| known.is_none());
        let unknown: Vec<String> = unknown.map(|(key, _)| key.clone()).collect();
        let found = match unknown.is_empty() {
            true => HashMap::new(),
            false => self.get_from_disk(unknown).await?,
        };
        let each = keys.iter().zip(known);
        Ok(each.map(|(key, known)| known.unwrap_or_else(|| found.get(key).cloned())).collect())
    }

    fn put(&self, key: &str, value: Bytes, ttl: Duration) -> impl Future<Output = Result<(), CacheError>> {
        std::future::ready(self.put_now(key, value, ttl))
    }

    fn delete(&self, key: &str) -> impl Future<Output = Result<(), CacheError>> {
        std::future::ready(self.delete_now(key))
    }

    async fn ready(&self) -> Result<(), CacheError> {
        self.reader.get(vec!["ready".to_owned()]).await?;
        Ok(())
    }
}

impl Drop for SqliteCache {
    fn drop(&mut self) {
        self.close();
    }
}

/// Seconds since the Unix epoch.
fn now() -> u64 {
    clock::now() / 1_000_000
}
