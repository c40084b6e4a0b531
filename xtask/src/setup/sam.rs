//! The SAM CLI, which builds and checks what `template.yaml` deploys.

use super::python;
use crate::process::Outcome;
use crate::project::Project;
use std::path::PathBuf;

const WHEEL: &str = "aws-sam-cli==1.170.0";

pub(crate) fn install(project: &Project) -> Outcome {
    python::install(project, "sam", WHEEL)
}

/// The Python that it runs on.
pub(crate) fn python(project: &Project) -> PathBuf {
    python::program(project, "sam", "python")
}

pub(crate) fn program(project: &Project) -> PathBuf {
    python::program(project, "sam", "sam")
}
