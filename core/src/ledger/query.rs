//! Questions to the ledger, as `GET /admin/usage/summary` asks them.
//!
//! | parameter | says | default |
//! | --- | --- | --- |
//! | `from`, `to` | the time that counts: seconds since the epoch, `2026-11-21` or `2026-11-21T08:05Z`; widened to whole hours | the last 30 days |
//! | `group_by` | what to tell apart, by commas: `tenant`, `key`, `provider`, `model`, `endpoint`, `hour`, `day` | nothing |
//! | `tenant` | only this tenant path and all below it | |
//! | `key`, `provider`, `model`, `endpoint` | only this one | |
//! | `limit` | groups, 1 to 10000 | 1000 |

use super::time;
use crate::{error::ApiError, ports::Micros};

const DEFAULT_RANGE: Micros = 30 * time::DAY;
const DEFAULT_LIMIT: u32 = 1_000;
const LARGEST_LIMIT: u32 = 10_000;

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
    /// At most this many groups; those with the most requests come first.
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

impl Dimension {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Tenant, Self::Key, Self::Provider, Self::Model, Self::Endpoint, Self::Hour, Self::Day];

    /// The word for it in queries and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Key => "key",
            Self::Provider => "provider",
            Self::Model => "model",
            Self::Endpoint => "endpoint",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
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

impl SummaryQuery {
    /// Reads a URL's query (what follows the `?`). A parameter that is unknown, unreadable or
    /// given twice is refused by name.
    pub fn parse(query: &str, now: Micros) -> Result<Self, ApiError> {
        let mut seen = Vec::new();
        let mut parsed = Self {
            from: 0,
            to: now.saturating_add(1),
            group_by: Vec::new(),
            filters: Filters::default(),
            limit: DEFAULT_LIMIT,
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if seen.contains(&name) {
                return Err(refuse(&name, "is given twice"));
            }
            parsed.set(&name, &value)?;
            seen.push(name);
        }
        if !seen.iter().any(|name| name == "from") {
            parsed.from = parsed.to.saturating_sub(DEFAULT_RANGE);
        }
        if parsed.from >= parsed.to {
            return Err(refuse("from", "must lie before `to`"));
        }
        Ok(parsed)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), ApiError> {
        let text = || Some(value.to_owned());
        match name {
            "from" => self.from = moment(name, value)?,
            "to" => self.to = moment(name, value)?,
            "group_by" => self.group_by = dimensions(name, value)?,
            "tenant" => self.filters.tenant = text(),
            "key" => self.filters.key = text(),
            "provider" => self.filters.provider = text(),
            "model" => self.filters.model = text(),
            "endpoint" => self.filters.endpoint = text(),
            "limit" => {
                let limit = value.parse().ok().filter(|n| (1..=LARGEST_LIMIT).contains(n));
                self.limit = limit.ok_or_else(|| refuse(name, "must be a number from 1 to 10000"))?;
            }
            _ => {
                return Err(refuse(
                    name,
                    "is not known: use from, to, group_by, tenant, key, provider, model, endpoint or limit",
                ));
            }
        }
        Ok(())
    }

    /// The query widened to the whole hours that the roll-ups can tell apart.
    #[must_use]
    pub fn whole_hours(&self) -> Self {
        Self {
            from: self.from / time::HOUR * time::HOUR,
            to: self.to.div_ceil(time::HOUR).saturating_mul(time::HOUR),
            ..self.clone()
        }
    }
}

fn moment(name: &str, value: &str) -> Result<Micros, ApiError> {
    time::parse(value).ok_or_else(|| {
        refuse(
            name,
            "must be a time: seconds since the epoch, `2026-11-21` or `2026-11-21T08:05:00Z` (in UTC)",
        )
    })
}

fn dimensions(name: &str, value: &str) -> Result<Vec<Dimension>, ApiError> {
    let mut found = Vec::new();
    for word in value.split(',').filter(|word| !word.is_empty()) {
        match Dimension::ALL.into_iter().find(|d| d.name() == word) {
            Some(dimension) if found.contains(&dimension) => {}
            Some(dimension) => found.push(dimension),
            None => {
                return Err(refuse(
                    name,
                    "takes tenant, key, provider, model, endpoint, hour and day, with commas between",
                ));
            }
        }
    }
    Ok(found)
}

fn refuse(name: &str, why: &str) -> ApiError {
    let name = super::columns::clip(name);
    ApiError::invalid(format!("query parameter `{name}` {why}")).with_param(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Micros = 1_795_248_309_000_000;

    #[test]
    fn an_empty_query_asks_for_the_last_thirty_days() {
        let query = SummaryQuery::parse("", NOW).unwrap();
        assert_eq!(query.to - query.from, DEFAULT_RANGE);
        assert_eq!((query.group_by, query.filters, query.limit), (vec![], Filters::default(), DEFAULT_LIMIT));
        let whole = SummaryQuery::parse("", NOW).unwrap().whole_hours();
        assert!(
            whole.to > NOW && whole.to.is_multiple_of(time::HOUR) && whole.from.is_multiple_of(time::HOUR)
        );
    }

    #[test]
    fn parameters_are_read() {
        let text =
            "from=2026-11-01&to=1795248309&group_by=tenant,day,tenant&tenant=%2Fteam&model=a+b&limit=5";
        let query = SummaryQuery::parse(text, NOW).unwrap();
        assert_eq!(query.to, NOW);
        assert_eq!(query.from, 1_793_491_200_000_000);
        assert_eq!(query.group_by, [Dimension::Tenant, Dimension::Day]);
        assert_eq!(query.filters.tenant.as_deref(), Some("/team"));
        assert_eq!(query.filters.model.as_deref(), Some("a b"));
        assert_eq!(query.limit, 5);
    }

    #[test]
    fn what_cannot_be_read_is_refused_by_name() {
        for (text, param) in [
            ("from=tomorrow", "from"),
            ("to=2026-11-01&from=2026-11-02", "from"),
            ("group_by=colour", "group_by"),
            ("limit=0", "limit"),
            ("limit=1000000", "limit"),
            ("tenants=x", "tenants"),
            ("key=a&key=b", "key"),
        ] {
            let error = SummaryQuery::parse(text, NOW).unwrap_err();
            assert_eq!(error.status, 400, "{text}");
            assert_eq!(error.param.as_deref(), Some(param), "{text}");
            assert!(error.message.contains(param), "{text}");
        }
    }
}
