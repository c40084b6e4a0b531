//! The columns of `usage`: one table for all that writes a whole row.

use std::borrow::Cow;

use super::{
    UsageRow,
    sql::Value::{self, Null},
};

/// One column.
pub(super) struct Column {
    /// Its name, in the table and in `usage_unwritten` lines.
    pub name: &'static str,
    /// What a row has in it.
    pub of: for<'a> fn(&'a UsageRow) -> Value<'a>,
}

/// All columns.
pub(super) const COLUMNS: [Column; 33] = [
    Column { name: "at", of: |row| number(row.at) },
    Column { name: "id", of: |row| text(&row.id) },
    Column { name: "tenant", of: |row| text(&row.tenant) },
    Column { name: "key_name", of: |row| text(&row.key) },
    Column { name: "labels", of: labels },
    Column { name: "user_path", of: |row| maybe_text(row.user_path.as_deref()) },
    Column { name: "provider", of: |row| maybe_text(row.provider.as_deref()) },
    Column { name: "model_asked", of: |row| text(&row.model_asked) },
    Column { name: "model_answered", of: |row| maybe_text(row.model_answered.as_deref()) },
    Column { name: "front", of: |row| text(row.front) },
    Column { name: "endpoint", of: |row| text(row.endpoint) },
    Column { name: "status", of: |row| number(row.status) },
    Column { name: "error", of: |row| maybe_text(row.error.map(|e| e.name())) },
    Column { name: "finish", of: |row| maybe_text(row.finish.as_deref()) },
    Column { name: "stream", of: |row| number(row.stream) },
    Column { name: "attempts", of: |row| number(row.attempts) },
    Column { name: "latency_us", of: |row| number(row.latency_us) },
    Column { name: "first_token_us", of: |row| maybe(row.first_token_us) },
    Column { name: "estimated", of: |row| number(row.estimated) },
    Column { name: "input", of: |row| maybe(row.usage.input) },
    Column { name: "cached_input", of: |row| maybe(row.usage.cached_input) },
    Column { name: "cache_write", of: |row| maybe(row.usage.cache_write) },
    Column { name: "cache_write_1h", of: |row| maybe(row.usage.cache_write_1h) },
    Column { name: "audio_input", of: |row| maybe(row.usage.audio_input) },
    Column { name: "output", of: |row| maybe(row.usage.output) },
    Column { name: "reasoning", of: |row| maybe(row.usage.reasoning) },
    Column { name: "audio_output", of: |row| maybe(row.usage.audio_output) },
    Column { name: "web_searches", of: |row| maybe(row.usage.web_searches) },
    Column { name: "cost", of: |row| maybe(row.cost.as_ref().map(|c| c.nanodollars)) },
    Column { name: "price_version", of: |row| maybe_text(row.cost.as_ref().map(|c| &*c.price_version)) },
    Column { name: "cache", of: |row| maybe_text(row.cache.map(|c| c.name())) },
    Column { name: "upstream_id", of: |row| maybe_text(row.upstream_id.as_deref()) },
    Column { name: "lost", of: |row| maybe_text(row.lost.as_deref()) },
];

impl UsageRow {
    /// The row by columns, as the table `usage` has them; what is not known is [`Null`].
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, Value<'_>)> {
        COLUMNS.iter().map(|column| (column.name, (column.of)(self)))
    }
}

/// Longest text that is kept of what a caller or a provider said, in bytes.
const LONGEST_TEXT: usize = 256;

/// No request has more of anything than this. It keeps a provider that claims absurd numbers
/// from overflowing the sums.
const LARGEST_NUMBER: u64 = 1_000_000_000_000;

/// The text, or as much of its beginning as is kept.
pub(super) fn clip(text: &str) -> &str {
    text.get(..text.floor_char_boundary(LONGEST_TEXT)).unwrap_or(text)
}

/// The number, or the largest that is kept.
pub(super) fn bounded(number: u64) -> u64 {
    number.min(LARGEST_NUMBER)
}

/// A number's value.
pub(super) fn number(number: impl Into<u64>) -> Value<'static> {
    Value::Integer(i64::try_from(number.into()).unwrap_or(i64::MAX))
}

fn maybe(number: Option<u64>) -> Value<'static> {
    number.map_or(Null, |n| self::number(bounded(n)))
}

fn text(text: &str) -> Value<'_> {
    Value::Text(Cow::Borrowed(clip(text)))
}

fn maybe_text(text: Option<&str>) -> Value<'_> {
    text.map_or(Null, self::text)
}

fn labels(row: &UsageRow) -> Value<'_> {
    if row.labels.is_empty() {
        return Null;
    }
    serde_json::to_string(&*row.labels).map_or(Null, |json| Value::Text(Cow::Owned(json)))
}
