//! cfn-lint, which checks CloudFormation and SAM templates.

use super::python;
use crate::process::Outcome;
use crate::project::Project;
use std::path::PathBuf;

const WHEELS: &str = "cfn-lint[sam]==1.58.0";

pub(crate) fn install(project: &Project) -> Outcome {
    python::install(project, "cfn-lint", WHEELS)
}

pub(crate) fn program(project: &Project) -> PathBuf {
    python::program(project, "cfn-lint", "cfn-lint")
}
