//! `cargo xtask bench`: what the gateway costs, beside nginx doing less.
//!
//! A number of microseconds says as much about the machine as about the program, so everything
//! here is a ratio to nginx as a plain reverse proxy, in the same run and in turns with it. The
//! processor is what a gateway competes for, so what is compared is processor time per request,
//! read from `/proc`, all threads of a process together; the load generator and the stand-in
//! provider run on another processor ([`cpu`]) and are in nobody's account.
//!
//! [`scenario`] is the table of what is measured, [`contender`] who is, [`load`] the load,
//! [`body`] what is sent. The gateway runs as it ships: a key required, a log line and a usage
//! row for every request. Any answer but a 2xx fails the run.

mod body;
mod contender;
mod cpu;
mod latency;
mod load;
mod report;
mod scenario;
mod start;
mod workerd;

use std::{path::PathBuf, process::Command, time::Duration};

use self::{
    contender::{Contender, Kind},
    cpu::Pins,
    report::Report,
    scenario::{SCENARIOS, Scenario},
};
use crate::process::{Failure, Outcome, context, run_quietly};
use crate::project::Project;
use crate::setup;

/// How thorough a run is.
struct Effort {
    /// Rounds of each scenario, of which the median counts.
    rounds: usize,
    /// How long each is.
    length: Duration,
}

/// What a run works with.
struct Bench {
    programs: Programs,
    folder: PathBuf,
    pins: Pins,
    effort: Effort,
}

/// The programs that take part.
struct Programs {
    /// The gateway, or what runs it.
    gateway: PathBuf,
    upstream: PathBuf,
    /// The relay that does a gateway's work and nothing else, where its sources are.
    floor: Option<PathBuf>,
}

/// Runs all scenarios, or those whose names hold one of the arguments.
pub(crate) fn command(project: &Project, args: &[String]) -> Outcome {
    let (options, names): (Vec<_>, Vec<_>) = args.iter().partition(|arg| arg.starts_with("--"));
    let known = |option: &&String| ["--quick", "--workerd"].contains(&option.as_str());
    if !options.iter().all(known) {
        return Err(Failure::new("usage: cargo xtask bench [--quick] [--workerd] [SCENARIO]…"));
    }
    let asked = |name: &str| options.iter().any(|option| *option == name);
    let (quick, on_workerd) = (asked("--quick"), asked("--workerd"));
    let table = if on_workerd { workerd::SCENARIOS } else { SCENARIOS };
    let chosen: Vec<&Scenario> = table
        .iter()
        .filter(|scenario| names.is_empty() || names.iter().any(|name| scenario.name.contains(name.as_str())))
        .collect();
    setup::debian::install(project, &["nginx-light", "wrk"])?;
    let programs = if on_workerd { workerd::build(project)? } else { build(project)? };
    let folder = project.target().join("bench");
    std::fs::create_dir_all(&folder).map_err(|error| context(&folder.display(), error))?;
    let effort = match quick {
        true => Effort { rounds: 1, length: Duration::from_secs(2) },
        false => Effort { rounds: 3, length: Duration::from_secs(4) },
    };
    let bench = Bench { programs, folder, pins: Pins::new()?, effort };
    if on_workerd { workerd::run(&bench, &chosen) } else { run(&bench, &chosen, names.is_empty()) }
}

fn run(bench: &Bench, chosen: &[&Scenario], whole: bool) -> Outcome {
    let _upstream = contender::upstream(bench)?;
    let mut report = Report::default();
    for scenario in chosen {
        eprintln!("{} …", scenario.name);
        let mut contenders = Kind::all(bench)
            .filter(|kind| kind.takes_part_in(scenario))
            .map(|kind| Contender::start(kind, bench, scenario))
            .collect::<Result<Vec<_>, _>>()?;
        for _ in 0..bench.effort.rounds {
            for contender in &mut contenders {
                let measured = load::measure(bench, &contender.goal(), scenario)?;
                report.add(scenario, contender.kind, measured);
            }
        }
    }
    if whole {
        report.first_tokens = latency::first_tokens(bench)?;
        report.start = Some(start::measure(bench)?);
    }
    print!("{}", report.markdown());
    Ok(())
}

/// Builds what is measured, as it ships.
fn build(project: &Project) -> Result<Programs, Failure> {
    let packages = ["--package", "tollbridge", "--package", "tollbridge-bench-upstream"];
    let mut cargo = Command::new("cargo");
    cargo.current_dir(project.root()).args(["build", "--release", "--locked"]).args(packages);
    run_quietly(project, "bench-build", &mut cargo)?;
    let release = project.target().join("release");
    Ok(Programs {
        gateway: release.join("tollbridge"),
        upstream: release.join("tollbridge-bench-upstream"),
        floor: build_floor(project)?,
    })
}

/// The prototype stands beside the repository on its authors' machines only.
fn build_floor(project: &Project) -> Result<Option<PathBuf>, Failure> {
    let sources = project.root().join("../shared/prototypes/relay-floor");
    if !sources.join("Cargo.toml").is_file() {
        return Ok(None);
    }
    let copy = project.target().join("bench/relay-floor");
    std::fs::create_dir_all(copy.join("src")).map_err(|error| context(&copy.display(), error))?;
    let manifest = std::fs::read_to_string(sources.join("Cargo.toml"))
        .map_err(|error| context(&sources.display(), error))?;
    std::fs::write(copy.join("Cargo.toml"), format!("{manifest}\n[workspace]\n"))
        .and_then(|()| std::fs::copy(sources.join("src/main.rs"), copy.join("src/main.rs")))
        .map_err(|error| context(&copy.display(), error))?;
    let target = project.target().join("bench/relay-floor-target");
    let mut cargo = Command::new("cargo");
    cargo.current_dir(&copy).args(["build", "--release", "--target-dir"]).arg(&target);
    run_quietly(project, "bench-build-floor", &mut cargo)?;
    Ok(Some(target.join("release/relay-floor")))
}
