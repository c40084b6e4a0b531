//! What can be added up over requests: one table for the roll-ups and the summaries.

use std::iter::Sum;

use super::{UsageRow, columns::bounded};

/// One thing that is added up.
pub(super) struct Measure {
    /// Its column in `usage_hour`.
    pub column: &'static str,
    /// Its field in a summary.
    pub field: &'static str,
    /// What one request adds.
    pub of: fn(&UsageRow) -> u64,
}

/// Number of [`MEASURES`].
pub(super) const COUNT: usize = 18;

/// All measures. Tokens and costs that are not known add nothing; `unmetered` and `unpriced` say
/// of how many requests that is so. Averages are left to the reader: the counts to divide by are
/// here.
pub(super) const MEASURES: [Measure; COUNT] = [
    Measure { column: "requests", field: "requests", of: |_| 1 },
    Measure { column: "errors", field: "errors", of: |row| row.error.is_some().into() },
    Measure { column: "estimated", field: "estimated", of: |row| row.estimated.into() },
    Measure {
        column: "unmetered",
        field: "unmetered",
        of: |row| (row.usage.input.is_none() && row.usage.output.is_none()).into(),
    },
    Measure { column: "unpriced", field: "unpriced", of: |row| row.cost.is_none().into() },
    Measure { column: "input", field: "input_tokens", of: |row| known(row.usage.input) },
    Measure { column: "cached_input", field: "cached_input_tokens", of: |row| known(row.usage.cached_input) },
    Measure { column: "cache_write", field: "cache_write_tokens", of: |row| known(row.usage.cache_write) },
    Measure {
        column: "cache_write_1h",
        field: "cache_write_1h_tokens",
        of: |row| known(row.usage.cache_write_1h),
    },
    Measure { column: "audio_input", field: "audio_input_tokens", of: |row| known(row.usage.audio_input) },
    Measure { column: "output", field: "output_tokens", of: |row| known(row.usage.output) },
    Measure { column: "reasoning", field: "reasoning_tokens", of: |row| known(row.usage.reasoning) },
    Measure { column: "audio_output", field: "audio_output_tokens", of: |row| known(row.usage.audio_output) },
    Measure { column: "web_searches", field: "web_searches", of: |row| known(row.usage.web_searches) },
    Measure {
        column: "cost",
        field: "cost_nanodollars",
        of: |row| known(row.cost.as_ref().map(|c| c.nanodollars)),
    },
    Measure { column: "latency_us", field: "latency_us", of: |row| bounded(row.latency_us) },
    Measure { column: "first_tokens", field: "first_tokens", of: |row| row.first_token_us.is_some().into() },
    Measure { column: "first_token_us", field: "first_token_us", of: |row| known(row.first_token_us) },
];

fn known(number: Option<u64>) -> u64 {
    number.map_or(0, bounded)
}

/// Sums over requests, one per measure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums(pub(super) [u64; COUNT]);

impl Sum for Sums {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        let mut total = Self::default();
        for one in all {
            total.merge(&one);
        }
        total
    }
}

impl Sums {
    /// Counts one request in.
    pub fn add(&mut self, row: &UsageRow) {
        for (sum, measure) in self.0.iter_mut().zip(&MEASURES) {
            *sum = sum.saturating_add((measure.of)(row));
        }
    }

    /// Adds other requests' sums.
    pub fn merge(&mut self, others: &Self) {
        for (sum, more) in self.0.iter_mut().zip(others.0) {
            *sum = sum.saturating_add(more);
        }
    }

    /// How many requests there were.
    pub fn requests(&self) -> u64 {
        self.get("requests").unwrap_or_default()
    }

    /// All sums, each with its column's name in the roll-ups.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, u64)> {
        MEASURES.iter().zip(self.0).map(|(measure, sum)| (measure.column, sum))
    }

    /// The sums of a roll-up, by its columns; a column that is not there is zero.
    pub fn from_columns(value: impl Fn(&str) -> Option<u64>) -> Self {
        Self(MEASURES.each_ref().map(|measure| value(measure.column).unwrap_or_default()))
    }

    /// The sum of one field of a summary, such as `requests` or `input_tokens`.
    pub fn get(&self, field: &str) -> Option<u64> {
        self.fields().find_map(|(name, sum)| (name == field).then_some(sum))
    }

    /// All sums, each with its field's name.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, u64)> {
        MEASURES.iter().zip(self.0).map(|(measure, sum)| (measure.field, sum))
    }
}
