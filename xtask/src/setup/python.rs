//! Python environments of our own, each from one pinned list.

use super::stamp;
use crate::process::{Outcome, run_quietly};
use crate::project::Project;
use std::path::PathBuf;
use std::process::Command;

/// Makes the environment `name` with the given requirements, one a line.
pub(crate) fn install(project: &Project, name: &str, requirements: &str) -> Outcome {
    stamp::once(project, name, requirements, || {
        let home = home(project, name);
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv", "--clear"]).arg(&home);
        run_quietly(project, &format!("venv-{name}"), &mut venv)?;
        let mut pip = Command::new(program(project, name, "pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check"]).args(requirements.lines());
        run_quietly(project, &format!("pip-{name}"), &mut pip)
    })
}

/// A program of the environment.
pub(crate) fn program(project: &Project, name: &str, program: &str) -> PathBuf {
    home(project, name).join("bin").join(program)
}

fn home(project: &Project, name: &str) -> PathBuf {
    project.tools().join(name)
}
