//! What every request used, and the questions about it.

mod query;
mod row;

pub use query::{Dimension, Filters, Group, Summary, SummaryQuery, Sums};
pub use row::{CacheStatus, Cost, ErrorClass, Labels, Usage, UsageRow};
