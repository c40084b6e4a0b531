//! The usage ledger in an embedded SQLite file.
//!
//! ```text
//! request threads ── append ──▶ bounded queue ──▶ one writer thread ──▶ ledger.db (WAL)
//!                                                                          ▲
//! GET /admin/usage/summary ── a reading connection on a blocking thread ───┘
//! ```
//!
//! Appending is a push under a short lock and never waits: requests do not pay for the disk. The
//! writer takes what has gathered after 100 ms, or sooner when 500 rows have, and writes them with
//! their hourly sums in one transaction. A process that is killed loses at most what was not yet
//! written, one such batch; [`SqliteLedger::close`] loses nothing.
//!
//! A batch that the store refuses is tried again, twice. Rows that cannot be written after that
//! are logged whole as `usage_unwritten` lines; rows that find the queue full or closed are given
//! back to the gateway, which does the same with them.

mod counts;
mod import;
mod queue;
#[cfg(test)]
mod tests;
mod writer;

use std::{
    fs,
    future::Future,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

pub use counts::Counts;
pub(crate) use import::import;
use queue::Queue;
use tollbridge_core::{
    govern::limits,
    ledger::{
        Summary, SummaryQuery, UsageRow,
        sql::{self, MigrateError, SqlError},
    },
    ports::{Ledger, LedgerError, Unwritten},
};
use writer::{Health, Writer};

use crate::database::{Database, done};

/// The file's name in the data folder. SQLite keeps two more beside it while it is open.
const FILE: &str = "ledger.db";

/// A ledger in a SQLite file. One for the process, shared by its threads.
pub struct SqliteLedger {
    path: PathBuf,
    queue: Arc<Queue>,
    counts: Arc<Counts>,
    health: Arc<Health>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// Why the ledger cannot be opened.
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
    #[error("cannot open the usage ledger {path}: {source}; set DATA_DIR to a folder that can be written")]
    Database {
        /// The file.
        path: PathBuf,
        /// SQLite's word.
        source: SqlError,
    },
    /// The schema is not this release's and cannot be made so.
    #[error("{path}: {source}")]
    Schema {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: MigrateError,
    },
    /// The system has no thread to give.
    #[error("cannot start the ledger's writer thread: {0}")]
    Thread(std::io::Error),
    /// Rows could not be written.
    #[error("cannot write to the usage ledger {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// SQLite's word.
        source: SqlError,
    },
}

impl SqliteLedger {
    /// Opens the ledger of a data folder, makes what is missing, and starts the writer. `log`
    /// gets whole lines, without a newline, from the writer's thread, of rows that it could not
    /// write.
    pub fn open(folder: &Path, log: impl Fn(&str) + Send + 'static) -> Result<Self, OpenError> {
        let (path, database) = open(folder)?;
        let books = done(limits::sql::read_all(&database))
            .map_err(|source| OpenError::Database { path: path.clone(), source })?;

        let queue = Arc::new(Queue::default());
        let counts = Arc::new(Counts::new(books, queue.clone()));
        let health = Arc::new(Health::default());
        let (queue_of_writer, counts_of_writer) = (queue.clone(), counts.clone());
        let writer = Writer {
            database,
            queue: queue_of_writer,
            counts: counts_of_writer,
            health: health.clone(),
            log,
        };
        let thread = thread::Builder::new()
            .name("ledger".into())
            .spawn(move || writer.run())
            .map_err(OpenError::Thread)?;
        Ok(Self { path, queue, counts, health, writer: Mutex::new(Some(thread)) })
    }

    /// Gives a row to the writer, without waiting, or back.
    pub fn push(&self, row: UsageRow) -> Result<(), Box<Unwritten>> {
        self.queue.push(row)
    }

    /// The counts of keys' limits, which are kept in the same file.
    pub fn counts(&self) -> Arc<Counts> {
        self.counts.clone()
    }

    /// Writes what is queued, and stops. Blocks until it is on disk. Rows that come later are
    /// refused.
    pub fn close(&self) {
        self.queue.close();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            // A writer that panicked has said so on stderr, and there is nobody left to write.
            let _ = writer.join();
        }
    }

    /// Runs `read` with a connection of its own, off the runtime's thread.
    async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Database) -> Result<T, SqlError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let path = self.path.clone();
        let task = tokio::task::spawn_blocking(move || read(&Database::open_to_read(&path)?));
        match task.await {
            Ok(result) => Ok(result?),
            Err(_) => Err(LedgerError::Store("the reading thread stopped".into())),
        }
    }
}

/// The ledger's file in a data folder, made and brought up to date where it must be.
fn open(folder: &Path) -> Result<(PathBuf, Database), OpenError> {
    fs::create_dir_all(folder).map_err(|source| OpenError::Folder { path: folder.into(), source })?;
    let path = folder.join(FILE);
    let database =
        Database::open(&path).map_err(|source| OpenError::Database { path: path.clone(), source })?;
    done(sql::migrate(&database)).map_err(|source| OpenError::Schema { path: path.clone(), source })?;
    Ok((path, database))
}

impl Ledger for SqliteLedger {
    /// The queue takes a row at once, or does not.
    fn patience(&self) -> Option<Duration> {
        None
    }

    fn append(&self, row: UsageRow) -> impl Future<Output = Result<(), Box<Unwritten>>> {
        std::future::ready(self.push(row))
    }

    async fn import(&self, rows: Vec<UsageRow>) -> Result<usize, LedgerError> {
        let path = self.path.clone();
        match tokio::task::spawn_blocking(move || import::write(&path, &rows)).await {
            Ok(result) => Ok(result?),
            Err(_) => Err(LedgerError::Store("the writing thread stopped".into())),
        }
    }

    async fn summary(&self, query: SummaryQuery) -> Result<Summary, LedgerError> {
        self.read(move |database| done(sql::summary(database, &query))).await
    }

    async fn ready(&self) -> Result<(), LedgerError> {
        self.health.check()?;
        self.read(Database::check).await
    }
}

impl Drop for SqliteLedger {
    fn drop(&mut self) {
        self.close();
    }
}
