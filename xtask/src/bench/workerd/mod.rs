//! `cargo xtask bench --workerd`: what the Worker costs, beside one of a few lines.
//!
//! workerd is asked directly, with nothing of Miniflare's before it, so the processor time of its process is
//! the Worker's and the runtime's. Two Workers of a few lines of JavaScript stand beside the gateway. The bare
//! one (`relay.js`) hands streams on without looking at them, which the runtime does outside of JavaScript. The
//! reading one (`reading.js`) takes each piece in hand, as whoever wants to know what an answer used must: it is
//! the floor for that. The gateway has no stores bound, since their local stand-ins would run in the same
//! process and be counted as its own; it writes its log.

mod config;
mod start;

use super::{
    Bench, Programs,
    contender::{self, Running},
    cpu::pinned,
    load::{self, Goal, Measured},
    report::percentile,
    scenario::{
        Manner::{Burst, Flushed, Paced, Plain},
        Protocol::{Chat, Messages},
        Scenario,
    },
};
use crate::{
    build::cloudflare::{self, DEPLOYED},
    process::{Failure, Outcome, run_quietly},
    project::Project,
    setup::wrangler,
};
use std::{process::Command, time::Duration};

/// The ports of the three.
const BARE: u16 = 19_140;
const READING: u16 = 19_145;
const WORKER: u16 = 19_150;

/// Rounds that do not count, at most.
const WARM_UPS: usize = 4;

/// Events of a streamed answer.
const EVENTS: f64 = 64.0;

const fn relay(name: &'static str, manner: super::scenario::Manner, body: usize) -> Scenario {
    Scenario { name, front: Chat, wire: Chat, manner, body, connections: 32, budget: None }
}

const fn translate(name: &'static str, manner: super::scenario::Manner, body: usize) -> Scenario {
    Scenario { name, front: Chat, wire: Messages, manner, body, connections: 32, budget: None }
}

/// The table.
pub(super) const SCENARIOS: &[Scenario] = &[
    relay("relay 1 KB", Plain, 1_000),
    relay("relay 100 KB agent body", Plain, 100_000),
    relay("relay stream in a burst", Burst, 1_000),
    relay("relay stream flushed by event", Flushed, 1_000),
    relay("relay stream 5 ms apart", Paced, 1_000),
    translate("chat to Anthropic 1 KB", Plain, 1_000),
    translate("chat to Anthropic 100 KB agent body", Plain, 100_000),
    translate("chat to Anthropic stream in a burst", Burst, 1_000),
    translate("chat to Anthropic stream flushed by event", Flushed, 1_000),
    translate("chat to Anthropic stream 5 ms apart", Paced, 1_000),
];

/// Builds what is measured, as it is deployed.
pub(super) fn build(project: &Project) -> Result<Programs, Failure> {
    cloudflare::build(project, &DEPLOYED)?;
    wrangler::install(project)?;
    let mut cargo = Command::new("cargo");
    cargo.current_dir(project.root());
    cargo.args(["build", "--release", "--locked", "--package", "tollbridge-bench-upstream"]);
    run_quietly(project, "bench-build", &mut cargo)?;
    Ok(Programs {
        gateway: wrangler::program(project, "workerd"),
        upstream: project.target().join("release/tollbridge-bench-upstream"),
        floor: None,
    })
}

/// Measures the scenarios, and prints the table.
pub(super) fn run(bench: &Bench, chosen: &[&Scenario]) -> Outcome {
    let _upstream = contender::upstream(bench)?;
    println!(
        "| work | bare µs | reading µs | gateway µs | to bare | to reading | a chunk more µs | p99 ms (bare) | memory \
         MB (bare) |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    let mut plain = None;
    for scenario in chosen {
        let all = compare(bench, scenario)?;
        if scenario.manner == Plain && scenario.body < 5_000 {
            plain = Some(all.map(|one| one.cpu));
        }
        println!("{}", line(scenario, plain, &all));
    }
    start::measure(bench)
}

/// All three, in turns; of each the median.
fn compare(bench: &Bench, scenario: &Scenario) -> Result<[Measured; 3], Failure> {
    eprintln!("{} …", scenario.name);
    let running = [bare(bench, scenario)?, reading(bench, scenario)?, worker(bench)?];
    let ports = [BARE, READING, WORKER];
    let goals: [Goal; 3] = std::array::from_fn(|at| Goal {
        port: ports[at],
        path: "/v1/chat/completions",
        named: ports[at] == WORKER,
        processes: running[at].all(),
    });
    for goal in &goals {
        warm_up(bench, goal, scenario)?;
    }
    let mut rounds = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..bench.effort.rounds {
        for (rounds, goal) in rounds.iter_mut().zip(&goals) {
            rounds.push(load::measure(bench, goal, scenario)?);
        }
    }
    Ok(rounds.map(|mut rounds| {
        rounds.sort_by_key(|round| round.cpu);
        rounds[rounds.len() / 2]
    }))
}

/// Until the cost falls no more: wasm runs as it was compiled in a hurry, while it is compiled with care beside,
/// in the same process.
fn warm_up(bench: &Bench, goal: &Goal, scenario: &Scenario) -> Outcome {
    let mut least = Duration::MAX;
    for _ in 0..WARM_UPS {
        let cpu = load::measure(bench, goal, scenario)?.cpu;
        if cpu.as_secs_f64() > least.as_secs_f64() * 0.9 {
            break;
        }
        least = cpu;
    }
    Ok(())
}

fn bare(bench: &Bench, scenario: &Scenario) -> Result<Running, Failure> {
    workerd(bench, "bare", BARE, &config::script("relay.js", scenario.manner))
}

fn reading(bench: &Bench, scenario: &Scenario) -> Result<Running, Failure> {
    workerd(bench, "reading", READING, &config::script("reading.js", scenario.manner))
}

fn worker(bench: &Bench) -> Result<Running, Failure> {
    workerd(bench, "worker", WORKER, &config::worker())
}

/// A workerd with this configuration, once it listens.
fn workerd(bench: &Bench, name: &str, port: u16, config: &str) -> Result<Running, Failure> {
    let file = config::write(&bench.folder, name, config)?;
    let mut command = pinned(&bench.pins.proxy, &bench.programs.gateway);
    command.arg("serve").arg(&file).arg(format!("--socket-addr=http=127.0.0.1:{port}"));
    contender::start(&mut command, port, &bench.folder.join(format!("{name}.log")))
}

/// A line of the table. What a stream costs beyond a whole answer is its chunks'.
fn line(scenario: &Scenario, plain: Option<[Duration; 3]>, all: &[Measured; 3]) -> String {
    let [bare, reading, worker] = all;
    let micros = |duration: Duration| duration.as_secs_f64() * 1e6;
    let ratio = |to: &Measured| worker.cpu.as_secs_f64() / to.cpu.as_secs_f64();
    let chunk = |at: usize, plain: [Duration; 3]| micros(all[at].cpu.saturating_sub(plain[at])) / EVENTS;
    let chunks = match plain.filter(|_| scenario.manner != Plain) {
        Some(plain) => {
            format!("{:.0} (bare {:.0}, reading {:.0})", chunk(2, plain), chunk(0, plain), chunk(1, plain))
        }
        None => "–".to_owned(),
    };
    format!(
        "| {} | {:.0} | {:.0} | {:.0} | **{:.2}** | {:.2} | {chunks} | {:.1} ({:.1}) | {:.0} ({:.0}) |",
        scenario.name,
        micros(bare.cpu),
        micros(reading.cpu),
        micros(worker.cpu),
        ratio(bare),
        ratio(reading),
        micros(worker.p99) / 1e3,
        micros(bare.p99) / 1e3,
        worker.memory as f64 / 1024.0,
        bare.memory as f64 / 1024.0,
    )
}

/// The middle one.
fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    percentile(times, 50)
}
