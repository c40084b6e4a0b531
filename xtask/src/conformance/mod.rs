//! `cargo xtask conformance`: one suite, each target's own runtime, and a matrix of what came out.
//!
//! The suite's program starts a target through `cargo xtask serve`, runs the cases, and writes a line for each
//! into a report. [`Matrix`] puts the reports of several targets side by side. What a target is excused from
//! is decided there, by the table in `tests/conformance/src/ability.rs`; nothing here can let a case pass.

mod matrix;

use crate::build::host;
use crate::process::{Failure, Outcome, context};
use crate::project::Project;
use crate::target::Target;
use crate::test::suite::counted;
use crate::test::tally::Tally;
use matrix::Matrix;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

/// Fewer cases than this are no proof that a target is like the others.
const LEAST: usize = 120;

/// `cargo xtask conformance [--target TARGET|all] [--only TEXT]…`
pub(crate) fn command(project: &Project, args: &[String]) -> Outcome {
    let (mut targets, mut only) = (Target::ALL.to_vec(), Vec::new());
    let mut args = args.iter();
    while let Some(name) = args.next() {
        let value = args.next().ok_or_else(|| Failure::new(format!("{name} needs a value")))?;
        match name.as_str() {
            "--target" if value == "all" => targets = Target::ALL.to_vec(),
            "--target" => targets = vec![value.parse()?],
            "--only" => only.push(value.as_str()),
            _ => return Err(Failure::new(format!("{name} is not an option of `cargo xtask conformance`"))),
        }
    }
    let mut total = Tally::default();
    for target in &targets {
        println!("── {}", target.name());
        total.add(run(project, *target, &only)?);
    }
    let matrix = read(project, &targets)?;
    println!("\n{matrix}");
    if only.is_empty() {
        check_size(&matrix)?;
    }
    match total.failed {
        0 => Ok(()),
        failed => Err(Failure::new(format!("{failed} cases failed"))),
    }
}

/// Runs the cases on a target, those alone that have one of the texts in their names where there are any, and
/// leaves its report.
pub(crate) fn run(project: &Project, target: Target, only: &[&str]) -> Result<Tally, Failure> {
    let report = report(project, target)?;
    // What an earlier run said must not be taken for this one's.
    let _gone = fs::remove_file(&report);
    let mut args = vec!["--target".into(), target.name().into(), "--report".into(), report.into_os_string()];
    args.extend(only.iter().flat_map(|text| ["--only".into(), text.into()]));
    counted(suite(project)?.args(args))
}

/// The matrix of the reports that the last runs on all targets left.
pub(crate) fn matrix(project: &Project) -> Result<Tally, Failure> {
    let matrix = read(project, &Target::ALL)?;
    println!("{matrix}");
    check_size(&matrix).map(|()| Tally::success())
}

/// The suite's own program, with what it starts built already.
pub(crate) fn suite(project: &Project) -> Result<Command, Failure> {
    host::build_all(project)?;
    let programs = project.target().join("debug");
    let mut suite = Command::new(programs.join("tollbridge-conformance"));
    suite.current_dir(project.root()).env(host::ALL_BUILT, "1");
    suite.env("TOLLBRIDGE_BIN", programs.join("tollbridge"));
    if let Ok(xtask) = env::current_exe() {
        suite.env("TOLLBRIDGE_XTASK", xtask);
    }
    Ok(suite)
}

fn report(project: &Project, target: Target) -> Result<PathBuf, Failure> {
    Ok(project.logs()?.join(format!("conformance-{}.tsv", target.name())))
}

fn read(project: &Project, targets: &[Target]) -> Result<Matrix, Failure> {
    let mut matrix = Matrix::default();
    for target in targets {
        let path = report(project, *target)?;
        let text = fs::read_to_string(&path).map_err(|error| {
            context(&format!("{} (has the suite run on {}?)", path.display(), target.name()), error)
        })?;
        matrix.add(target.name(), &text);
    }
    Ok(matrix)
}

fn check_size(matrix: &Matrix) -> Outcome {
    match matrix.passed().find(|(_, passed)| *passed < LEAST) {
        None => Ok(()),
        Some((target, passed)) => {
            Err(Failure::new(format!("only {passed} cases passed on {target}; at least {LEAST} must")))
        }
    }
}
