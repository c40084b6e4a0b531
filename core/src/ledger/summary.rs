//! The ledger's answers.
//!
//! `GET /admin/usage/summary?group_by=model,day` says:
//!
//! ```json
//! {
//!   "object": "usage.summary",
//!   "from": "2026-11-20T08:00Z",
//!   "to": "2026-11-21T09:00Z",
//!   "group_by": ["model", "day"],
//!   "totals": {
//!     "requests": 3, "errors": 1, "estimated": 0, "unmetered": 1, "unpriced": 3,
//!     "input_tokens": 24, "cached_input_tokens": 0, "cache_write_tokens": 0,
//!     "cache_write_1h_tokens": 0, "audio_input_tokens": 0, "output_tokens": 18,
//!     "reasoning_tokens": 0, "audio_output_tokens": 0, "web_searches": 0,
//!     "cost_nanodollars": 0, "latency_us": 912000, "first_tokens": 2, "first_token_us": 401000
//!   },
//!   "groups": [
//!     {"model": "gpt-5-mini", "day": "2026-11-21", "requests": 2, "…": 0}
//!   ],
//!   "truncated": false
//! }
//! ```
//!
//! `from` is in, `to` is out; both are whole hours. `totals` and every group hold the same sums.
//! Tokens and costs are summed as far as they are known: `unmetered` and `unpriced` count the
//! requests of which they are not. `latency_us` is over all `requests`, `first_token_us` over
//! `first_tokens` of them. An empty string in a group stands for *none*: no provider was tried,
//! or the caller was not identified. Groups with the most requests come first; `truncated` says
//! that there were more than `limit`.

use super::{
    Dimension, Sums,
    json::{self, Object},
    time,
};
use crate::ports::Micros;

/// What the ledger says to a [`SummaryQuery`](super::SummaryQuery).
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

impl Summary {
    /// The answer's body, in the shape that this module's essay shows.
    pub fn to_json(&self) -> String {
        let mut out = String::with_capacity(1024 + 512 * self.groups.len());
        let mut object = Object::open(&mut out);
        object.text("object", "usage.summary");
        time::push_hour(self.from, object.quoted("from"));
        object.end_quoted();
        time::push_hour(self.to, object.quoted("to"));
        object.end_quoted();
        json::array(object.raw("group_by"), &self.group_by, |d, out| json::push_text(d.name(), out));
        push_sums(Object::open(object.raw("totals")), &self.totals);
        json::array(object.raw("groups"), &self.groups, |group, out| {
            let mut object = Object::open(out);
            for (dimension, value) in self.group_by.iter().zip(&group.values) {
                object.text(dimension.name(), value);
            }
            push_sums(object, &group.sums);
        });
        object.flag("truncated", self.truncated);
        object.close();
        out
    }
}

fn push_sums(mut object: Object<'_>, sums: &Sums) {
    for (field, sum) in sums.fields() {
        object.number(field, sum);
    }
    object.close();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_has_the_documented_shape() {
        let mut sums = Sums::default();
        sums.add(&crate::ledger::UsageRow::default());
        let summary = Summary {
            from: 1_795_161_600_000_000,
            to: 1_795_248_000_000_000,
            group_by: vec![Dimension::Tenant, Dimension::Day],
            totals: sums,
            groups: vec![Group { values: vec!["/a\"b".into(), "2026-11-21".into()], sums }],
            truncated: true,
        };
        let body: serde_json::Value = serde_json::from_str(&summary.to_json()).unwrap();
        assert_eq!(body["object"], "usage.summary");
        assert_eq!(body["from"], "2026-11-20T08:00Z");
        assert_eq!(body["to"], "2026-11-21T08:00Z");
        assert_eq!(body["group_by"], serde_json::json!(["tenant", "day"]));
        assert_eq!(body["totals"]["requests"], 1);
        assert_eq!(body["totals"]["input_tokens"], 0);
        assert_eq!(body["totals"]["unmetered"], 1);
        assert_eq!(body["groups"][0]["tenant"], "/a\"b");
        assert_eq!(body["groups"][0]["unpriced"], 1);
        assert_eq!(body["truncated"], true);
    }
}
