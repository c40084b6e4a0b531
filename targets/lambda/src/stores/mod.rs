//! The ports that keep something, over one DynamoDB table and one S3 bucket.
//!
//! Both are optional: where the table is not named, the ports answer as a target without that store does. The
//! table has a partition key `pk`, a sort key `sk`, both text, and time to live on `expires`; keys follow from how
//! each thing is looked up:
//!
//! | what | `pk` | `sk` | looked up |
//! | --- | --- | --- | --- |
//! | a request's usage | `usage#2026-11-21#a`: its day, and a shard from its id | its microsecond, and a digest of its id | by an operator, by day |
//! | an hour's sums | `hour#07`: a shard, drawn for each request | the hour, and a digest of what it is kept apart by | all shards, from hour to hour |
//! | a cached value | `cache#` and its key | `-` | by its key |
//! | the counts of a limit | `counter#` and its scope | `-` | by its scope |
//!
//! DynamoDB writes a thousand units a second to one partition key, and refuses transactions that meet at one
//! item; hence the shards.

mod cache;
mod counters;
mod ledger;

use crate::aws::dynamodb::Table;
use crate::aws::s3::Bucket;
use crate::aws::{Aws, AwsError};
use sha2::{Digest as _, Sha256};
use std::env;
use tollbridge_core::hex;
use tollbridge_core::ports::{CacheError, CountersError, LedgerError};

/// The variables that name them.
pub const TABLE: &str = "TOLLBRIDGE_TABLE";
/// See [`TABLE`].
pub const BUCKET: &str = "TOLLBRIDGE_BUCKET";
/// For how many days each request's usage is kept; hourly sums stay. Not set, it stays, too.
pub const USAGE_DAYS: &str = "TOLLBRIDGE_USAGE_DAYS";

/// What the stores are made of.
#[derive(Clone)]
pub struct Stores {
    /// The table.
    pub table: Table,
    /// The bucket, for values that an item cannot hold.
    pub bucket: Option<Bucket>,
    /// For how many days each request's usage is kept.
    pub usage_days: Option<u64>,
}

impl Stores {
    /// What the environment names.
    pub fn from_env(aws: &Aws) -> Option<Self> {
        let setting = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        Some(Self {
            table: Table::new(aws, setting(TABLE)?),
            bucket: setting(BUCKET).map(|name| Bucket::new(aws, name)),
            usage_days: setting(USAGE_DAYS).and_then(|days| days.parse().ok()).filter(|days| *days > 0),
        })
    }
}

/// The attribute that time to live looks at: seconds since the epoch.
const EXPIRES: &str = "expires";

/// What has no place in an order has this.
const ALONE: &str = "-";

impl From<AwsError> for LedgerError {
    fn from(error: AwsError) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<AwsError> for CacheError {
    fn from(error: AwsError) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<AwsError> for CountersError {
    fn from(error: AwsError) -> Self {
        Self::Store(error.to_string())
    }
}

/// A number to choose a shard or a wait by.
fn dice() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap_or_default();
    u64::from_ne_bytes(bytes)
}

/// The SHA-256 of a text, in hexadecimal digits: a name for what is too long for a key, or not to be seen in one.
fn digest(text: &str) -> String {
    let mut digits = String::with_capacity(64);
    hex::push(&mut digits, &Sha256::digest(text));
    digits
}
