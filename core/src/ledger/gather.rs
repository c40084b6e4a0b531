//! Summaries in memory, for stores that can find roll-ups by hour and add nothing up themselves.

use std::{cmp::Reverse, collections::HashMap, ops::Range};

use super::{Bucket, Dimension, Group, Summary, SummaryQuery, Sums, time};

/// An answer that is being added up. It is the same as [SQL's](super::sql::summary) over the same roll-ups.
#[derive(Debug)]
pub struct Gathering {
    query: SummaryQuery,
    totals: Sums,
    groups: HashMap<Vec<String>, Sums>,
}

impl Gathering {
    /// Nothing counted yet.
    pub fn new(query: &SummaryQuery) -> Self {
        Self { query: query.whole_hours(), totals: Sums::default(), groups: HashMap::new() }
    }

    /// The hours whose roll-ups are to be added.
    pub fn hours(&self) -> Range<u64> {
        self.query.from / time::HOUR..self.query.to / time::HOUR
    }

    /// Counts a roll-up in, unless the query leaves it out.
    pub fn add(&mut self, bucket: &Bucket<'_>, sums: &Sums) {
        if !self.hours().contains(&bucket.hour) || !self.counts(bucket) {
            return;
        }
        self.totals.merge(sums);
        let values = self.query.group_by.iter().map(|dimension| value(*dimension, bucket)).collect();
        self.groups.entry(values).or_default().merge(sums);
    }

    /// The answer.
    pub fn finish(self) -> Summary {
        let Self { query, totals, groups } = self;
        let mut summary = Summary { from: query.from, to: query.to, totals, ..Summary::default() };
        if !query.group_by.is_empty() {
            let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
            let mut groups: Vec<_> =
                groups.into_iter().map(|(values, sums)| Group { values, sums }).collect();
            groups.sort_by(|a, b| {
                (Reverse(a.sums.requests()), &a.values).cmp(&(Reverse(b.sums.requests()), &b.values))
            });
            summary.truncated = groups.len() > limit;
            groups.truncate(limit);
            summary.groups = groups;
        }
        summary.group_by = query.group_by;
        summary
    }

    fn counts(&self, bucket: &Bucket<'_>) -> bool {
        let filters = &self.query.filters;
        let below = |tenant: &String| {
            let rest = bucket.tenant.strip_prefix(tenant.as_str());
            tenant == "/" || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let is =
            |filter: &Option<String>, found: &str| filter.as_deref().is_none_or(|wanted| wanted == found);
        filters.tenant.as_ref().is_none_or(below)
            && is(&filters.key, &bucket.key)
            && is(&filters.provider, &bucket.provider)
            && is(&filters.model, &bucket.model)
            && is(&filters.endpoint, &bucket.endpoint)
    }
}

fn value(dimension: Dimension, bucket: &Bucket<'_>) -> String {
    let mut text = String::new();
    match dimension {
        Dimension::Tenant => text.push_str(&bucket.tenant),
        Dimension::Key => text.push_str(&bucket.key),
        Dimension::Provider => text.push_str(&bucket.provider),
        Dimension::Model => text.push_str(&bucket.model),
        Dimension::Endpoint => text.push_str(&bucket.endpoint),
        Dimension::Hour => time::push_hour(bucket.hour.saturating_mul(time::HOUR), &mut text),
        Dimension::Day => time::push_date(bucket.hour.saturating_mul(time::HOUR), &mut text),
    }
    text
}
