//! cargo-lambda, which runs a function as AWS Lambda would, and builds what is deployed there.

use super::python;
use crate::process::Outcome;
use crate::project::Project;
use std::path::PathBuf;

/// The project's own wheel; it brings the zig that cross builds link with.
const WHEEL: &str = "cargo-lambda==1.9.2";

pub(crate) fn install(project: &Project) -> Outcome {
    python::install(project, "cargo-lambda", WHEEL)
}

pub(crate) fn program(project: &Project) -> PathBuf {
    python::program(project, "cargo-lambda", "cargo-lambda")
}
