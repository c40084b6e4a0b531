//! The table.

use std::{collections::BTreeMap, fmt::Write, time::Duration};

use super::{contender::Kind, latency::FirstToken, load::Measured, scenario::Scenario, start::Start};

/// What a run found.
#[derive(Default)]
pub(super) struct Report {
    lines: Vec<Line>,
    pub(super) first_tokens: Vec<FirstToken>,
    pub(super) start: Option<Start>,
}

struct Line {
    name: &'static str,
    connections: usize,
    budget: Option<(f64, f64)>,
    rounds: BTreeMap<Kind, Vec<Measured>>,
}

impl Report {
    pub(super) fn add(&mut self, scenario: &Scenario, kind: Kind, measured: Measured) {
        if self.lines.last().is_none_or(|line| line.name != scenario.name) {
            let Scenario { name, connections, budget, .. } = *scenario;
            self.lines.push(Line { name, connections, budget, rounds: BTreeMap::new() });
        }
        if let Some(line) = self.lines.last_mut() {
            line.rounds.entry(kind).or_default().push(measured);
        }
    }

    /// As `docs/performance.md` shows it.
    pub(super) fn markdown(&self) -> String {
        let mut out = String::new();
        self.costs(&mut out);
        self.latencies(&mut out);
        if let Some(start) = &self.start {
            let _ = writeln!(
                out,
                "\nStart to first answer {:.1} ms; memory idle {:.1} MB; binary {:.1} MB.",
                start.first_answer.as_secs_f64() * 1e3,
                megabytes(start.idle),
                start.binary as f64 / 1e6
            );
        }
        out
    }

    fn costs(&self, out: &mut String) {
        out.push_str(
            "| work | nginx µs | floor | gateway µs | ratio | must | aim | requests/s (nginx) | p99 ms (nginx) | memory MB |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        );
        for line in self.lines.iter().filter(|line| line.connections > 1) {
            let (Some(nginx), Some(gateway)) = (line.median(Kind::Nginx), line.median(Kind::Gateway)) else {
                continue;
            };
            let ratio = |other: Duration| other.as_secs_f64() / nginx.cpu.as_secs_f64();
            let floor =
                line.median(Kind::Floor).map_or("–".to_owned(), |floor| format!("{:.2}", ratio(floor.cpu)));
            let (must, aim) = line.budget.map_or(("–".to_owned(), "–".to_owned()), |(must, aim)| {
                (must.to_string(), aim.to_string())
            });
            let kept = line.budget.is_none_or(|(must, _)| ratio(gateway.cpu) <= must);
            let mark = if kept { "" } else { " ✗" };
            let _ = writeln!(
                out,
                "| {} | {:.1} | {floor} | {:.1} | **{:.2}**{mark} | {must} | {aim} | {:.0} ({:.0}) | {:.2} ({:.2}) | {:.1} |",
                line.name,
                micros(nginx.cpu),
                micros(gateway.cpu),
                ratio(gateway.cpu),
                gateway.rate,
                nginx.rate,
                micros(gateway.p99) / 1e3,
                micros(nginx.p99) / 1e3,
                megabytes(gateway.memory),
            );
        }
    }

    fn latencies(&self, out: &mut String) {
        let lone = self.lines.iter().filter(|line| line.connections == 1).map(|line| {
            let of = |kind: &Kind| Some((*kind, line.median(*kind)?.median, line.median(*kind)?.p99));
            (line.name, line.rounds.keys().filter_map(of).collect())
        });
        let all: Vec<(&str, Vec<FirstToken>)> =
            lone.chain([("first token of a stream", self.first_tokens.clone())]).collect();
        out.push_str("\n| added latency | by | p50 µs | p99 µs |\n| --- | --- | --- | --- |\n");
        for (name, times) in all {
            let Some((_, direct, direct99)) = times.iter().copied().find(|(kind, ..)| *kind == Kind::Direct)
            else {
                continue;
            };
            for (kind, median, p99) in times.into_iter().filter(|(kind, ..)| *kind != Kind::Direct) {
                let added = micros(median) - micros(direct);
                let added99 = micros(p99) - micros(direct99);
                let _ = writeln!(out, "| {name} | {kind:?} | {added:.0} | {added99:.0} |");
            }
        }
    }
}

impl Line {
    /// Of each number its median over the rounds.
    fn median(&self, kind: Kind) -> Option<Measured> {
        let rounds = self.rounds.get(&kind)?;
        let middle = |of: fn(&Measured) -> Duration| {
            let mut all: Vec<_> = rounds.iter().map(of).collect();
            all.sort();
            percentile(&all, 50)
        };
        let mut rates: Vec<_> = rounds.iter().map(|round| round.rate).collect();
        rates.sort_by(f64::total_cmp);
        Some(Measured {
            rate: rates[rates.len() / 2],
            cpu: middle(|round| round.cpu),
            median: middle(|round| round.median),
            p99: middle(|round| round.p99),
            memory: rounds.iter().map(|round| round.memory).max()?,
        })
    }
}

/// The value that `percent` of the sorted ones do not exceed.
pub(super) fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().unwrap_or_default()
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn megabytes(kilobytes: u64) -> f64 {
    kilobytes as f64 / 1024.0
}
