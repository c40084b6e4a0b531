//! Rows of an earlier time, put into the file.
//!
//! They come past the queue, over a connection of their own: a gateway may be writing to the file at the
//! same time, in this process or in another. Two imports do not run at once, as both would find the same rows
//! missing.

use std::{fs::File, path::Path};

use tollbridge_core::{
    ledger::{
        UsageRow,
        sql::{self, Among, SqlError},
    },
    ports::MOST_IMPORTED,
};

use super::{OpenError, open};
use crate::database::{Database, done};

/// Writes those rows that are not in the ledger of a data folder, and says how many they are.
pub(crate) fn import(folder: &Path, rows: &[UsageRow]) -> Result<usize, OpenError> {
    let (path, _) = open(folder)?;
    let written = rows.chunks(MOST_IMPORTED).map(|rows| write(&path, rows)).sum::<Result<_, _>>();
    written.map_err(|source| OpenError::Write { path, source })
}

/// The same for the ledger's file, which is there.
pub(super) fn write(path: &Path, rows: &[UsageRow]) -> Result<usize, SqlError> {
    let system = |error: std::io::Error| SqlError(format!("the file that locks imports: {error}"));
    // Held until it is dropped.
    let lock = File::create(path.with_extension("import.lock")).map_err(system)?;
    lock.lock().map_err(system)?;
    done(sql::append_missing(&Database::open(path)?, rows, Among::All))
}
