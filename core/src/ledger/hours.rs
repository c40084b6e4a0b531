//! What the sums of an hour are kept apart by.

use std::borrow::Cow;

use super::{UsageRow, columns::clip, time::HOUR};

/// One line of the roll-ups: an hour, and whose requests to whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bucket<'a> {
    /// Hours since the epoch.
    pub hour: u64,
    /// The tenant path.
    pub tenant: Cow<'a, str>,
    /// The key's name.
    pub key: Cow<'a, str>,
    /// The provider instance.
    pub provider: Cow<'a, str>,
    /// The model that answered. Never the caller's words: names made up by callers would let the roll-ups grow.
    pub model: Cow<'a, str>,
    /// What was asked of the gateway.
    pub endpoint: Cow<'a, str>,
}

/// The columns that, with `hour`, are the key of a roll-up; in the order of [`Bucket::texts`].
pub const BUCKET_TEXTS: [&str; 5] = ["tenant", "key_name", "provider", "model", "endpoint"];

impl<'a> Bucket<'a> {
    /// Where a request counts.
    pub fn of(row: &'a UsageRow) -> Self {
        let text = |text: &'a str| Cow::Borrowed(clip(text));
        Self {
            hour: row.at / HOUR,
            tenant: text(&row.tenant),
            key: text(&row.key),
            provider: text(row.provider.as_deref().unwrap_or_default()),
            model: text(row.model_answered.as_deref().unwrap_or_default()),
            endpoint: text(row.endpoint),
        }
    }

    /// All but the hour, one for each of [`BUCKET_TEXTS`].
    pub fn texts(&self) -> [&str; 5] {
        [&self.tenant, &self.key, &self.provider, &self.model, &self.endpoint]
    }
}
