//! What every request used, and the questions about it.
//!
//! The gateway settles each request with one [`UsageRow`]: who asked, who answered, tokens by
//! kind, cost, times, how it ended. It is made after the answer is on its way, off the caller's
//! time, and goes two ways. [`log_line`] writes it into the operator's log, and the target's
//! `Ledger` port keeps it: on anything that speaks SQLite's SQL through [`sql`], which writes the
//! rows and their hourly sums in one transaction; what speaks no SQL keeps a row's
//! [columns](UsageRow::columns) and the [sums](Sums) of its [`Bucket`], and adds them up by a
//! [`Gathering`]. A [`SummaryQuery`] reads the sums alone, so
//! that a question about a million requests costs what its hours cost.
//!
//! What the ledger refuses:
//! - to take *unknown* for *zero*: tokens and costs that nobody said are absent from rows, and
//!   sums say of how many requests that is so;
//! - to lose a row in silence: one that no store takes is logged whole, as a `usage_unwritten`
//!   line with the table's own columns, and [`read_unwritten`] makes a row of it again;
//! - to let callers grow it: their words are cut at 256 bytes and are no key of the sums.
//!
//! Where a provider's own count never comes, because the caller left or the connection broke,
//! [`estimate`] counts from the text that was relayed, and the row is marked `estimated`.

mod columns;
pub mod conformance;
pub mod estimate;
mod gather;
mod hours;
mod import;
mod json;
mod log;
mod notice;
mod query;
mod row;
pub mod sql;
mod summary;
mod sums;
mod time;

pub use gather::Gathering;
pub use hours::{BUCKET_TEXTS, Bucket};
pub use import::{UnreadableRow, read_unwritten};
pub use log::{log_line, unwritten_line};
pub use notice::Notice;
pub use query::{Dimension, Filters, SummaryQuery};
pub use row::{CacheStatus, Cost, ErrorClass, Labels, UsageRow};
#[cfg(test)]
pub(crate) use row::{ENDPOINTS, FRONTS};
pub use summary::{Group, Summary};
pub use sums::Sums;
pub use time::push_second;
