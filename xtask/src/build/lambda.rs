//! The `bootstrap` that `template.yaml` names.

use crate::process::{Failure, run_quietly};
use crate::project::Project;
use crate::setup::cargo_lambda;
use std::path::PathBuf;
use std::process::Command;

pub(crate) fn build(project: &Project) -> Result<PathBuf, Failure> {
    cargo_lambda::install(project)?;
    let mut build = Command::new(cargo_lambda::program(project));
    build.args(["lambda", "build", "--release", "-p", "tollbridge-lambda"]).current_dir(project.root());
    run_quietly(project, "build-lambda", &mut build)?;
    Ok(project.target().join("lambda/tollbridge-lambda/bootstrap"))
}
