//! The load, and what it cost.

use std::{fs, time::Duration};

use super::{
    Bench, body,
    contender::KEY,
    cpu::{self, pinned},
    scenario::Scenario,
};
use crate::process::{Failure, context, text};

/// What one round said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    /// Requests a second.
    pub(super) rate: f64,
    /// Processor time per request.
    pub(super) cpu: Duration,
    /// Half of the requests took no longer.
    pub(super) median: Duration,
    /// 99 of 100 took no longer.
    pub(super) p99: Duration,
    /// Kilobytes that the processes had while they worked.
    pub(super) memory: u64,
}

/// Where the load goes, and whose time it takes.
pub(super) struct Goal<'a> {
    pub(super) port: u16,
    pub(super) path: &'a str,
    /// Whether the model's name says which provider is meant, as the gateway wants it.
    pub(super) named: bool,
    pub(super) processes: Vec<u32>,
}

/// One round of a scenario with one contender.
pub(super) fn measure(bench: &Bench, goal: &Goal, scenario: &Scenario) -> Result<Measured, Failure> {
    let script = bench.folder.join("load.lua");
    fs::write(&script, script_of(scenario, goal.named)).map_err(|error| context(&script.display(), error))?;
    let url = format!("http://127.0.0.1:{}{}", goal.port, goal.path);
    let wrk = |length: Duration| {
        let mut wrk = pinned(&bench.pins.load, "wrk");
        wrk.args(["--threads", "1", "--latency", "--timeout", "30s"]);
        wrk.args(["--connections", &scenario.connections.to_string()]);
        wrk.args(["--duration", &format!("{}s", length.as_secs())]).arg("--script").arg(&script).arg(&url);
        text(&mut wrk)
    };
    // Connections are opened and code is paged in by requests that do not count.
    wrk(Duration::from_secs(1))?;
    let processes = &goal.processes;
    let before = cpu::spent(processes, bench.pins.tick)?;
    let said = wrk(bench.effort.length)?;
    let spent = cpu::spent(processes, bench.pins.tick)? - before;
    let memory = processes.iter().map(|process| cpu::memory(*process, "VmRSS:")).sum::<Result<u64, _>>()?;
    let said = Said::read(&said).ok_or_else(|| Failure::new(format!("{}: {said}", scenario.name)))?;
    Ok(Measured {
        rate: said.rate,
        cpu: spent.div_f64(said.requests as f64),
        median: said.median,
        p99: said.p99,
        memory,
    })
}

/// The request, as wrk wants it told.
fn script_of(scenario: &Scenario, named: bool) -> String {
    let body = body::request(scenario, named);
    format!(
        "wrk.method = \"POST\"\nwrk.headers[\"content-type\"] = \"application/json\"\n\
         wrk.headers[\"authorization\"] = \"Bearer {KEY}\"\nwrk.body = [==[{body}]==]\n"
    )
}

/// What wrk says at its end.
#[derive(Debug, PartialEq)]
struct Said {
    requests: u64,
    rate: f64,
    median: Duration,
    p99: Duration,
}

impl Said {
    /// `None` where an answer was no 2xx or none came, as well as where this is not wrk.
    fn read(text: &str) -> Option<Self> {
        if ["Non-2xx", "Socket errors"].iter().any(|failure| text.contains(failure)) {
            return None;
        }
        let after = |name: &str| {
            let line = text.lines().find(|line| line.trim_start().starts_with(name))?;
            line.trim_start()[name.len()..].split_whitespace().next()
        };
        let requests =
            text.lines().find_map(|line| line.trim().split_once(" requests in ")?.0.parse().ok())?;
        Some(Self {
            requests,
            rate: after("Requests/sec:")?.parse().ok()?,
            median: duration(after("50%")?)?,
            p99: duration(after("99%")?)?,
        })
    }
}

/// A time as wrk writes it: `85.00us`, `1.02ms`, `1.20s`, `1.02m`.
fn duration(text: &str) -> Option<Duration> {
    let unit = text.find(|character: char| character.is_ascii_alphabetic())?;
    let number: f64 = text[..unit].parse().ok()?;
    let seconds = match &text[unit..] {
        "us" => number / 1e6,
        "ms" => number / 1e3,
        "s" => number,
        "m" => number * 60.0,
        _ => return None,
    };
    Some(Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "Running 4s test @ http://127.0.0.1:19110/v1/chat/completions
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.02ms  200.00us   9.00ms   90.00%
  Latency Distribution
     50%    0.98ms
     75%    1.10ms
     90%    1.20ms
     99%    2.50ms
  120034 requests in 4.00s, 150.00MB read
Requests/sec:  30008.50
Transfer/sec:     37.50MB
";

    #[test]
    fn a_report_is_read() {
        let said = Said::read(GOOD).unwrap();
        let expected = Said {
            requests: 120_034,
            rate: 30_008.5,
            median: Duration::from_micros(980),
            p99: Duration::from_micros(2500),
        };
        assert_eq!(said, expected);
    }

    #[test]
    fn a_failed_request_fails_the_round() {
        for line in
            ["  Non-2xx or 3xx responses: 1\n", "  Socket errors: connect 0, read 1, write 0, timeout 0\n"]
        {
            assert_eq!(Said::read(&format!("{GOOD}{line}")), None);
        }
        assert_eq!(Said::read("unable to connect"), None);
    }
}
