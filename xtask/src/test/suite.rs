//! Running a program as a stage.

use super::tally::Tally;
use crate::process::{Failure, context, run_quietly, shown};
use crate::project::Project;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// A program that is right or wrong as a whole: one check.
pub(crate) fn check(project: &Project, name: &str, command: &mut Command) -> Result<Tally, Failure> {
    run_quietly(project, name, command).map(|()| Tally::success())
}

/// A program that prints its own counts. One that fails without counting a failure counts as one.
pub(crate) fn counted(command: &mut Command) -> Result<Tally, Failure> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| context(&format!("cannot run `{}`", shown(command)), error))?;
    let mut tally = Tally::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            tally.read(&line);
            println!("{line}");
        }
    }
    let status = child.wait().map_err(|error| context(&"a suite cannot be waited for", error))?;
    if !status.success() && tally.failed == 0 {
        println!("`{}` failed ({status})", shown(command));
        tally.failed = 1;
    }
    if status.success() && tally == Tally::default() {
        println!("`{}` ran no test", shown(command));
        tally.failed = 1;
    }
    Ok(tally)
}
