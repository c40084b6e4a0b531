//! The columns of `usage`: one table for all that writes a whole row.

use std::{borrow::Cow, sync::Arc};

use super::{
    CacheStatus, Cost, ErrorClass, UsageRow,
    row::{ENDPOINTS, FRONTS},
    sql::Value::{self, Null},
};

/// One column.
pub(super) struct Column {
    /// Its name, in the table and in `usage_unwritten` lines.
    pub name: &'static str,
    /// What a row has in it.
    pub of: for<'a> fn(&'a UsageRow) -> Value<'a>,
    /// Puts what such a line says into a row. False where it is not what the column holds.
    pub put: fn(&mut UsageRow, Read<'_>) -> bool,
}

/// All columns.
pub(super) const COLUMNS: [Column; 33] = [
    Column { name: "at", of: |row| number(row.at), put: |row, read| read.number(&mut row.at) },
    Column { name: "id", of: |row| text(&row.id), put: |row, read| read.text(&mut row.id) },
    Column { name: "tenant", of: |row| text(&row.tenant), put: |row, read| read.text(&mut row.tenant) },
    Column { name: "key_name", of: |row| text(&row.key), put: |row, read| read.text(&mut row.key) },
    Column {
        name: "labels",
        of: labels,
        put: |row, read| read.word(&mut row.labels, |json| Some(Arc::new(serde_json::from_str(json).ok()?))),
    },
    Column {
        name: "user_path",
        of: |row| maybe_text(row.user_path.as_deref()),
        put: |row, read| read.maybe_text(&mut row.user_path),
    },
    Column {
        name: "provider",
        of: |row| maybe_text(row.provider.as_deref()),
        put: |row, read| read.maybe_text(&mut row.provider),
    },
    Column {
        name: "model_asked",
        of: |row| text(&row.model_asked),
        put: |row, read| read.text(&mut row.model_asked),
    },
    Column {
        name: "model_answered",
        of: |row| maybe_text(row.model_answered.as_deref()),
        put: |row, read| read.maybe_text(&mut row.model_answered),
    },
    Column {
        name: "front",
        of: |row| text(row.front),
        put: |row, read| read.word(&mut row.front, |word| known(word, &FRONTS)),
    },
    Column {
        name: "endpoint",
        of: |row| text(row.endpoint),
        put: |row, read| read.word(&mut row.endpoint, |word| known(word, &ENDPOINTS)),
    },
    Column { name: "status", of: |row| number(row.status), put: |row, read| read.number(&mut row.status) },
    Column {
        name: "error",
        of: |row| maybe_text(row.error.map(|e| e.name())),
        put: |row, read| read.word(&mut row.error, |word| Some(Some(ErrorClass::of(word)?))),
    },
    Column {
        name: "finish",
        of: |row| maybe_text(row.finish.as_deref()),
        put: |row, read| read.maybe_text(&mut row.finish),
    },
    Column { name: "stream", of: |row| number(row.stream), put: |row, read| read.flag(&mut row.stream) },
    Column {
        name: "attempts",
        of: |row| number(row.attempts),
        put: |row, read| read.number(&mut row.attempts),
    },
    Column {
        name: "latency_us",
        of: |row| number(row.latency_us),
        put: |row, read| read.number(&mut row.latency_us),
    },
    Column {
        name: "first_token_us",
        of: |row| maybe(row.first_token_us),
        put: |row, read| read.maybe(&mut row.first_token_us),
    },
    Column {
        name: "estimated",
        of: |row| number(row.estimated),
        put: |row, read| read.flag(&mut row.estimated),
    },
    Column {
        name: "input",
        of: |row| maybe(row.usage.input),
        put: |row, read| read.maybe(&mut row.usage.input),
    },
    Column {
        name: "cached_input",
        of: |row| maybe(row.usage.cached_input),
        put: |row, read| read.maybe(&mut row.usage.cached_input),
    },
    Column {
        name: "cache_write",
        of: |row| maybe(row.usage.cache_write),
        put: |row, read| read.maybe(&mut row.usage.cache_write),
    },
    Column {
        name: "cache_write_1h",
        of: |row| maybe(row.usage.cache_write_1h),
        put: |row, read| read.maybe(&mut row.usage.cache_write_1h),
    },
    Column {
        name: "audio_input",
        of: |row| maybe(row.usage.audio_input),
        put: |row, read| read.maybe(&mut row.usage.audio_input),
    },
    Column {
        name: "output",
        of: |row| maybe(row.usage.output),
        put: |row, read| read.maybe(&mut row.usage.output),
    },
    Column {
        name: "reasoning",
        of: |row| maybe(row.usage.reasoning),
        put: |row, read| read.maybe(&mut row.usage.reasoning),
    },
    Column {
        name: "audio_output",
        of: |row| maybe(row.usage.audio_output),
        put: |row, read| read.maybe(&mut row.usage.audio_output),
    },
    Column {
        name: "web_searches",
        of: |row| maybe(row.usage.web_searches),
        put: |row, read| read.maybe(&mut row.usage.web_searches),
    },
    Column {
        name: "cost",
        of: |row| maybe(row.cost.as_ref().map(|c| c.nanodollars)),
        put: |row, read| read.number(&mut cost(row).nanodollars),
    },
    Column {
        name: "price_version",
        of: |row| maybe_text(row.cost.as_ref().map(|c| &*c.price_version)),
        put: |row, read| read.text(&mut cost(row).price_version),
    },
    Column {
        name: "cache",
        of: |row| maybe_text(row.cache.map(|c| c.name())),
        put: |row, read| read.word(&mut row.cache, |word| Some(Some(CacheStatus::of(word)?))),
    },
    Column {
        name: "upstream_id",
        of: |row| maybe_text(row.upstream_id.as_deref()),
        put: |row, read| read.maybe_text(&mut row.upstream_id),
    },
    Column {
        name: "lost",
        of: |row| maybe_text(row.lost.as_deref()),
        put: |row, read| read.maybe_text(&mut row.lost),
    },
];

impl UsageRow {
    /// The row by columns, as the table `usage` has them; what is not known is [`Null`].
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, Value<'_>)> {
        COLUMNS.iter().map(|column| (column.name, (column.of)(self)))
    }
}

impl Column {
    /// Whether every row has something in it.
    pub(super) fn always(&self) -> bool {
        (self.of)(&UsageRow::default()) != Null
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

fn cost(row: &mut UsageRow) -> &mut Cost {
    row.cost.get_or_insert_with(|| Cost { nanodollars: 0, price_version: Arc::default() })
}

/// What a `usage_unwritten` line says of one column.
#[derive(Debug, Clone, Copy)]
pub(super) enum Read<'a> {
    /// A number, a flag.
    Number(u64),
    /// A text.
    Text(&'a str),
}

impl Read<'_> {
    fn number<T: TryFrom<u64>>(self, place: &mut T) -> bool {
        let Self::Number(number) = self else { return false };
        T::try_from(number).map(|number| *place = number).is_ok()
    }

    fn maybe(self, place: &mut Option<u64>) -> bool {
        self.number(place.insert(0))
    }

    fn flag(self, place: &mut bool) -> bool {
        let Self::Number(number @ (0 | 1)) = self else { return false };
        *place = number == 1;
        true
    }

    fn text<T: From<String>>(self, place: &mut T) -> bool {
        self.word(place, |text| Some(text.to_owned().into()))
    }

    fn maybe_text<T: From<String>>(self, place: &mut Option<T>) -> bool {
        self.word(place, |text| Some(Some(text.to_owned().into())))
    }

    fn word<T>(self, place: &mut T, meaning: impl Fn(&str) -> Option<T>) -> bool {
        let Self::Text(text) = self else { return false };
        meaning(text).map(|value| *place = value).is_some()
    }
}

fn known(word: &str, words: &[&'static str]) -> Option<&'static str> {
    words.iter().find(|known| **known == word).copied()
}
