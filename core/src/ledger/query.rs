//! Questions to the ledger, and its answers.

use crate::ports::Micros;

/// Sums over a range of whole hours, in groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryQuery {
    /// The first moment that counts; rounded down to its hour.
    pub from: Micros,
    /// The first moment that no longer counts; rounded up to its hour.
    pub to: Micros,
    /// What to tell apart; empty for totals only.
    pub group_by: Vec<Dimension>,
    /// What to count.
    pub filters: Filters,
    /// At most this many groups; the largest come first.
    pub limit: u32,
}

/// What a summary can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dimension {
    /// The tenant path.
    Tenant,
    /// The key's name.
    Key,
    /// The provider instance.
    Provider,
    /// The model that answered.
    Model,
    /// What was asked of the gateway.
    Endpoint,
    /// The hour, in UTC.
    Hour,
    /// The day, in UTC.
    Day,
}

/// What a summary counts; an absent filter lets everything pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    /// This tenant path and everything below it.
    pub tenant: Option<String>,
    /// This key.
    pub key: Option<String>,
    /// This provider instance.
    pub provider: Option<String>,
    /// This answered model.
    pub model: Option<String>,
    /// This endpoint.
    pub endpoint: Option<String>,
}

/// What the ledger says to a [`SummaryQuery`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Start of the first hour that counted.
    pub from: Micros,
    /// End of the last hour that counted.
    pub to: Micros,
    /// What was told apart.
    pub group_by: Vec<Dimension>,
    /// Sums over everything that counted.
    pub totals: Sums,
    /// Sums per group, those with the most requests first.
    pub groups: Vec<Group>,
    /// Whether there were more groups than the query's limit.
    pub truncated: bool,
}

/// One group of a summary.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// One value per dimension of the query, in its order.
    pub values: Vec<String>,
    /// The group's sums.
    pub sums: Sums,
}

/// What can be added up over requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Requests.
    pub requests: u64,
}
