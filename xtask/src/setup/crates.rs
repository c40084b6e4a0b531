//! Tools that crates.io carries as source.

use super::stamp;
use crate::process::{Outcome, run_quietly};
use crate::project::Project;
use std::path::PathBuf;
use std::process::Command;

/// Builds and installs a tool, with the versions that its authors locked where the registry has them all.
pub(crate) fn install(project: &Project, name: &str, version: &str) -> Outcome {
    stamp::once(project, name, version, || {
        let log = format!("install-{name}");
        run_quietly(project, &log, cargo_install(project, name, version).arg("--locked"))
            .or_else(|_| run_quietly(project, &log, &mut cargo_install(project, name, version)))
    })
}

/// Debug builds, since these tools run for a moment and would take minutes to optimise; one build folder, since
/// they share most of their dependencies.
fn cargo_install(project: &Project, name: &str, version: &str) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.args(["install", "--debug", "--force", "--root"]).arg(home(project)).arg("--target-dir");
    cargo.arg(project.tools().join("build")).arg(format!("{name}@{version}"));
    // The caller's settings are for the gateway, not for its tools.
    cargo.env_remove("CARGO_TARGET_DIR").env_remove("RUSTFLAGS").env("CARGO_PROFILE_DEV_DEBUG", "false");
    cargo
}

/// Where an installed tool's program is.
pub(crate) fn program(project: &Project, name: &str) -> PathBuf {
    home(project).join("bin").join(name)
}

fn home(project: &Project) -> PathBuf {
    project.tools().join("cargo")
}
