//! `cargo xtask test`: everything that must hold, as a table of stages.
//!
//! A stage sets up what it needs, runs, and returns a [`Tally`]; one that cannot run at all counts as one failure.
//! All stages run even when one fails, so that one run tells everything. The last line is the sum of all
//! tallies, and nothing is skipped without its name and reason above it.

mod lambda;
mod stages;
pub(crate) mod suite;
pub(crate) mod tally;
mod workerd;

use crate::process::{Failure, Outcome};
use crate::project::Project;
use stages::{STAGES, Stage};
use std::time::{Duration, Instant};
use tally::Tally;

/// `cargo xtask test [--fast] [--only STAGE]…`
pub(crate) fn command(project: &Project, args: &[String]) -> Outcome {
    let selected = select(args)?;
    let mut total = Tally::default();
    let mut report = Vec::new();
    for stage in selected {
        println!("── {}", stage.name);
        let start = Instant::now();
        let tally = (stage.run)(project).unwrap_or_else(|failure| {
            println!("{failure}");
            Tally::failure()
        });
        report.push(report_line(stage.name, start.elapsed(), &tally));
        total.add(tally);
    }
    println!("\nminutes  passed  failed  skipped  stage");
    for line in &report {
        println!("{line}");
    }
    for reason in &total.skipped {
        println!("skipped: {reason}");
    }
    println!("{} passed, {} failed, {} skipped", total.passed, total.failed, total.skipped.len());
    if total.failed > 0 { Err(Failure::new("some of the above failed")) } else { Ok(()) }
}

fn report_line(name: &str, time: Duration, tally: &Tally) -> String {
    let minutes = time.as_secs_f64() / 60.0;
    format!("{minutes:7.1}  {:6}  {:6}  {:7}  {name}", tally.passed, tally.failed, tally.skipped.len())
}

fn select(args: &[String]) -> Result<Vec<&'static Stage>, Failure> {
    let mut fast = false;
    let mut only = Vec::new();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match (arg.as_str(), arg.as_str() == "--only") {
            ("--fast", _) => fast = true,
            (_, true) => only.push(args.next().ok_or_else(|| Failure::new("--only needs a stage"))?),
            _ => return Err(Failure::new(format!("{arg} is not an option of `cargo xtask test`"))),
        }
    }
    if let Some(unknown) = only.iter().find(|name| STAGES.iter().all(|stage| stage.name != name.as_str())) {
        let known: Vec<_> = STAGES.iter().map(|stage| stage.name).collect();
        return Err(Failure::new(format!("{unknown} is not a stage; the stages are {}", known.join(", "))));
    }
    let wanted = |stage: &&Stage| {
        (stage.fast || !fast) && (only.is_empty() || only.iter().any(|name| name.as_str() == stage.name))
    };
    Ok(STAGES.iter().filter(wanted).collect())
}
