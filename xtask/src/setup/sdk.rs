//! The official client libraries that the SDK tests drive.

use super::{python, stamp};
use crate::process::{Outcome, context, run_quietly};
use crate::project::Project;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Installs what `tests/sdk` pins: Python packages into an environment of our own, npm packages beside the
/// tests, where Node looks for them.
pub(crate) fn install(project: &Project) -> Outcome {
    let tests = project.root().join("tests/sdk");
    let read = |name| {
        let path = tests.join(name);
        fs::read_to_string(&path).map_err(|error| context(&path.display(), error))
    };
    python::install(project, "sdk-python", read("requirements.txt")?.trim_end())?;
    stamp::once(project, "sdk-node", &read("package-lock.json")?, || {
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(&tests);
        run_quietly(project, "npm-sdk", &mut npm)
    })
}

/// The Python that has the packages.
pub(crate) fn python(project: &Project) -> PathBuf {
    python::program(project, "sdk-python", "python")
}
