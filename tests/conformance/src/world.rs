//! What all cases share: the gateways under test and the stand-in behind them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::Method;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::{
    ability::{Ability, lacking},
    client::{self, Origin, Sending},
    fixture,
    silent::Silent,
    target::{Running, Setup, Target},
    verdict::{Verdict, fail},
};

/// A row is written after its answer; a busy machine takes its time over it.
const WRITTEN_WITHIN: Duration = Duration::from_secs(20);

/// The gateways and the stand-in.
pub(crate) struct World {
    /// Where the gateways run.
    pub(crate) target: Target,
    /// The gateway with the whole fixture.
    pub(crate) main: Gateway,
    /// A gateway from the environment alone, without keys, where the target can start one.
    pub(crate) open: Option<Gateway>,
    /// The stand-in.
    pub(crate) upstream: Origin,
    /// A provider that accepts no connection.
    pub(crate) silent: Silent,
    /// The recordings' folder, where there is one.
    pub(crate) recordings: Option<std::path::PathBuf>,
    /// A word that no other run of the suite has.
    pub(crate) run: String,
    /// Gateways in want of stores, each started by the first case that asks for it.
    pub(crate) wanting: [OnceCell<Verdict<Gateway>>; 4],
}

/// Gateways in want of stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanting {
    /// It has none.
    Bare,
    /// They refuse everything.
    Refused,
    /// The ledger takes a row when it is offered for the third time; the others never answer.
    Stuck,
    /// Nothing: they are the real ones, in a build that can run their suites.
    Nothing,
}

impl World {
    /// A start with the whole fixture, in a folder of its own.
    pub(crate) fn setup(&self) -> Verdict<Setup> {
        Setup::new(fixture::document(&self.upstream.url(), &self.silent.url()), fixture::secrets())
    }

    /// Starts one more gateway.
    pub(crate) async fn start(&self, setup: &Setup) -> Verdict<Gateway> {
        Gateway::new(self.target.start(setup).await?, Some(fixture::MASTER_KEY.to_owned()))
    }

    /// The gateway in want of these stores.
    pub(crate) async fn wanting(&self, what: Wanting) -> Verdict<&Gateway> {
        let start = async || {
            let mut setup = self.setup()?;
            match what {
                Wanting::Bare => setup.bare = true,
                Wanting::Refused => setup.faults = Some("ledger:refuse,cache:refuse,counters:refuse"),
                Wanting::Stuck => setup.faults = Some("ledger:flaky,cache:hang,counters:hang"),
                Wanting::Nothing => setup.faults = Some(""),
            }
            self.start(&setup).await
        };
        self.wanting[what as usize].get_or_init(start).await.as_ref().map_err(Clone::clone)
    }

    /// Whether the target has an ability.
    pub(crate) fn has(&self, ability: Ability) -> bool {
        lacking(self.target.name(), &[ability]).is_none()
    }
}

/// One gateway under test.
pub(crate) struct Gateway {
    /// Where it answers.
    pub(crate) origin: Origin,
    /// The process behind it.
    pub(crate) running: Running,
    /// The key that may read the summary; nothing for an open gateway.
    pub(crate) master_key: Option<String>,
}

/// What the ledger says about requests of one model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    /// Requests.
    pub(crate) requests: u64,
    /// Those that went wrong.
    pub(crate) errors: u64,
    /// Those whose tokens were estimated.
    pub(crate) estimated: u64,
    /// Tokens read.
    pub(crate) input: u64,
    /// Tokens written.
    pub(crate) output: u64,
    /// Tokens read from a cache.
    pub(crate) cached: u64,
}

impl Gateway {
    /// A gateway that runs.
    pub(crate) fn new(running: Running, master_key: Option<String>) -> Verdict<Gateway> {
        match Origin::parse(&running.url) {
            Some(origin) => Ok(Gateway { origin: origin.resetting(running.resets), running, master_key }),
            None => fail(format!("{} is not an http:// address", running.url)),
        }
    }

    /// The sums of the requests that `filter` (`model=…`) lets through, once there are `requests`.
    pub(crate) async fn sums(&self, filter: &str, requests: u64) -> Verdict<Sums> {
        let begun = Instant::now();
        loop {
            let last = match filter.strip_prefix("model=").filter(|_| !self.running.ledger) {
                Some(model) => logged(&self.running.lines.all(), model),
                None => sums(&self.summary(filter).await?["totals"]),
            };
            if last.requests >= requests {
                return Ok(last);
            }
            if begun.elapsed() > WRITTEN_WITHIN {
                return fail(format!("the ledger has fewer than {requests} rows of {filter}: {last:?}"));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The summary as the admin API gives it.
    pub(crate) async fn summary(&self, query: &str) -> Verdict<Value> {
        let authorization =
            self.master_key.iter().map(|key| ("authorization".to_owned(), format!("Bearer {key}")));
        let sending = Sending {
            method: Method::GET,
            path: format!("/admin/usage/summary?{query}"),
            headers: authorization.collect(),
            body: Bytes::new(),
        };
        let whole = client::send(&self.origin, &sending).await?.whole().await;
        match whole.status.as_u16() {
            200 => Ok(whole.json()),
            status => fail(format!("the summary of {query} is {status}: {}", whole.text())),
        }
    }
}

fn sums(totals: &Value) -> Sums {
    let field = |name: &str| totals[name].as_u64().unwrap_or_default();
    Sums {
        requests: field("requests"),
        errors: field("errors"),
        estimated: field("estimated"),
        input: field("input_tokens"),
        output: field("output_tokens"),
        cached: field("cached_input_tokens"),
    }
}

/// The same from the lines that requests for a model left in the log.
fn logged(lines: &[String], model: &str) -> Sums {
    let read = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let own = |line: &Value| {
        line["event"] == "request" && line["model"].as_str().is_some_and(|name| name.ends_with(model))
    };
    read.filter(own).fold(Sums::default(), |sums, line| {
        let field = |name: &str| line[name].as_u64().unwrap_or_default();
        Sums {
            requests: sums.requests + 1,
            errors: sums.errors + u64::from(line["error"].is_string()),
            estimated: sums.estimated + u64::from(line["estimated"] == true),
            input: sums.input + field("input_tokens"),
            output: sums.output + field("output_tokens"),
            cached: sums.cached + field("cached_input_tokens"),
        }
    })
}

/// What the stand-in saw of one request.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The path, and the query if there was one.
    pub(crate) path: String,
    /// The headers in order.
    pub(crate) headers: Vec<(String, String)>,
    /// The body as text.
    pub(crate) body: String,
    /// How many writes of the answer were handed out.
    pub(crate) sent: u64,
    /// `whole`, `cut`, `dropped`, or nothing while it runs.
    pub(crate) ended: String,
}

impl Seen {
    /// A header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// The stand-in's control API.
pub(crate) async fn control(world: &Arc<World>, method: Method, call: &str, body: String) -> Verdict<Value> {
    let path = format!("/control/{call}");
    let sending = Sending { method, path, headers: vec![], body: body.into() };
    Ok(client::send(&world.upstream, &sending).await?.whole().await.json())
}

/// The requests of a session of the stand-in.
pub(crate) async fn seen(world: &Arc<World>, key: &str) -> Verdict<Vec<Seen>> {
    let session = control(world, Method::GET, &format!("session?key={key}"), String::new()).await?;
    let requests = session["requests"].as_array().cloned().unwrap_or_default();
    Ok(requests.iter().map(one_seen).collect())
}

fn one_seen(record: &Value) -> Seen {
    let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
    let pair = |pair: &Value| Some((pair[0].as_str()?.to_owned(), pair[1].as_str()?.to_owned()));
    let query = text("query");
    Seen {
        path: if query.is_empty() { text("path") } else { format!("{}?{query}", text("path")) },
        headers: record["headers"].as_array().into_iter().flatten().filter_map(pair).collect(),
        body: text("body"),
        sent: record["sent"].as_u64().unwrap_or_default(),
        ended: text("ended"),
    }
}
